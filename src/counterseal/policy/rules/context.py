"""What a change is judged with, besides the policy: all of it was observed, and is kept with the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from counterseal.manifest.types import GitObject, Name, Positive, Slug, Struct, Text, Time
from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Gap, Verification
from counterseal.policy.people import Identities, People
from counterseal.policy.posture import Posture
from counterseal.policy.ticket import Ticket


class GroupMembers(Struct, frozen=True, kw_only=True):
    """The members of a group, as they were seen.

    Attributes:
        group: the group's name in the policy.
        accounts: the numbers of their accounts.
        complete: whether that is everybody; without it, who is not listed is unknown, not absent.
        note: why it is not.
    """

    group: Slug
    accounts: tuple[Positive, ...] = ()
    complete: bool = True
    note: Text | None = None


class TicketAnswer(Struct, frozen=True, kw_only=True):
    """What the tracker said about a key.

    Attributes:
        key: the key, as the change names it.
        ticket: the ticket; None when there is a problem.
        problem: `missing` when the tracker accepts our credentials and shows none, `unknown` when it did not
            answer.
        message: the tracker's or our own words about the problem.
    """

    key: Name
    ticket: Ticket | None = None
    problem: Literal["missing", "unknown"] | None = None
    message: Text = ""


class TicketUse(Struct, frozen=True, kw_only=True):
    """Another change that names a ticket.

    Attributes:
        key: the ticket.
        by: the other change: a commit, or a pull request such as `#12`.
    """

    key: Name
    by: Name


class MergeTree(Struct, frozen=True, kw_only=True):
    """What git makes of a merge by itself.

    Attributes:
        commit: the commit that is compared with it.
        tree: the tree that git comes to; None when it does not come to one.
        conflict: whether the two sides contradict one another, so that somebody has decided by hand.
        problem: why it cannot be known, such as a commit that is not here.
    """

    commit: GitObject
    tree: GitObject | None = None
    conflict: bool = False
    problem: Text | None = None


class Context(Struct, frozen=True, kw_only=True):
    """What a change is judged with.

    Attributes:
        kind: what is judged: a pull request, a push, or the commits that the forge made for a merge group.
        default_branch: the branch that the repository begins with, without `refs/heads/`.
        protected: whether the branch that the change goes to is protected; None when that is not known.
        covered: commits of a push that pull requests brought in, and that are judged there.
        people: the identity map; None where the policy names none.
        duties: the policy's section `duties`.
        actors: everybody who touched the change, in each role.
        members: the members of the groups that matter.
        tickets: what the tracker said.
        uses: other changes that name the same tickets.
        posture: how the repository is protected.
        verifications: what git here says of signatures, by commit.
        merges: what git makes of the change's merges by itself.
        gaps: what could not be found out, beside the gaps of the change.
        now: when all this was observed.
    """

    kind: Literal["pull-request", "push", "merge-group"] = "pull-request"
    default_branch: Name = "main"
    protected: bool | None = True
    covered: tuple[GitObject, ...] = ()
    people: People | None = None
    duties: Duties = Duties()
    actors: tuple[Actor, ...] = ()
    members: tuple[GroupMembers, ...] = ()
    tickets: tuple[TicketAnswer, ...] = ()
    uses: tuple[TicketUse, ...] = ()
    posture: Posture | None = None
    verifications: dict[GitObject, Verification] = msgspec.field(default_factory=dict)
    merges: tuple[MergeTree, ...] = ()
    gaps: tuple[Gap, ...] = ()
    now: Time | None = None

    @property
    def identities(self) -> Identities:
        """Who is behind an account, an address or a key."""
        return Identities(self.people)

    def missing(self, change: ChangeFacts, *topics: str) -> Iterator[Gap]:
        """Yield every gap of some topics, in the change or beside it."""
        return (gap for gap in (*change.gaps, *self.gaps) if gap.topic in topics)
