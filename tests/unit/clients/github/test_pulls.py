import pytest

from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.change import ChangedFile
from counterseal.policy.forge import Account

BEN = Account(id=2, login="ben")


def test_an_ordinary_pull_request_takes_three_requests(forge, pull):
    pull.commits = [pull.commit(n) for n in range(1, 101)]
    pull.reviews = [pull.review(n) for n in range(1, 101)]
    pull.comments = [pull.comment(n) for n in range(1, 101)]
    pull.files = [{"path": f"f{n}", "changeType": "MODIFIED"} for n in range(100)]
    facts = forge.change_of_pull(7)
    assert forge.requests == 3
    assert [len(part) for part in (facts.commits, facts.reviews, facts.comments, facts.files)] == [100] * 4
    assert facts.gaps == ()
    assert (facts.base_ref, facts.head_ref) == ("refs/heads/main", "refs/heads/feature")
    assert (facts.head, facts.repository_id) == (pull.head, 700100)
    assert facts.pull_request.opener == Account(id=1, login="ann")
    assert facts.pull_request.merge_commit is None  # that of a trial merge is not one
    assert [(push.kind, push.before, push.actor.login) for push in facts.pushes] == [
        ("branch_creation", None, "ann")
    ]


@pytest.mark.parametrize("count", [31, 101, 251])
def test_no_commit_is_beyond_reach(forge, pull, count):
    pull.commits = [pull.commit(n) for n in range(1, count + 1)]
    assert [part.id for part in forge.change_of_pull(7).commits] == [c["oid"] for c in pull.commits]


def test_the_other_interface_may_count_no_further_than_250(forge, pull):
    pull.commits = [pull.commit(n) for n in range(1, 302)]
    pull.rest = {"commits": 250}
    assert len(forge.change_of_pull(7).commits) == 301


def test_everything_beyond_a_hundred_is_read(forge, pull):
    pull.reviews = [pull.review(n) for n in range(1, 151)]
    pull.comments = [pull.comment(n) for n in range(1, 202)]
    pull.files = [{"path": f"f{n}", "changeType": "ADDED"} for n in range(120)]
    facts = forge.change_of_pull(7)
    assert [len(part) for part in (facts.reviews, facts.comments, facts.files)] == [150, 201, 120]


def test_a_review_in_our_words(forge, pull):
    pull.reviews = [
        pull.review(5_000_000_000),
        pull.review(
            2, state="CHANGES_REQUESTED", lastEditedAt="2026-11-24T10:00:00Z", author=None, commit=None
        ),
        pull.review(3, state="PENDING", submittedAt=None),
        pull.review(4, author={"__typename": "Bot", "login": "robot", "databaseId": 9}),
        pull.review(5, author={"__typename": "Mannequin", "login": "old"}),
        pull.review(6, author={"__typename": "User", "login": "ghost", "databaseId": 10137}),
    ]
    one, two, three, four, five, six = forge.reviews(7)
    assert (one.id, one.author, one.commit, one.edited) == (5_000_000_000, BEN, f"{1:040x}", False)
    assert (two.state, two.edited, two.author, two.commit) == ("changes-requested", True, None, None)
    assert (three.state, three.submitted_at) == ("pending", None)
    assert four.author == Account(id=9, login="robot[bot]", bot=True)
    assert (five.author, six.author) == (None, None)


def test_a_review_in_an_unknown_state_is_refused(forge, pull):
    pull.reviews = [pull.review(1, state="MAYBE")]
    with pytest.raises(Inconclusive):
        forge.reviews(7)


def test_the_comments_of_a_pull_request_alone(forge, pull):
    pull.comments = [pull.comment(1, "/approve x"), pull.comment(2, lastEditedAt="2026-11-24T10:00:00Z")]
    one, two = forge.comments(7)
    assert (one.body, one.edited, two.edited) == ("/approve x", False, True)


def test_a_comment_longer_than_the_forge_allows_is_refused(forge, pull):
    pull.comments = [pull.comment(1, "x" * 65_537)]
    with pytest.raises(Inconclusive):
        forge.comments(7)


def test_a_file_that_was_renamed_is_told_with_its_old_place(forge, pull, server):
    pull.files = [{"path": "b.yml", "changeType": "RENAMED"}, {"path": "c", "changeType": "DELETED"}]
    server.on(
        "GET",
        f"{pull.base}/pulls/7/files",
        [
            {"filename": "b.yml", "status": "renamed", "previous_filename": ".github/workflows/a.yml"},
            {"filename": "c", "status": "removed"},
        ],
    )
    assert forge.change_of_pull(7).files == (
        ChangedFile(path="b.yml", status="renamed", previous=".github/workflows/a.yml"),
        ChangedFile(path="c", status="removed"),
    )


def test_files_that_the_forge_does_not_list_are_a_gap(forge, pull):
    pull.files = [{"path": f"f{n}", "changeType": "ADDED"} for n in range(3)]
    pull.told, pull.rest = {"changedFiles": 3001}, {"changed_files": 3001}
    facts = forge.change_of_pull(7)
    assert facts.files == ()
    assert [gap.topic for gap in facts.gaps] == ["files"]


def test_what_happened_to_a_file_must_be_known(forge, pull):
    pull.files = [{"path": "a", "changeType": "VANISHED"}]
    with pytest.raises(Inconclusive):
        forge.change_of_pull(7)


def test_an_app_as_author_is_known_to_the_other_interface(forge, pull, server):
    nobody = {"name": "robot", "email": "robot@x.example", "user": None}
    pull.commits = [pull.commit(1, author=nobody, authors={"totalCount": 1, "nodes": [nobody]})]
    robot = {"id": 9, "login": "robot[bot]", "type": "Bot"}
    listed = [{"sha": f"{1:040x}", "author": robot, "committer": {}}]
    server.on("GET", f"{pull.base}/pulls/7/commits", listed)
    (commit,) = forge.change_of_pull(7).commits
    assert commit.author.account == Account(id=9, login="robot[bot]", bot=True)
    assert commit.committer.account == Account(id=1, login="ann")


@pytest.mark.parametrize(
    "rest",
    [
        {"head": {"ref": "feature", "sha": "d" * 40, "repo": None}},
        {"commits": 2},
        {"changed_files": 1},
        {"merged": True, "merge_commit_sha": "e" * 40},
    ],
)
def test_a_pull_request_that_the_interfaces_tell_differently_is_read_again_and_then_refused(
    forge, pull, slept, rest
):
    pull.rest = rest
    with pytest.raises(Inconclusive, match="changed while it was read"):
        forge.change_of_pull(7)
    assert slept == [2, 4]


def test_a_stale_answer_is_overcome_by_reading_again(forge, pull, server):
    stale = pull.pull() | {"head": {"ref": "feature", "sha": "d" * 40, "repo": None}}
    server.on("GET", f"{pull.base}/pulls/7", stale, lambda _: pull.pull())
    assert forge.change_of_pull(7).head == pull.head


def test_a_head_that_is_not_among_the_commits_is_refused(forge, pull):
    pull.told, pull.rest = {"headRefOid": "d" * 40}, {"head": {"ref": "f", "sha": "d" * 40, "repo": None}}
    with pytest.raises(Inconclusive):
        forge.change_of_pull(7)


def test_a_fork_tells_its_own_movements(forge, pull, server):
    pull.fork = {"databaseId": 55, "nameWithOwner": "eve/payments"}
    server.on(
        "GET",
        "/repos/eve/payments/activity",
        [pull.push(before="d" * 40, activity_type="force_push", actor=None)],
    )
    facts = forge.change_of_pull(7)
    assert facts.pull_request.head_repository_id == 55
    assert [(push.kind, push.actor) for push in facts.pushes] == [("force_push", None)]


def pushes(pull, *steps):
    """The movements from one commit to another, newest first; 0 is none."""
    pull.commits = [pull.commit(n) for n in range(5, 8)]
    made = [pull.push(20 - n, f"{a:040x}", f"{b:040x}") for n, (a, b) in enumerate(steps)]
    pull.activity = made


@pytest.mark.parametrize(
    "steps",
    [
        [(0, 7)],
        [(4, 7)],
        [(6, 7), (5, 6), (0, 5)],
        [(6, 7), (99, 6), (98, 99)],
        [(7, 0), (0, 7)],
        [(7, 8), (6, 7), (4, 6)],
        [(5, 7), (0, 5), (3, 0)],
    ],
)
def test_movements_that_tell_how_every_commit_got_here(forge, pull, slept, steps):
    pushes(pull, *steps)
    facts = forge.change_of_pull(7)
    assert (facts.gaps, slept, len(facts.pushes)) == ((), [], len(steps))


@pytest.mark.parametrize("steps", [[(6, 7)], [(6, 7), (0, 5)], [(6, 7), (5, 6)], [(5, 7), (6, 5), (5, 6)]])
def test_a_hole_in_the_movements_is_a_gap(forge, pull, slept, steps):
    pushes(pull, *steps)
    assert [gap.topic for gap in forge.change_of_pull(7).gaps] == ["pushes"]
    assert slept == []


def test_movements_that_are_behind_are_asked_for_again(forge, pull, slept, server):
    pushes(pull, (4, 7))
    server.on("GET", f"{pull.base}/activity", [], lambda _: pull.activity)
    assert forge.change_of_pull(7).gaps == ()
    assert slept == [2]


def test_movements_that_stay_behind_are_a_gap(forge, pull, slept):
    pushes(pull, (4, 6))
    assert [gap.topic for gap in forge.change_of_pull(7).gaps] == ["pushes"]
    assert slept == [2, 4]


def test_a_fork_that_is_gone_leaves_a_gap(forge, pull):
    pull.fork = None
    facts = forge.change_of_pull(7)
    assert [gap.topic for gap in facts.gaps] == ["pushes"]
    assert facts.pull_request.head_repository_id is None


@pytest.mark.parametrize(
    "more",
    [
        {"activity_type": "teleport"},
        {"ref": "refs/heads/other"},
        {"timestamp": "yesterday"},
        {"after": "xyz"},
        {"id": None},
    ],
)
def test_movements_that_are_not_understood_leave_a_gap(forge, pull, more):
    pull.activity = [pull.push() | more]
    facts = forge.change_of_pull(7)
    assert (facts.pushes, [gap.topic for gap in facts.gaps]) == ((), ["pushes"])


def test_movements_that_may_not_be_seen_leave_a_gap_that_names_the_permission(forge, pull, server, reply):
    headers = {"X-Accepted-GitHub-Permissions": "contents=read"}
    server.on("GET", f"{pull.base}/activity", reply({"message": "no"}, 403, headers))
    (gap,) = forge.change_of_pull(7).gaps
    assert "the token needs contents=read" in gap.message


def test_a_merged_pull_request_has_its_merge(forge, pull):
    pull.merge = pull.commit(99)
    facts = forge.change_of_pull(7)
    assert (facts.merge.id, facts.pull_request.state) == (f"{99:040x}", "merged")
    moments = (facts.pull_request.opened_at, facts.pull_request.merged_at)
    assert moments == ("2026-11-24T08:30:00Z", "2026-11-24T12:00:00Z")
    assert facts.pull_request.merge_commit == facts.merge.id
    assert facts.pull_request.merger.login == "ann"


def test_a_pull_request_that_surely_is_not_there(forge, pull):
    error = {"type": "NOT_FOUND", "path": ["repository", "pullRequest"], "message": "Could not resolve"}
    pull.refused = {"data": {"repository": {"pullRequest": None}}, "errors": [error]}
    for look in (forge.change_of_pull, forge.reviews, forge.comments):
        with pytest.raises(MalformedError):
            look(7)


def test_a_repository_that_is_hidden_leaves_it_open(forge, pull):
    error = {"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}
    pull.refused = {"data": {"repository": None}, "errors": [error]}
    for look in (forge.change_of_pull, forge.reviews, forge.comments, forge.tree):
        with pytest.raises(Inconclusive):
            look(7 if look != forge.tree else "a" * 40)


def test_facts_survive_their_own_form(forge, pull):
    import msgspec

    from counterseal.policy.change import ChangeFacts

    pull.comments = [pull.comment(1, "x" * 65_000)]
    facts = forge.change_of_pull(7)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=ChangeFacts) == facts
