"""The documents of the people gates: cases, suppositions, facts, policies, identity maps, worlds, statements.

Whether a spoilt one may be accepted is told by its JSON Schema, which another library than ours applies.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import jsonschema_rs
import msgspec
import yaml

from counterseal.approval.model import Case
from counterseal.approval.simulate import Supposition
from counterseal.checks.branch_case import BranchCase
from counterseal.checks.branch_simulate import Supposition as ChangeSupposition
from counterseal.manifest.approval import SIGNED_APPROVAL, SignedApproval
from counterseal.manifest.record import Digest
from counterseal.manifest.schema import document_schema
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.policy.file import PolicyFile
from counterseal.policy.people import People, load_people
from counterseal.sandbox.seed import WorldSeed
from factories import candidate
from fuzz.mutations import strict
from fuzz.plausible import plausible_statement
from fuzz.target import Target, placed
from fuzz.world import POLICY, Call, World, reading
from simulators.approved import decision_about, request_payload
from simulators.changes import pull
from simulators.releases import STREAM

ROOT = Path(__file__).parents[2]
JUDGED = frozenset({0, 10, 11, 14})
"""The exit codes of a verdict, whatever it is."""


def people_targets(world: World) -> Iterator[Target]:
    """Yield the documents of the people gates."""
    yield from _decisions(world)
    yield from _changes(world)
    yield from _settings(world)
    yield from _sealed(world)
    yield _fixed(world)


def _decisions(world: World) -> Iterator[Target]:
    case = decision_about(candidate(), STREAM, run="1/1")[1]
    good, spoilt = world.checkout / "case.json", world.checkout / "spoilt-case.json"
    good.write_bytes(case)
    replay = Call(["approval-gate", "replay", "--case", spoilt.name, "--format", "json"])
    yield Target(
        "case on record",
        500,
        case,
        POLICY,
        lambda data: placed(spoilt, data, replay),
        (spoilt.name, "decision-replays"),  # or it is well-formed, and its decision does not follow
        _fits(Case),
        verdicts=JUDGED,
    )
    document = json.loads(case)
    supposed = _json({"events": document["events"], "now": "2026-11-23T09:25:00Z", "without": ["comment:1"]})
    suppose = ["approval-gate", "--simulate", good.name, "--suppose", spoilt.name, "--format", "json"]
    yield Target(
        "supposition about a decision",
        300,
        supposed,
        case,
        lambda data: placed(spoilt, data, Call(suppose)),
        spoilt.name,
        _fits(Supposition),
        verdicts=JUDGED,
    )


def _changes(world: World) -> Iterator[Target]:
    facts = _json({"subjects": [{"name": "#12", "change": msgspec.to_builtins(pull())}]})
    good, spoilt = world.checkout / "facts.json", world.checkout / "spoilt-facts.json"
    good.write_bytes(facts)
    simulate = ["branch-policy", "--format", "json", "--simulate"]
    yield Target(
        "facts of a change",
        600,
        facts,
        POLICY,
        lambda data: placed(spoilt, data, Call([*simulate, spoilt.name])),
        spoilt.name,
        _fits(BranchCase),
        verdicts=JUDGED,
    )
    supposed = _json({"subject": "#12", "tickets": {"PAY-1": {"state": "Done"}}, "members": {"leads": [1]}})
    yield Target(
        "supposition about a change",
        300,
        supposed,
        facts,
        lambda data: placed(spoilt, data, Call([*simulate, good.name, "--suppose", spoilt.name])),
        (spoilt.name, "suppose"),
        _fits(ChangeSupposition),
        verdicts=JUDGED,
    )


def _settings(world: World) -> Iterator[Target]:
    policy = (ROOT / "examples" / "people" / "counterseal.yml").read_bytes()
    people = (ROOT / "examples" / "people" / "counterseal-people.yml").read_bytes()
    seed = (ROOT / "examples" / "sandbox" / "world.yml").read_bytes()
    spoilt = world.checkout / "spoilt-people.yml"
    simulate = ["branch-policy", "--simulate", "facts.json", "--policy-file", spoilt.name, "--format", "json"]
    yield Target(
        "policy of the people gates",
        600,
        policy,
        people,
        lambda data: placed(spoilt, data, Call(simulate)),
        spoilt.name,
        _fits(PolicyFile, _yaml),
        verdicts=JUDGED,
    )
    yield Target(
        "identity map",
        400,
        people,
        policy,
        lambda data: placed(spoilt, data, Call()),
        spoilt.name,
        _fits(People, _yaml),
        driver=lambda _: reading(lambda: load_people(spoilt.read_bytes(), spoilt.name)),
    )
    check = ["sandbox", "--world", spoilt.name, "--check", "--format", "json"]
    yield Target(
        "world of the sandbox",
        100,
        seed,
        people,
        lambda data: placed(spoilt, data, Call(check)),
        spoilt.name,
        _fits(WorldSeed, _yaml),
    )


def _sealed(world: World) -> Iterator[Target]:
    """Yield statements that were spoilt before a believed key sealed them."""
    file = world.checkout / "spoilt-approval.json"
    request = request_payload(candidate(), STREAM, run="1/1")
    digest = json.loads(request)["predicate"]["binding"]["candidate"]["sha256"]
    said = SignedApproval(
        request="0" * 16, candidate=Digest(sha256=digest), action="approve", signed_at="2026-11-23T09:00:00Z"
    )
    subject = subject_of_file("candidate", digest)
    approval = encode_statement(Statement((subject,), SIGNED_APPROVAL, said))
    call = world.verify("--bundles", file.name)
    for name, valid, other in (("approval request", request, approval), ("approval", approval, request)):

        def put(data: bytes) -> AbstractContextManager[Call]:
            return placed(file, world.sealer.seal(data), call)

        def harmless(data: bytes, valid: bytes = valid) -> bool:
            return plausible_statement(data, valid)

        yield Target(f"{name} statement", 400, valid, other, put, file.name, harmless)


def _fixed(world: World) -> Target:
    """Return the candidate that people were asked about, as it lies in the folder of evidence."""
    folder = world.home / "fixed-case"
    shutil.copytree(world.case, folder)
    upload = world.upload(world.home / "uploads", folder)
    record = json.loads(next((folder / "records").rglob("*.json")).read_bytes())["predicate"]
    fixed = _json(msgspec.to_builtins(candidate(commit=record["origin"]["commit"])))
    file = folder / "candidate.json"
    return Target("fixed candidate", 200, fixed, POLICY, lambda data: placed(file, data, upload), "candidate")


def _fits(kind: type, read: Callable[[bytes], Any] = strict) -> Callable[[bytes], bool]:
    """Return what tells whether a document has the structure of a type."""
    schema = jsonschema_rs.validator_for(json.dumps(document_schema(kind.__name__, kind)))

    def fits(data: bytes) -> bool:
        try:
            return bool(schema.is_valid(read(data)))
        except (ValueError, RecursionError, yaml.YAMLError):
            return False

    return fits


class _Loader(yaml.SafeLoader):
    """Days stay texts, as they do in every file of ours."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _yaml(data: bytes) -> Any:
    return yaml.load(data, _Loader)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
