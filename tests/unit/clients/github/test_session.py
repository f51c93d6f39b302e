import pytest

from counterseal.clients.github.failures import Forbidden, Limited, Missing, Refused, Unclear
from counterseal.clients.github.session import Session, path_of
from counterseal.errors import Inconclusive, MalformedError, UsageError

TOKEN = "ghs_the-secret-of-this-job"


def test_a_request_carries_the_token_and_the_version_of_the_interface(server, session):
    server.on("GET", "/user", {"login": "a"})
    assert session.get("/user").body == {"login": "a"}
    (seen,) = server.seen
    assert seen.headers["Authorization"] == f"token {TOKEN}"
    assert seen.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert seen.headers["User-Agent"].startswith("counterseal/")
    assert session.requests == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_read_that_fails_is_repeated_a_few_times(server, session, slept, reply, status):
    server.on("GET", "/user", reply(status=status), reply(cut=True), {"login": "a"})
    assert session.get("/user").body == {"login": "a"}
    assert slept == [1, 2]


def test_an_answer_that_is_cut_in_its_middle_is_none(server, session, slept, reply):
    server.on("GET", "/user", reply([], half=True), ["whole"])
    assert session.get("/user").body == ["whole"]
    assert slept == [1]


def test_a_forge_that_stays_away_leaves_it_open(server, session, slept, reply):
    server.on("GET", "/user", reply(cut=True))
    with pytest.raises(Inconclusive, match="does not answer") as caught:
        session.get("/user")
    assert (slept, server.count("GET")) == ([1, 2, 4], 4)
    assert caught.value.where == "GET /user"


@pytest.mark.parametrize("failure", [{"status": 502}, {"cut": True}])
def test_a_post_that_is_not_answered_is_not_repeated(server, session, slept, reply, failure):
    server.on("POST", "/x", reply(**failure))
    with pytest.raises(Unclear):
        session.write("POST", "/x", {"a": 1})
    assert (server.count("POST"), slept) == (1, [])


def test_a_patch_changes_nothing_more_and_is_repeated(server, session, reply):
    server.on("PATCH", "/x", reply(status=502), {"ok": True})
    assert session.write("PATCH", "/x", {"a": 1}).body == {"ok": True}


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_obeyed_to_the_second_whatever_was_asked(server, session, slept, reply, status, verb):
    server.on(verb, "/x", reply({"message": "slow down"}, status, {"Retry-After": "17"}), {"ok": True})
    answer = session.get("/x") if verb == "GET" else session.write("POST", "/x", {})
    assert (answer.body, slept) == ({"ok": True}, [17])


def test_the_reset_of_the_limit_is_told_by_the_servers_own_clock(server, session, slept, reply):
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795512630"}  # 30 s after the answer
    server.on("GET", "/x", reply({"message": "API rate limit exceeded"}, 403, reset), {"ok": True})
    session.get("/x")
    assert slept == [31]


def test_a_limit_without_a_word_is_waited_for_longer_and_longer(server, slept, reply):
    session = Session(server.url, TOKEN, sleep=slept.append, budget=1000)
    said = reply({"message": "You have exceeded a secondary rate limit"}, 403)
    server.on("GET", "/x", said, said, reply(status=429), {"ok": True})
    session.get("/x")
    assert slept == [60, 120, 240]


def test_a_limit_beyond_the_budget_names_when_to_come_back(server, session, slept, reply):
    server.on("GET", "/x", reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(Limited) as caught:
        session.get("/x")
    assert slept == []
    assert caught.value.remedy == "run this again after 2026-11-24T10:30:00Z"
    assert caught.value.exit_code == 14


@pytest.mark.parametrize("after", ["9" * 400, "99999999999999"])
def test_a_wait_beyond_all_reason_is_one_all_the_same(server, session, reply, after):
    server.on("GET", "/x", reply(status=429, headers={"Retry-After": after}))
    with pytest.raises(Limited):
        session.get("/x")


@pytest.mark.parametrize("reset", ["nan", "soon", "-5", ""])
def test_a_reset_that_is_no_time_is_waited_for_as_if_nothing_was_told(server, session, slept, reply, reset):
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    server.on("GET", "/x", reply({"message": "API rate limit exceeded"}, 403, headers), {})
    session.get("/x")
    assert slept == [60]


def test_the_budget_is_for_all_waits_of_a_session(server, session, slept, reply):
    server.on("GET", "/x", reply(status=429, headers={"Retry-After": "50"}))
    with pytest.raises(Limited):
        session.get("/x")
    assert slept == [50, 50]


def test_a_403_without_any_sign_of_a_limit_is_a_permission(server, session, slept, reply):
    headers = {"X-Accepted-GitHub-Permissions": "contents=read"}
    server.on("GET", "/x", reply({"message": "Resource not accessible by integration"}, 403, headers))
    with pytest.raises(Forbidden) as caught:
        session.get("/x")
    assert caught.value.remedy == "the token needs contents=read"
    assert "Resource not accessible" in caught.value.message
    assert (slept, len(server.seen)) == ([], 1)


def test_a_limit_of_the_graphql_interface_comes_with_status_200(server, session, slept, reply):
    limited = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    server.on("POST", "/graphql", reply(limited, headers={"Retry-After": "5"}), {"data": {}})
    assert session.ask("query { id }", {}).body == {"data": {}}
    assert slept == [5]


def test_text_that_only_mentions_a_limit_is_no_limit(server, session, slept):
    body = {"data": {"body": '"RATE_LIMITED"'}}
    server.on("POST", "/graphql", body)
    assert session.ask("query { id }", {}).body == body
    assert slept == []


def test_a_query_is_a_read_and_is_repeated(server, session, reply):
    server.on("POST", "/graphql", reply(status=502), {"data": {}})
    assert session.ask("query { id }", {}).body == {"data": {}}


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Forbidden), (404, Missing), (410, Missing), (409, Refused), (422, Refused)]
)
def test_every_refusal_has_its_own_kind(server, session, reply, status, kind):
    server.on("GET", "/x", reply({"message": "no\u202e such"}, status))
    with pytest.raises(kind) as caught:
        session.get("/x")
    assert f"({status}: no\\u202e such)" in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_no_redirect_is_followed(server, session, reply, status, host):
    server.on("GET", "/x", reply(status=status, headers={"Location": f"http://{host}/y"}))
    server.on("GET", "/y", {"stolen": True})
    with pytest.raises(Inconclusive, match="points elsewhere"):
        session.get("/x")
    assert [seen.path for seen in server.seen] == ["/x"]


def test_an_answer_that_is_not_ready_is_handed_back_at_once(server, session, reply):
    server.on("GET", "/x", reply({}, 202))
    assert session.get("/x").body == {}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "url", ["http://evil.example/x", "https://127.0.0.1/x", "http://127.0.0.1:1/x", "http://u@127.0.0.1/x"]
)
def test_an_address_on_another_server_is_not_asked(server, session, url):
    with pytest.raises((Inconclusive, UsageError)):
        session.follow(url)
    assert server.seen == []


def test_an_address_outside_of_the_interface_is_not_asked(server, slept):
    session = Session(f"{server.url}/api/v3", TOKEN, sleep=slept.append)
    with pytest.raises(Inconclusive):
        session.follow(f"{server.url}/elsewhere")
    assert server.seen == []


def test_the_interfaces_of_a_server_of_ones_own(server):
    server.on("POST", "/api/graphql", {"data": {}})
    server.on("GET", "/api/v3/user", {})
    session = Session(f"{server.url}/api/v3/", TOKEN)
    session.ask("query { id }", {})
    session.get("/user")
    assert [seen.path for seen in server.seen] == ["/api/graphql", "/api/v3/user"]


@pytest.mark.parametrize(
    "url",
    [
        "http://forge.example",
        "ftp://127.0.0.1",
        "https://user@forge.example",
        "https://forge.example?x",
        "https://",
        "",
        "https://[",
        "https://forge.example:99999",
    ],
)
def test_a_token_is_sent_only_over_tls_or_to_this_machine(url):
    with pytest.raises(UsageError):
        Session(url, TOKEN)


def test_both_interfaces_are_on_one_server():
    with pytest.raises(UsageError):
        Session("https://api.github.com", TOKEN, graphql_url="https://evil.example/graphql")


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "ümlaut"])
def test_what_cannot_be_a_token_is_refused_without_being_shown(token):
    with pytest.raises(UsageError) as caught:
        Session("https://api.github.com", token)
    assert not token or token not in caught.value.diagnosis()


def test_the_token_is_in_no_error_and_no_repr(server, session, reply):
    server.on("GET", "/x", reply({"message": "Bad credentials"}, 401))
    server.on("GET", "/y", reply(cut=True))
    for path in ("/x", "/y"):
        with pytest.raises(Inconclusive) as caught:
            session.get(path)
        assert TOKEN not in caught.value.diagnosis()
        assert caught.value.__cause__ is None
    assert TOKEN not in repr(session)


@pytest.mark.parametrize("text", ["{", '{"a": 1, "a": 2}', '"\\ud800"', "[NaN]", "<html>"])
def test_an_answer_that_is_not_strict_json_is_no_answer(server, session, reply, text):
    server.on("GET", "/x", reply(text=text))
    with pytest.raises(Inconclusive):
        session.get("/x")


def test_the_time_is_that_of_the_last_answer(server, session):
    server.on("GET", "/x", {})
    session.get("/x")
    assert session.now() == "2026-11-24T09:30:00Z"
    assert len(server.seen) == 1


def test_an_old_time_is_asked_for_again(server, slept):
    ticks = iter([0.0, 61.0, 61.0, 62.0])
    session = Session(server.url, TOKEN, sleep=slept.append, clock=lambda: next(ticks))
    server.on("GET", "/x", {})
    session.get("/x")
    server.date = "Tue, 24 Nov 2026 09:31:01 GMT"
    assert session.now() == "2026-11-24T09:31:01Z"  # from a 404: this server knows no rate limits
    assert server.seen[-1].path == "/rate_limit"


def test_a_forge_without_a_clock_leaves_the_time_open(server, session):
    server.date = "once upon a time"
    with pytest.raises(Inconclusive):
        session.now()


def test_a_path_is_escaped_segment_by_segment():
    assert path_of("repos", "a/b", "x y", 7) == "/repos/a%2Fb/x%20y/7"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_path_that_would_lead_elsewhere_is_refused(segment):
    with pytest.raises(MalformedError):
        path_of("repos", segment)
