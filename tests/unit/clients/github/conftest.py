import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from counterseal.clients.github.forge import GitHubForge
from counterseal.clients.github.session import Session
from github_api.description import check_request

TOKEN = "ghs_the-secret-of-this-job"


@dataclass
class Reply:
    """One answer; `cut` ends the connection instead, and `half` in the middle of the body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    half: bool = False
    text: str | None = None


@dataclass
class Seen:
    """One request that arrived."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: tuple[str, str, bytes]


class Scripted:
    """A server that answers as it is told; the last reply of a path is repeated."""

    def __init__(self) -> None:
        self.replies: dict[tuple[str, str], list[Any]] = {}
        self.seen: list[Seen] = []
        self.date = "Tue, 24 Nov 2026 09:30:00 GMT"

    def on(self, verb, path, *replies):
        """Say what is answered, in order: a `Reply`, a body, or a function of the request."""
        self.replies[verb, path] = list(replies)

    def pages(self, path, *pages, total=None):
        """Answer with pages that are linked by their numbers."""

        def page(seen):
            number = int(seen.query.get("page", "1"))
            headers = {}
            if number < (total or len(pages)):
                headers["Link"] = f'<{self.url}{path}?page={number + 1}>; rel="next"'
            return Reply(pages[number - 1], headers=headers)

        self.on("GET", path, page)

    def graphql(self, answer):
        """Answer queries with a function of query and variables."""
        self.on("POST", "/graphql", lambda seen: answer(seen.body["query"], seen.body["variables"]))

    def answer(self, seen):
        self.seen.append(seen)
        replies = self.replies.get((seen.verb, seen.path))
        if replies is None:
            return Reply({"message": "Not Found"}, 404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply(seen) if callable(reply) else reply
        return reply if isinstance(reply, Reply) else Reply(reply)

    def count(self, verb):
        """Return how many requests with this method arrived."""
        return sum(seen.verb == verb for seen in self.seen)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet

    def handle_any(self):
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(size)
        query = dict(parse_qsl(parts.query))
        body = json.loads(sent) if sent else None
        raw = (parts.path, parts.query, sent)
        seen = Seen(self.command, unquote(parts.path), query, dict(self.headers), body, raw)
        reply = self.server.script.answer(seen)
        if reply.cut:
            self.close_connection = True
            return
        data = (json.dumps(reply.body) if reply.text is None else reply.text).encode()
        data = b"" if reply.body is None and reply.text is None else data
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) * (2 if reply.half else 1)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or reply.half

    do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - the base class names them

    def date_time_string(self, timestamp=None):  # noqa: ARG002 - the base class has it
        return self.server.script.date

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    """A scripted forge on loopback; what it was asked must be what GitHub's description knows."""
    script = Scripted()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.script, http.daemon_threads = script, True
    script.url = f"http://127.0.0.1:{http.server_address[1]}"
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield script
    http.shutdown()
    http.server_close()
    for seen in script.seen:
        if seen.path.startswith(("/repos/", "/orgs/", "/rate_limit")):
            path, query, body = seen.raw
            check_request(seen.verb, path, query, body or None)


@pytest.fixture
def slept():
    """The waits that a session asked for."""
    return []


@pytest.fixture
def session(server, slept):
    """A session with the scripted forge that only notes its waits."""
    return Session(server.url, TOKEN, sleep=slept.append)


@pytest.fixture
def forge(session):
    """The forge over that session."""
    return GitHubForge(session, "meridian-bank/payments")


@pytest.fixture
def reply():
    """The class of an answer with a status, headers, or none at all."""
    return Reply


ANN = {"name": "Ann", "email": "ann@bank.example", "user": {"login": "ann", "databaseId": 1}}
BOT = {"name": "robot[bot]", "email": "9+robot[bot]@users.noreply.example", "user": None}


class PullScript:
    """One pull request, told by both interfaces; a test alters what it is about."""

    def __init__(self, server, number=7):
        self.server, self.number, self.base = server, number, "/repos/meridian-bank/payments"
        self.commits = [self.commit(1)]
        self.reviews, self.comments, self.files = [], [], []
        self.activity, self.merge = None, None
        self.fork = {"databaseId": 700100, "nameWithOwner": "meridian-bank/payments"}
        self.rest = {}
        self.told = {}
        self.refused = None
        server.graphql(self.query)
        server.on("GET", f"{self.base}/pulls/{number}", lambda _: self.pull())
        server.on("GET", f"{self.base}/activity", lambda _: self.moved())

    @staticmethod
    def commit(number, **more):
        return {
            "oid": f"{number:040x}",
            "message": f"Change {number}",
            "tree": {"oid": f"{number:039x}f"},
            "parents": {"totalCount": 1, "nodes": [{"oid": f"{number - 1:040x}"}]},
            "author": ANN,
            "committer": ANN,
            "authors": {"totalCount": 1, "nodes": [ANN]},
            "committedViaWeb": False,
            "signature": None,
        } | more

    @staticmethod
    def review(number, **more):
        return {
            "fullDatabaseId": str(number),
            "state": "APPROVED",
            "body": "",
            "submittedAt": "2026-11-24T09:00:00Z",
            "lastEditedAt": None,
            "author": {"__typename": "User", "login": "ben", "databaseId": 2},
            "commit": {"oid": f"{1:040x}"},
        } | more

    @staticmethod
    def comment(number, body="fine", **more):
        return {
            "fullDatabaseId": str(number),
            "body": body,
            "createdAt": "2026-11-24T09:00:00Z",
            "lastEditedAt": None,
            "viewerDidAuthor": False,
            "author": {"__typename": "User", "login": "ben", "databaseId": 2},
        } | more

    @property
    def head(self):
        return self.commits[-1]["oid"]

    def query(self, query, variables):
        if self.refused:
            return self.refused
        start = int(variables.get("after") or 0)
        if "page: history(" in query:
            return self.data(object={"page": self.page(list(reversed(self.commits)), start)})
        if "issue(number:" in query:
            error = {"type": "NOT_FOUND", "path": ["repository", "issue"], "message": "Could not resolve"}
            return {"data": {"repository": {"issue": None}}, "errors": [error]}
        for name in ("commits", "reviews", "comments", "files"):
            if f"page: {name}(" in query:
                page = {"page": self.page(self.nodes(name), start)}
                return self.data(pullRequest=page)
        return self.data(databaseId=700100, url="https://forge.example/m/p", pullRequest=self.whole())

    def data(self, **repository):
        return {"data": {"repository": repository}}

    def whole(self):
        pages = {name: self.page(self.nodes(name)) for name in ("commits", "reviews", "comments", "files")}
        return {
            "headRefOid": self.head,
            "headRefName": "feature",
            "headRepository": self.fork,
            "changedFiles": len(self.files),
            "mergeCommit": self.merge,
            **pages,
        } | self.told

    def nodes(self, name):
        return [{"commit": item} for item in self.commits] if name == "commits" else getattr(self, name)

    def page(self, nodes, start=0):
        end = start + 100
        more = end < len(nodes)
        return {
            "totalCount": len(nodes),
            "nodes": nodes[start:end],
            "pageInfo": {"hasNextPage": more, "endCursor": str(end) if more else None},
        }

    def moved(self):
        return [self.push()] if self.activity is None else self.activity

    def push(self, number=11, before="0" * 40, after=None, **more):
        return {
            "id": number,
            "before": before,
            "after": after or self.head,
            "ref": "refs/heads/feature",
            "timestamp": "2026-11-24T08:00:00Z",
            "activity_type": "branch_creation" if before.strip("0") == "" else "push",
            "actor": {"id": 1, "login": "ann", "type": "User"},
        } | more

    def pull(self):
        repo = {"id": 700100, "full_name": "meridian-bank/payments"}
        user = {"id": 1, "login": "ann", "type": "User"}
        fork = {"id": self.fork["databaseId"], "full_name": self.fork["nameWithOwner"]} if self.fork else None
        return {
            "number": self.number,
            "state": "open",
            "title": "Pay",
            "body": None,
            "user": user,
            "head": {"ref": "feature", "sha": self.head, "repo": fork},
            "base": {"ref": "main", "sha": "b" * 40, "repo": repo},
            "merged": self.merge is not None,
            "merged_by": user if self.merge else None,
            "merge_commit_sha": self.merge["oid"] if self.merge else "e" * 40,
            "commits": len(self.commits),
            "changed_files": len(self.files),
            "created_at": "2026-11-24T08:30:00Z",
            "merged_at": "2026-11-24T12:00:00Z" if self.merge else None,
            "draft": False,
        } | self.rest


@pytest.fixture
def pull(server):
    """An ordinary pull request on the scripted forge."""
    return PullScript(server)


@pytest.fixture
def another_pull(server):
    """Makes further ones; the last one made answers the queries."""
    return lambda number: PullScript(server, number)
