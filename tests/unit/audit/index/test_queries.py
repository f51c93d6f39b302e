"""Every question is answered as plain Python answers it, in SQL that DuckDB, Athena, Trino and Spark have."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from sqlglot import exp

from counterseal.audit.index.build import TYPES, write_rows
from counterseal.audit.index.duck import opened
from counterseal.audit.index.page import VERSION, Page, files_of
from counterseal.audit.index.queries import queries, query_named
from counterseal.audit.index.tables import COMMON, MONTH, TABLES
from counterseal.audit.population import Window
from counterseal.errors import UsageError
from unit.audit.index.worlds import ANSWERS, SINCE, UNTIL, worlds

WINDOW = Window(since=SINCE, until=UNTIL)
QUERIES = queries()


def write(folder, rows):
    """Write an index of rows, as its builder does, and return its page."""
    for table in TABLES:
        found = sorted(rows.get(table.name, ()), key=lambda one: one["month"])
        for month, some in groupby(found, key=lambda one: one["month"]):
            plain = [{name: value for name, value in one.items() if name != "month"} for one in some]
            write_rows(folder / table.name / f"month={month}", table, plain)
    return Page(version=VERSION, trust="0" * 64, heads={}, files=files_of(folder))


def test_every_question_has_an_answer_in_python():
    assert set(ANSWERS) == set(QUERIES)


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_every_question_is_answered_as_python_answers_it(rows):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder, write(folder, rows)) as ask:
            for question, (answer, value) in ANSWERS.items():
                query = QUERIES[question]
                found = ask(query, query.bind(WINDOW, value))
                wanted = list(answer(rows, *([value] if value else [])))
                assert Counter(found.rows) == Counter(wanted), question


@pytest.mark.parametrize("name", QUERIES)
def test_an_index_without_anything_answers_nothing(tmp_path, name):
    query = QUERIES[name]
    with opened(tmp_path, write(tmp_path, {})) as ask:
        assert ask(query, query.bind(WINDOW, ANSWERS[name][1])).rows == ()


# -- the part of SQL that is used --------------------------------------------------------------------------

ALLOWED = {
    "Add", "Alias", "And", "Case", "Cast", "Column", "Count", "CTE", "DataType", "Distinct", "EQ", "From",
    "Group", "GT", "GTE", "Identifier", "If", "Is", "Join", "Literal", "LT", "LTE", "Max", "Mul", "NEQ",
    "Not", "Null", "Or", "Order", "Ordered", "Paren", "Placeholder", "RowNumber", "Select", "Star", "Sum",
    "Table", "TableAlias", "Union", "Where", "Window", "With",
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_stays_in_the_common_part_of_sql(name):
    tree = sqlglot.parse_one(QUERIES[name].sql, read="duckdb")
    assert {type(node).__name__ for node in tree.walk()} <= ALLOWED
    assert not any(
        node.args.get("nulls_first") and node.args.get("explicit") for node in tree.find_all(exp.Ordered)
    )


@pytest.mark.parametrize("dialect", ["athena", "trino", "presto", "spark"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_question_is_the_same_statement_elsewhere(name, dialect):
    tree = sqlglot.parse_one(QUERIES[name].sql, read="duckdb")
    assert tree.find(exp.Command) is None
    there = sqlglot.parse_one(QUERIES[name].sql, read=dialect)
    assert plain(there) == plain(tree)
    assert plain(sqlglot.parse_one(tree.sql(dialect=dialect), read=dialect)) == plain(tree)


def plain(tree):
    """Return a statement without what dialects read differently: where nulls come, what a timestamp is."""

    def same(node):
        if isinstance(node, exp.Ordered):
            node.set("nulls_first", None)
        if isinstance(node, exp.Cast):
            kind = node.to.this.value.removesuffix("NTZ").removesuffix("TZ")
            return exp.cast(node.this, kind)
        return node

    return tree.transform(same).sql()


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_names_what_the_tables_have(name):
    known = {column.name for table in TABLES for column in (*table.columns, MONTH)}
    tree = sqlglot.parse_one(QUERIES[name].sql, read="duckdb")
    made = {one.alias for one in tree.find_all(exp.Alias)}
    assert {one.name for one in tree.find_all(exp.Column)} <= known | made
    placeholders = len(list(tree.find_all(exp.Placeholder)))
    assert placeholders == len(QUERIES[name].parameters)


def test_no_name_is_reserved_in_any_engine():
    for table in TABLES:
        for dialect in ("duckdb", "athena", "trino", "spark"):
            columns = ", ".join(column.name for column in table.columns)
            sqlglot.transpile(
                f"SELECT {columns} FROM {table.name}", read=dialect, error_level=sqlglot.ErrorLevel.RAISE
            )
        with duckdb.connect() as engine:
            engine.execute(
                f"CREATE TABLE {table.name} ({', '.join(f'{c.name} {TYPES[c.kind]}' for c in table.columns)})"
            )


@pytest.mark.parametrize(
    ("name", "value"),
    [("ticket", ""), ("ticket", "a\nb"), ("ticket", "x" * 201), ("account", "1; DROP TABLE x"),
     ("account", "-1"), ("short-retention", "1.5"), ("releases", "x"),
     ("commit", "c" * 12), ("commit", "C" * 40), ("commit", "c" * 41), ("commit", "main")],
)  # fmt: skip
def test_what_no_question_takes_is_refused(name, value):
    with pytest.raises(UsageError):
        QUERIES[name].bind(WINDOW, value)


def test_what_is_lacking_is_asked_by_two_questions():
    assert {one.name for one in QUERIES.values() if one.lacks} == {"completeness", "incomplete"}


def test_a_question_that_nobody_asks_is_refused():
    with pytest.raises(UsageError, match="no question"):
        query_named("../../etc/passwd")


def test_no_row_is_more_than_its_tables_say():
    assert len({table.name for table in TABLES}) == len(TABLES)
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert names[:3] == [column.name for column in COMMON]


def test_the_page_lists_every_table_and_every_question():
    page = (Path(__file__).resolve().parents[4] / "docs" / "index.md").read_text()
    tables = page[: page.index("## Questions")]
    for table in TABLES:
        rows = re.findall(rf"^\| `{table.name}` \| (.+?) \| (.+) \|$", tables, re.MULTILINE)
        wanted = "; ".join(f"`{one.name}` ({one.kind}) {one.means}" for one in table.own)
        assert rows == [(table.means, wanted)]
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.+) \| (.*) \|$", page[page.index("## Questions") :], re.MULTILINE
    )
    assert rows == [
        (one.name, one.means.rstrip("."), ", ".join(sorted({p for p in one.parameters if p in ASKED})))
        for one in QUERIES.values()
    ]


ASKED = ("value", "commit", "number", "days")
