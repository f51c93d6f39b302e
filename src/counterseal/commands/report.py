"""`report`: releases, the answer of an audit, or delivery metrics, for readers who were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import SealError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterseal.audit.names import Names
    from counterseal.audit.report import Report
    from counterseal.host import Host


_PEOPLE = Input("people-map", "File of the command people: who is behind the pseudonyms of the records.")
INPUTS = (
    Input("store", "Store to report on: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("out", "Folder that the pages are written into.", required=True),
    Input("stream", "Name of the one chain to report; by default all of the store."),
    Input("sequence", "The one release to report; by default all."),
    Input("anchor", "Checkpoint bundle that was kept elsewhere; the chain must still contain it."),
    Input("formats", "What is written beside the pages, of: pdf, csv, json.", multiple=True),
    _PEOPLE,
)
OUTPUTS = (
    Output("outcome", "passed when all evidence verifies, else failed; the pages are written either way."),
    Output("index", "Path of the page that lists all releases."),
    Output("pages", "How many pages of releases were written."),
    Output("files", "The documents in other formats, one a line."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Verify the store and write its pages; evidence that does not verify is reported, and is no pass."""
    from counterseal.audit.report import write_report
    from counterseal.manifest.types import format_time
    from counterseal.seal.trust import parse_trust

    report = write_report(
        _run.store_to_read(inputs, host),
        parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"]),
        host.cwd / inputs["out"],
        generated_at=format_time(_run.now()),
        stream=inputs["stream"] or None,
        sequence=_run.sequence(inputs),
        anchor=_run.read_file(host, inputs["anchor"]) if inputs["anchor"] else None,
        names=_names(inputs, host),
        formats=_formats(inputs, _RELEASE_FORMATS),
    )
    return _result(report)


def _names(inputs: Inputs, host: Host) -> Names:
    from counterseal.audit.names import read_names

    path = inputs["people-map"]
    return read_names(_run.read_file(host, path, 64 * 1024 * 1024), path).names if path else {}


def _result(report: Report) -> Result:
    outputs = {
        "index": str(report.index),
        "pages": str(len(report.pages)),
        "files": "\n".join(map(str, report.others)),
    }
    headline = f"{len(report.pages)} release pages and the index are written"
    if not report.findings:
        return Result.passed(f"{headline}; all evidence verifies", outputs=outputs, summary=report.summary)
    reasons = tuple(Reason(one.code, one.message, subject=one.where) for one in report.findings)
    return Result(
        "failed",
        SealError.exit_code,
        f"{headline}; {len(reasons)} findings do not let the evidence verify",
        reasons,
        outputs=outputs,
        summary=report.summary,
    )


_RELEASE_FORMATS = ("pdf", "csv", "json")
_ANSWER_FORMATS = ("html", "pdf", "csv", "json", "md", "oscal")
_METRICS_FORMATS = ("html", "pdf", "csv", "json", "md")


def _formats(inputs: Inputs, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats that were asked for, each once."""
    asked = [word for text in inputs.many("formats") for word in text.replace(",", " ").split()]
    strange = next((one for one in asked if one not in known), None)
    if strange is not None:
        raise UsageError(
            f"unknown format {strange[:40]!r}", where="formats", remedy=f"known: {', '.join(known)}"
        )
    return tuple(dict.fromkeys(asked))


_OUT = Input("out", "Folder that the documents are written into.", required=True)
_WRITTEN = (
    Output("outcome", "passed when the documents are written."),
    Output("files", "The documents that were written, one a line."),
    Output("digest", "SHA-256 of what they are made of."),
)


def _audit(inputs: Inputs, host: Host) -> Result:
    """Write an audit's answer as documents; what it came to is for the audit to say."""
    from counterseal.audit.answer import read_answer
    from counterseal.audit.documents import answer_document

    data = _run.read_file(host, inputs["answer"], 512 * 1024 * 1024)
    answer, names = read_answer(data, inputs["answer"]), _names(inputs, host)
    return _documents(
        inputs, host, data, lambda form: answer_document(answer, form, answer.window.until, names), "audit"
    )


def _dora(inputs: Inputs, host: Host) -> Result:
    """Write delivery metrics as documents."""
    from counterseal.audit.documents import metrics_document
    from counterseal.audit.dora.model import read_metrics
    from counterseal.policy.delivery import Delivery
    from counterseal.policy.file import load_policy

    data = _run.read_file(host, inputs["metrics"], 64 * 1024 * 1024)
    metrics, path = read_metrics(data, inputs["metrics"]), inputs["policy"]
    targets = load_policy(_run.read_file(host, path), where=path).delivery if path else Delivery()
    return _documents(
        inputs,
        host,
        data,
        lambda form: metrics_document(metrics, targets, form, metrics.window.until),
        "dora",
    )


def _documents(
    inputs: Inputs, host: Host, data: bytes, make: Callable[[str], tuple[str, bytes]], name: str
) -> Result:
    """Write the documents that were asked for; the same input gives the same bytes."""
    from counterseal.manifest.digest import sha256

    asked = _formats(inputs, _ANSWER_FORMATS if name == "audit" else _METRICS_FORMATS)
    made = [make(form) for form in asked]
    files = [str(_run.write_file(host, f"{inputs['out']}/{file}", content)) for file, content in made]
    outputs = {"files": "\n".join(files), "digest": sha256(data)}
    return Result.passed(f"{len(files)} documents are written", outputs=outputs, digests={name: sha256(data)})


AUDIT = Command(
    "report audit",
    "Write the answer of an audit as documents for people and programs.",
    (
        Input("answer", "The answer that audit wrote (its input out).", required=True),
        _OUT,
        Input(
            "formats",
            "Formats, of: html, pdf, csv, json, md, oscal.",
            default="html csv json oscal",
            multiple=True,
        ),
        _PEOPLE,
    ),
    _WRITTEN,
    _audit,
)
DORA = Command(
    "report dora",
    "Write delivery metrics as documents for people and programs.",
    (
        Input("metrics", "The metrics that dora-metrics wrote (its input out).", required=True),
        _OUT,
        Input("formats", "Formats, of: html, pdf, csv, json, md.", default="html csv json", multiple=True),
        Input("policy", "Policy file whose section delivery has the targets that charts show."),
    ),
    _WRITTEN,
    _dora,
)
RELEASE = Command("report release", "Write the evidence report of releases.", INPUTS, OUTPUTS, run)
