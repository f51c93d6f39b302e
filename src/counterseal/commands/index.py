"""`index`: flat tables of the releases of a store, for questions in SQL; deleted and built anew at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterseal.commands import _run, _verified
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterseal.audit.index.answer import Found
    from counterseal.audit.index.queries import Query
    from counterseal.host import Host
    from counterseal.seal.trust import Trust
    from counterseal.store.interface import Store

_SHOWN = 50

_STORE = Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True)
_TRUST = Input("trust", "Trust file: whose seals are believed, for what and when.", required=True)
_FOLDER = Input("index", "Folder of the index.", required=True)


def build(inputs: Inputs, host: Host) -> Result:
    """Verify the store and write its index; a store that does not verify has none."""
    from counterseal.audit.index.build import build_index

    store, trust = _opened(inputs, host)
    found = _verified.releases(host, store, trust, "1970-01-01T00:00:00Z")
    page = build_index(host.cwd / inputs["index"], found, _expected(inputs, host))
    count = len(found)
    return Result.passed(
        f"{count} releases of {len(page.heads)} streams are in the index, in {len(page.files)} files",
        outputs={"releases": str(count), "files": str(len(page.files))},
    )


def query(inputs: Inputs, host: Host) -> Result:
    """Ask the index a question; what it tells of releases is read again from the store."""
    from counterseal.audit.index.build import read_page
    from counterseal.audit.index.queries import query_named
    from counterseal.audit.index.recheck import newer, require_same, require_whole
    from counterseal.audit.since import window_of

    asked = query_named(inputs["question"])
    window = window_of(inputs["since"], inputs["until"], _run.now())
    bound = asked.bind(window, inputs["value"])
    store, trust = _opened(inputs, host)
    page = read_page(host.cwd / inputs["index"], alone=inputs["engine"] == "athena")
    behind = newer(store, page)
    found = _ask(asked, bound, inputs, host)
    checked = require_same(store, trust, found.releases())
    require_whole(store, trust, page, lambda one, given: _ask(one, given, inputs, host, looked=True))
    stale = f"; the index is behind the store in {', '.join(behind[:5])}: build it anew" if behind else ""
    outputs = {"rows": str(len(found.rows)), "stale": str(len(behind))}
    if inputs["out"]:
        outputs["answer"] = str(_run.write_file(host, inputs["out"], _csv(found)))
    return Result(
        outcome="inconclusive" if behind else "passed",
        exit_code=14 if behind else 0,
        headline=f"{asked.name}: {len(found.rows)} rows, {checked} releases read again{stale}",
        outputs=outputs,
        summary=_summary(asked, found),
        text=_text(found),
    )


def tables(inputs: Inputs, _: Host) -> Result:
    """Print the statements that make the tables known to Athena."""
    from counterseal.audit.index.athena import definitions

    made = list(definitions(inputs["database"], inputs["location"]))
    return Result.passed(f"{len(made)} statements", outputs={}, text=";\n\n".join(made) + ";")


def _opened(inputs: Inputs, host: Host) -> tuple[Store, Trust]:
    from counterseal.seal.trust import parse_trust
    from counterseal.store.open import open_store

    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    return open_store(_run.store_uri(host, inputs["store"])), trust


def _expected(inputs: Inputs, host: Host) -> tuple[str, ...]:
    from counterseal.policy.file import load_policy

    if not inputs["policy"]:
        return ()
    return load_policy(_run.read_file(host, inputs["policy"]), where=inputs["policy"]).evidence.expect


def _ask(asked: Query, bound: Sequence[str], inputs: Inputs, host: Host, *, looked: bool = False) -> Found:
    engine = inputs["engine"]
    if engine == "duckdb":
        from counterseal.audit.index.duck import ask

        return ask(host.cwd / inputs["index"], asked, bound, looked=looked)
    if engine != "athena":
        raise UsageError(
            f"no engine is called {engine[:40]!r}", where="engine", remedy="say duckdb or athena"
        )
    from counterseal.audit.index.athena import Athena

    if not inputs["database"]:
        raise UsageError("Athena needs a database", where="database")
    made = Athena(_athena(host), inputs["database"], inputs["workgroup"], inputs["output"] or None)
    return made.ask(asked, bound)


def _athena(host: Host) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError

    from counterseal.host.aws import region

    try:
        return boto3.client("athena", region_name=region(host.env))
    except (BotoCoreError, ValueError) as cause:
        raise UsageError(
            f"Athena cannot be asked: {cause}", where="engine", remedy="set AWS_REGION"
        ) from cause


def _csv(found: Found) -> bytes:
    from counterseal.audit.tables import rows_csv

    return rows_csv(
        found.columns, [["" if cell is None else str(cell) for cell in row] for row in found.rows]
    )


def _summary(asked: Query, found: Found) -> str:
    from counterseal.host.markdown import escape, table

    rows = [[escape("" if cell is None else str(cell)) for cell in row] for row in found.rows[:_SHOWN]]
    told = table(list(found.columns), rows) if rows else "None.\n"
    more = f"\n{len(found.rows) - _SHOWN} more are in the answer.\n" if len(found.rows) > _SHOWN else ""
    return f"### {asked.name}\n\n{escape(asked.means)}\n\n{told}{more}"


def _text(found: Found) -> str:
    from counterseal.host.text import one_line

    lines = ["  " + "  ".join(found.columns)]
    lines += [
        "  " + "  ".join("-" if cell is None else str(cell) for cell in row) for row in found.rows[:_SHOWN]
    ]
    return "\n".join(one_line(line, limit=1000) for line in lines)


BUILD = Command(
    "index build",
    "Verify a store and write flat tables of its releases.",
    (_STORE, _TRUST, _FOLDER, Input("policy", "Policy whose evidence.expect says what a release must have.")),
    (Output("releases", "How many releases are in it."), Output("files", "How many files it has.")),
    build,
)
QUERY = Command(
    "index query",
    "Ask the index one of the questions of docs/index.md; what it tells is read again from the store.",
    (
        Input("question", "Name of the question, such as incomplete.", required=True),
        _STORE,
        _TRUST,
        _FOLDER,
        Input("since", "Beginning of the window: 90d, 12w, 24h, a day or a time in UTC.", default="90d"),
        Input("until", "End of the window, a day or a time in UTC; by default now."),
        Input("value", "What is asked about, where the question is about one thing: a ticket, a number."),
        Input("engine", "duckdb, or athena on the same files in S3.", default="duckdb"),
        Input("database", "Athena's database that has the tables."),
        Input("workgroup", "Athena's workgroup.", default="primary"),
        Input("output", "Where Athena writes answers, s3://...; by default as the workgroup says."),
        Input("out", "File to write all rows to, as CSV."),
    ),
    (
        Output("rows", "How many rows there are."),
        Output("stale", "How many streams go on in the store beyond the index."),
        Output("answer", "Path of the rows, where out was given."),
    ),
    query,
)
TABLES = Command(
    "index tables",
    "Print the definitions of the tables for Athena, with partition projection.",
    (
        Input("database", "Database that they are made in.", required=True),
        Input("location", "Where the index lies in S3: s3://BUCKET/PREFIX.", required=True),
    ),
    (),
    tables,
)
