"""How people stand in what a command writes: by name, or under pseudonyms where the policy wants that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.host import names

if TYPE_CHECKING:
    from counterseal.host import Host
    from counterseal.policy.file import Policy
    from counterseal.policy.pseudonyms import Pseudonyms


def key(host: Host) -> str:
    """Return the secret that pseudonyms are made with, hidden from the log; empty where there is none."""
    secret = host.env.get(names.PSEUDONYM_KEY, "").strip()
    if secret:
        host.mask(secret)
    return secret


def pseudonyms(host: Host, policy: Policy | None) -> Pseudonyms | None:
    """Return what names people; None where they are named.

    A command that was given no policy cannot know what is wanted; whoever gives it the secret wants them.

    Raises:
        UsageError: pseudonyms are wanted, and there is no key, or it is none.
    """
    from counterseal.checks.trusted import pseudonyms_for
    from counterseal.policy.pseudonyms import Pseudonyms

    if policy is not None:
        return pseudonyms_for(policy, key(host))
    return Pseudonyms(secret) if (secret := key(host)) else None
