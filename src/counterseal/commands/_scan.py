"""What the commands that scan have in common: their inputs, what surrounds them, and how they end."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.commands import _forge, _policy, _run
from counterseal.commands._base import Annotation, Input, Output, Result
from counterseal.errors import NothingToJudge, UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from counterseal.checks.sarif.read import SarifReport
    from counterseal.checks.scan import Exhibit, Judged, Seen
    from counterseal.checks.trusted import Trusted
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.host.event import Event
    from counterseal.manifest.record import EvidenceReference, Origin, StatementReference
    from counterseal.manifest.statement import Statement
    from counterseal.policy.code import Code
    from counterseal.policy.code.waived import Waivers
    from counterseal.policy.people import Identities
    from counterseal.policy.problem import Kind, Problem
    from counterseal.store.casefile import CaseFile

MOST_ANNOTATIONS = 10
"""How many problems are shown beside the lines of files; the runner shows no more of one kind."""

NAME = Input("record-name", "Name of this record within the run; the stage's own name by default.")
KEY = Input(
    "key",
    "Signer that seals the record at once, such as env:COUNTERSEAL_SIGNING_KEY; by default at upload.",
)

INPUTS = (
    NAME,
    _policy.POLICY,
    _policy.POLICY_REF,
    _policy.POLICY_FILE,
    _forge.TOKEN,
    KEY,
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
"""The inputs of every command that scans."""

OUTPUTS = (
    Output("outcome", "What the scan comes to: passed, failed or inconclusive."),
    Output("record-digest", "SHA-256 of the record's payload."),
    Output("problems", "How many problems there are, blocking or not."),
    Output("blocking", "How many problems block."),
    Output("waived", "How many problems a waiver let through."),
)
"""The outputs of every command that scans."""


@dataclass(frozen=True)
class Scene:
    """What surrounds a scan.

    Attributes:
        stage: the stage that scans.
        name: which of the stage's records this becomes.
        trusted: the policy.
        code: its section `code`.
        event: the event that started the run; None outside a runner.
        forge: the forge; None in a rehearsal with a policy of this machine.
        origin: the commit and run that the record belongs to.
        files: the case file.
        now: the moment, as a `Time`; the forge's where there is one.
        root: the working directory.
    """

    stage: str
    name: str
    trusted: Trusted
    code: Code
    event: Event | None
    forge: Forge | None
    origin: Origin
    files: CaseFile
    now: str
    root: Path


@dataclass(frozen=True)
class GivenReport:
    """A report of another scanner.

    Attributes:
        name: its name.
        report: what it says.
        reference: the file in the case file; None where there is none.
    """

    name: str
    report: SarifReport
    reference: EvidenceReference | None = None


def begin(inputs: Inputs, host: Host, stage: str, section: str = "code") -> Scene:
    """Return what surrounds a scan.

    Args:
        inputs: the inputs.
        host: the host.
        stage: the stage that scans.
        section: the section of the policy that it judges by.

    Raises:
        NothingToJudge: the policy has no such section.
        UsageError: a record of that name is there already, or something that is needed was not given.
    """
    from counterseal.clients.veil import veiled_forge
    from counterseal.host.event import read_event
    from counterseal.manifest.types import format_time
    from counterseal.policy.code import Code

    name = _run.slug(inputs, "record-name") if inputs["record-name"] else stage
    files = _run.case_file(host, inputs)
    files.require_new(stage, name)
    event = read_event(host.env) if host.env.get(names.EVENT_NAME) else None
    forge = _forge.open_forge(inputs, host) if host.in_actions or not inputs["policy-file"] else None
    if inputs["policy-file"] or forge is None:
        trusted = _policy.of_machine(inputs, host)
    else:
        trusted = _policy.of_forge(inputs, host, forge, event)
    if getattr(trusted.policy, section) is None:
        remedy = f"add `code: {{ {stage}: {{}} }}` with what is wanted" if section == "code" else None
        raise NothingToJudge(f"the policy has no section {section}", where=trusted.where, remedy=remedy)
    code = trusted.policy.code or Code()
    forge = veiled_forge(forge, trusted.pseudonyms) if forge else None
    now = forge.now() if forge else format_time(_run.now())
    return Scene(stage, name, trusted, code, event, forge, _run.origin(host), files, now, host.cwd)


def named_paths(words: Iterable[str], where: str) -> dict[str, str]:
    """Return paths by their names, of words that are NAME=PATH.

    Raises:
        UsageError: one is not, or a name is there twice.
    """
    given: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not name or not path or name in given:
            raise UsageError(f"{word[:100]!r} is not NAME=PATH, with each name once", where=where)
        given[name] = path
    return given


def judge(scene: Scene, host: Host, seen: Seen, blocks: Callable[[Problem], bool]) -> Judged:
    """Judge what was seen.

    Args:
        scene: what surrounds the scan.
        host: the host.
        seen: what the scan saw.
        blocks: whether a problem blocks unless it is waived.
    """
    from counterseal.checks.scan import judge_scan

    return judge_scan(scene.stage, seen, blocks, _waivers(scene, host, seen, blocks))


def file(scene: Scene, inputs: Inputs, host: Host, judged: Judged) -> Result:
    """Put what was judged on record with all its evidence, and return the result.

    Args:
        scene: what surrounds the scan.
        inputs: the inputs.
        host: the host.
        judged: what the scan comes to.
    """
    from counterseal import __version__
    from counterseal.checks.evidence import Facts, Observation
    from counterseal.manifest.assemble import distinct_evidence
    from counterseal.manifest.digest import sha256
    from counterseal.manifest.record import Tool

    seal = _run.seal_at_once(host, inputs)
    seen, facts = judged.seen, judged.facts()
    exhibits = [judged.exhibit(scene.stage), *seen.exhibits, *_policy_exhibits(scene)]
    evidence = distinct_evidence([*seen.kept, *(kept(scene, one) for one in exhibits)])
    observed = Observation(
        stage=scene.stage,
        name=scene.name,
        kind=scene.stage,
        origin=scene.origin,
        facts=Facts(facts.outcome, facts.counts, facts.reasons, _state(scene, seen.statements, seal)),
        evidence=evidence,
        tool=seen.tool or Tool(name="counterseal", version=__version__),
        waivers=judged.gated.waivers,
    )
    digest = sha256(scene.files.add_record(observed.write(_run.now()), seal))
    return _result(scene, judged, digest)


def sarif_reports(scene: Scene, words: Iterable[str], host: Host, kind: Kind) -> Iterator[GivenReport]:
    """Yield the SARIF reports that an input names, each NAME=PATH; what is judged is what is kept.

    Raises:
        UsageError: one is not NAME=PATH, or a name is there twice.
    """
    from counterseal.checks.sarif.read import read_sarif

    for name, path in named_paths(words, "sarif").items():
        whole, reference = host.cwd / path, None
        if whole.is_file():
            reference = scene.files.add_file(whole, f"{name}.sarif", "application/sarif+json")
            whole = scene.files.blob(reference)
        yield GivenReport(name, read_sarif(whole, name, kind=kind, root=f"{host.cwd}/"), reference)


def _waivers(scene: Scene, host: Host, seen: Seen, blocks: Callable[[Problem], bool]) -> Waivers | None:
    """Return the waivers of the policy; who took part in the change is asked only where one is needed."""
    from counterseal.policy.code.waived import Waivers
    from counterseal.policy.code.waivers import load_waivers
    from counterseal.policy.people import Identities

    rules = scene.code.waivers
    if rules is None:
        return None
    entries = load_waivers(scene.trusted.file(rules.file), rules.file).waivers
    identities = Identities(scene.trusted.people)
    needed = any(entry.fits(problem) for problem in filter(blocks, seen.problems) for entry in entries)
    persons = participants(scene, host, identities) if needed else None
    return Waivers(entries, rules, identities, scene.now, persons)


def participants(scene: Scene, host: Host, identities: Identities) -> frozenset[str] | None:
    """Return the persons who took part in the change; None when nobody can tell."""
    from counterseal.checks import participants as who
    from counterseal.checks.change_base import base_commit

    if scene.forge is None or scene.event is None:
        repository = _run.repository(host)
        base, names = base_commit(scene.event, repository), scene.trusted.pseudonyms
        return who.participants_of_checkout(repository, base, identities, names)
    return who.participants(scene.forge, scene.event, host.context.ref, host.context.sha, identities)


def _policy_exhibits(scene: Scene) -> Iterable[Exhibit]:
    from counterseal.checks.scan import Exhibit

    yield Exhibit("counterseal.yml", "application/yaml", scene.trusted.data)
    if scene.code.waivers:
        path = scene.code.waivers.file
        yield Exhibit("counterseal-waivers.yml", "application/yaml", scene.trusted.file(path))


def kept(scene: Scene, exhibit: Exhibit) -> EvidenceReference:
    """Keep a file of evidence in the case file, and return its reference."""
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        path = Path(folder) / "exhibit"
        path.write_bytes(exhibit.data)
        return scene.files.add_file(path, exhibit.name, exhibit.media_type)


def _state(
    scene: Scene, statements: Iterable[Statement], seal: Callable[[bytes], bytes] | None
) -> tuple[StatementReference, ...]:
    from counterseal.manifest.digest import sha256
    from counterseal.manifest.record import Digest, StatementReference
    from counterseal.manifest.statement import encode_statement

    references = []
    for statement in statements:
        payload = encode_statement(statement)
        scene.files.add_statement(payload, seal)
        digest = Digest(sha256=sha256(payload))
        references.append(StatementReference(predicate_type=statement.predicate_type, payload=digest))
    return tuple(references)


def _result(scene: Scene, judged: Judged, digest: str) -> Result:
    from counterseal.checks.scan_report import headline, summary
    from counterseal.manifest.types import Outcome

    outcome, counts = judged.outcome, judged.gated.counts
    telling = [one.reason for one in judged.findings if one.outcome is not Outcome.PASSED]
    return Result(
        outcome=outcome,
        exit_code=_run.EXIT_CODES[outcome],
        headline=headline(scene.stage, judged),
        reasons=_run.reasons(telling or judged.reasons),
        digests={"record": digest},
        outputs={
            "outcome": outcome,
            "record-digest": digest,
            "problems": str(counts["problems"]),
            "blocking": str(counts["blocking"]),
            "waived": str(counts["waived"]),
            **judged.seen.outputs,
        },
        summary=summary(scene.stage, judged, f"{scene.trusted.where} (sha256 {scene.trusted.digest[:12]})"),
        annotations=tuple(map(_annotation, _beside_lines(judged))),
    )


def _beside_lines(judged: Judged) -> list[Problem]:
    return [problem for problem in judged.gated.blocking if problem.line][:MOST_ANNOTATIONS]


def _annotation(problem: Problem) -> Annotation:
    from counterseal.policy.code.gate import finding_of

    reason = finding_of("scan", problem).reason
    message = f"{reason.message} ({reason.remedy})"
    return Annotation("error", message, problem.rule, problem.subject, problem.line)
