import base64
import hashlib

import pytest

from counterseal.errors import Inconclusive, MalformedError

COMMIT, TREE = "a" * 40, "b" * 40
TARGET = {"__typename": "Commit", "oid": COMMIT, "tree": {"oid": TREE}}


def name_of(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tag(target):
    return {"__typename": "Tag", "oid": "c" * 40, "target": target}


def repository(**more):
    return lambda *_: {"data": {"repository": more}}


@pytest.mark.parametrize("target", [TARGET, tag(TARGET), tag(tag(TARGET))])
def test_a_ref_leads_to_its_commit_and_the_tree_is_known_with_it(server, forge, target):
    server.graphql(repository(ref={"target": target}))
    assert forge.tip("refs/tags/v1") == COMMIT
    assert forge.tree(COMMIT) == TREE
    assert forge.requests == 1
    assert server.seen[0].body["variables"] == {
        "owner": "meridian-bank",
        "name": "payments",
        "ref": "refs/tags/v1",
    }


@pytest.mark.parametrize("target", [tag(tag(tag(None))), {"__typename": "Blob", "oid": COMMIT}])
def test_a_ref_that_leads_to_no_commit_is_refused(server, forge, target):
    server.graphql(repository(ref={"target": target}))
    with pytest.raises(MalformedError):
        forge.tip("refs/tags/v1")


def test_a_ref_that_is_not_there_is_told_as_such(server, forge):
    server.graphql(repository(ref=None))
    with pytest.raises(MalformedError, match="no such branch"):
        forge.tip("refs/heads/none")


@pytest.mark.parametrize("ref", ["main", "heads/main", ""])
def test_only_whole_refs_are_looked_up(server, forge, ref):
    with pytest.raises(MalformedError):
        forge.tip(ref)
    assert server.seen == []


def test_a_tip_is_always_asked_for_again(server, forge):
    server.graphql(repository(ref={"target": TARGET}))
    forge.tip("refs/heads/main")
    forge.tip("refs/heads/main")
    assert forge.requests == 2


def test_a_commit_that_is_not_there_is_told_as_such(server, forge):
    server.graphql(repository(object=None))
    with pytest.raises(MalformedError, match="no such commit"):
        forge.tree(COMMIT)


@pytest.mark.parametrize("name", ["main", "A" * 40, "a" * 39, "a" * 41, "a" * 40 + "\n", "HEAD"])
def test_what_is_no_object_name_is_not_asked_for(server, forge, name):
    for look in (lambda: forge.tree(name), lambda: forge.file("a", name)):
        with pytest.raises(MalformedError):
            look()
    assert server.seen == []


def blob(data, **more):
    text = data.decode(errors="replace")
    return {
        "__typename": "Blob",
        "oid": name_of(data),
        "byteSize": len(data),
        "isTruncated": False,
        "text": text,
    } | more


def test_a_file_is_asked_for_once(server, forge):
    data = "größe: 1\r\n".encode()
    server.graphql(repository(commit=TARGET, file=blob(data)))
    assert forge.file(".github/counterseal.yml", COMMIT) == data
    assert forge.file(".github/counterseal.yml", COMMIT) == data
    assert forge.requests == 1
    assert server.seen[0].body["variables"]["expression"] == f"{COMMIT}:.github/counterseal.yml"


@pytest.mark.parametrize("more", [{"text": None}, {"isTruncated": True}, {}])
def test_what_is_not_whole_text_is_read_as_bytes(server, forge, more):
    data = b"\xff\x00 bytes"
    server.graphql(repository(commit=TARGET, file=blob(data, **more)))
    content = {"sha": name_of(data), "encoding": "base64", "content": base64.encodebytes(data).decode()}
    server.on("GET", f"/repos/meridian-bank/payments/git/blobs/{name_of(data)}", content)
    assert forge.file("a.bin", COMMIT) == data


@pytest.mark.parametrize("content", ["b3RoZXI=", "%%%"])
def test_content_that_is_not_what_the_commit_names_is_refused(server, forge, content):
    data = b"\xff"
    server.graphql(repository(commit=TARGET, file=blob(data)))
    body = {"sha": name_of(data), "encoding": "base64", "content": content}
    server.on("GET", f"/repos/meridian-bank/payments/git/blobs/{name_of(data)}", body)
    with pytest.raises(Inconclusive):
        forge.file("a.bin", COMMIT)


@pytest.mark.parametrize("found", [None, {"__typename": "Tree", "oid": TREE}])
def test_a_file_is_absent_only_where_the_commit_is_there(server, forge, found):
    server.graphql(repository(commit=TARGET, file=found))
    assert forge.file("a", COMMIT) is None


def test_a_file_of_a_commit_that_is_not_there_is_not_absent(server, forge):
    server.graphql(repository(commit=None, file=None))
    with pytest.raises(MalformedError):
        forge.file("a", COMMIT)


@pytest.mark.parametrize("path", ["", "/a", "a//b", "../a", "a/./b", "a/"])
def test_what_is_no_path_is_not_asked_for(server, forge, path):
    with pytest.raises(MalformedError):
        forge.file(path, COMMIT)
    assert server.seen == []


def test_the_repository_is_asked_for_once(server, forge):
    branch = {"name": "main", "target": TARGET}
    server.graphql(
        repository(
            databaseId=700100,
            url="https://forge.example/meridian-bank/payments",
            nameWithOwner="meridian-bank/payments",
            isPrivate=True,
            defaultBranchRef=branch,
        )
    )
    found = forge.repository()
    assert (found.id, found.default_branch, found.private) == (700100, "main", True)
    assert forge.repository() is found
    assert forge.requests == 1


def test_the_tip_that_comes_with_the_repository_is_taken_once(server, slept):
    from counterseal.clients.github.forge import GitHubForge
    from counterseal.clients.github.session import Session

    home = {"databaseId": 1, "url": "u", "nameWithOwner": "a/b", "isPrivate": False}
    other = {"__typename": "Commit", "oid": "d" * 40, "tree": {"oid": TREE}}
    branch = {"name": "main", "target": TARGET}
    server.graphql(repository(**home, defaultBranchRef=branch, ref={"target": other}))
    for later, tips in ((0.0, [COMMIT, "d" * 40]), (11.0, ["d" * 40, "d" * 40])):
        seconds = [0.0]
        forge = GitHubForge(Session(server.url, "t", clock=lambda now=seconds: now[0]), "a/b")
        forge.repository()
        seconds[0] = later
        assert [forge.tip("refs/heads/main"), forge.tip("refs/heads/main")] == tips


def test_a_repository_without_a_commit_is_told_as_such(server, forge):
    home = {"databaseId": 1, "url": "u", "nameWithOwner": "a/b", "isPrivate": False, "defaultBranchRef": None}
    server.graphql(repository(**home))
    with pytest.raises(MalformedError):
        forge.repository()


@pytest.mark.parametrize("name", ["payments", "a/b/c", "a/..", "-a/b", "a/b c", "a/b\n", "/b", "a/"])
def test_a_repository_is_written_owner_and_name(session, name):
    from counterseal.clients.github.forge import GitHubForge
    from counterseal.errors import UsageError

    with pytest.raises(UsageError):
        GitHubForge(session, name)
