"""`policy-gate`: everything that is on record of a release, judged by the policy before it is staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _rego, _run, _scan
from counterseal.commands._base import Command, Input, Inputs, Output, Result

if TYPE_CHECKING:
    from counterseal.checks.contents.scan import Contained
    from counterseal.checks.gate.verdict import Ruled
    from counterseal.checks.placement.observe import Placed
    from counterseal.commands._scan import Scene
    from counterseal.host import Host
    from counterseal.policy.gate import Gate
    from counterseal.policy.gate.case import Case, Rules
    from counterseal.policy.gate.document import Document, Release
    from counterseal.policy.placement.classification import DataSet

_STAGE = "policy-gate"

INPUTS = (
    Input("environment", "Where the release is to go, as approval.environments names it."),
    Input("change-class", "Class of the change; the environment's default by default."),
    Input("case-out", "File to write the case to: all that the verdict was made from."),
    *_scan.INPUTS,
)
OUTPUTS = (
    *_scan.OUTPUTS,
    Output("rules", "How many built-in rules the policy states."),
    Output("rego-rules", "How many rules in Rego were evaluated."),
    Output("case", "Path of the case, where case-out was given."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Gather, judge and put on record; the exit code is the record's outcome."""
    from counterseal.checks.gate.verdict import rule_on

    scene = _scan.begin(inputs, host, _STAGE, "gate")
    gate = scene.trusted.policy.gate
    assert gate is not None  # noqa: S101 - `begin` has seen to it
    case = _case(scene, inputs, host, gate)
    ruled = rule_on(case, _rego.runner(host))
    return _scan.file(scene, inputs, host, _with_case(inputs, host, case, ruled).judged)


def _case(scene: Scene, inputs: Inputs, host: Host, gate: Gate) -> Case:
    """Return everything that the verdict is made from."""
    from counterseal.checks.gate.gather import gather
    from counterseal.checks.gate.release import unknown_place
    from counterseal.policy.gate.case import Case, said

    gathered = gather(scene.files, scene.origin)
    placed = _placed(scene, inputs, gate)
    contained = _contained(scene, host, gate)
    document = _document(scene, inputs, host, gate)
    findings = [
        *gathered.findings,
        *unknown_place(scene.trusted.policy.approval, inputs["environment"], inputs["change-class"]),
        *(placed.findings if placed else ()),
        *(contained.findings if contained else ()),
    ]
    from msgspec.structs import replace

    whole = replace(
        document,
        records=gathered.records,
        problems=gathered.problems,
        components=gathered.components,
        resources=placed.resources if placed else None,
        grants=placed.grants if placed else None,
    )
    observed = contained.problems if contained else ()
    return Case(document=whole, observed=observed, said=tuple(map(said, findings)), rules=_rules(scene, gate))


def _document(scene: Scene, inputs: Inputs, host: Host, gate: Gate) -> Document:
    """Return the document with what is known of the release itself."""
    from counterseal.checks.gate.release import freezes_of
    from counterseal.policy.gate.document import Document, RetentionFact

    policy = scene.trusted.policy
    kept = policy.evidence.retention
    return Document(
        now=scene.now,
        release=_release(scene, inputs, host),
        data=_classified(scene, gate),
        freezes=freezes_of(policy.approval, inputs["environment"] or None),
        retention=RetentionFact(days=kept.days, mode=kept.mode) if kept else None,
    )


def _release(scene: Scene, inputs: Inputs, host: Host) -> Release:
    from counterseal.policy.gate.document import Release
    from counterseal.policy.people import Identities

    identities = Identities(scene.trusted.people)
    persons = _scan.participants(scene, host, identities)
    approval, environment = scene.trusted.policy.approval, inputs["environment"]
    rule = approval.environments.get(environment) if approval else None
    return Release(
        repository=scene.origin.repository,
        commit=scene.origin.commit,
        run=scene.origin.run,
        ref=host.context.ref,
        event=scene.event.name if scene.event else None,
        environment=environment or None,
        change_class=inputs["change-class"] or (rule.default if rule else None),
        actor=_actor(host, identities),
        participants=tuple(sorted(persons)) if persons is not None else None,
    )


def _actor(host: Host, identities: object) -> str | None:
    """Return the person who started the run; None where a rerun may have been started by somebody else."""
    from counterseal.policy.people import Identities

    assert isinstance(identities, Identities)  # noqa: S101 - for the type only
    context = host.context
    if context.actor_id is None or context.triggering_actor != context.actor:
        return None
    return identities.person_of_account(context.actor_id)


def _classified(scene: Scene, gate: Gate) -> tuple[DataSet, ...] | None:
    """Return the data sets that the firm has classified."""
    from counterseal.policy.placement.classification import load_classification

    if gate.data is None:
        return None
    path = gate.data.classification
    return load_classification(scene.trusted.file(path), path).sets


def _placed(scene: Scene, inputs: Inputs, gate: Gate) -> Placed | None:
    from counterseal.checks.placement.observe import observe_placement

    environment = inputs["environment"] or None
    return observe_placement(scene.root, gate.data, environment) if gate.data else None


def _contained(scene: Scene, host: Host, gate: Gate) -> Contained | None:
    from counterseal.checks.change_base import files_before
    from counterseal.checks.contents.scan import scan_contents
    from counterseal.clients.git_tree import CommitFiles

    if gate.contents is None:
        return None
    repository = _run.repository(host)
    before = files_before(scene.event, repository) if scene.event else None
    commit = CommitFiles(repository, scene.origin.commit)
    return scan_contents(scene.root, gate.contents, commit, before, scene.files.root)


def _rules(scene: Scene, gate: Gate) -> Rules:
    """Return the policy and the files that it names, as they stand at the trusted ref."""
    from counterseal.policy.gate.case import Rules

    waivers, people = scene.code.waivers, scene.trusted.policy.duties.identities
    named = (*gate.rego.files, *gate.rego.data.values()) if gate.rego else ()
    return Rules(
        where=scene.trusted.where,
        policy=_text(scene.trusted.data, "policy"),
        waivers=_text(scene.trusted.file(waivers.file), waivers.file) if waivers else None,
        people=_text(scene.trusted.file(people), people) if people else None,
        files={path: _text(scene.trusted.file(path), path) for path in named},
    )


def _text(data: bytes, where: str) -> str:
    from counterseal.errors import MalformedError

    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise MalformedError("not UTF-8", where=where) from cause


def _with_case(inputs: Inputs, host: Host, case: Case, ruled: Ruled) -> Ruled:
    """Return the same with the case among its evidence, written where it is wanted."""
    from dataclasses import replace

    from msgspec.structs import replace as with_

    from counterseal.checks.scan import Exhibit
    from counterseal.policy.gate.case import encode_case

    seen = ruled.judged.seen
    data = encode_case(with_(case, verdict=ruled.verdict()))
    if inputs["case-out"]:
        _run.write_file(host, inputs["case-out"], data)
    outputs = {
        "rules": str(seen.counts["rules"]),
        "rego-rules": str(seen.counts["rego-rules"]),
        "case": inputs["case-out"],
    }
    exhibits = (*seen.exhibits, Exhibit("gate-case.json", "application/json", data))
    return replace(
        ruled, judged=replace(ruled.judged, seen=replace(seen, exhibits=exhibits, outputs=outputs))
    )


COMMAND = Command(
    _STAGE,
    "Judge all that is on record of a release by the policy, before it is staged.",
    INPUTS,
    OUTPUTS,
    run,
)
