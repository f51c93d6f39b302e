"""`sast`: what static analysis finds in the code, and whether it may pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run, _scan
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import NothingToJudge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterseal.checks.sast.python import PythonScan
    from counterseal.checks.scan import Judged, Seen
    from counterseal.host import Host
    from counterseal.policy.code.sast import Sast
    from counterseal.policy.finding import Finding

_STAGE = "sast"

INPUTS = (
    Input("paths", "Files and folders with Python code; everything by default.", multiple=True),
    Input("sarif", "SARIF reports of other scanners, each NAME=PATH, one a line.", multiple=True),
    Input(
        "cache",
        "Folder that keeps what was found in a file, so that it is not looked at twice; none by default.",
    ),
    Input("sarif-out", "File to write the SARIF for the forge to; waived problems are not in it."),
    *_scan.INPUTS,
)
OUTPUTS = (
    *_scan.OUTPUTS,
    Output("sarif", "Path of the SARIF file for the forge, where sarif-out was given."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Scan, judge and put on record; the exit code is the record's outcome."""
    scene = _scan.begin(inputs, host, _STAGE)
    rules = scene.code.sast
    if rules is None:
        remedy = "add `code: { sast: {} }`"
        raise NothingToJudge("the policy has no code.sast", where=scene.trusted.where, remedy=remedy)
    python = _python(scene, inputs, host, rules) if rules.python else None
    reports = [*_reports(scene, inputs, host, rules), *_scanners(scene, host, rules)]
    judged = _scan.judge(scene, host, _seen(python, reports), rules.blocks)
    return _scan.file(scene, inputs, host, _with_sarif(scene, inputs, host, judged))


def _python(scene: _scan.Scene, inputs: Inputs, host: Host, rules: Sast) -> PythonScan:
    from counterseal.checks.change_base import files_before
    from counterseal.checks.sast.bandit_run import Options
    from counterseal.checks.sast.python import scan_python
    from counterseal.checks.sast.sources import find_sources

    sources = find_sources(scene.root, inputs.many("paths") or (".",), rules.exclude)
    before = files_before(scene.event, _run.repository(host)) if scene.event else None
    # Only where it is asked for: whatever ran in this job before could have written what a cache says.
    cache = scene.root / inputs["cache"] if inputs["cache"] else None
    return scan_python(scene.root, sources, Options(rules.tests, rules.skips), before, cache)


def _reports(scene: _scan.Scene, inputs: Inputs, host: Host, rules: Sast) -> Iterator[_scan.GivenReport]:
    """Yield the reports that were given; one that the policy expects and is not there is told."""
    from counterseal.checks.sarif.read import SarifReport
    from counterseal.policy.finding import inconclusive

    given = list(_scan.sarif_reports(scene, inputs.many("sarif"), host, "code"))
    yield from given
    for name in rules.reports:
        if name not in {one.name for one in given}:
            message = "the policy expects a report of this scanner, and there is none"
            missing = inconclusive(_STAGE, message, subject=name, remedy=f"give it as {name}=PATH in sarif")
            yield _scan.GivenReport(name, SarifReport(findings=(missing,)))


def _scanners(scene: _scan.Scene, host: Host, rules: Sast) -> Iterator[_scan.GivenReport]:
    """Run the scanners that the policy names."""
    from counterseal.checks.sast.scanners import Workshop, run_scanner
    from counterseal.checks.scan import Exhibit
    from counterseal.host.install import LOCKS, cache_folder

    shop = Workshop(LOCKS, cache_folder(host.env), host.env, scene.root, scene.trusted.file)
    for scanner in rules.scanners:
        report, data = run_scanner(scanner, shop)
        written = Exhibit(f"{scanner.name}.sarif", "application/sarif+json", data)
        yield _scan.GivenReport(scanner.name, report, _scan.kept(scene, written) if data else None)


def _seen(python: PythonScan | None, reports: list[_scan.GivenReport]) -> Seen:
    """Return everything that was seen, as one scan."""
    from counterseal.checks.sast.cache import bandit_version
    from counterseal.checks.scan import Seen
    from counterseal.manifest.record import Tool
    from counterseal.policy.problem import counted

    problems = [
        *(python.problems if python else ()),
        *(one for given in reports for one in given.report.problems),
    ]
    findings = [
        *(python.findings if python else ()),
        *(one for given in reports for one in given.report.findings),
    ]
    return Seen(
        problems=counted(problems),
        kinds=frozenset({"code"}),
        findings=tuple(findings),
        counts={**(python.counts if python else {}), "reports": len(reports)},
        kept=tuple(given.reference for given in reports if given.reference),
        tool=Tool(name="bandit", version=bandit_version()) if python else None,
    )


def _with_sarif(scene: _scan.Scene, inputs: Inputs, host: Host, judged: Judged) -> Judged:
    """Add the whole SARIF to the evidence, and write the copy for the forge where it is wanted."""
    from dataclasses import replace

    from counterseal.checks.sarif.upload import for_upload
    from counterseal.checks.sarif.write import About, write_sarif
    from counterseal.checks.sast.lines import LineHashes
    from counterseal.checks.scan import Exhibit

    seen = judged.seen
    tools = (seen.tool,) if seen.tool else ()
    complete = not any(one.outcome == "inconclusive" for one in seen.findings)
    about = About(judged.gated.let_through, complete=complete, line_hash=LineHashes(scene.root).of)
    whole = Exhibit("sast.sarif", "application/sarif+json", write_sarif(seen.problems, tools, about))
    notes: tuple[Finding, ...] = ()
    if inputs["sarif-out"]:
        data, notes = for_upload(seen.problems, tools, about)
        _run.write_file(host, inputs["sarif-out"], data)
    outputs = {**seen.outputs, "sarif": inputs["sarif-out"]}
    findings, exhibits = (*seen.findings, *notes), (*seen.exhibits, whole)
    return replace(judged, seen=replace(seen, findings=findings, exhibits=exhibits, outputs=outputs))


COMMAND = Command(
    _STAGE, "Judge what static analysis finds in the code, and put it on record.", INPUTS, OUTPUTS, run
)
