"""Amazon Athena as the engine of the index: the same files in S3, the same questions.

Sources: Amazon Athena User Guide, "Use execution parameters", "Partition projection with Amazon Athena"; API
Reference, StartQueryExecution, GetQueryExecution, GetQueryResults.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from counterseal.audit.index.answer import Cell, Found
from counterseal.audit.index.queries import Query
from counterseal.audit.index.tables import MONTH, TABLES, Kind, Table
from counterseal.errors import StoreError, UsageError

_TYPES: Final[dict[Kind, str]] = {
    "text": "string",
    "integer": "bigint",
    "boolean": "boolean",
    "time": "timestamp",
}
_INTEGERS: Final = frozenset({"tinyint", "smallint", "integer", "bigint"})
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_PLACE: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*()=/-]{0,900})?")
_FIRST_MONTH: Final = "2020-01"
_PAUSE, _LONGEST = 0.5, 5.0  # seconds between two looks
_WORDS: Final = frozenset({"value", "commit", "since", "until", "since-month", "until-month"})


@dataclass(frozen=True)
class Athena:
    """Where Athena is asked.

    Attributes:
        client: the client of Athena.
        database: the database that has the tables.
        workgroup: the workgroup, which says what a query may cost.
        output: where Athena writes answers, as `s3://...`; None where the workgroup says it.
        deadline: how many seconds a query may take.
        pause: waits for some seconds.
        clock: tells seconds.
    """

    client: Any
    database: str
    workgroup: str = "primary"
    output: str | None = None
    deadline: float = 300.0
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def ask(self, query: Query, bound: Sequence[str]) -> Found:
        """Ask the index in Athena.

        Args:
            query: the question.
            bound: what is bound to its parameters.

        Raises:
            StoreError: the query fails, takes too long, or its answer is not whole.
        """
        literals = [_literal(name, value) for name, value in zip(query.parameters, bound, strict=True)]
        where = {"OutputLocation": self.output} if self.output else {}
        execution = self._call(
            "start_query_execution",
            QueryString=query.sql,
            QueryExecutionContext={"Database": self.database},
            WorkGroup=self.workgroup,
            ResultConfiguration=where,
            ExecutionParameters=literals,
        )["QueryExecutionId"]
        self._wait(execution)
        return self._result(execution)

    def _wait(self, execution: str) -> None:
        end, pause = self.clock() + self.deadline, _PAUSE
        while True:
            status = self._call("get_query_execution", QueryExecutionId=execution)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in ("FAILED", "CANCELLED"):
                said = str(status.get("StateChangeReason", "no reason given"))[:300]
                raise StoreError(f"Athena: {status['State'].lower()}: {said}", where=execution)
            if self.clock() >= end:
                self._call("stop_query_execution", QueryExecutionId=execution)
                raise StoreError(
                    f"Athena has not answered within {self.deadline:.0f} seconds", where=execution
                )
            self.pause(pause)
            pause = min(_LONGEST, pause * 2)

    def _result(self, execution: str) -> Found:
        columns: tuple[str, ...] = ()
        kinds: tuple[str, ...] = ()
        rows = list[tuple[Cell, ...]]()
        for number, page in enumerate(self._pages(execution)):
            found = page["ResultSet"]
            if not number:
                told = found["ResultSetMetadata"]["ColumnInfo"]
                columns, kinds = tuple(one["Name"] for one in told), tuple(one["Type"] for one in told)
            lines = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in found["Rows"]]
            if not number and lines and lines[0] == columns:
                del lines[0]  # the first row of the first page has the names
            if any(len(line) != len(kinds) for line in lines):
                raise StoreError("a row of Athena's has another number of cells", where=execution)
            try:
                rows += [tuple(map(_cell, kinds, line)) for line in lines]
            except ValueError as cause:
                raise StoreError("a number of Athena's is no number", where=execution) from cause
        return Found(columns, tuple(rows))

    def _pages(self, execution: str) -> Iterator[Any]:
        token, seen = dict[str, str](), set[str]()
        while True:
            page = self._call("get_query_results", QueryExecutionId=execution, **token)
            yield page
            after = page.get("NextToken")
            if not after:
                return
            if after in seen:
                raise StoreError("Athena gives the same page again", where=execution)
            seen.add(after)
            token = {"NextToken": after}

    def _call(self, name: str, **given: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client, name)(**given)
        except (BotoCoreError, ClientError) as cause:
            raise StoreError(f"Athena refuses: {str(cause)[:300]}", where=name) from cause


def definitions(database: str, location: str) -> dict[str, str]:
    """Return the statements that make the tables known to Athena, by what each makes, in order.

    Args:
        database: the database's name.
        location: where the index lies in S3.

    Raises:
        UsageError: one of them is no name, or no such place.
    """
    if not _NAME.fullmatch(database):
        raise UsageError(f"no name of a database: {database[:60]!r}", where="database")
    place = location.rstrip("/")
    if not _PLACE.fullmatch(place):
        raise UsageError(f"no place in S3: {location[:100]!r}", where="location")
    made = {one.name: _definition(one, database, f"{place}/{one.name}/") for one in TABLES}
    return {"database": f"CREATE DATABASE IF NOT EXISTS {database}"} | made


def _definition(table: Table, database: str, place: str) -> str:
    columns = ",\n".join(
        f"  {one.name} {_TYPES[one.kind]} COMMENT '{one.means.replace(chr(39), chr(8217))}'"
        for one in table.columns
    )
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {database}.{table.name} (\n{columns}\n)\n"
        f"PARTITIONED BY ({MONTH.name} string)\n"
        f"STORED AS PARQUET\nLOCATION '{place}'\n"
        "TBLPROPERTIES (\n"
        "  'projection.enabled' = 'true',\n"
        f"  'projection.{MONTH.name}.type' = 'date',\n"
        f"  'projection.{MONTH.name}.format' = 'yyyy-MM',\n"
        f"  'projection.{MONTH.name}.range' = '{_FIRST_MONTH},NOW',\n"
        f"  'projection.{MONTH.name}.interval' = '1',\n"
        f"  'projection.{MONTH.name}.interval.unit' = 'MONTHS',\n"
        f"  'storage.location.template' = '{place}{MONTH.name}=${{{MONTH.name}}}/'\n"
        ")"
    )


def _literal(name: str, value: str) -> str:
    """Return a value as Athena wants an execution parameter: text in quotes, a number as it is."""
    if name in _WORDS:
        return "'" + value.replace("'", "''") + "'"
    return str(int(value))


def _cell(kind: str, text: str | None) -> Cell:
    if text is None:
        return None
    if kind in _INTEGERS:
        return int(text)
    if kind == "boolean":
        return int(text == "true")
    if kind == "timestamp":
        return (text.rstrip("0").removesuffix(".") if "." in text else text).replace(" ", "T") + "Z"
    return text
