"""A wrong: planted into a history, it has to be named by the audit; with what most of them begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType

from counterseal.manifest.stream import stream_id
from counterseal.store.blobs import blob_key
from simulators.bank import MAILS, PRODUCTION, day, later
from simulators.history import History
from simulators.release_plan import Plan

STREAM = stream_id(PRODUCTION)


@dataclass(frozen=True)
class Named:
    """What an audit has to name.

    Attributes:
        code: the verdict.
        population: of which population the element is.
        name: the element's name.
        exit_code: what the audit ends with.
        also: verdicts that may follow from the same wrong.
    """

    code: str
    population: str
    name: str
    exit_code: int
    also: frozenset[str] = field(default_factory=frozenset)


GAP, TAMPERED, UNPROVABLE = 15, 12, 14
Plant = Callable[[History], Named]
_PLANTS: list[Plant] = []


def wrong(plant: Plant) -> Plant:
    """Register a wrong."""
    _PLANTS.append(plant)
    return plant


def wrongs_of(subject: ModuleType) -> dict[str, Plant]:
    """Return the wrongs of a subject, each by the name of its function."""
    mine = (plant for plant in _PLANTS if plant.__module__ == subject.__name__)
    return {plant.__name__.replace("_", " "): plant for plant in mine}


def named(code: str, population: str, name: str, exit_code: int, *also: str) -> Named:
    return Named(code, population, name, exit_code, frozenset(also))


MERGED, RELEASED = day(113), day(114)
"""When a change more is merged and released: after everything else of the history."""


def publish(history: History, number: int = 11, **parts: object) -> str:
    """Merge, release and deploy one change more, and return the release's name."""
    at = MERGED
    commit = history.merge_pull(200 + number, "One more", at, author=str(parts.pop("author", MAILS["dana"])))
    plan = Plan(commit, later(at, days=1), history.source(10), **parts)  # type: ignore[arg-type]
    history.publish(plan)
    history.deploy(commit, later(plan.at, minutes=-3))
    return history.name(len(history.releases))


def evidence_of(history: History, sequence: int) -> str:
    """Return the key of an evidence file of a release."""
    manifest = history.releases[sequence - 1].statement.predicate
    return blob_key(manifest.candidate.evidence[0].digest.sha256)


HOLE = (
    "chain-broken",
    "checkpoint-broken",
    "clock-doubtful",
    "deployment-without-evidence",
    "evidence-without-deployment",
    "no-evidence",
    "retention-shortened",
    "unreleased-too-long",
)
UNCLEARED = ("approved-by-participant", "reviewed-by-participant", "reviewer-unproven")


def newest(history: History) -> str:
    """Return the name of the newest deployment."""
    return f"github:{history.forge.deployed[0].id}"
