"""What if: a case with something added that does not exist, judged as if it did. Nobody is asked anything."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from counterseal.checks.branch_case import BranchCase, Subject
from counterseal.checks.trusted import Trusted
from counterseal.errors import MalformedError, NothingToJudge, UsageError
from counterseal.manifest import canonical
from counterseal.manifest.types import Name, Positive, Slug
from counterseal.policy.change import ChangedFile
from counterseal.policy.forge import ForgeCommit
from counterseal.policy.pull_request import Review
from counterseal.policy.rules.context import Context, GroupMembers, TicketAnswer
from counterseal.policy.ticket import Ticket


class Supposition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is supposed to exist.

    Attributes:
        subject: the change that it is about, such as `#12`; every change when absent.
        reviews: reviews; without a commit they are of the newest one, without a time they are given now.
        commits: commits on top of the change; the last is its new head.
        files: files that the change touches besides.
        tickets: parts of tickets by key, such as `{"PAY-1": {"state": "In Progress"}}`.
        members: the members of groups, complete.
    """

    subject: Name | None = None
    reviews: tuple[Review, ...] = ()
    commits: tuple[ForgeCommit, ...] = ()
    files: tuple[ChangedFile, ...] = ()
    tickets: dict[Name, dict[str, Any]] = msgspec.field(default_factory=dict)
    members: dict[Slug, tuple[Positive, ...]] = msgspec.field(default_factory=dict)


def under(case: BranchCase, trusted: Trusted) -> BranchCase:
    """Return a case that is judged by another policy; without a map of its own, people stay who they are.

    Raises:
        NothingToJudge: the policy demands nothing of changes.
    """
    if trusted.policy.branch is None:
        raise NothingToJudge("the policy has no section branch", where=trusted.where)
    subjects = tuple(
        replace(
            one,
            context=replace(
                one.context, duties=trusted.policy.duties, people=trusted.people or one.context.people
            ),
        )
        for one in case.subjects
    )
    return replace(
        case,
        subjects=subjects,
        policy=trusted.policy.branch,
        policy_digest=trusted.digest,
        policy_where=trusted.where,
    )


def read_supposition(data: bytes, where: str) -> Supposition:
    """Read a supposition.

    Args:
        data: the file's bytes, JSON.
        where: the file's name, for the error.

    Raises:
        MalformedError: it is none.
    """
    try:
        return msgspec.convert(canonical.parse(data, where=where), Supposition)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"not a supposition: {str(cause)[:300]}", where=where) from cause


def suppose(case: BranchCase, what: Supposition) -> BranchCase:
    """Return a case in which something is supposed to exist.

    Raises:
        UsageError: the case has no change of that name.
        MalformedError: a ticket lacks what every ticket has.
    """
    names = [subject.name for subject in case.subjects]
    if what.subject is not None and what.subject not in names:
        raise UsageError(
            f"there is no change {what.subject[:100]!r}", where="suppose", remedy=f"known: {', '.join(names)}"
        )
    subjects = tuple(
        _supposed(subject, what) if what.subject in (None, subject.name) else subject
        for subject in case.subjects
    )
    return replace(case, subjects=subjects)


def _supposed(subject: Subject, what: Supposition) -> Subject:
    change, context = subject.change, subject.context
    head = what.commits[-1].id if what.commits else change.head
    commits = (*change.commits, *what.commits)
    pull = change.pull_request
    if pull is not None and what.commits:
        pull = replace(pull, head=head, commit_count=len(commits))
    replaced = {review.id for review in what.reviews}
    kept = tuple(review for review in change.reviews if review.id not in replaced)
    change = replace(
        change,
        head=head,
        commits=commits,
        pull_request=pull,
        files=(*change.files, *what.files),
        reviews=(*kept, *(_given(review, head, context) for review in what.reviews)),
    )
    members = tuple(GroupMembers(group=name, accounts=who) for name, who in what.members.items())
    others = tuple(one for one in context.members if one.group not in what.members)
    tickets = _tickets(context, what)
    return replace(
        subject, change=change, context=replace(context, members=(*others, *members), tickets=tickets)
    )


def _given(review: Review, head: str, context: Context) -> Review:
    return replace(
        review,
        commit=review.commit or head,
        submitted_at=review.submitted_at or context.now,
        edited=bool(review.edited),
    )


def _tickets(context: Context, what: Supposition) -> tuple[TicketAnswer, ...]:
    known = {answer.key: answer for answer in context.tickets}
    for key, parts in what.tickets.items():
        answer = known.get(key)
        old = msgspec.to_builtins(answer.ticket) if answer and answer.ticket else {"key": key}
        try:
            ticket = msgspec.convert({**old, **parts}, Ticket)
        except msgspec.ValidationError as cause:
            where = f"suppose: tickets.{key}"[:200]
            raise MalformedError(f"not a ticket: {str(cause)[:300]}", where=where) from cause
        known[key] = TicketAnswer(key=key, ticket=ticket)
    return tuple(known.values())
