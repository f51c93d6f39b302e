import pytest

from counterseal.errors import Inconclusive

ROOT = "/repos/meridian-bank/payments"
BASE = "0" * 39 + "1"


def oid(number):
    return f"{number:040x}"


class Queue:
    """A merge queue: commits with their parents, the branches it made, and the pull requests."""

    def __init__(self, server):
        self.server, self.status = server, "ahead"
        self.commits, self.branches, self.pulls, self.held, self.method = [], [], {}, {}, None
        server.on("GET", f"{ROOT}/rules/branches/main", lambda _: self.rules())
        server.on("GET", f"{ROOT}/git/matching-refs/heads/gh-readonly-queue/", lambda _: self.refs())
        server.graphql(lambda _, variables: self.ids(variables["number"]))

    def add(self, number, *parents):
        self.commits.append((oid(number), [oid(parent) for parent in parents]))

    def branch(self, number, onto, tip, base="main"):
        self.branches.append((f"refs/heads/gh-readonly-queue/{base}/pr-{number}-{oid(onto)}", oid(tip)))

    def pull(self, number, head, *commits, **more):
        self.pulls[number] = {
            "number": number,
            "state": "open",
            "title": "t",
            "body": "",
            "user": None,
            "head": {"ref": f"f{number}", "sha": oid(head), "repo": None},
            "base": {"ref": "main", "sha": BASE, "repo": None},
            "merged": False,
            "merged_by": None,
            "merge_commit_sha": None,
            "created_at": "2026-11-24T08:30:00Z",
            "merged_at": None,
            "commits": 1,
            "changed_files": 1,
        } | more
        self.held[number] = [oid(commit) for commit in commits or (head,)]
        self.server.on("GET", f"{ROOT}/pulls/{number}", self.pulls[number])

    def rules(self):
        other = {"type": "deletion", "ruleset_id": 1}
        rule = {"type": "merge_queue", "ruleset_id": 1, "parameters": {"merge_method": self.method}}
        return [other, rule] if self.method else [other]

    def refs(self):
        return [{"ref": ref, "object": {"sha": tip, "type": "commit"}} for ref, tip in self.branches]

    def ids(self, number):
        nodes = [{"commit": {"oid": name}} for name in self.held[number]]
        page = {
            "totalCount": len(nodes),
            "nodes": nodes,
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        }
        return {"data": {"repository": {"pullRequest": {"page": page}}}}

    def ask(self, forge, head):
        listed = [{"sha": name, "parents": [{"sha": p} for p in parents]} for name, parents in self.commits]
        body = {"status": self.status, "total_commits": len(listed), "merge_base_commit": {"sha": BASE}}
        self.server.on("GET", f"{ROOT}/compare/{BASE}...{oid(head)}", body | {"commits": listed, "files": []})
        for name, _ in self.commits:
            found = [pull for number, pull in self.pulls.items() if name in self.held[number]]
            self.server.on("GET", f"{ROOT}/commits/{name}/pulls", found)
        return forge.pulls_of_group(BASE, oid(head))


@pytest.fixture
def queue(server):
    return Queue(server)


def merged(queue):
    """Three pull requests of two commits each, by merge commits 13, 23 and 33."""
    onto = 1
    for number in (1, 2, 3):
        first, head, tip = 10 * number + 1, 10 * number + 2, 10 * number + 3
        queue.add(first, 1)
        queue.add(head, first)
        queue.add(tip, onto, head)
        queue.branch(number, onto, tip)
        queue.pull(number, head, first, head)
        onto = tip
    return onto


def test_three_pull_requests_by_merge_commits(queue, forge):
    assert queue.ask(forge, merged(queue)) == (1, 2, 3)


def linear(queue, commits, announced):
    """Three pull requests whose part has so many commits each, and which have announced so many."""
    onto = 1
    for number in (1, 2, 3):
        parent = onto
        for step in range(commits):
            queue.add(100 * number + step, parent)
            parent = 100 * number + step
        queue.branch(number, onto, parent)
        queue.pull(number, 900 + number, commits=announced)
        onto = parent
    return onto


def test_three_pull_requests_by_squashing(queue, forge):
    assert queue.ask(forge, linear(queue, 1, 4)) == (1, 2, 3)


def test_three_pull_requests_by_rebasing(queue, forge):
    queue.method = "REBASE"
    assert queue.ask(forge, linear(queue, 3, 3)) == (1, 2, 3)


@pytest.mark.parametrize(("method", "announced"), [("REBASE", 2), ("REBASE", 4), ("SQUASH", 3), (None, 3)])
def test_several_commits_that_rebasing_does_not_explain_are_refused(queue, forge, method, announced):
    queue.method = method
    head = linear(queue, 3, announced)
    with pytest.raises(Inconclusive, match="cannot be told"):
        queue.ask(forge, head)


def only_the_last(queue):
    queue.branches = [(ref.rpartition("-")[0] + f"-{BASE}", tip) for ref, tip in queue.branches[-1:]]


def test_merged_pull_requests_without_a_branch_of_their_own_are_found_by_their_heads(queue, forge):
    head = merged(queue)
    only_the_last(queue)
    assert queue.ask(forge, head) == (1, 2, 3)


@pytest.mark.parametrize("method", ["SQUASH", "REBASE", None])
def test_a_branch_does_not_swallow_what_others_were_squashed_into(queue, forge, method):
    queue.method = method
    head = linear(queue, 1, 1)
    only_the_last(queue)
    with pytest.raises(Inconclusive, match="cannot be told"):
        queue.ask(forge, head)


def test_a_merge_below_squashed_commits_is_no_part_of_them(queue, forge):
    queue.add(5, 1)
    queue.add(6, 1, 5)
    queue.add(7, 6)
    queue.branch(2, 1, 7)
    queue.pull(2, 9)
    with pytest.raises(Inconclusive, match="cannot be told"):
        queue.ask(forge, 7)


def test_only_the_part_since_the_base_counts(queue, forge):
    queue.branch(1, 99, 1)  # the one before, whose newest commit is this group's base
    queue.add(2, 1)
    queue.branch(2, 1, 2)
    queue.pull(2, 2)
    assert queue.ask(forge, 2) == (2,)


def test_a_second_branch_on_the_same_commit_hides_nobody(queue, forge):
    head = linear(queue, 1, 1)
    queue.branch(9, 200, 300)
    queue.pull(9, 909)
    assert set(queue.ask(forge, head)) == {1, 2, 3, 9}


def test_a_branch_that_claims_what_another_one_merged_is_refused(queue, forge):
    head = merged(queue)
    queue.branch(9, 1, 23)
    queue.pull(9, 99)
    with pytest.raises(Inconclusive, match="moved on"):
        queue.ask(forge, head)


def test_a_branch_that_is_built_on_itself_does_not_go_round(queue, forge):
    queue.add(2, 1)
    queue.branch(4, 2, 2)
    queue.pull(4, 2)
    assert queue.ask(forge, 2) == (4,)


def test_without_branches_of_the_queue_the_commits_tell(queue, forge):
    queue.add(2, 1)
    queue.add(3, 2)
    queue.pull(4, 2, 2)
    queue.pull(5, 3, 2, 3)
    assert sorted(queue.ask(forge, 3)) == [4, 5]


def test_a_commit_that_belongs_to_none_is_refused(queue, forge):
    queue.add(2, 1)
    queue.add(3, 2)
    queue.pull(4, 3)
    with pytest.raises(Inconclusive, match="belongs to no pull request"):
        queue.ask(forge, 3)


def test_a_merged_head_that_is_no_pull_requests_head_is_refused(queue, forge):
    queue.add(5, 1)
    queue.add(6, 1, 5)
    queue.pull(4, 9, 5, 9)
    with pytest.raises(Inconclusive, match="belongs to no pull request"):
        queue.ask(forge, 6)


def test_a_commit_that_no_step_reaches_is_refused(queue, forge):
    queue.add(2, 1)
    queue.add(77, 1)
    queue.pull(4, 2)
    with pytest.raises(Inconclusive, match="belongs to no pull request"):
        queue.ask(forge, 2)


def test_a_pull_request_that_had_the_commit_once_does_not_hold_it(queue, forge, server):
    queue.add(2, 1)
    queue.pull(4, 9, 9)
    queue.held[4] = [oid(2)]
    queue.server.graphql(lambda *_: queue.held.update({4: [oid(9)]}) or queue.ids(4))
    with pytest.raises(Inconclusive, match="belongs to no pull request"):
        queue.ask(forge, 2)


def test_a_message_that_names_another_pull_request_is_not_believed(queue, forge):
    queue.add(2, 1)  # "Merge pull request #7": messages are not even asked for
    queue.pull(4, 2)
    assert queue.ask(forge, 2) == (4,)


def test_a_branch_that_only_looks_like_the_queues_counts_for_nothing(queue, forge):
    queue.add(2, 1)
    queue.branches = [("refs/heads/gh-readonly-queue/main/pr-7-short", oid(2))]
    queue.pull(4, 2)
    assert queue.ask(forge, 2) == (4,)


@pytest.mark.parametrize(
    "more", [{"state": "closed"}, {"base": {"ref": "release", "sha": BASE, "repo": None}}]
)
def test_a_pull_request_that_is_closed_or_for_another_branch_is_refused(queue, forge, more):
    head = merged(queue)
    queue.pull(2, 22, 21, 22, **more)
    with pytest.raises(Inconclusive, match="no longer, for main"):
        queue.ask(forge, head)


def test_a_pull_request_that_moved_on_since_it_was_queued_is_refused(queue, forge):
    head = merged(queue)
    queue.pull(2, 29, 21, 22, 29)
    with pytest.raises(Inconclusive, match="moved on"):
        queue.ask(forge, head)


@pytest.mark.parametrize("status", ["diverged", "behind", "identical"])
def test_what_is_not_ahead_of_its_base_is_no_group(queue, forge, status):
    queue.status = status
    with pytest.raises(Inconclusive, match="not a merge group"):
        queue.ask(forge, 2)


def test_only_merged_pull_requests_brought_a_commit_in(queue, forge, server):
    open_one = {"number": 4, "state": "open", "merged_at": None}
    merged_one = {"number": 5, "state": "closed", "merged_at": "2026-11-24T09:00:00Z"}
    server.on("GET", f"{ROOT}/commits/{oid(2)}/pulls", [open_one, merged_one])
    assert forge.pulls_of_commit(oid(2)) == (5,)
