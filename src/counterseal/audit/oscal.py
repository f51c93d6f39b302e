"""An answer as OSCAL assessment-results 1.2.1 (NIST, "Assessment Results Model").

One result for the window, a finding for every control that an audit looks at. The model knows two
states: what nothing happened to show, and what could not be told, is `not-satisfied` with the reason `other`,
a remark that says which of both and that no failure was found, and a property `state`. Left out, it would
read as a pass.
Identifiers are made from digests (UUID version 5), so the same answer gives the same document.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from counterseal.audit.answer import Answer, encode_answer
from counterseal.audit.clauses import Catalogue
from counterseal.audit.standing import Found, Standing, standings
from counterseal.host.text import visible
from counterseal.manifest.canonical import encode
from counterseal.manifest.digest import sha256

VERSION: Final = "1.2.1"
"""The version of OSCAL."""

_NAMESPACE: Final = "https://counterseal.dev/ns/oscal"
_REASONS: Final = {"satisfied": "pass", "failed": "fail", "unknown": "other", "no-case": "other"}
_REMARKS: Final = {
    "unknown": "It cannot be told whether it works: something could not be read. No failure was found.",
    "no-case": "Nothing happened in the window that would show whether it works. No failure was found.",
}
_LONGEST: Final = 4000


def assessment_results(answer: Answer, catalogue: Catalogue) -> dict[str, Any]:
    """Return the document of an answer.

    Args:
        answer: what an audit came to.
        catalogue: the controls and clauses.
    """
    digest = sha256(encode_answer(answer))
    root = uuid5(NAMESPACE_URL, f"{_NAMESPACE}/{digest}")
    every = standings(answer, catalogue)
    looked_at = [one for one in every if one.state != "not-assessed"]
    return {
        "assessment-results": {
            "uuid": str(root),
            "metadata": _metadata(answer),
            "import-ap": {
                "href": f"#{_id(root, 'plan')}",
                "remarks": "The policy of the repository is the plan.",
            },
            "results": [_result(answer, every, looked_at, root)],
            "back-matter": {"resources": [_plan(answer, root), _evidence(root, digest)]},
        }
    }


def _metadata(answer: Answer) -> dict[str, Any]:
    return {
        "title": _line(f"Audit of changes, deployments and evidence of {answer.repository}"),
        "last-modified": answer.window.until,
        "version": answer.window.until,
        "oscal-version": VERSION,
        "props": [_prop("counterseal-version", answer.version)],
    }


def _result(
    answer: Answer, every: tuple[Standing, ...], looked_at: list[Standing], root: UUID
) -> dict[str, Any]:
    left = [one.control.id for one in every if one.state == "not-assessed"]
    selection: dict[str, Any] = {"include-controls": [{"control-id": one.control.id} for one in looked_at]}
    if left:
        selection["exclude-controls"] = [{"control-id": name} for name in left]
    return {
        "uuid": _id(root, "result"),
        "title": _line(f"Window {answer.window.since} to {answer.window.until}"),
        "description": _counts(answer),
        "start": answer.window.since,
        "end": answer.window.until,
        "props": [_prop("grade", str(answer.grade)), _prop("trust-sha256", answer.trust)],
        "reviewed-controls": {"control-selections": [selection]},
        "observations": _observations(looked_at, answer, root),
        "findings": [_finding(one, root) for one in looked_at],
    }


def _finding(standing: Standing, root: UUID) -> dict[str, Any]:
    control = standing.control
    satisfied = standing.state == "satisfied"
    status = {"state": "satisfied" if satisfied else "not-satisfied", "reason": _REASONS[standing.state]}
    if standing.state in _REMARKS:
        status["remarks"] = _REMARKS[standing.state]
    return {
        "uuid": _id(root, f"finding/{control.id}"),
        "title": _line(control.title),
        "description": _line(f"{_shown_by(standing)}; clauses: {', '.join(control.clauses)}"),
        "props": [_prop("state", standing.state), *(_prop("clause", one) for one in control.clauses)],
        "target": {"type": "objective-id", "target-id": control.id, "status": status},
        "related-observations": [{"observation-uuid": _id(root, name)} for name in _names(standing)],
    }


def _shown_by(standing: Standing) -> str:
    cases = ", ".join(f"{count} of {name}" for name, count in standing.cases) or "none"
    return f"cases that show it: {cases}; {len(standing.found)} observations"


def _names(standing: Standing) -> list[str]:
    """Return the names of the observations of a control: that of what was examined, and what was found.

    What was found is named by what it is, so that controls which it speaks of share it.
    """
    return [f"observation/{standing.control.id}", *dict.fromkeys(map(_name, standing.found))]


def _name(found: Found) -> str:
    element, verdict = found
    told = (element.population, element.name, element.at or "", verdict.code, verdict.message)
    return f"found/{sha256(encode([*told, verdict.digest], where='found'))}"


def _observations(looked_at: list[Standing], answer: Answer, root: UUID) -> list[dict[str, Any]]:
    """Return what was examined for each control, and everything that was found, once."""
    every = {_name(found): found for standing in looked_at for found in standing.found}
    told = [_observed(_id(root, name), found, answer, root) for name, found in every.items()]
    return [*(_examined(one, answer, root) for one in looked_at), *told]


def _examined(standing: Standing, answer: Answer, root: UUID) -> dict[str, Any]:
    count = len(answer.elements)
    return {
        "uuid": _id(root, f"observation/{standing.control.id}"),
        "description": _line(f"{count} elements were examined; {_shown_by(standing)}"),
        "methods": ["EXAMINE"],
        "collected": answer.window.until,
        "relevant-evidence": [{"href": f"#{_id(root, 'answer')}", "description": "The answer of the audit."}],
    }


def _observed(uuid: str, found: Found, answer: Answer, root: UUID) -> dict[str, Any]:
    element, verdict = found
    evidence: dict[str, Any] = {
        "href": f"#{_id(root, 'answer')}",
        "description": _line(f"{element.population}: {element.name}"),
    }
    if verdict.digest:
        evidence["props"] = [_prop("evidence-sha256", verdict.digest)]
    return {
        "uuid": uuid,
        "title": _line(f"{verdict.code}: {element.population} {element.name}"),
        "description": _line(verdict.message or verdict.code),
        "props": [_prop("verdict", verdict.code), _prop("grade", str(verdict.grade))],
        "methods": ["EXAMINE"],
        "types": ["finding"],
        "collected": answer.window.until,
        "relevant-evidence": [evidence],
        **({"remarks": _line(verdict.remedy)} if verdict.remedy else {}),
    }


def _counts(answer: Answer) -> str:
    parts = []
    for census in answer.censuses:
        gaps = f" (not known: {'; '.join(gap.message for gap in census.gaps)})" if census.gaps else ""
        parts.append(f"{census.count} {census.population} from {census.source}{gaps}")
    return _line("; ".join(parts) or "nothing was read")


def _plan(answer: Answer, root: UUID) -> dict[str, Any]:
    digest = answer.policy or "none was given"
    return {
        "uuid": _id(root, "plan"),
        "title": "The policy of today",
        "description": _line(f"SHA-256 of the policy file: {digest}"),
    }


def _evidence(root: UUID, digest: str) -> dict[str, Any]:
    hashes = [{"algorithm": "SHA-256", "value": digest}]
    return {
        "uuid": _id(root, "answer"),
        "title": "The answer of the audit, as canonical JSON",
        "rlinks": [{"href": "answer.json", "media-type": "application/json", "hashes": hashes}],
    }


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": _line(value)}


def _id(root: UUID, name: str) -> str:
    return str(uuid5(root, name))


def _line(text: str) -> str:
    """Return text as the schema wants it: on one line, without blanks around it, and not empty."""
    return " ".join(visible(text[:_LONGEST]).split()) or "-"
