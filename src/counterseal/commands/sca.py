"""`sca`: which published vulnerabilities the dependencies have, and whether they may pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run, _scan
from counterseal.commands._base import Command, Input, Inputs, Result
from counterseal.errors import Inconclusive, NothingToJudge, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from counterseal.checks.inventory.found import Inventory
    from counterseal.checks.sca.match import Urgency
    from counterseal.checks.sca.sources import Known
    from counterseal.checks.scan import Exhibit, Seen
    from counterseal.clients.advisory_db import AdvisoryDatabase
    from counterseal.host import Host
    from counterseal.manifest.record import EvidenceReference
    from counterseal.manifest.statement import Statement
    from counterseal.policy.code.sca import Sca
    from counterseal.policy.component import Component
    from counterseal.policy.finding import Finding
    from counterseal.policy.problem import Problem

_STAGE = "sca"

INPUTS = (
    Input(
        "inventories", "Lock files, requirements or CycloneDX documents: paths or patterns.", multiple=True
    ),
    Input("site-packages", "Folder that Python packages are installed in: they are looked up too."),
    Input("database", "Advisories on this machine: a folder of OSV records, or OSV's zip files."),
    Input("osv-url", "Address of an OSV service instead of the public one, without /v1."),
    Input("exploited-list", "Catalogue of known exploited vulnerabilities (CISA, JSON)."),
    Input("epss-scores", "EPSS scores (FIRST, CSV or CSV.gz)."),
    Input(
        "dependency-reports",
        "Reports of other scanners in JSON, CycloneDX or npm audit, each NAME=PATH.",
        multiple=True,
    ),
    Input(
        "dependency-sarif", "SARIF reports of other scanners of dependencies, each NAME=PATH.", multiple=True
    ),
    *_scan.INPUTS,
)
OUTPUTS = _scan.OUTPUTS


def run(inputs: Inputs, host: Host) -> Result:
    """Look every component up, judge and put on record; the exit code is the record's outcome."""
    scene = _scan.begin(inputs, host, _STAGE)
    rules = scene.code.sca
    if rules is None:
        remedy = "add `code: { sca: {} }`"
        raise NothingToJudge("the policy has no code.sca", where=scene.trusted.where, remedy=remedy)
    if inputs["database"] and inputs["osv-url"]:
        raise UsageError("name a database or a service, not both", where="database, osv-url")
    seen = _seen(scene, inputs, host, rules)
    return _scan.file(scene, inputs, host, _scan.judge(scene, host, seen, rules.blocks))


def _seen(scene: _scan.Scene, inputs: Inputs, host: Host, rules: Sca) -> Seen:
    from counterseal.checks.sca.scan import counting
    from counterseal.checks.scan import Seen
    from counterseal.policy.finding import inconclusive
    from counterseal.policy.problem import counted

    inventory = _inventory(scene, inputs, host, rules)
    components, notes = counting(inventory, rules)
    findings = [*inventory.findings, *notes]
    problems: list[Problem] = []
    facts: dict[str, str | int] = {}
    try:
        found, more, facts = _looked_up(scene, inputs, host, rules, inventory, components)
        problems, findings = [*found], [*findings, *more]
    except Inconclusive as error:
        findings.append(
            inconclusive(
                _STAGE, error.message[:1000], subject=(error.where or "")[:1000], remedy=error.remedy
            )
        )
    reports = list(_scan.sarif_reports(scene, inputs.many("dependency-sarif"), host, "dependency"))
    problems += [one for given in reports for one in given.report.problems]
    findings += [one for given in reports for one in given.report.findings]
    others = [*_reports(scene, inputs, host)]
    problems += [one for told, _, _ in others for one in told]
    findings += [one for _, told, _ in others for one in told]
    return Seen(
        problems=counted(problems),
        kinds=frozenset({"dependency"}),
        findings=tuple(findings),
        counts={
            "components": len(components),
            "inventories": len(inventory.files),
            "reports": len(reports) + len(others),
        },
        exhibits=tuple(_exhibits(scene, rules, inventory, facts)),
        kept=(
            *(given.reference for given in reports if given.reference),
            *(reference for _, _, reference in others if reference),
        ),
        statements=(_statement(scene, problems, facts),),
    )


def _inventory(scene: _scan.Scene, inputs: Inputs, host: Host, rules: Sca) -> Inventory:
    """Return everything that is listed or installed."""
    from counterseal.checks.inventory.environment import read_environment
    from counterseal.checks.sca.scan import inventory_of

    folder = inputs["site-packages"]
    installed = read_environment(host.cwd / folder) if folder else None
    return inventory_of(scene.root, inputs.many("inventories"), rules, installed)


def _reports(
    scene: _scan.Scene, inputs: Inputs, host: Host
) -> Iterator[tuple[tuple[Problem, ...], tuple[Finding, ...], EvidenceReference | None]]:
    """Yield what reports in JSON tell, what keeps them from telling everything, and the file that is kept."""
    from counterseal.checks.sca.reports import read_report

    words = inputs.many("dependency-reports")
    for name, path in _scan.named_paths(words, "dependency-reports").items():
        whole, reference, data = host.cwd / path, None, b""
        if whole.is_file():
            reference = scene.files.add_file(whole, f"{name}.json", "application/json")
            data = _run.read_file(host, str(scene.files.blob(reference)), 256 * 1024 * 1024)
        yield (*read_report(data, name), reference)


def _looked_up(
    scene: _scan.Scene,
    inputs: Inputs,
    host: Host,
    rules: Sca,
    inventory: Inventory,
    components: Sequence[Component],
) -> tuple[tuple[Problem, ...], list[Finding], dict[str, str | int]]:
    """Return the vulnerabilities, what could not be told, and what was asked."""
    from counterseal.checks.change_base import files_before
    from counterseal.checks.sca.scan import introduced, scan_components
    from counterseal.checks.sca.vex import apply_vex, read_vex

    database = _database(host, inputs)
    address = inputs["osv-url"].rstrip("/")
    known = _known(scene, rules, database, address, components)
    problems, told = scan_components(components, known, _urgency(inputs, host, rules))
    findings = list(told)
    if rules.second_opinion:
        findings += _opinion(components, problems, database, address)
    statements = [one for path in rules.vex for one in read_vex(scene.trusted.file(path), path)]
    before = files_before(scene.event, _run.repository(host)) if scene.event else None
    cleared = introduced(apply_vex(problems, statements), inventory.files, before)
    return cleared, findings, dict(known.facts)


def _database(host: Host, inputs: Inputs) -> AdvisoryDatabase | None:
    from counterseal.clients.advisory_db import open_database

    return open_database(host.cwd / inputs["database"]) if inputs["database"] else None


def _known(
    scene: _scan.Scene,
    rules: Sca,
    database: AdvisoryDatabase | None,
    address: str,
    components: Sequence[Component],
) -> Known:
    from counterseal.checks.sca.sources import ask_database, ask_service
    from counterseal.clients.http import JsonService
    from counterseal.clients.osv import PUBLIC, OsvService

    if database is not None:
        return ask_database(database, components, scene.now, rules.max_database_age_days)
    base = address or PUBLIC
    return ask_service(OsvService(JsonService(base, None, where="osv-url")), base, components)


def _opinion(
    components: Sequence[Component],
    problems: Sequence[Problem],
    database: AdvisoryDatabase | None,
    address: str,
) -> Iterator[Finding]:
    from counterseal.checks.sca.opinion import second_opinion, served
    from counterseal.clients.osv import PUBLIC

    if database is None:
        yield from second_opinion(components, problems, address or PUBLIC)
        return
    with served(database) as local:
        yield from second_opinion(components, problems, local)


def _urgency(inputs: Inputs, host: Host, rules: Sca) -> Urgency:
    from counterseal.checks.sca.lists import read_epss, read_exploited
    from counterseal.checks.sca.match import Urgency

    exploited = frozenset[str]()
    if inputs["exploited-list"] and rules.exploited:
        where = inputs["exploited-list"]
        exploited = read_exploited(_run.read_file(host, where), where)
    if rules.epss_above is None:
        return Urgency(exploited)
    if not inputs["epss-scores"]:
        raise Inconclusive("the policy has a mark for EPSS, and there are no scores", where="epss-scores")
    where = inputs["epss-scores"]
    return Urgency(
        exploited, read_epss(_run.read_file(host, where, 256 * 1024 * 1024), rules.epss_above, where)
    )


def _exhibits(
    scene: _scan.Scene, rules: Sca, inventory: Inventory, facts: dict[str, str | int]
) -> Iterator[Exhibit]:
    """Yield what was looked up, against what, and the VEX documents that were believed."""
    import msgspec

    from counterseal.checks.scan import Exhibit
    from counterseal.manifest import canonical

    told = {"advisories": facts, "components": [msgspec.to_builtins(one) for one in inventory.components]}
    yield Exhibit("sca-components.json", "application/json", canonical.encode(told))
    for path in rules.vex:
        yield Exhibit(path.rpartition("/")[2], "application/json", scene.trusted.file(path))


def _statement(scene: _scan.Scene, problems: Sequence[Problem], facts: dict[str, str | int]) -> Statement:
    """Return the same facts as the in-toto predicate of vulnerability scans (`vulns`, v0.2)."""
    from counterseal import __version__
    from counterseal.manifest.statement import Statement, subject_of_commit

    result = [
        {
            "id": one.rule,
            "severity": [
                {"method": one.rating.source, "score": one.rating.score or str(one.rating.severity)}
            ],
            "annotations": {"purl": f"{one.subject}@{one.version}", "fingerprint": one.fingerprint},
        }
        for one in problems
    ]
    database = {"uri": str(facts.get("address") or facts.get("digest") or "none")}
    if facts.get("modified"):
        database["lastUpdate"] = str(facts["modified"])
    scanner = {"uri": "pkg:pypi/counterseal", "version": __version__, "db": database, "result": result}
    metadata = {"scanStartedOn": scene.now, "scanFinishedOn": scene.now}
    subject = subject_of_commit(scene.origin.repository, scene.origin.commit)
    return Statement((subject,), _VULNS, {"scanner": scanner, "metadata": metadata})


_VULNS = "https://in-toto.io/attestation/vulns/v0.2"

COMMAND = Command(
    _STAGE, "Judge which vulnerabilities the dependencies have, and put it on record.", INPUTS, OUTPUTS, run
)
