"""`policy test`, `policy explain`, `policy replay`: try a policy, say why it decided, decide again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _rego, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.host.result import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterseal.checks.gate.verdict import Ruled
    from counterseal.host import Host
    from counterseal.policy.gate.case import Case, Rules
    from counterseal.policy.gate.judge import Judgement
    from counterseal.policy.gate.trial import Trial, TrialFile

_SEAL = 12


def _test(inputs: Inputs, host: Host) -> Result:
    """Run the tests of a policy."""
    from counterseal.policy.gate.trial import load_trials

    rules = _rules(inputs["policy-file"], host)
    told: list[Reason] = []
    lines: list[str] = []
    ran = 0
    for path in inputs.many("tests"):
        file = load_trials(_run.read_file(host, path), path)
        for trial in file.tests:
            short = _shortfall(file, trial, rules, host)
            told += [Reason("policy-test", one, f"{path}: {trial.name}") for one in short]
            lines.append(f"{'FAILED' if short else 'ok':<7} {trial.name}")
            ran += 1
    failed = sum(line.startswith("FAILED") for line in lines)
    return Result(
        outcome="failed" if failed else "passed",
        exit_code=10 if failed else 0,
        headline=f"{ran} tests of the policy, {failed} of them failed",
        reasons=tuple(told),
        outputs={"ran": str(ran), "failed": str(failed)},
        text=_lines(lines),
    )


def _shortfall(file: TrialFile, trial: Trial, rules: Rules, host: Host) -> tuple[str, ...]:
    from counterseal.checks.gate.verdict import rule_on
    from counterseal.policy.gate.case import Case
    from counterseal.policy.gate.trial import document_of, shortfall

    case = Case(document=document_of(file, trial), rules=rules)
    return shortfall(rule_on(case, _rego.runner(host)).verdict(), trial.expect)


def _rules(path: str, host: Host) -> Rules:
    """Return a policy of this machine, with the files of its rules in Rego; waivers play no part in tests."""
    from counterseal.policy.file import load_policy
    from counterseal.policy.gate.case import Rules

    text = _run.read_text(host, path)
    gate = load_policy(text.encode(), where=path).gate
    named = (*gate.rego.files, *gate.rego.data.values()) if gate and gate.rego else ()
    return Rules(where=path, policy=text, files={name: _run.read_text(host, name) for name in named})


def _explain(inputs: Inputs, host: Host) -> Result:
    """Say of every rule what it is for, what it looked at, and what it came to."""
    case, ruled = _ruled(inputs, host)
    wanted = inputs.many("rule")
    lines = [line for one in ruled.judgements if not wanted or one.rule.id in wanted for line in _told(one)]
    if not wanted:
        lines += _other(ruled)
    return Result(
        outcome="passed",
        exit_code=0,
        headline=f"{case.document.release.commit[:12]} is {ruled.judged.outcome} by this policy",
        reasons=_run.reasons(ruled.judged.reasons),
        outputs={"verdict": ruled.judged.outcome},
        text=_lines(lines),
    )


def _told(one: Judgement) -> Iterator[str]:
    from counterseal.policy.finding import outcome_of
    from counterseal.policy.gate.rule import Rule

    rule: Rule = one.rule
    came = "not stated" if not one.stated else "broken" if one.problems else str(outcome_of(one.findings))
    yield f"{rule.id}: {came}. {rule.title}."
    if one.stated:
        yield f"    why: {rule.why}"
        yield from (f"    helps to meet: {clause}" for clause in rule.clauses)
    for problem in one.problems:
        yield f"    {problem.subject}: {problem.message} [{problem.fingerprint}]"
        yield f"        {problem.remedy}"
    for finding in one.findings:
        yield f"    undetermined: {finding.reason.subject}: {finding.reason.message}"


def _other(ruled: Ruled) -> Iterator[str]:
    """Yield what rules in Rego and detectors came to, and what waivers let through."""
    if ruled.rego:
        yield f"rego: {ruled.rego.evaluated} rules by {ruled.rego.engine} {ruled.rego.version}"
        yield from (f"    {one.rule}: {one.message}" for one in ruled.rego.denials)
    for problem in ruled.judged.seen.problems:
        if problem.kind in ("secret", "personal-data"):
            yield f"{problem.kind}: {problem.subject}: {problem.message}"
    yield from (f"let through: {words}" for words in ruled.judged.gated.let_through.values())


def _replay(inputs: Inputs, host: Host) -> Result:
    """Judge a case again, by the policy of then and, where one is given, by another."""
    from counterseal.checks.gate.verdict import rule_on
    from counterseal.manifest.digest import sha256
    from counterseal.policy.gate.case import Verdict, differing, read_case

    data = _run.read_file(host, inputs["case"], 64 * 1024 * 1024)
    case = read_case(data, inputs["case"])
    then = rule_on(case, _rego.runner(host, named=inputs["opa"]))
    kept = case.verdict or Verdict(outcome=then.judged.outcome)
    unlike = differing(kept, then.verdict()) if case.verdict else ("verdict",)
    reasons = [Reason("verdict-replays", f"{name} is not what the case comes to", name) for name in unlike]
    now = _by_another(inputs, host, case)
    said = f"the verdict of {case.document.now} is {then.judged.outcome}"
    said += ", and the one on record differs" if unlike else ", as it is on record"
    said += f"; by {inputs['policy-file']} it is {now.judged.outcome}" if now else ""
    return Result(
        outcome="failed" if unlike else "passed",
        exit_code=_SEAL if unlike else 0,
        headline=said,
        reasons=(*reasons, *_run.reasons((now or then).judged.reasons)),
        digests={"case": sha256(data)},
        outputs={"verdict": then.judged.outcome, "verdict-now": now.judged.outcome if now else ""},
    )


def _by_another(inputs: Inputs, host: Host, case: Case) -> Ruled | None:
    from counterseal.checks.gate.verdict import rule_on

    if not inputs["policy-file"]:
        return None
    return rule_on(case, _rego.runner(host, named=inputs["opa"]), _run.read_text(host, inputs["policy-file"]))


def _ruled(inputs: Inputs, host: Host) -> tuple[Case, Ruled]:
    from counterseal.checks.gate.verdict import rule_on
    from counterseal.policy.gate.case import read_case

    case = read_case(_run.read_file(host, inputs["case"], 64 * 1024 * 1024), inputs["case"])
    return case, _by_another(inputs, host, case) or rule_on(case, _rego.runner(host, named=inputs["opa"]))


def _lines(lines: list[str]) -> str:
    from counterseal.host.text import one_line

    return "\n".join(one_line(line, limit=1000) for line in lines)


_CASE = Input("case", "The case that policy-gate left as evidence: gate-case.json.", required=True)
_OTHER = Input("policy-file", "Another policy to judge it by, such as that of today.")
_OPA = Input("opa", "Absolute path of the binary of opa, where the case was judged by one.")

TEST = Command(
    "policy test",
    "Run the tests of a policy: documents, and what the gate has to say of each.",
    (
        Input("tests", "Files of tests.", required=True, multiple=True),
        Input("policy-file", "The policy that is tested.", default=".github/counterseal.yml"),
    ),
    (Output("ran", "How many tests ran."), Output("failed", "How many of them failed.")),
    _test,
)
EXPLAIN = Command(
    "policy explain",
    "Say of every rule of the gate what it is for, and what a release came to by it.",
    (_CASE, _OTHER, _OPA, Input("rule", "Rules that are told, by their ids; all by default.", multiple=True)),
    (Output("verdict", "What the release comes to."),),
    _explain,
)
REPLAY = Command(
    "policy replay",
    "Judge a release again from its evidence, by the policy of then and by another, and compare.",
    (_CASE, _OTHER, _OPA),
    (
        Output("verdict", "What it comes to by the policy of then."),
        Output("verdict-now", "What it comes to by the other policy."),
    ),
    _replay,
)
