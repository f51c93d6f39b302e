"""The plan of a release; every part that a wrong cares about can be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from counterseal.manifest.release import ReleaseCandidate, Stream
from counterseal.manifest.types import Outcome
from counterseal.policy.duties import Actor, Duties
from counterseal.policy.forge import Account
from counterseal.seal.sealer import Sealer
from simulators.bank import MIA, POLICY, PRODUCTION


@dataclass
class Plan:
    """One release to be published."""

    commit: str
    at: str
    previous_commit: str | None = None
    approver: Account | None = MIA
    change_class: str = "normal"
    duties: Duties = field(default_factory=lambda: Duties(identities="people"))
    outcome: Outcome = Outcome.PASSED
    tag: str | None = None
    waiver_until: str | None = None
    policy: str = POLICY
    said_at: str | None = None
    actors: tuple[Actor, ...] | None = None
    stream: Stream = PRODUCTION
    hide: tuple[str, ...] = ()
    drop_commits: int = 0
    origin_commit: str | None = None
    valid_until: str | None = None
    proven: bool = True
    tests: bytes | None = None
    sealer: Sealer | None = None
    created_at: str | None = None
    candidate_of: Callable[[ReleaseCandidate], ReleaseCandidate] = lambda one: one
    gated: bool = True
    gate_case: Callable[[bytes], bytes] = lambda one: one
