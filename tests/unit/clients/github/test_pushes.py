from types import SimpleNamespace

import pytest

from counterseal.errors import Inconclusive, MalformedError

BASE = "/repos/meridian-bank/payments"
HOME = {
    "databaseId": 700100,
    "url": "https://forge.example/m/p",
    "nameWithOwner": "meridian-bank/payments",
    "isPrivate": False,
    "defaultBranchRef": {
        "name": "main",
        "target": {"__typename": "Commit", "oid": f"{1:040x}", "tree": {"oid": "f" * 40}},
    },
}
ANN = {"id": 1, "login": "ann", "type": "User"}


def oid(number):
    return f"{number:040x}"


@pytest.fixture
def push(server, pull):
    """A branch whose commits 2 to 4 were pushed on top of 1; a test alters it."""

    told = SimpleNamespace(
        status="ahead",
        total=None,
        files=[],
        commits=[pull.commit(n) for n in range(2, 5)],
        activity=[
            {
                "id": 3,
                "before": oid(1),
                "after": oid(4),
                "ref": "refs/heads/main",
                "timestamp": "2026-11-24T08:00:00Z",
                "activity_type": "push",
                "actor": ANN,
            }
        ],
        tags={},
    )

    def query(query, variables):
        if "page: history(" in query:
            pull.commits = [pull.commit(1), *told.commits]
            return pull.query(query, variables)
        if "ref(qualifiedName" in query:
            return pull.data(ref={"target": commit(oid(1))})
        if "object(oid: $oid)" in query:
            name = variables["oid"]
            return pull.data(object=told.tags.get(name) or commit(name))
        return pull.data(**HOME)

    def commit(name):
        return {"__typename": "Commit", "oid": name, "tree": {"oid": "f" * 40}}

    def compare(seen):
        number, size = int(seen.query.get("page", "1")), 100
        part = told.commits[(number - 1) * size : number * size]
        headers = {}
        if number * size < len(told.commits):
            headers["Link"] = f'<{server.url}{seen.path}?page={number + 1}>; rel="next"'
        body = {
            "status": told.status,
            "total_commits": len(told.commits) if told.total is None else told.total,
            "merge_base_commit": {"sha": oid(1)},
            "commits": [
                {"sha": c["oid"], "parents": [{"sha": p["oid"]} for p in c["parents"]["nodes"]]} for c in part
            ],
        }
        from_reply = server.replies["reply"]
        return from_reply(body | ({"files": told.files} if number == 1 else {}), headers=headers)

    server.graphql(query)
    server.on("GET", f"{BASE}/activity", lambda _: told.activity)
    for head in range(1, 400):
        server.on("GET", f"{BASE}/compare/{oid(1)}...{oid(head)}", compare)
    return told


@pytest.fixture(autouse=True)
def _reply(server, reply):
    server.replies["reply"] = reply


def pushed(forge, before=1, after=4, ref="refs/heads/main"):
    return forge.change_of_push(ref, before and oid(before), after and oid(after))


def test_what_a_toldbrought(forge, push):
    push.files = [{"filename": "a", "status": "modified"}]
    facts = pushed(forge)
    assert [commit.id for commit in facts.commits] == [oid(2), oid(3), oid(4)]
    assert [file.path for file in facts.files] == ["a"]
    assert [(item.actor.login, item.kind) for item in facts.pushes] == [("ann", "push")]
    assert (facts.forced, facts.created, facts.deleted, facts.gaps) == (False, False, False, ())
    assert (facts.base_ref, facts.head_ref, facts.head) == ("refs/heads/main", "refs/heads/main", oid(4))


@pytest.mark.parametrize("count", [31, 101, 251])
def test_no_commit_of_a_toldis_beyond_reach(forge, push, pull, count):
    push.commits = [pull.commit(n) for n in range(2, count + 2)]
    assert len(pushed(forge, after=count + 1).commits) == count


@pytest.mark.parametrize("total", [2, 4])
def test_another_number_of_commits_than_announced_is_refused(forge, push, total):
    push.total = total
    with pytest.raises(Inconclusive, match=f"3 of {total}"):
        pushed(forge)


def test_300_files_may_not_be_all(forge, push):
    push.files = [{"filename": f"f{n}", "status": "added"} for n in range(300)]
    facts = pushed(forge)
    assert len(facts.files) == 300
    assert [gap.topic for gap in facts.gaps] == ["files"]


@pytest.mark.parametrize("status", ["diverged", "behind"])
def test_a_toldthat_rewrites_is_a_forced_one(forge, push, status):
    push.status = status
    assert pushed(forge).forced


def test_a_branch_that_is_gone_brings_nothing(forge, push):
    push.activity = [
        push.activity[0] | {"after": "0" * 40, "before": oid(4), "activity_type": "branch_deletion"}
    ]
    facts = pushed(forge, before=4, after=None)
    assert (facts.deleted, facts.commits, facts.head) == (True, (), oid(4))
    assert [item.kind for item in facts.pushes] == ["branch_deletion"]


def test_a_new_branch_brings_what_the_default_branch_has_not(forge, push):
    ref = "refs/heads/feature"
    push.activity = [push.activity[0] | {"before": "0" * 40, "ref": ref, "activity_type": "branch_creation"}]
    facts = pushed(forge, before=None, ref=ref)
    assert (facts.created, facts.forced) == (True, False)
    assert [commit.id for commit in facts.commits] == [oid(2), oid(3), oid(4)]
    assert [item.kind for item in facts.pushes] == ["branch_creation"]


def test_a_new_default_branch_brings_its_whole_history(forge, push):
    push.activity = [push.activity[0] | {"before": "0" * 40}]
    facts = pushed(forge, before=None)
    assert [commit.id for commit in facts.commits] == [oid(1), oid(2), oid(3), oid(4)]
    assert [gap.topic for gap in facts.gaps] == ["files"]


def test_a_tag_is_followed_to_its_commit_and_nobody_knows_who_pushed_it(forge, push):
    commit = {"__typename": "Commit", "oid": oid(4), "tree": {"oid": "f" * 40}}
    push.tags = {"d" * 40: {"__typename": "Tag", "oid": "d" * 40, "target": commit}}
    facts = forge.change_of_push("refs/tags/v1", None, "d" * 40)
    assert (facts.head, facts.created) == (oid(4), True)
    assert [gap.topic for gap in facts.gaps] == ["pushes"]


def test_a_toldthat_is_not_on_record_leaves_a_gap(forge, push):
    push.activity = []
    assert [gap.topic for gap in pushed(forge).gaps] == ["pushes"]


def test_movements_that_cannot_be_seen_leave_a_gap(forge, push, server, reply):
    server.on("GET", f"{BASE}/activity", reply({"message": "no"}, 404))
    assert [gap.topic for gap in pushed(forge).gaps] == ["pushes"]


def test_a_commit_of_the_way_that_is_not_in_the_history_is_refused(forge, push, server, reply):
    listed = [{"sha": oid(77), "parents": []}]
    body = {"status": "ahead", "total_commits": 1, "merge_base_commit": {"sha": oid(1)}, "commits": listed}
    server.on("GET", f"{BASE}/compare/{oid(1)}...{oid(4)}", body)
    with pytest.raises(Inconclusive, match="not in the history"):
        pushed(forge)


@pytest.mark.parametrize(("ref", "before", "after"), [("main", 1, 4), ("refs/heads/main", None, None)])
def test_what_is_no_toldis_refused(forge, push, ref, before, after):
    with pytest.raises(MalformedError):
        pushed(forge, before, after, ref)


def test_all_movements_of_a_branch(forge, push):
    push.activity = [push.activity[0] | {"id": n, "activity_type": "pr_merge"} for n in (3, 2, 1)]
    assert [(item.id, item.kind) for item in forge.pushes("refs/heads/main")] == [
        (3, "pr_merge"),
        (2, "pr_merge"),
        (1, "pr_merge"),
    ]
