import pytest

from counterseal.clients.forge import EnvironmentReview
from counterseal.errors import Inconclusive
from counterseal.policy.forge import Account

RUN = "/repos/meridian-bank/payments/actions/runs/9001"
ANN = {"id": 1, "login": "ann", "type": "User"}
BEN = {"id": 2, "login": "ben", "type": "User"}


def raw(**more):
    return {
        "id": 9001,
        "head_sha": "a" * 40,
        "event": "push",
        "path": ".github/workflows/release.yml",
        "run_attempt": 2,
        "actor": ANN,
        "triggering_actor": BEN,
    } | more


def test_the_newest_attempt_and_who_started_it(server, forge):
    server.on("GET", RUN, raw())
    run = forge.run(9001)
    assert (run.id, run.attempt, run.commit, run.event) == (9001, 2, "a" * 40, "push")
    assert (run.actor, run.triggering_actor) == (Account(id=1, login="ann"), Account(id=2, login="ben"))
    assert run.workflow == ".github/workflows/release.yml"


def test_an_attempt_by_its_number(server, forge):
    server.on("GET", f"{RUN}/attempts/1", raw(run_attempt=1, actor=None))
    assert (forge.run(9001, 1).attempt, forge.run(9001, 1).actor) == (1, None)


@pytest.mark.parametrize("more", [{"id": 9002}, {"run_attempt": 2}, {"head_sha": "main"}])
def test_another_run_than_the_one_asked_for_is_refused(server, forge, more):
    server.on("GET", f"{RUN}/attempts/1", raw(run_attempt=1) | more)
    with pytest.raises(Inconclusive):
        forge.run(9001, 1)


def test_the_reviews_of_the_environments_without_what_is_pending(server, forge):
    entries = [
        {"state": "approved", "comment": "ok", "user": BEN, "environments": [{"name": "production"}]},
        {"state": "rejected", "comment": "", "user": None, "environments": [{"name": "a"}, {"name": "b"}]},
        {"state": "pending", "comment": "", "user": None, "environments": []},
    ]
    server.on("GET", f"{RUN}/approvals", entries)
    assert forge.environment_reviews(9001) == (
        EnvironmentReview("approved", Account(id=2, login="ben"), ("production",), "ok"),
        EnvironmentReview("rejected", None, ("a", "b")),
    )


def test_a_review_in_an_unknown_state_is_refused(server, forge):
    server.on("GET", f"{RUN}/approvals", [{"state": "waved", "comment": "", "user": BEN, "environments": []}])
    with pytest.raises(Inconclusive):
        forge.environment_reviews(9001)
