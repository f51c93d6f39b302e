import msgspec
import pytest

from counterseal.clients.github import queries
from counterseal.clients.github.failures import Absent, Forbidden, Missing
from counterseal.clients.github.graphql import Connection, PageInfo, ask, walk
from counterseal.errors import Inconclusive


class Data(msgspec.Struct):
    repository: dict[str, int]


def page(*nodes, total=4, cursor=None):
    return Connection(total, list(nodes), PageInfo(cursor is not None, cursor))


def whole(first, *pages):
    rest = iter(pages)
    return walk(first, lambda _: next(rest), topic="things", key=lambda node: node)


def test_what_varies_is_a_variable(server, session):
    server.on("POST", "/graphql", {"data": {"repository": {"id": 1}}})
    hostile = '") { id } #'
    assert ask(session, "query", Data, name=hostile).repository == {"id": 1}
    assert server.seen[0].body == {"query": "query", "variables": {"name": hostile}}


@pytest.mark.parametrize(
    ("errors", "data", "kind"),
    [
        ([("NOT_FOUND", ["repository"])], {"repository": None}, Missing),
        ([("NOT_FOUND", ["repository", "pullRequest"])], {"repository": {"pullRequest": None}}, Absent),
        ([("NOT_FOUND", ["repository", "pullRequest"])], None, Missing),
        ([("NOT_FOUND", None)], {"repository": {}}, Missing),
        ([("FORBIDDEN", ["repository", "pullRequest"])], {"repository": {}}, Forbidden),
        ([("NOT_FOUND", ["repository", "a"]), ("FORBIDDEN", ["b"])], {"repository": {}}, Forbidden),
        (
            [("NOT_FOUND", ["repository", "a"]), ("SERVICE_UNAVAILABLE", ["b"])],
            {"repository": {}},
            Inconclusive,
        ),
        ([(None, None)], {"repository": {"id": 1}}, Inconclusive),
    ],
)
def test_an_error_beside_data_is_an_error_of_its_kind(server, session, errors, data, kind):
    listed = [{"message": "no", **{k: v for k, v in {"type": t, "path": p}.items() if v}} for t, p in errors]
    server.on("POST", "/graphql", {"data": data, "errors": listed})
    with pytest.raises(Inconclusive) as caught:
        ask(session, "query", Data)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "body", [[], None, {}, {"data": None}, {"data": {"repository": {"id": "1"}}}, {"errors": 5}]
)
def test_an_answer_of_another_form_is_refused(server, session, body):
    server.on("POST", "/graphql", body)
    with pytest.raises(Inconclusive, match="not what its description says"):
        ask(session, "query", Data)


def test_a_connection_is_read_to_its_end():
    assert whole(page(1, 2, cursor="a"), page(3, cursor="b"), page(4)) == (1, 2, 3, 4)


def test_an_empty_connection_is_one():
    assert whole(page(total=0)) == ()


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([page(1, cursor="a"), page(2, cursor="a"), page(3)], "not further on"),
        ([page(1, cursor="a"), page(cursor="b"), page(2)], "not further on"),
        ([page(1, cursor="a"), page(2, total=5)], "total changed"),
        ([page(1, 2, cursor="a"), page(2, 3)], "twice"),
        ([page(1, 2, 3)], "3 of 4"),
        ([page(1, 2, 3, 4, 5)], "5 of 4"),
        ([page(1, 2, 3, cursor="a"), page(4, 5, 6, cursor="b"), page(7)], "not further on"),
        ([page(total=10_001)], "more than 10000"),
        ([Connection(4, [1], PageInfo(True))], "not further on"),
    ],
)
def test_a_connection_that_is_not_whole_is_refused(pages, why):
    with pytest.raises(Inconclusive, match=why):
        whole(*pages)


def test_our_queries_are_valid_in_githubs_own_schema():
    graphql = pytest.importorskip("graphql")
    from importlib.resources import files

    text = files("counterseal.sandbox.graphql").joinpath("schema.graphql").read_text()
    schema = graphql.build_schema(text, assume_valid=True)
    names = [name for name in dir(queries) if name.isupper() and not name.startswith("_")]
    assert len(names) > 8
    for name in names:
        assert graphql.validate(schema, graphql.parse(getattr(queries, name))) == [], name
