"""Approvals: what is asked of people, what it is bound to, and the decision that is signed by one of them.

A request is sealed and kept; its id is the beginning of the digest of its payload, so it names exactly one
candidate, tree, environment, policy and run. What answers another id answers another question.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.manifest.types import GitObject, Name, Positive, Slug, Struct, Text, Time

APPROVAL_REQUEST: Final = "https://counterseal.dev/approval-request/v1"
SIGNED_APPROVAL: Final = "https://counterseal.dev/approval/v1"

RequestId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-f]{16}\Z", description="the first 16 digits of the SHA-256 of a request's payload"
    ),
]
Run = Annotated[
    str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,17}/[1-9][0-9]{0,8}\Z", description="`<run id>/<attempt>`")
]


class Binding(Struct, frozen=True, kw_only=True):
    """What an approval is given for, all of it: when anything here differs, the approval is void.

    Attributes:
        repository: the repository's URI.
        environment: the environment that may be deployed to.
        commit: the commit.
        tree: the commit's tree.
        candidate: the digest of the release candidate.
        policy: the digest of the policy file that the request was made under.
        repository_id: the repository's number on the forge.
        run: the run and attempt that built the candidate; absent outside a runner.
        base_ref: the branch that the change goes to, in full (`refs/heads/main`).
        pull_request: the pull request that is merged or to be merged, where there is one.
    """

    repository: Name
    environment: Slug
    commit: GitObject
    tree: GitObject
    candidate: Digest
    policy: Digest
    repository_id: Positive | None = None
    run: Run | None = None
    base_ref: Name | None = None
    pull_request: Positive | None = None


class ApprovalRequest(Struct, frozen=True, kw_only=True):
    """A question to people (predicate `https://counterseal.dev/approval-request/v1`).

    Attributes:
        binding: what they are asked to approve.
        change_class: the class of change in the policy's words, such as `normal` or `emergency`.
        requested_at: when it was asked, by the forge's clock.
        requested_by: who asked.
        nonce: random, so that two requests for the same candidate have different ids.
        reason: why; required of an emergency.
        incident: the incident that an emergency belongs to.
        ticket: the change record that accompanies it, where there is one.
        issue: the number of the issue or pull request where people can answer.
    """

    binding: Binding
    change_class: Slug
    requested_at: Time
    requested_by: Person
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z", description="128 random bits")]
    reason: Text | None = None
    incident: Name | None = None
    ticket: Name | None = None
    issue: Positive | None = None


class SignedApproval(Struct, frozen=True, kw_only=True):
    """A decision that one person signs with a key of their own (`https://counterseal.dev/approval/v1`).

    It stands even when the forge does not: who signed is told by the key, through the trust file (role
    `approval`) and the identity map, not by `person`.

    Attributes:
        request: the id of the request that it answers.
        candidate: the digest of the candidate that it is given for.
        action: what is decided.
        signed_at: when, by the signer's clock; it is judged by when it is first seen, or by its stamp.
        stage: the stage that it is meant for; absent for every stage that the person may decide in.
        reason: why.
    """

    request: RequestId
    candidate: Digest
    action: Literal["approve", "deny", "withdraw"]
    signed_at: Time
    stage: Slug | None = None
    reason: Text | None = None
