"""The index at scale: a million records of evidence, and as many that are expected, asked in DuckDB."""
# ruff: noqa: INP001, S603, S608 - a program for developers, which starts other programs

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
from measure import Figure, Line, seconds

from counterseal.audit.index.build import TYPES, literal, write_rows
from counterseal.audit.index.duck import view_of
from counterseal.audit.index.page import PAGE, VERSION, Page, files_of
from counterseal.audit.index.queries import query_named
from counterseal.audit.index.seal import SEAL, sealed_page
from counterseal.audit.index.tables import MONTH, TABLES
from counterseal.audit.population import Window
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, TrustedKey, add_key

RELEASES, RECORDS, STREAMS, RUNS = 100_000, 10, 50, 3
END = datetime(2026, 11, 27, tzinfo=UTC)
WINDOW = Window(since="2026-08-29T00:00:00Z", until="2026-11-27T00:00:00Z")
ASK = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from counterseal.audit.index.duck import opened
from counterseal.audit.index.page import read_page
from counterseal.audit.index.queries import query_named
from counterseal.audit.index.seal import is_sealed
from counterseal.audit.population import Window
from counterseal.seal.trust import parse_trust
query, folder = query_named(sys.argv[2]), Path(sys.argv[1])
trust = parse_trust(folder.with_name("trust.json").read_bytes(), where="trust.json")
page = read_page(folder)
if not is_sealed(folder, page, trust, datetime.now(UTC)):
    raise SystemExit("not sealed")
with opened(folder, page) as ask:
    found = ask(query, query.bind(Window(since=sys.argv[3], until=sys.argv[4]), ""))
print(len(found.rows), int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def asking(folder: Path) -> Iterator[Line]:
    """Yield how long questions take in a process of their own, its files compared first, and its memory."""
    index = folder / "index"
    spent = seconds(lambda: _write(index))
    rows = RELEASES * RECORDS
    yield Figure(f"index: {rows:,} records of {RELEASES:,} releases, written", spent, "s")
    peer = _Peer(index, folder / "lines")
    for name, window in (
        ("completeness", WINDOW),
        ("completeness", Window(since="2023-11-01T00:00:00Z", until=WINDOW.until)),
    ):
        days = "90 days" if window is WINDOW else "3 years"
        command = [sys.executable, "-c", ASK, str(index), name, window.since, window.until]
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(seconds(lambda: _asked(command)))  # noqa: B023 - called at once
            theirs.append(seconds(lambda: peer.ask(name, window)))  # noqa: B023 - called at once
        label = f"index: {name} of {days} in {rows:,} records"
        yield Figure(label, median(ours), "s", 1.0, "the same SQL over JSON lines", median(theirs))
    command = [sys.executable, "-c", ASK, str(index), "completeness", "2023-11-01T00:00:00Z", WINDOW.until]
    told = _asked(command).split()
    if int(told[0]) != STREAMS:
        raise SystemExit(f"{told[0]} streams instead of {STREAMS}")
    yield Figure("index: peak memory of that process", float(told[1]), "MiB", 500.0)


def _asked(command: list[str]) -> str:
    """Return what a process of its own prints, on the code that is here."""
    source = str(Path(__file__).resolve().parent.parent / "src")
    done = subprocess.run(command, env={"PYTHONPATH": source}, check=True, capture_output=True, text=True)
    return done.stdout


def _write(folder: Path) -> None:
    """Write releases of three years, every hundredth of which lacks something."""
    tables = {table.name: table for table in TABLES}
    months: dict[str, dict[str, list[dict[str, object]]]] = {}
    for number in range(RELEASES):
        made = (END - timedelta(days=3 * 365) * (number / RELEASES)).strftime("%Y-%m-%dT%H:%M:%SZ")
        common = {
            "stream": f"service-{number % STREAMS:02}",
            "sequence": number + 1,
            "payload": f"{number:064x}",
        }
        rows = months.setdefault(made[:7], {"release": [], "evidence": [], "expected": []})
        rows["release"].append(
            common | {"outcome": "passed", "created_at": made, "approval_count": 1, "lead_seconds": number}
        )
        for record in range(RECORDS):
            rows["expected"].append(common | {"stage": f"stage-{record}", "name": None})
            if number % 100 or record:
                digest = f"{number * RECORDS + record:064x}"
                rows["evidence"].append(
                    common
                    | {
                        "stage": f"stage-{record}",
                        "name": "x",
                        "outcome": "passed",
                        "record": digest,
                        "sealed": digest,
                    }
                )
    for month, found in months.items():
        for name, some in found.items():
            write_rows(folder / name / f"{MONTH.name}={month}", tables[name], some)
    _seal(folder, Page(version=VERSION, trust="0" * 64, heads={}, files=files_of(folder)))


def _seal(folder: Path, page: Page) -> None:
    """Write the page and its seal, and beside the folder a trust file that believes it."""
    private = folder.with_name("index.pem")
    private.write_bytes(generate_key())
    private.chmod(0o600)
    signer = open_signer(f"file:{private}", env={})
    key = TrustedKey(
        keyid=signer.public_key.keyid, public_key=signer.public_key.pem, roles=("index",), valid_from=END
    )
    trust = add_key(EMPTY, key)
    folder.with_name("trust.json").write_bytes(trust.encode())
    (folder / PAGE).write_bytes(page.encode())
    (folder / SEAL).write_bytes(sealed_page(page, Sealer(signer), trust, datetime.now(UTC)))


class _Peer:
    """DuckDB over the same rows as lines of JSON, which is what one has without an index."""

    def __init__(self, index: Path, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        with duckdb.connect() as engine:
            for name in ("release", "evidence", "expected"):
                table = next(one for one in TABLES if one.name == name)
                engine.execute(view_of(table, index, files_of(index)))
                engine.execute(f"COPY (SELECT * FROM {name}) TO {literal(folder / name)} (FORMAT json)")

    def ask(self, name: str, window: Window) -> None:
        query = query_named(name)
        with duckdb.connect() as engine:
            for table in TABLES:
                file = self._folder / table.name
                if file.exists():
                    columns = ", ".join(f"{one.name}: '{TYPES[one.kind]}'" for one in (*table.columns, MONTH))
                    given = f"{literal(file)}, format = 'newline_delimited', columns = {{{columns}}}"
                    engine.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_json({given})")
            engine.execute(query.sql, list(query.bind(window, ""))).fetchall()
