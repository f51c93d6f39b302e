"""`dora-metrics`: the delivery metrics of a service, computed from sealed records alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run, _verified
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import NothingToJudge, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from counterseal.audit.dora.model import Kpi, Metrics
    from counterseal.audit.population import Release, Window
    from counterseal.host import Host
    from counterseal.ledger.incidents import EnteredIncident
    from counterseal.policy.approval import Calendar
    from counterseal.policy.file import Policy

INPUTS = (
    Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("since", "Beginning of the window: 90d, 12w, a day or a time in UTC.", default="90d"),
    Input("until", "End of the window, a day or a time in UTC; by default now."),
    Input(
        "policy",
        "Policy file: its sections audit, delivery and approval say what is production, and the targets.",
    ),
    Input("service", "Repository URI of the service; by default that of the run."),
    Input("out", "File to write the metrics to, as canonical JSON."),
    Input("require", "What has to be true of every target: met, or demonstrable; by default nothing."),
)
OUTPUTS = (
    Output("outcome", "measured where nothing is required; else passed, failed or inconclusive."),
    Output("deployment-frequency", "Deployments a week, over complete weeks."),
    Output("lead-time", "Median lead time of commits, in seconds."),
    Output("change-failure-rate", "Share of deployments that failed."),
    Output("failed-deployment-recovery-time", "Median, in seconds."),
    Output("time-to-restore", "Median over all incidents, in seconds."),
    Output("met", "How many targets are met."),
    Output("not-met", "How many are not met."),
    Output("not-demonstrable", "How many cannot be shown to be met with so few cases."),
    Output("no-target", "How many have no target."),
    Output("metrics-digest", "SHA-256 of the metrics."),
    Output("metrics", "Path of the metrics, where out was given."),
)
_REQUIRED = ("", "met", "demonstrable")


def run(inputs: Inputs, host: Host) -> Result:
    """Verify the store, compute the metrics, and hold them against what is required."""
    from counterseal.audit.dora.facts import facts_of
    from counterseal.audit.dora.freezes import freezes_of
    from counterseal.audit.dora.measure import Measurement
    from counterseal.audit.since import window_of

    if inputs["require"] not in _REQUIRED:
        raise UsageError("neither met nor demonstrable", where="require")
    window = window_of(inputs["since"], inputs["until"], _run.now())
    policy = _policy(inputs, host)
    releases, incidents = _evidence(inputs, host, window)
    service = inputs["service"] or _run.repository_uri(host)
    facts = facts_of(releases, incidents, service, policy.audit.environments)
    freezes = freezes_of(policy.approval, policy.audit.environments)
    measured = Measurement(facts, window, policy.delivery, _calendar(policy), freezes).metrics()
    if not facts.attempts:
        raise NothingToJudge(
            "there is no deployment on record", remedy="check the store, service and environments"
        )
    return _result(measured, inputs, host, tuple(_elsewhere(releases, incidents)))


def _policy(inputs: Inputs, host: Host) -> Policy:
    from counterseal.policy.file import load_policy

    path = inputs["policy"]
    return load_policy(_run.read_file(host, path) if path else b"version: 1\n", where=path or "policy")


def _calendar(policy: Policy) -> Calendar | None:
    name = policy.delivery.calendar
    return policy.approval.calendars[name] if name and policy.approval else None


def _evidence(
    inputs: Inputs, host: Host, window: Window
) -> tuple[tuple[Release, ...], tuple[EnteredIncident, ...]]:
    """Return what is in the store, all of which has to verify: figures of doubtful records are none."""
    from counterseal.ledger.incidents import IncidentBook
    from counterseal.seal.trust import parse_trust

    store = _run.store_to_read(inputs, host)
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    releases = _verified.releases(host, store, trust, window.since)
    return releases, tuple(IncidentBook(store, trust).newest())


def _elsewhere(releases: Iterable[Release], incidents: Iterable[EnteredIncident]) -> Iterator[Reason]:
    """Yield the repositories that incidents are about and of which nothing was released here."""
    here = {one.manifest.chain.stream.repository for one in releases if one.manifest is not None}
    for service in sorted({one.incident.service for one in incidents} - here):
        message = f"there are incidents of {service}, of which no release is in this store"
        remedy = "find out who entered or copied them here"
        yield Reason("incident-elsewhere", message, service, None, remedy)


def _result(metrics: Metrics, inputs: Inputs, host: Host, told: tuple[Reason, ...]) -> Result:
    from counterseal.audit.dora.model import encode_metrics
    from counterseal.manifest.digest import sha256

    data = encode_metrics(metrics)
    written = {"metrics": str(_run.write_file(host, inputs["out"], data))} if inputs["out"] else {}
    counts = {status: sum(one.status == status for one in metrics.kpis) for status in _STATUSES}
    outcome, code = _judged(counts, inputs["require"])
    values = {one.key: "" if one.measure.value is None else f"{one.measure.value:g}" for one in metrics.kpis}
    outputs = {item.name: values[item.name] for item in OUTPUTS if item.name in values}
    outputs |= {"outcome": outcome, "metrics-digest": sha256(data), **written}
    outputs |= {name: str(count) for name, count in counts.items()}
    return Result(
        outcome=outcome,
        exit_code=code,
        headline=", ".join(f"{count} {name.replace('-', ' ')}" for name, count in counts.items()),
        reasons=(*_reasons(metrics), *told),
        digests={"metrics": sha256(data)},
        outputs=outputs,
        summary=_summary(metrics),
        text="\n".join(_lines(metrics)),
    )


_STATUSES = ("met", "not-met", "not-demonstrable", "no-target")


def _judged(counts: dict[str, int], required: str) -> tuple[str, int]:
    """Return outcome and exit code by what is required of every target; figures alone approve of nothing."""
    if not required:
        return "measured", 0
    if counts["not-met"]:
        return "failed", 10
    if required == "met" and counts["not-demonstrable"]:
        return "inconclusive", 14
    return "passed", 0


def _reasons(metrics: Metrics) -> Iterator[Reason]:
    for one in metrics.kpis:
        if one.status in ("not-met", "not-demonstrable"):
            yield Reason(one.status, f"{one.title}: {shown(one)}; wanted: {one.target}", subject=one.key)


def shown(kpi: Kpi) -> str:
    """Return a figure as a person reads it, with its number of cases and its interval."""
    from counterseal.audit.dora.words import measure_in_words

    return measure_in_words(kpi.measure, kpi.unit)


def _summary(metrics: Metrics) -> str:
    from counterseal.host.markdown import code, escape, table

    rows = [
        [escape(one.title), escape(shown(one)), escape(one.target or "-"), code(one.status)]
        for one in metrics.kpis
    ]
    head = f"### Delivery metrics {metrics.window.since[:10]} to {metrics.window.until[:10]}\n\n"
    return head + table(["figure", "value", "target", "status"], rows)


def _lines(metrics: Metrics) -> Iterator[str]:
    from counterseal.host.text import one_line

    for one in metrics.kpis:
        yield one_line(f"  {one.status:<17}{one.title:<36}{shown(one)}", limit=200)


COMMAND = Command(
    "dora-metrics",
    "Compute the delivery metrics of a service from sealed records alone.",
    INPUTS,
    OUTPUTS,
    run,
)
