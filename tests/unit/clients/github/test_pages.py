import msgspec
import pytest

from counterseal.clients.github.pages import collect
from counterseal.errors import Inconclusive


class Item(msgspec.Struct):
    id: int


def ids(session, **more):
    return [item.id for item in collect(session, "/items", Item, topic="items", key=lambda i: i.id, **more)]


def items(*numbers):
    return [{"id": number} for number in numbers]


def test_all_pages_are_read_a_hundred_items_at_a_time(server, session):
    server.pages("/items", items(1, 2), items(3), items(4))
    assert ids(session, query={"state": "all"}) == [1, 2, 3, 4]
    assert server.seen[0].query == {"per_page": "100", "state": "all"}


def test_an_empty_listing_is_one(server, session):
    server.pages("/items", [])
    assert ids(session) == []


def test_a_page_that_was_announced_and_is_empty_is_refused(server, session):
    server.pages("/items", items(1), [])
    with pytest.raises(Inconclusive, match="announced is empty"):
        ids(session)


@pytest.mark.parametrize("page", ["1", "3", "2&page=9"])
def test_a_next_page_that_is_not_the_next_is_refused(server, session, reply, page):
    links = {"Link": f'<{server.url}/items?page={page}>; rel="next"'}
    server.on("GET", "/items", reply(items(1), headers=links))
    with pytest.raises(Inconclusive, match="not further on"):
        ids(session)
    assert len(server.seen) == 1


def test_a_cursor_that_does_not_move_on_is_refused(server, session, reply):
    links = {"Link": f'<{server.url}/items?after=abc>; rel="next"'}
    server.on("GET", "/items", reply(items(1), headers=links), reply(items(2), headers=links))
    with pytest.raises(Inconclusive, match="not further on"):
        ids(session)
    assert len(server.seen) == 2


def test_cursors_are_followed(server, session, reply):
    def link(cursor):
        return {"Link": f'<{server.url}/items?after={cursor}>; rel="next", <{server.url}/>; rel="first"'}

    pages = reply(items(1), headers=link("a")), reply(items(2), headers=link("b")), items(3)
    server.on("GET", "/items", *pages)
    assert ids(session) == [1, 2, 3]


def test_what_stands_twice_shows_that_the_list_changed(server, session):
    server.pages("/items", items(1, 2), items(2))
    with pytest.raises(Inconclusive, match="twice"):
        ids(session)


@pytest.mark.parametrize("total", [1, 3])
def test_another_number_than_announced_is_refused(server, session, total):
    server.pages("/items", items(1, 2))
    with pytest.raises(Inconclusive, match=f"2 of {total}"):
        ids(session, total=total)


def test_a_listing_without_end_is_refused(server, session, reply):
    def endless(seen):
        number = int(seen.query.get("page", "1"))
        return reply(items(number), headers={"Link": f'<{server.url}/items?page={number + 1}>; rel="next"'})

    server.on("GET", "/items", endless)
    with pytest.raises(Inconclusive, match="more than 100 pages"):
        ids(session)


@pytest.mark.parametrize("body", [{"message": "?"}, [{"id": "1"}], [{}], [None], "text", None])
def test_an_answer_of_another_form_is_refused(server, session, body):
    server.on("GET", "/items", body)
    with pytest.raises(Inconclusive, match="not what its description says"):
        ids(session)


def test_a_page_that_cannot_be_had_makes_the_listing_inconclusive(server, session, reply):
    links = {"Link": f'<{server.url}/items?page=2>; rel="next"'}
    server.on("GET", "/items", reply(items(1), headers=links), reply(status=500))
    with pytest.raises(Inconclusive, match="does not answer"):
        ids(session)


def test_a_next_page_on_another_server_is_not_asked(server, session, reply):
    links = {"Link": '<https://evil.example/items?page=2>; rel="next"'}
    server.on("GET", "/items", reply(items(1), headers=links))
    with pytest.raises(Inconclusive, match="another server"):
        ids(session)
