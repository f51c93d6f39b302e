"""What a decision is made from, and what it is: plain, immutable, and kept as evidence to be replayed."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from counterseal.manifest.approval import ApprovalRequest, Binding, RequestId
from counterseal.manifest.record import Reason
from counterseal.manifest.types import Count, GitObject, Name, Positive, Sha256, Slug, Struct, Text, Time
from counterseal.policy.approval import ApprovalPolicy, Source
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Account, Gap
from counterseal.policy.people import People


class State(StrEnum):
    """What a request has come to."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    REVOKED = "revoked"
    EMERGENCY = "emergency"


class Event(Struct, frozen=True, kw_only=True):
    """What somebody did about a request, as it was seen first.

    Attributes:
        id: `<source>:<number>`, unique in the forge.
        source: where it was given.
        action: what it says.
        at: when, by a server's clock: that of the forge, or of whoever saw a signed file first.
        account: who, for what the forge vouches for; None for a deleted account.
        keyid: the key that signed it, for a signed file.
        tracker: the tracker's id of who decided, for a change record.
        request: the request that it names; None for a review or an environment, which name commit or run.
        commit: the commit that it was given for, where it names one.
        candidate: the candidate that it was given for, where it names one.
        run: the run and attempt that it was given for, where it names one.
        stage: the stage that it names.
        edited: whether it was changed after it was given; such an approval counts for nothing, while a denial
            or a withdrawal stands.
        reason: what it says beside.
        groups: the groups that who gave it belonged to when it was seen first; None when that is now.
    """

    id: Name
    source: Source
    action: Literal["approve", "deny", "withdraw"]
    at: Time
    account: Account | None = None
    keyid: Name | None = None
    tracker: Name | None = None
    request: RequestId | None = None
    commit: GitObject | None = None
    candidate: Sha256 | None = None
    run: Name | None = None
    stage: Slug | None = None
    edited: bool = False
    reason: Text | None = None
    groups: tuple[Slug, ...] | None = None


class Member(Struct, frozen=True, kw_only=True):
    """The members of a group, as they were seen.

    Attributes:
        group: the group's name in the policy.
        accounts: the numbers of their accounts.
        complete: whether that is everybody; without it, who is not listed is unknown, not absent.
    """

    group: Slug
    accounts: tuple[Positive, ...] = ()
    complete: bool = True


class Brought(Struct, frozen=True, kw_only=True):
    """A pull request that brought commits of the candidate in, by the forge's clock.

    Attributes:
        number: its number.
        commits: the commits of the candidate that it brought.
        opened_at: when it was opened.
        reviewed_at: when somebody reviewed it first; None where nobody did.
        merged_at: when it was merged; None while it is not.
    """

    number: Positive
    commits: tuple[GitObject, ...]
    opened_at: Time | None = None
    reviewed_at: Time | None = None
    merged_at: Time | None = None


class Debt(Struct, frozen=True, kw_only=True):
    """An emergency whose review is still owed.

    Attributes:
        request: the emergency's request.
        due_at: by when it must be reviewed.
        environment: where it went.
    """

    request: RequestId
    due_at: Time
    environment: Slug


class ChangeRecord(Struct, frozen=True, kw_only=True):
    """What an external change record says about the request.

    Attributes:
        key: its key.
        verdict: what its own approval says.
        approvers: the tracker's ids of who approved it.
        at: when it was decided, by the tracker's clock.
        candidate: the candidate's digest that the record carries, None when it names none.
        window_from: the first moment of its planned window.
        window_until: the last one.
    """

    key: Name
    verdict: Literal["approved", "rejected", "pending", "cancelled"]
    approvers: tuple[Name, ...] = ()
    at: Time | None = None
    candidate: Sha256 | None = None
    window_from: Time | None = None
    window_until: Time | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What is true now, freshly observed.

    Attributes:
        binding: what would be deployed if the answer were yes.
        actors: everybody who touched the change, in each role.
        members: the members of the groups that the policy names.
        people: the identity map; None where the policy names none.
        consumed_by: the deployment that has used the approval up, None while nobody has.
        debts: emergencies whose review is still owed.
        change_record: what the external change record says.
        gaps: what could not be found out: with any, nothing is approved.
        using: whether this decision is about to be acted on (the deploying job), not only told.
        deployment: the deployment that is about to use it, named as in `consumed_by`.
        brought: the pull requests that brought the changes in, which nothing is decided by.
    """

    binding: Binding
    actors: tuple[Actor, ...] = ()
    members: tuple[Member, ...] = ()
    people: People | None = None
    consumed_by: Name | None = None
    debts: tuple[Debt, ...] = ()
    change_record: ChangeRecord | None = None
    gaps: tuple[Gap, ...] = ()
    using: bool = False
    deployment: Name | None = None
    brought: tuple[Brought, ...] = ()


class Counted(Struct, frozen=True, kw_only=True):
    """An event that counted.

    Attributes:
        event: its id.
        person: the natural person, by the identity map's id, else `account:<number>`.
        account: the account.
        group: the group by which they were eligible.
    """

    event: Name
    person: Name
    group: Slug
    account: Account | None = None


class StageResult(Struct, frozen=True, kw_only=True):
    """What one stage has come to.

    Attributes:
        name: the stage.
        quorum: how many are needed.
        counted: who counted.
        passed: whether the quorum is reached.
        at: when it was reached.
        who: the groups that may decide now, those of escalations included.
    """

    name: Slug
    quorum: Count
    passed: bool
    counted: tuple[Counted, ...] = ()
    at: Time | None = None
    who: tuple[Slug, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """Something that is due: done once, whoever comes first, however late.

    Attributes:
        key: its name within the request, the same every time (`remind-50`, `escalate-80`, `expire`).
        kind: what is to be done.
        due_at: since when.
        groups: whom it concerns.
    """

    key: Slug
    kind: Literal["remind", "escalate", "expire", "post-review-due"]
    due_at: Time
    groups: tuple[Slug, ...] = ()


class Decision(Struct, frozen=True, kw_only=True):
    """What a request has come to at one moment, and why.

    Attributes:
        state: what it has come to.
        certain: whether the facts were complete; an uncertain decision never lets anything through.
        reasons: why it is not approved, and what did not count.
        stages: what each stage has come to.
        deadline: by when people must have decided.
        next_wake: when it should be looked at again; None when nothing more can happen by time alone.
        due: the steps that are due by now, done or not.
        expires_at: the last moment at which an approval may be used.
        post_review_due_at: by when an emergency must be reviewed.
        post_reviewed: whether it has been.
        post_review: who has reviewed it.
        denied_by: who has denied it.
    """

    state: State
    certain: bool
    reasons: tuple[Reason, ...] = ()
    stages: tuple[StageResult, ...] = ()
    deadline: Time | None = None
    next_wake: Time | None = None
    due: tuple[Step, ...] = ()
    expires_at: Time | None = None
    post_review_due_at: Time | None = None
    post_reviewed: bool = False
    post_review: StageResult | None = None
    denied_by: tuple[Counted, ...] = ()

    @property
    def lets_through(self) -> bool:
        """Whether something may be deployed on the strength of it."""
        return self.certain and self.state in {State.APPROVED, State.EMERGENCY}


class Case(Struct, frozen=True, kw_only=True):
    """Everything that a decision was made from, with the decision: a file of evidence that can be replayed.

    Attributes:
        request_id: the request.
        request: what was asked.
        events: what people did, in the order in which they were read.
        policy: the policy's section `approval`.
        duties: the policy's section `duties`.
        facts: what was true.
        now: the moment, by a server's clock.
        decision: what it came to.
    """

    request_id: RequestId
    request: ApprovalRequest
    events: tuple[Event, ...]
    policy: ApprovalPolicy
    duties: Duties
    facts: Facts
    now: Time
    decision: Decision
