"""`sbom`: the inventory of a release as CycloneDX, valid and complete, and the licences of what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run, _scan
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import NothingToJudge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterseal.checks.inventory.found import Inventory
    from counterseal.checks.scan import Exhibit, Seen
    from counterseal.host import Host
    from counterseal.manifest.statement import Statement
    from counterseal.policy.code.sbom import Sbom
    from counterseal.policy.finding import Finding
    from counterseal.policy.problem import Problem

_STAGE = "sbom"
_CYCLONEDX = "https://cyclonedx.org/bom"

INPUTS = (
    Input(
        "inventories", "Lock files, requirements or CycloneDX documents: paths or patterns.", multiple=True
    ),
    Input("site-packages", "Folder that Python packages are installed in: licences, suppliers."),
    Input("complete", "Whether inventories and site-packages have to name the same packages.", flag=True),
    Input("previous", "SBOM of the release before, to tell what changed."),
    Input("sbom-out", "File to write the SBOM to."),
    *_scan.INPUTS,
)
OUTPUTS = (
    *_scan.OUTPUTS,
    Output("sbom", "Path of the SBOM, where sbom-out was given."),
    Output("components", "How many components it lists."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Write the inventory, judge it and its licences, and put both on record."""
    scene = _scan.begin(inputs, host, _STAGE)
    rules = scene.code.sbom
    if rules is None:
        remedy = "add `code: { sbom: {} }`"
        raise NothingToJudge("the policy has no code.sbom", where=scene.trusted.where, remedy=remedy)
    inventory, findings = _inventory(scene, inputs, host, rules)
    data = _written(scene, inventory, rules)
    if inputs["sbom-out"]:
        _run.write_file(host, inputs["sbom-out"], data)
    seen = _seen(scene, inputs, host, rules, inventory, (data, findings))
    licences = scene.code.licences
    unknown = licences.unknown if licences else "block"
    return _scan.file(scene, inputs, host, _scan.judge(scene, host, seen, lambda one: _blocks(one, unknown)))


def _blocks(problem: Problem, unknown: str) -> bool:
    """Tell whether a licence blocks: a refused one, and an unknown one unless that is only noted."""
    severity = problem.rating.severity
    return severity in ("high", "critical") or (severity == "unknown" and unknown == "block")


def _inventory(
    scene: _scan.Scene, inputs: Inputs, host: Host, rules: Sbom
) -> tuple[Inventory, list[Finding]]:
    """Return everything that is listed and installed, and where the two differ."""
    from counterseal.checks.inventory.environment import read_environment
    from counterseal.checks.inventory.found import Inventory, merged
    from counterseal.checks.inventory.read import read_inventory
    from counterseal.checks.sbom.compare import missing_from
    from counterseal.policy.finding import inconclusive

    wanted = tuple(dict.fromkeys((*rules.inventories, *inputs.many("inventories"))))
    listed = read_inventory(scene.root, wanted)
    installed = (
        read_environment(host.cwd / inputs["site-packages"]) if inputs["site-packages"] else Inventory()
    )
    whole = merged([listed, installed])
    findings = list(whole.findings)
    if inputs.flag("complete"):
        if not inputs["site-packages"]:
            findings.append(inconclusive(_STAGE, "nothing tells what is installed", subject="site-packages"))
        else:
            findings += missing_from(listed.components, installed.components)
    if not whole.components:
        remedy = "name lock files in code.sbom.inventories or in the input inventories"
        findings.append(
            inconclusive(_STAGE, "there is no component at all", subject="inventories", remedy=remedy)
        )
    return whole, findings


def _written(scene: _scan.Scene, inventory: Inventory, rules: Sbom) -> bytes:
    from counterseal import __version__
    from counterseal.checks.sbom.write import Release, write_sbom

    uri = scene.origin.repository
    name = uri.rstrip("/").rpartition("/")[2] or uri
    release = Release(name=name, uri=uri, commit=scene.origin.commit, at=scene.now, tool=__version__)
    return write_sbom(inventory.components, release, rules.version)


def _seen(
    scene: _scan.Scene,
    inputs: Inputs,
    host: Host,
    rules: Sbom,
    inventory: Inventory,
    written: tuple[bytes, list[Finding]],
) -> Seen:
    from counterseal.checks.sbom.compare import wanting
    from counterseal.checks.sbom.validate import faults_of
    from counterseal.checks.sbom.write import MEDIA_TYPE
    from counterseal.checks.scan import Exhibit, Seen
    from counterseal.policy.licence import licence_problems
    from counterseal.policy.problem import counted

    data, findings = written
    licences = scene.code.licences
    problems = licence_problems(inventory.components, licences) if licences else ()
    count = str(len(inventory.components))
    return Seen(
        problems=counted(problems),
        kinds=frozenset({"licence"}),
        findings=(*findings, *faults_of(data, "sbom.cdx.json"), *wanting(inventory.components, rules)),
        counts={"components": len(inventory.components), "inventories": len(inventory.files)},
        exhibits=(Exhibit("sbom.cdx.json", MEDIA_TYPE, data), *_changes(inputs, host, inventory)),
        statements=(_statement(scene, data),),
        outputs={"sbom": inputs["sbom-out"], "components": count},
    )


def _statement(scene: _scan.Scene, data: bytes) -> Statement:
    """Return the inventory as a statement about the commit (in-toto attestation, CycloneDX predicate)."""
    import json

    from counterseal.manifest.statement import Statement, subject_of_commit

    subject = subject_of_commit(scene.origin.repository, scene.origin.commit)
    return Statement((subject,), _CYCLONEDX, json.loads(data))


def _changes(inputs: Inputs, host: Host, inventory: Inventory) -> Iterator[Exhibit]:
    """Yield what changed since the release before, where its SBOM was given."""
    from dataclasses import asdict

    from counterseal.checks.inventory.cyclonedx import read_cyclonedx
    from counterseal.checks.inventory.documents import Unreadable
    from counterseal.checks.sbom.compare import difference
    from counterseal.checks.scan import Exhibit
    from counterseal.errors import MalformedError
    from counterseal.manifest import canonical

    if not inputs["previous"]:
        return
    try:
        before = read_cyclonedx(
            inputs["previous"], _run.read_file(host, inputs["previous"], 64 * 1024 * 1024)
        )
    except Unreadable as cause:
        raise MalformedError(str(cause), where=inputs["previous"]) from cause
    changed = {
        name: list(found)
        for name, found in asdict(difference(before.components, inventory.components)).items()
    }
    yield Exhibit("sbom-changes.json", "application/json", canonical.encode(changed))


COMMAND = Command(
    _STAGE,
    "Write the inventory of a release, judge its licences, and put it on record.",
    INPUTS,
    OUTPUTS,
    run,
)
