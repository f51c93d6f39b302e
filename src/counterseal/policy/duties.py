"""Separation of duties: everybody who touched a change, and which of their roles may not be one person's.

Sources: PCI DSS 4.0.1 6.2.3.1 and 6.5.4, SOC 2 CC8.1, NIST SP 800-53 AC-5.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from counterseal.manifest.types import Name, Slug, Struct
from counterseal.policy.base import Section
from counterseal.policy.forge import Account

Role: TypeAlias = Literal[
    "opener",
    "author",
    "committer",
    "co-author",
    "pusher",
    "suggestion-applier",
    "merger",
    "run-starter",
    "re-run-starter",
    "workflow-editor",
    "artifact-signer",
    "requester",
    "approver",
    "deployer",
]

MAKERS: tuple[Role, ...] = (
    "opener",
    "author",
    "committer",
    "co-author",
    "pusher",
    "suggestion-applier",
    "workflow-editor",
)
"""The roles of those who made a change."""

HANDLERS: tuple[Role, ...] = ("merger", "run-starter", "re-run-starter", "artifact-signer", "requester")
"""The roles of those who brought it on its way."""


class Actor(Struct, frozen=True, kw_only=True):
    """Somebody who touched a change, in one role.

    Attributes:
        role: what they did.
        account: their account; None where only text or a key names them.
        text: what names them otherwise: an author line, or a key's fingerprint.
        subject: what they touched, such as a commit or a run.
    """

    role: Slug
    account: Account | None = None
    text: Name | None = None
    subject: Name | None = None


class Separation(Section, frozen=True, kw_only=True):
    """Roles that may not be one person's.

    Attributes:
        role: the role that is kept apart.
        from: the roles that it is kept apart from.
    """

    role: Role
    from_: tuple[Role, ...] = msgspec.field(name="from")


class Duties(Section, frozen=True, kw_only=True):
    """Who may not also do what.

    Attributes:
        apart: the roles that are kept apart. By default an approver has touched nothing of the change, and
            whoever made it does not deploy it.
        identities: the path of the identity map, at the trusted ref.
        unresolved: what becomes of a person in the change whom nobody can name; `fail` unless stated.
    """

    apart: tuple[Separation, ...] = (
        Separation(role="approver", from_=(*MAKERS, *HANDLERS, "deployer")),
        Separation(role="deployer", from_=MAKERS),
    )
    identities: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    unresolved: Literal["fail", "inconclusive"] = "fail"
