"""The client on the sandbox, with every request and answer held against GitHub's own description."""

from contextlib import closing
from types import SimpleNamespace

import pytest

from counterseal.clients.github.forge import GitHubForge
from counterseal.clients.github.session import Session
from counterseal.errors import Inconclusive, MalformedError
from counterseal.policy.forge import Account
from counterseal.sandbox.faults import Fault
from counterseal.sandbox.server import Sandbox
from counterseal.sandbox.world import World
from github_api.recording import recorded

NAME = "meridian-bank/payments"


@pytest.fixture
def bank():
    """A bank's repository with an ordinary pull request, and a client with every permission."""
    world = World()
    org = world.organisation("meridian-bank", 100)
    ann, ben = world.user("ann", 1), world.user("ben", 2)
    repository = world.repository(NAME, 700100)
    repository.roles[ann.id] = "admin"
    world.members.setdefault(org.id, {})[ann.id] = "member"
    files = {".github/counterseal.yml": "branch: {}\n", "a.py": "1\n"}
    first = repository.commit("main", files, ann, "Begin")
    with closing(world), Sandbox(world) as sandbox, recorded(sandbox):
        bank = SimpleNamespace(world=world, org=org, ann=ann, ben=ben, repository=repository, sandbox=sandbox)
        bank.first, bank.slept = first, []
        bank.token = sandbox.token(ann)
        bank.forge = lambda token=None: GitHubForge(
            Session(sandbox.url, token or bank.token, sleep=bank.slept.append), NAME
        )
        yield bank


def opened(bank, commits=3, **more):
    for number in range(commits):
        bank.repository.commit("feature", {f"src/{number}.py": "x\n"}, bank.ann, f"PAY-1 step {number}")
    return bank.repository.open_pull("feature", "main", bank.ann, "Pay", "why", **more)


def test_the_repository_its_tip_and_its_files(bank):
    forge = bank.forge()
    home = forge.repository()
    assert (home.id, home.full_name, home.default_branch, home.private) == (700100, NAME, "main", True)
    tip = forge.tip("refs/heads/main")
    assert tip == bank.first
    assert forge.file(".github/counterseal.yml", tip) == b"branch: {}\n"
    assert forge.file("none", tip) is None
    assert len(forge.tree(tip)) == 40
    assert forge.now() == bank.world.clock.text()
    with pytest.raises(MalformedError):
        forge.tip("refs/heads/none")
    with pytest.raises(MalformedError):
        forge.tree("e" * 40)


def test_an_ordinary_pull_request_with_everything_takes_at_most_twelve_requests(bank):
    pull = opened(bank)
    bank.world.team(bank.org, "security", [bank.ben])
    bank.repository.review(pull, bank.ben, "APPROVED", "good")
    bank.repository.comment(pull, bank.ben, "/approve 1234")
    bank.repository.ruleset("main", [{"type": "deletion"}])
    forge = bank.forge()
    tip = forge.tip(f"refs/heads/{forge.repository().default_branch}")
    for path in (".github/counterseal.yml", ".github/people.yml", ".github/signers"):
        forge.file(path, tip)
    facts = forge.change_of_pull(pull.number)
    team, posture = forge.members("meridian-bank/security"), forge.posture("main")
    assert [account.login for account in team.accounts] == ["ben"]
    assert (facts.gaps, team.gap, posture.gaps) == ((), None, ())
    assert [commit.author.account.login for commit in facts.commits] == ["ann"] * 3
    assert [file.path for file in facts.files] == [f"src/{n}.py" for n in range(3)]
    assert [(review.state, review.author.login, review.commit) for review in facts.reviews] == [
        ("approved", "ben", pull.head)
    ]
    assert [comment.body for comment in facts.comments] == ["/approve 1234"]
    assert [push.kind for push in facts.pushes] == ["push", "push", "branch_creation"]
    assert forge.requests <= 12


@pytest.mark.parametrize("commits", [31, 101, 251])
def test_no_commit_is_beyond_reach(bank, commits):
    pull = opened(bank, commits)
    facts = bank.forge().change_of_pull(pull.number)
    assert len(facts.commits) == len(facts.files) == len(facts.pushes) == commits
    assert facts.commits[-1].id == facts.head


def test_an_app_and_a_co_author_are_known(bank):
    robot = bank.world.bot("renovate[bot]", 9)
    bank.repository.commit(
        "feature", {"b": "1"}, robot, "Bump", co_authors=[bank.ben, "Eve <eve@nowhere.example>"]
    )
    pull = bank.repository.open_pull("feature", "main", robot, "Bump")
    (commit,) = bank.forge().change_of_pull(pull.number).commits
    assert commit.author.account == Account(id=9, login="renovate[bot]", bot=True)
    assert [person.account.login if person.account else None for person in commit.co_authors] == ["ben", None]


def test_a_deleted_account_is_nobody(bank):
    pull = opened(bank)
    bank.repository.review(pull, bank.ben, "APPROVED")
    bank.repository.comment(pull, bank.ben, "hi")
    bank.ben.deleted = True
    facts = bank.forge().change_of_pull(pull.number)
    assert (facts.reviews[0].author, facts.comments[0].author) == (None, None)


def test_an_edited_comment_says_so(bank):
    pull = opened(bank)
    remark = bank.repository.comment(pull, bank.ben, "/approve 1")
    bank.repository.edit(remark, bank.ann, "/approve 2")
    (comment,) = bank.forge().comments(pull.number)
    assert (comment.body, comment.edited) == ("/approve 2", True)


def test_a_pull_request_from_a_fork(bank):
    eve = bank.world.user("eve", 66)
    fork = bank.world.repository("eve/payments", 700666, private=False, fork_of=bank.repository)
    fork.commit("main", {"a.py": "1\n"}, eve, "Copy")
    fork.commit("feature", {"a.py": "2\n"}, eve, "Change")
    pull = bank.repository.open_pull("feature", "main", eve, "From outside", head_repository=fork)
    facts = bank.forge().change_of_pull(pull.number)
    assert facts.pull_request.head_repository_id == 700666
    assert {push.actor.login for push in facts.pushes} == {"eve"}


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merged_pull_request(bank, method):
    pull = opened(bank)
    merged = bank.repository.merge(pull, bank.ben, method)
    forge = bank.forge()
    facts = forge.change_of_pull(pull.number)
    assert (facts.pull_request.state, facts.pull_request.merge_commit, facts.merge.id) == (
        "merged",
        merged,
        merged,
    )
    assert facts.pull_request.merger.login == "ben"
    assert len(facts.commits) == 3
    assert forge.pulls_of_commit(merged) == (pull.number,)


def test_pushes_of_every_kind(bank):
    forge, repository = bank.forge(), bank.repository
    second = repository.commit("main", {"a.py": "2\n"}, bank.ann, "Second")
    facts = forge.change_of_push("refs/heads/main", bank.first, second)
    assert ([commit.id for commit in facts.commits], facts.forced, facts.gaps) == ([second], False, ())
    assert [file.path for file in facts.files] == ["a.py"]
    assert [push.actor.login for push in facts.pushes] == ["ann"]

    repository.force_push("main", bank.first, bank.ben)
    facts = forge.change_of_push("refs/heads/main", second, bank.first)
    assert (facts.forced, [push.kind for push in facts.pushes]) == (True, ["force_push"])

    new = repository.commit("feature", {"b.py": "1\n"}, bank.ann, "New")
    facts = forge.change_of_push("refs/heads/feature", None, new)
    assert (facts.created, [commit.id for commit in facts.commits]) == (True, [new])

    repository.move("refs/heads/feature", None, bank.ann)
    facts = forge.change_of_push("refs/heads/feature", new, None)
    assert (facts.deleted, [push.kind for push in facts.pushes]) == (True, ["branch_deletion"])

    repository.tag("v1", new, bank.ann)
    facts = forge.change_of_push("refs/tags/v1", None, new)
    assert (facts.created, facts.head, [gap.topic for gap in facts.gaps]) == (True, new, ["pushes"])


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_group_of_three(bank, method):
    if method == "rebase":
        parameters = {
            "check_response_timeout_minutes": 60,
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 5,
            "max_entries_to_merge": 5,
            "merge_method": "REBASE",
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 5,
        }
        bank.repository.ruleset("queue", [{"type": "merge_queue", "parameters": parameters}])
    pulls = []
    for number in range(3):
        for step in range(2):
            bank.repository.commit(f"f{number}", {f"{number}-{step}": "x"}, bank.ann, f"{number}-{step}")
        pulls.append(bank.repository.open_pull(f"f{number}", "main", bank.ann, f"Pull {number}"))
    ref, base, head = bank.repository.queue(pulls, method)
    if method != "merge":
        branches(bank, pulls, ref, base, head, 1 if method == "squash" else 2)
    assert bank.forge().pulls_of_group(base, head) == tuple(pull.number for pull in pulls)


def branches(bank, pulls, ref, base, head, each):
    """Give every pull request of a group its own branch, as the queue does."""
    chain = [head]
    while chain[-1] != base:
        chain.append(bank.repository.git.commits[chain[-1]].parents[0])
    chain.reverse()
    bank.repository.move(ref, None, bank.world.queue_bot)
    for number, pull in enumerate(pulls):
        name = f"refs/heads/gh-readonly-queue/main/pr-{pull.number}-{chain[number * each]}"
        bank.repository.move(name, chain[(number + 1) * each], bank.world.queue_bot)


def test_squashed_pull_requests_behind_one_branch_are_not_hidden_by_it(bank):
    pulls = []
    for number in range(2):
        bank.repository.commit(f"f{number}", {f"{number}": "x"}, bank.ann, f"{number}")
        pulls.append(bank.repository.open_pull(f"f{number}", "main", bank.ann, f"Pull {number}"))
    _, base, head = bank.repository.queue(pulls, "squash")
    for name in [name for name in bank.repository.refs if "/pr-" in name]:
        bank.repository.move(name, None, bank.world.queue_bot)
    last = f"refs/heads/gh-readonly-queue/main/pr-{pulls[-1].number}-{base}"
    bank.repository.move(last, head, bank.world.queue_bot)
    with pytest.raises(Inconclusive, match="cannot be told"):
        bank.forge().pulls_of_group(base, head)


def test_a_run_its_attempts_and_its_reviews(bank):
    production = bank.repository.environment("production", [bank.ben])
    run = bank.repository.run(".github/workflows/release.yml", bank.first, bank.ann, waiting_for=[production])
    bank.repository.review_run(run, bank.ben, [production], comment="go")
    bank.repository.rerun(run, bank.ben)
    forge = bank.forge()
    newest, first = forge.run(run.id), forge.run(run.id, 1)
    assert (newest.attempt, newest.actor.login, newest.triggering_actor.login) == (2, "ann", "ben")
    assert (first.attempt, first.triggering_actor.login) == (1, "ann")
    (review,) = forge.environment_reviews(run.id)
    assert (review.state, review.account.login, review.environments) == ("approved", "ben", ("production",))


def test_a_posture_with_everything_and_with_the_token_of_a_job(bank):
    bypass = [{"actor_type": "Team", "actor_id": 7, "bypass_mode": "always"}]
    rule = {
        "type": "pull_request",
        "parameters": {
            "required_approving_review_count": 2,
            "dismiss_stale_reviews_on_push": True,
            "require_code_owner_review": False,
            "require_last_push_approval": True,
            "required_review_thread_resolution": False,
        },
    }
    bank.repository.ruleset("main", [rule, {"type": "deletion"}], bypass=bypass)
    bank.repository.environment("production", [bank.ben])
    whole = bank.forge().posture("main", ("production", "none"))
    assert whole.rules == ("deletion", "pull_request")
    assert whole.pull_request["required_approving_review_count"] == "2"
    assert [actor.id for actor in whole.bypass_actors] == [7]
    assert [(place.name, place.admins_can_bypass) for place in whole.environments] == [("production", False)]
    assert [gap.subject for gap in whole.gaps] == ["environment none"]
    job = bank.world.job_token(contents="read", actions="read")
    partly = bank.forge(job).posture("main", ("production",))
    assert partly.rules == whole.rules
    assert partly.bypass_actors is None
    assert partly.gaps


def test_a_team_is_hidden_from_the_token_of_a_job(bank):
    bank.world.team(bank.org, "security", [bank.ben])
    job = bank.world.job_token(contents="read")
    found = bank.forge(job).members("meridian-bank/security")
    assert (found.accounts, found.gap.topic) == ((), "members")


def test_members_of_child_teams_are_members(bank):
    parent = bank.world.team(bank.org, "security", [bank.ben])
    bank.world.team(bank.org, "red", [bank.ann], parent=parent)
    found = bank.forge().members("meridian-bank/security")
    assert ({account.login for account in found.accounts}, found.gap) == ({"ann", "ben"}, None)


FAULTS = [
    {},
    {"done": True},
    {"kind": "cut"},
    {"kind": "cut", "done": True},
    {"kind": "cut-body", "done": True},
    {"status": 403, "retry_after": 3},
    {"status": 429},
]


def own(pull):
    return [remark for remark in pull.issue.comments if "counterseal:" in remark.body]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_comment_is_doubled(bank, fault):
    pull = opened(bank)
    bank.sandbox.faults.add(Fault("POST", "/comments$", **fault))
    forge = bank.forge()
    assert forge.say(pull.number, "remind:1", "please") is True
    assert forge.say(pull.number, "remind:1", "please") is False
    assert len(own(pull)) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_no_issue_is_doubled(bank, fault):
    bank.sandbox.faults.add(Fault("POST", "/issues$", **fault))
    forge = bank.forge()
    number = forge.open_issue("request:1", "Approve", "please")
    assert forge.open_issue("request:1", "Approve", "please") == number
    assert len(bank.repository.issues) == 1
    assert forge.say(number, "remind:1", "please") is True
    forge.close_issue(number)
    forge.close_issue(number)
    assert bank.repository.issues[number].state == "closed"


@pytest.mark.parametrize("fault", FAULTS)
def test_no_check_run_is_doubled(bank, fault):
    job = bank.world.job_token(contents="read", checks="write")
    bank.sandbox.faults.add(Fault("POST", "/check-runs$", **fault))
    forge = bank.forge(job)
    forge.report(bank.first, "request:1", "approval", None, "waiting")
    forge.report(bank.first, "request:1", "approval", "success", "done")
    assert [(run.name, run.conclusion) for run in bank.repository.checks] == [("approval", "success")]


def test_a_marker_that_somebody_else_planted_counts_for_nothing(bank):
    pull = opened(bank)
    bank.repository.comment(pull, bank.ben, "<!-- counterseal:remind:1 -->")
    bank.repository.open_issue(bank.ben, "Approve", "<!-- counterseal:request:1 -->", labels=["counterseal"])
    assert bank.forge().say(pull.number, "remind:1", "please") is True
    assert len(bank.repository.issues) == 2
    bank.forge().open_issue("request:1", "Approve", "please")
    assert len(bank.repository.issues) == 3


def test_a_workflow_is_dispatched(bank):
    bank.forge().dispatch("deploy.yml", "main", {"request": "1"})
    assert len(bank.repository.dispatches) == 1


BROKEN = [
    {"status": 403},
    {"status": 404},
    {"status": 429, "retry_after": 3600},
    {"status": 502, "times": -1},
    {"kind": "cut", "times": -1},
    {"kind": "cut-body", "times": -1},
    {"kind": "truncate"},
    {"kind": "total"},
]


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("turn", range(3))
def test_a_reading_that_fails_is_whole_or_says_that_it_is_not(bank, turn, fault):
    pull = opened(bank)
    bank.repository.review(pull, bank.ben, "APPROVED")
    bank.repository.comment(pull, bank.ben, "fine")
    clean = bank.forge().change_of_pull(pull.number)
    bank.sandbox.faults.add(Fault("*", ".", after=turn, **fault))
    try:
        found = bank.forge().change_of_pull(pull.number)
    except Inconclusive:
        return
    assert found.gaps or found == clean


def moving(bank, times):
    """Let the branch move on right after the pull request was read, so many times."""
    left = list(range(times))

    def observe(method, path, *_):
        if path == "/graphql" and left:
            bank.repository.commit("feature", {f"late-{left.pop()}": "x"}, bank.ben, "Late")

    bank.sandbox.observers.append(observe)


def test_a_head_that_moves_while_it_is_read_is_read_again(bank):
    pull = opened(bank)
    moving(bank, 1)
    facts = bank.forge().change_of_pull(pull.number)
    assert (facts.head, len(facts.commits), facts.gaps) == (pull.head, 4, ())
    assert facts.pushes[0].actor.login == "ben"


def test_a_head_that_does_not_hold_still_leaves_it_open(bank):
    pull = opened(bank)
    moving(bank, 9)
    with pytest.raises(Inconclusive, match="changed while it was read"):
        bank.forge().change_of_pull(pull.number)


def test_the_token_of_a_job_sees_an_ordinary_pull_request(bank):
    pull = opened(bank)
    job = bank.world.job_token(contents="read", pull_requests="read", issues="read")
    facts = bank.forge(job).change_of_pull(pull.number)
    assert (len(facts.commits), facts.gaps) == (3, ())
