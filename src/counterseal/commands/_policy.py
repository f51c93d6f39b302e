"""The trusted policy of a command: from the forge at a trusted ref, or from a file of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _run
from counterseal.commands._base import Input

if TYPE_CHECKING:
    from counterseal.checks.trusted import Trusted
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.host.event import Event

POLICY = Input(
    "policy",
    "Path of the policy in the repository; it is read at a trusted ref, never from the change.",
    default=".github/counterseal.yml",
)
POLICY_REF = Input(
    "policy-ref", "Trusted ref in full, such as refs/heads/main; the default branch by default."
)
POLICY_FILE = Input(
    "policy-file",
    "Policy file of this machine instead, for simulations and for checkouts that no change can write to.",
)


def of_forge(inputs: Inputs, host: Host, forge: Forge, event: Event | None) -> Trusted:
    """Return the policy at the trusted ref; a push to that ref is judged by the policy from before it."""
    from counterseal.checks.trusted import trusted_policy

    pushed = event if event is not None and event.name == "push" else None
    moved = (pushed.ref, pushed.before) if pushed and pushed.ref and pushed.before else None
    return trusted_policy(forge, inputs["policy"], inputs["policy-ref"], moved, _people.key(host))


def of_machine(inputs: Inputs, host: Host) -> Trusted:
    """Return the policy that `policy-file` names, with the files beside it."""
    from counterseal.checks.trusted import read_trusted

    def read(path: str) -> bytes | None:
        return _run.read_file(host, path) if (host.cwd / path).is_file() else None

    path = inputs["policy-file"]
    return read_trusted(read, path, where=f"file {path}", pseudonym_key=_people.key(host))
