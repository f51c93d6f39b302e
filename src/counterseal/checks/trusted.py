"""The policy that judges, with the files that it names: all of them from one commit of a ref that is trusted.

Never from the change that is judged. What the policy names and is not there is an error: a gate without its
policy, its identity map or its signers would let everything through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from counterseal.clients.forge import Forge
from counterseal.errors import UsageError
from counterseal.manifest.digest import sha256
from counterseal.manifest.pseudonym import PSEUDONYMOUS
from counterseal.policy.file import Policy, load_policy
from counterseal.policy.people import People, load_people
from counterseal.policy.pseudonyms import Pseudonyms

DEFAULT_PATH: Final = ".github/counterseal.yml"
"""Where the policy lies unless an input says otherwise."""

_REMEDY = "add it to the branch that the policy is read from, in a pull request of its own"


@dataclass(frozen=True)
class Trusted:
    """A policy and what belongs to it.

    Attributes:
        policy: the policy.
        where: where it was read: path, ref and commit.
        commit: the commit; None for a file of this machine.
        people: the identity map; None where the policy names none.
        people_digest: the digest of its bytes.
        allowed_signers: the file of believed keys; empty where the policy names none.
        data: the bytes of the policy.
        read: returns another file of the same commit, None when it is not there; the identity map as it may
            be kept.
        pseudonyms: what names people in everything that is kept; None where they are named.
    """

    policy: Policy
    where: str
    commit: str | None
    people: People | None
    people_digest: str | None
    allowed_signers: bytes
    data: bytes
    read: Callable[[str], bytes | None] = field(repr=False, compare=False)
    pseudonyms: Pseudonyms | None = field(default=None, repr=False, compare=False)

    def file(self, path: str) -> bytes:
        """Return a file that the policy names.

        Raises:
            UsageError: it is not there.
        """
        return _there(self.read, path, self.where)

    @property
    def digest(self) -> str:
        """The digest of the policy's bytes."""
        return self.policy.digest


def trusted_policy(
    forge: Forge,
    path: str = DEFAULT_PATH,
    ref: str = "",
    moved: tuple[str, str] | None = None,
    pseudonym_key: str = "",
) -> Trusted:
    """Return the policy of a ref of the repository, as that ref is now.

    A push to the trusted ref itself is judged by the policy that was there before, not by the one it brings.

    Args:
        forge: the forge.
        path: the policy's path in the repository.
        ref: the trusted branch or tag in full; the default branch when empty.
        moved: the ref that the change has moved, and the commit on which it stood before.
        pseudonym_key: the secret with which people are named, where the policy wants that.

    Raises:
        UsageError: a file is not there, or the ref is not written in full.
        MalformedError: a file is not what it should be.
        Inconclusive: the forge cannot tell.
    """
    ref = ref or f"refs/heads/{forge.repository().default_branch}"
    if not ref.startswith(("refs/heads/", "refs/tags/")):
        remedy = "write refs/heads/<branch> or refs/tags/<tag>"
        raise UsageError(f"{ref[:200]!r} is not the full name of a ref", where="policy-ref", remedy=remedy)
    commit = moved[1] if moved and moved[0] == ref else forge.tip(ref)
    where = f"{path}@{ref}"
    return read_trusted(
        lambda name: forge.file(name, commit), path, where=where, commit=commit, pseudonym_key=pseudonym_key
    )


def read_trusted(
    read: Callable[[str], bytes | None],
    path: str,
    *,
    where: str,
    commit: str | None = None,
    pseudonym_key: str = "",
) -> Trusted:
    """Return the policy that `read` gives, with the files that it names.

    Args:
        read: returns a file of the trusted place, None when it is not there.
        path: the policy's path.
        where: where that is, for people.
        commit: the commit that it belongs to; None for files of this machine.
        pseudonym_key: the secret with which people are named, where the policy wants that.

    Raises:
        UsageError: a file is not there, or the policy wants pseudonyms and there is no key.
        MalformedError: a file is not what it should be.
    """
    data = _there(read, path, where)
    policy = load_policy(data, where=path)
    pseudonyms = pseudonyms_for(policy, pseudonym_key)
    path_of_people, signers = policy.duties.identities, _signers_path(policy)
    identities = _there(read, path_of_people, where) if path_of_people else None
    people = load_people(identities, path_of_people) if identities is not None and path_of_people else None
    if people is not None and pseudonyms is not None:
        people = pseudonyms.people(people)
        read = _instead(read, str(path_of_people), msgspec.json.encode(people))
    return Trusted(
        policy=policy,
        where=where,
        commit=commit,
        people=people,
        people_digest=sha256(identities) if identities is not None else None,
        allowed_signers=_there(read, signers, where) if signers else b"",
        data=data,
        read=read,
        pseudonyms=pseudonyms,
    )


def pseudonyms_for(policy: Policy, key: str) -> Pseudonyms | None:
    """Return what names people under a policy; None where they are named.

    Raises:
        UsageError: the policy wants pseudonyms, and there is no key that could make them.
    """
    if policy.evidence.people != PSEUDONYMOUS:
        return None
    if not key:
        remedy = (
            "give the secret COUNTERSEAL_PSEUDONYM_KEY to this step; nothing is written with names instead"
        )
        raise UsageError(
            "the policy wants people under pseudonyms, and there is no key", where="people", remedy=remedy
        )
    return Pseudonyms(key)


def _instead(read: Callable[[str], bytes | None], path: str, data: bytes) -> Callable[[str], bytes | None]:
    return lambda wanted: data if wanted == path else read(wanted)


def _signers_path(policy: Policy) -> str | None:
    rules = policy.branch.signatures if policy.branch else None
    return rules.allowed_signers if rules else None


def _there(read: Callable[[str], bytes | None], path: str, where: str) -> bytes:
    data = read(path)
    if data is None:
        raise UsageError(f"there is no {path[:200]}", where=where, remedy=_REMEDY)
    return data
