"""`index`: flat tables of the releases of a store, for questions in SQL; deleted and built anew at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterseal.commands import _run, _verified
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from counterseal.audit.index.answer import Ask, Found
    from counterseal.audit.index.page import Page
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

    store, trust, digest = _opened(inputs, host)
    seal = _seal(inputs, host, trust)
    found = _verified.releases(host, store, trust, "1970-01-01T00:00:00Z")
    expected = _expected(inputs, host) or ()
    page = build_index(host.cwd / inputs["index"], found, expected, trust=digest, seal=seal)
    said = f"{len(found)} releases of {len(page.heads)} streams are in the index, in {len(page.files)} files"
    unsealed = "" if seal else "; without a key nobody seals it, and no answer of it is proven"
    outputs = {"releases": str(len(found)), "files": str(len(page.files)), "sealed": str(bool(seal)).lower()}
    return Result.passed(said + unsealed, outputs=outputs)


def query(inputs: Inputs, host: Host) -> Result:
    """Ask the index a question; what it tells of releases is read again from the store."""
    from counterseal.audit.index.page import taken
    from counterseal.audit.index.queries import query_named
    from counterseal.audit.since import window_of

    now = _run.now()
    asked = query_named(inputs["question"])
    bound = asked.bind(window_of(inputs["since"], inputs["until"], now), inputs["value"])
    _require_engine(inputs)
    with taken(host.cwd / inputs["index"]) as folder:
        return _answer(asked, bound, folder, now, inputs, host)


def _answer(
    asked: Query, bound: Sequence[str], folder: Path, now: datetime, inputs: Inputs, host: Host
) -> Result:
    from counterseal.audit.index.doubts import doubts, require_expected
    from counterseal.audit.index.page import read_page
    from counterseal.audit.index.recheck import newer, require_same, require_whole
    from counterseal.audit.index.seal import is_sealed

    elsewhere = inputs["engine"] == "athena"
    store, trust, digest = _opened(inputs, host)
    page = read_page(folder, alone=elsewhere)
    sealed = is_sealed(folder, page, trust, now)
    require_expected(asked, page, _expected(inputs, host))
    behind = newer(store, trust, page)
    with _asking(inputs, host, folder, page) as ask:
        found = ask(asked, bound)
        checked = require_same(store, trust, page, ask, found.releases())
        require_whole(store, trust, page, ask)
    reasons = doubts(page, sealed=sealed, elsewhere=elsewhere, trust=digest, behind=behind)
    outputs = {"rows": str(len(found.rows)), "stale": str(len(behind)), "proven": str(not reasons).lower()}
    if asked.lacks:
        outputs["expected"] = "\n".join(page.expected)
    if inputs["out"]:
        outputs["answer"] = str(_run.write_file(host, inputs["out"], _csv(found)))
    return Result(
        outcome="inconclusive" if reasons else "passed",
        exit_code=14 if reasons else 0,
        headline=f"{asked.name}: {len(found.rows)} rows, {checked} releases read again",
        reasons=_run.reasons(reasons),
        outputs=outputs,
        summary=_summary(asked, found),
        text=_text(found),
    )


def tables(inputs: Inputs, host: Host) -> Result:
    """Print the statements that make the tables known to Athena, or write each to a file of its own."""
    from counterseal.audit.index.athena import definitions

    made = definitions(inputs["database"], inputs["location"])
    if not inputs["out"]:
        return Result.passed(f"{len(made)} statements", outputs={}, text=";\n\n".join(made.values()) + ";")
    written = [
        str(_run.write_file(host, f"{inputs['out']}/{number:02}-{name}.sql", f"{text}\n".encode()))
        for number, (name, text) in enumerate(made.items())
    ]
    return Result.passed(f"{len(made)} statements", outputs={"files": "\n".join(written)})


def _opened(inputs: Inputs, host: Host) -> tuple[Store, Trust, str]:
    """Return the store, whom to believe, and the digest of the file that says so."""
    from counterseal.manifest.digest import sha256
    from counterseal.seal.trust import parse_trust

    data = _run.read_file(host, inputs["trust"])
    trust = parse_trust(data, where=inputs["trust"])
    return _run.store_to_read(inputs, host), trust, sha256(data)


def _seal(inputs: Inputs, host: Host, trust: Trust) -> Callable[[Page], bytes] | None:
    """Return what seals the index; None without a key."""
    from counterseal.audit.index.seal import sealed_page

    if not inputs["key"]:
        return None
    sealer = _run.open_sealer(host, inputs["key"])
    return lambda page: sealed_page(page, sealer, trust, _run.now())


def _expected(inputs: Inputs, host: Host) -> tuple[str, ...] | None:
    from counterseal.policy.file import load_policy

    if not inputs["policy"]:
        return None
    return load_policy(_run.read_file(host, inputs["policy"]), where=inputs["policy"]).evidence.expect


def _require_engine(inputs: Inputs) -> None:
    engine = inputs["engine"]
    if engine not in {"duckdb", "athena"}:
        raise UsageError(
            f"no engine is called {engine[:40]!r}", where="engine", remedy="say duckdb or athena"
        )
    if engine == "athena" and not inputs["database"]:
        raise UsageError("Athena needs a database", where="database")


def _asking(inputs: Inputs, host: Host, folder: Path, page: Page) -> AbstractContextManager[Ask]:
    """Return what asks the engine that is meant."""
    from contextlib import nullcontext

    if inputs["engine"] == "duckdb":
        from counterseal.audit.index.duck import opened

        return opened(folder, page)
    from counterseal.audit.index.athena import Athena

    made = Athena(_athena(host), inputs["database"], inputs["workgroup"], inputs["output"] or None)
    return nullcontext(made.ask)


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
    (
        _STORE,
        _TRUST,
        _FOLDER,
        Input("policy", "Policy whose evidence.expect says what a release must have."),
        Input("key", "Signer of the index, trusted in the role index; without one no answer is proven."),
    ),
    (
        Output("releases", "How many releases are in it."),
        Output("files", "How many files it has."),
        Output("sealed", "true when it is sealed."),
    ),
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
        Input("policy", "Policy of today; an index that was built by another expectation does not answer."),
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
        Output("proven", "true when the answer holds, and what it keeps quiet about is not there."),
        Output("expected", "What a release must have, one a line, where the question is about that."),
        Output("answer", "Path of the rows, where out was given."),
    ),
    query,
)
TABLES = Command(
    "index tables",
    "Print or write the definitions of the tables for Athena, with partition projection.",
    (
        Input("database", "Database that they are made in.", required=True),
        Input("location", "Where the index lies in S3: s3://BUCKET/PREFIX.", required=True),
        Input("out", "Folder to write the statements to, one a file, in the order in which they are run."),
    ),
    (Output("files", "Paths of the statements, one a line, where out was given."),),
    tables,
)
