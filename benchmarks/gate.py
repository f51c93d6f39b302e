"""The policy gate: the built-in rules, the rules in Rego by each engine, and the detectors."""
# ruff: noqa: INP001 - a program for developers

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import Figure, Line, Missing, typical

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

COMPONENTS, PROBLEMS = 1000, 500
OPA = "COUNTERSEAL_OPA"
"""The variable that names a binary of opa to compare with."""


def rules() -> Iterator[Line]:
    """Judge a document of a thousand components and five hundred problems."""
    from counterseal.policy.file import load_policy
    from counterseal.policy.gate.judge import judge_document
    from counterseal.policy.gate.view import view_of

    document, policy = _document(), load_policy(json.dumps(_POLICY).encode(), where="policy")
    said = sum(len(one.problems) for one in judge_document(document, policy))
    took = typical(lambda: judge_document(document, policy), 21)
    name = f"{COMPONENTS:,} components, {PROBLEMS} problems: built-in rules, {said} objections"
    yield Figure(name, took * 1000, "ms", 20)
    view = view_of(document)
    embedded, denied = _by_engine("embedded", view)
    opa = os.environ.get(OPA, "")
    if opa:
        peer, theirs = _by_engine("opa", view)
        same = "the same denials" if denied == theirs else "OTHER denials"
        name = f"the same: rules in Rego, a process each time, {len(denied)} denials, {same}"
        yield Figure(name, embedded, "s", 0.5, "opa, a process each time", peer)
    else:
        yield Figure(
            f"the same: rules in Rego, a process each time, {len(denied)} denials", embedded, "s", 0.5
        )
        yield Missing("the same by opa", f"{OPA} names no binary")


def contents() -> Iterator[Line]:
    """Look for cards, accounts and secrets in the libraries of this environment, and in a labelled set."""
    from counterseal.checks.contents.detect import hits_in
    from simulators.contents import labelled, measured

    detectors = ["card-number", "iban", "secret"]
    texts = [path.read_text(errors="replace") for path in Path(sysconfig.get_path("purelib")).rglob("*.py")]
    began = time.perf_counter()
    hits = sum(len(hits_in(text, detectors)) for text in texts)
    took = time.perf_counter() - began
    size = sum(map(len, texts)) / 1e6
    yield Figure(
        f"detectors over {len(texts):,} files of code, {hits} hits", size / took, "MB/s", 50, at_most=False
    )
    for name, (precision, recall, count, _) in measured(hits_in, labelled(20261127, 500)).items():
        yield Figure(f"{name}, {count:,} labelled cases: precision", precision, "")
        yield Figure(f"{name}, the same: recall", recall, "")


_POLICY = {
    "version": 1,
    "code": {"licences": {"allow": ["MIT", "Apache-2.0"]}},
    "gate": {
        "severity": {"block": "high"},
        "licences": True,
        "components": [{"purl": f"pkg:npm/banned-{at}@*", "reason": "banned"} for at in range(20)],
        "evidence": [{"record": "record:penetration-test", "within-days": 365}],
        "waivers": {},
        "retention": {"days": 30},
    },
}


def _document() -> Any:
    from counterseal.policy.gate.trial import Expected, Trial, TrialFile, document_of

    severities = ("critical", "high", "medium", "low", "medium")
    licences = ("GPL-3.0-only", *["MIT"] * 4, *["Apache-2.0"] * 4)
    given = {
        "components": [
            {"purl": f"pkg:npm/package-{at}@1.{at}.0", "licence": licences[at % 9]}
            for at in range(COMPONENTS)
        ],
        "problems": [
            {
                "rule": f"CVE-2026-{at}",
                "subject": f"pkg:npm/package-{at}",
                "severity": severities[at % 5],
                "score": 98 - at % 90,
                "waived": at % 7 == 0,
            }
            for at in range(PROBLEMS)
        ],
        "data": [],
        "resources": [],
        "freezes": [],
    }
    trial = Trial(name="large", given=given, expect=Expected(outcome="failed"))
    return document_of(TrialFile(version=1, tests=(trial,)), trial)


def _by_engine(engine: str, view: dict[str, Any]) -> tuple[float, list[str]]:
    """Return how long the library in Rego takes by an engine, in seconds, and what it denies."""
    import msgspec

    from counterseal.checks.rego.evaluate import evaluate
    from counterseal.manifest.digest import sha256
    from counterseal.policy.rego import Rego

    modules = {path.name: path.read_text() for path in sorted((ROOT / "policies").glob("*.rego"))}
    files = {**modules, "settings.json": (ROOT / "policies" / "settings.json").read_text()}
    stated: dict[str, Any] = {"files": list(modules), "data": {"settings": "settings.json"}, "engine": engine}
    if engine == "opa":
        binary = Path(os.environ[OPA])
        stated["opa"] = {"path": str(binary), "sha256": sha256(binary.read_bytes())}
    rules_in_rego, site = msgspec.convert(stated, Rego), Path(sysconfig.get_path("purelib"))
    verdict = evaluate(rules_in_rego, files, view, lambda: site)
    if verdict.findings:
        raise RuntimeError(verdict.findings)
    took = typical(lambda: evaluate(rules_in_rego, files, view, lambda: site), 5)
    return took, sorted(f"{one.rule} {one.subject} {one.message}" for one in verdict.denials)
