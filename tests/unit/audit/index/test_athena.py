"""Athena as the engine: its protocol as its API reference has it, failures, and the tables' definitions."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
import sqlglot
from botocore.config import Config

from counterseal.audit.index.athena import Athena, definitions
from counterseal.audit.index.queries import queries
from counterseal.audit.index.tables import TABLES
from counterseal.audit.population import Window
from counterseal.errors import StoreError, UsageError

WINDOW = Window(since="2026-09-01T00:00:00Z", until="2026-11-27T00:00:00Z")
COLUMNS = (("stream", "varchar"), ("sequence", "bigint"), ("payload", "varchar"), ("created_at", "timestamp"))
ROWS = [("s", str(number), "0" * 64, f"2026-11-{number:02} 10:00:00.000") for number in range(1, 6)]


class FakeAthena:
    """Athena over HTTP, with the answers that a test plans."""

    def __init__(self):
        self.states, self.asked, self.stopped = ["RUNNING", "SUCCEEDED"], [], []
        self.page, self.refuse, self.loop = 2, None, False

    def answer(self, name, given):
        if self.refuse == name:
            return 400, {"__type": "ThrottlingException", "message": "slow down"}
        return 200, getattr(self, name)(given)

    def StartQueryExecution(self, given):  # noqa: N802
        self.asked.append(given)
        return {"QueryExecutionId": "one"}

    def GetQueryExecution(self, _):  # noqa: N802
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {
            "QueryExecution": {
                "QueryExecutionId": "one",
                "Status": {"State": state, "StateChangeReason": "it <broke>"},
            }
        }

    def StopQueryExecution(self, given):  # noqa: N802
        self.stopped.append(given["QueryExecutionId"])
        return {}

    def GetQueryResults(self, given):  # noqa: N802
        start = int(given.get("NextToken", "0"))
        rows = [tuple(name for name, _ in COLUMNS), *ROWS][start : start + self.page]
        found = {
            "ResultSet": {
                "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [{"Name": name, "Type": kind} for name, kind in COLUMNS]},
            }
        }
        after = start if self.loop and start else start + self.page
        return found | ({"NextToken": str(after)} if after <= len(ROWS) else {})


@pytest.fixture
def fake():
    made = FakeAthena()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body = made.answer(self.headers["X-Amz-Target"].partition(".")[2], given)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def athena(fake):
    client = boto3.client(
        "athena", region_name="eu-west-1", endpoint_url=fake.url,
        aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )  # fmt: skip
    ticks = iter(range(1000))
    yield Athena(
        client, "evidence", "audit", "s3://answers/x/", 20.0, lambda _: None, lambda: float(next(ticks))
    )
    client.close()


def ask(athena, name="releases", value=""):
    query = queries()[name]
    return athena.ask(query, query.bind(WINDOW, value))


def test_every_page_of_an_answer_is_read(fake, athena):
    found = ask(athena)
    assert found.columns == tuple(name for name, _ in COLUMNS)
    assert found.rows == tuple(
        ("s", number, "0" * 64, f"2026-11-{number:02}T10:00:00Z") for number in range(1, 6)
    )
    assert found.releases()[0] == ("s", 1, "0" * 64)
    (asked,) = fake.asked
    assert asked["ExecutionParameters"] == [
        "'2026-09'",
        "'2026-11'",
        "'2026-09-01 00:00:00'",
        "'2026-11-27 00:00:00'",
    ]
    assert (asked["WorkGroup"], asked["QueryExecutionContext"]) == ("audit", {"Database": "evidence"})
    assert asked["ResultConfiguration"] == {"OutputLocation": "s3://answers/x/"}


def test_a_value_is_bound_and_never_part_of_the_statement(fake, athena):
    ask(athena, "ticket", "x' OR '1'='1")
    ask(athena, "account", "7")
    assert [one["ExecutionParameters"] for one in fake.asked] == [["'x'' OR ''1''=''1'"], ["7", "7"]]
    assert all("OR '1'" not in one["QueryString"] for one in fake.asked)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_fails_is_no_answer(fake, athena, state):
    fake.states = ["QUEUED", state]
    with pytest.raises(StoreError, match="broke"):
        ask(athena)


def test_a_query_that_takes_too_long_is_stopped(fake, athena):
    fake.states = ["RUNNING"]
    with pytest.raises(StoreError, match="20 seconds"):
        ask(athena)
    assert fake.stopped == ["one"]


@pytest.mark.parametrize("name", ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"])
def test_what_athena_refuses_is_an_error(fake, athena, name):
    fake.refuse = name
    with pytest.raises(StoreError, match="slow down"):
        ask(athena)


def test_pages_that_come_again_are_no_answer(fake, athena):
    fake.loop = True
    with pytest.raises(StoreError, match="same page"):
        ask(athena)


@pytest.mark.parametrize("cell", ["x", "1.5", ""])
def test_a_cell_that_is_no_number_is_no_answer(fake, athena, monkeypatch, cell):
    monkeypatch.setitem(globals(), "ROWS", [("s", cell, "0" * 64, "2026-11-01 10:00:00.000")])
    with pytest.raises(StoreError, match="no number"):
        ask(athena)


def test_tables_are_projected_by_month():
    made = definitions("evidence", "s3://bank-index/x")
    assert list(made) == ["database", *(table.name for table in TABLES)]
    for table in TABLES:
        text = made[table.name]
        assert f"LOCATION 's3://bank-index/x/{table.name}/'" in text
        assert f"'storage.location.template' = 's3://bank-index/x/{table.name}/month=${{month}}/'" in text
        tree = sqlglot.parse_one(text, read="athena")
        columns = {one.name for one in tree.find_all(sqlglot.exp.ColumnDef)}
        assert columns >= {one.name for one in table.columns}


@pytest.mark.parametrize(
    ("database", "location"),
    [
        ("a;b", "s3://bank/x"),
        ("A", "s3://bank/x"),
        ("a", "https://bank"),
        ("a", "s3://bank/x'; DROP"),
        ("a", "s3://b/$x"),
    ],
)
def test_what_is_no_name_or_place_is_refused(database, location):
    with pytest.raises(UsageError):
        definitions(database, location)
