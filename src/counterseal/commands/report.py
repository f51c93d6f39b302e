"""`report release`: pages about the releases of a store, for a reader who has nothing but a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import SealError

if TYPE_CHECKING:
    from counterseal.audit.report import Report
    from counterseal.host import Host


INPUTS = (
    Input("store", "Store to report on: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("out", "Folder that the pages are written into.", required=True),
    Input("stream", "Name of the one chain to report; by default all of the store."),
    Input("sequence", "The one release to report; by default all."),
    Input("anchor", "Checkpoint bundle that was kept elsewhere; the chain must still contain it."),
)
OUTPUTS = (
    Output("outcome", "passed when all evidence verifies, else failed; the pages are written either way."),
    Output("index", "Path of the page that lists all releases."),
    Output("pages", "How many pages of releases were written."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Verify the store and write its pages; evidence that does not verify is reported, and is no pass."""
    from counterseal.audit.report import write_report
    from counterseal.manifest.types import format_time
    from counterseal.seal.trust import parse_trust
    from counterseal.store.open import open_store

    report = write_report(
        open_store(_run.store_uri(host, inputs["store"])),
        parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"]),
        host.cwd / inputs["out"],
        generated_at=format_time(_run.now()),
        stream=inputs["stream"] or None,
        sequence=_run.sequence(inputs),
        anchor=_run.read_file(host, inputs["anchor"]) if inputs["anchor"] else None,
    )
    return _result(report)


def _result(report: Report) -> Result:
    outputs = {"index": str(report.index), "pages": str(len(report.pages))}
    headline = f"{len(report.pages)} release pages and the index are written"
    if not report.findings:
        return Result.passed(f"{headline}; all evidence verifies", outputs=outputs)
    reasons = tuple(Reason(one.code, one.message, subject=one.where) for one in report.findings)
    return Result(
        "failed",
        SealError.exit_code,
        f"{headline}; {len(reasons)} findings do not let the evidence verify",
        reasons,
        outputs=outputs,
    )


RELEASE = Command("report release", "Write the evidence report of releases.", INPUTS, OUTPUTS, run)
