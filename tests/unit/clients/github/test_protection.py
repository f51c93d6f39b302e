import pytest

from counterseal.errors import Inconclusive
from counterseal.policy.posture import BypassActor, RequiredCheck

ROOT = "/repos/meridian-bank/payments"
CLASSIC = f"{ROOT}/branches/main/protection"


def pull_rule(ruleset=1, **more):
    return {"type": "pull_request", "ruleset_id": ruleset, "parameters": more}


@pytest.fixture
def posture(server, forge, reply):
    """A branch with one ruleset; a test alters what the forge says."""
    checks = [{"context": "counterseal", "integration_id": 15368}, {"context": "build"}]
    server.on(
        "GET",
        f"{ROOT}/rules/branches/main",
        [
            pull_rule(required_approving_review_count=2, dismiss_stale_reviews_on_push=True),
            {"type": "deletion", "ruleset_id": 1},
            {
                "type": "required_status_checks",
                "ruleset_id": 1,
                "parameters": {"required_status_checks": checks},
            },
        ],
    )
    server.on("GET", f"{ROOT}/rulesets/1", {"id": 1, "bypass_actors": []})
    server.on("GET", CLASSIC, reply({"message": "Branch not protected"}, 404))
    server.on("GET", f"{ROOT}/actions/permissions/workflow", {"can_approve_pull_request_reviews": False})
    server.on(
        "GET",
        f"{ROOT}/environments/prod/eu",
        {
            "id": 3,
            "name": "prod/eu",
            "protection_rules": [
                {"type": "wait_timer", "wait_timer": 5},
                {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [{}, {}]},
            ],
            "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
            "can_admins_bypass": False,
        },
    )
    return forge.posture


def test_a_branch_whose_protection_is_all_seen(posture):
    found = posture("main", ("prod/eu",))
    assert found.rules == ("deletion", "pull_request", "required_status_checks")
    assert found.pull_request == {
        "dismiss_stale_reviews_on_push": "true",
        "required_approving_review_count": "2",
    }
    assert found.required_checks == (
        RequiredCheck(context="build"),
        RequiredCheck(context="counterseal", app=15368),
    )
    assert (found.bypass_actors, found.actions_may_approve, found.gaps) == ((), False, ())
    (place,) = found.environments
    assert (place.id, place.reviewers, place.prevent_self_review) == (3, 2, True)
    assert (place.admins_can_bypass, place.branches) == (False, "protected")


def test_who_may_bypass(posture, server):
    actors = [
        {"actor_type": "Team", "actor_id": 7, "bypass_mode": "pull_request"},
        {"actor_type": "OrganizationAdmin", "actor_id": None},
    ]
    server.on("GET", f"{ROOT}/rulesets/1", {"id": 1, "bypass_actors": actors})
    assert posture("main").bypass_actors == (
        BypassActor(kind="OrganizationAdmin", mode="always"),
        BypassActor(kind="Team", mode="pull_request", id=7),
    )


@pytest.mark.parametrize("answer", ["absent", 403, 404])
def test_bypass_actors_that_are_not_shown_are_unknown_and_not_none(posture, server, reply, answer):
    shown = {"id": 1} if answer == "absent" else reply({"message": "no"}, answer)
    server.on("GET", f"{ROOT}/rulesets/1", shown)
    found = posture("main")
    assert found.bypass_actors is None
    assert [gap.subject for gap in found.gaps] == ["ruleset 1"]


def test_of_two_rules_the_stricter_holds(posture, server):
    rules = [
        pull_rule(1, required_approving_review_count=1, require_code_owner_review=True, allowed=["merge"]),
        pull_rule(2, required_approving_review_count=3, require_code_owner_review=False, allowed=["squash"]),
    ]
    server.on("GET", f"{ROOT}/rules/branches/main", rules)
    server.on("GET", f"{ROOT}/rulesets/2", {"id": 2, "bypass_actors": []})
    assert posture("main").pull_request == {
        "allowed": '["squash"]',
        "require_code_owner_review": "true",
        "required_approving_review_count": "3",
    }


def test_classic_protection_is_told_in_the_words_of_rulesets(posture, server):
    server.on("GET", f"{ROOT}/rules/branches/main", [])
    server.on(
        "GET",
        CLASSIC,
        {
            "enforce_admins": {"enabled": True},
            "required_signatures": {"enabled": True},
            "required_linear_history": {"enabled": False},
            "required_conversation_resolution": {"enabled": True},
            "allow_force_pushes": {"enabled": False},
            "allow_deletions": {"enabled": True},
            "required_status_checks": {
                "checks": [{"context": "build", "app_id": -1}, {"context": "gate", "app_id": 5}]
            },
            "required_pull_request_reviews": {
                "dismiss_stale_reviews": True,
                "require_code_owner_reviews": False,
                "required_approving_review_count": 2,
                "bypass_pull_request_allowances": {
                    "users": [{"id": 1}],
                    "teams": [{"id": 2}],
                    "apps": [{"id": 3}],
                },
            },
        },
    )
    found = posture("main")
    assert found.rules == (
        "non_fast_forward",
        "pull_request",
        "required_signatures",
        "required_status_checks",
    )
    assert found.required_checks == (RequiredCheck(context="build"), RequiredCheck(context="gate", app=5))
    assert found.pull_request == {
        "dismiss_stale_reviews_on_push": "true",
        "require_code_owner_review": "false",
        "require_last_push_approval": "false",
        "required_approving_review_count": "2",
        "required_review_thread_resolution": "true",
    }
    assert [(actor.kind, actor.id) for actor in found.bypass_actors] == [
        ("Integration", 3),
        ("Team", 2),
        ("User", 1),
    ]


def test_administrators_who_are_not_bound_may_bypass(posture, server):
    server.on("GET", CLASSIC, {"enforce_admins": {"enabled": False}})
    assert posture("main").bypass_actors == (BypassActor(kind="RepositoryRole", mode="always", id=5),)


@pytest.mark.parametrize("status", [403, 404])
def test_classic_protection_that_is_hidden_is_a_gap(posture, server, reply, status):
    server.on("GET", CLASSIC, reply({"message": "Not Found"}, status))
    server.on("GET", f"{ROOT}/branches/main", {"protected": True})
    found = posture("main")
    assert found.bypass_actors is None
    assert "administration: read" in found.gaps[0].message


def test_a_branch_that_is_not_protected_has_nothing_to_hide(posture, server, reply):
    server.on("GET", CLASSIC, reply({"message": "Resource not accessible by integration"}, 403))
    server.on("GET", f"{ROOT}/branches/main", {"protected": False})
    assert posture("main").gaps == ()


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("hidden", ["environments/prod/eu", "actions/permissions/workflow"])
def test_what_cannot_be_seen_is_a_gap(posture, server, reply, status, hidden):
    headers = {"X-Accepted-GitHub-Permissions": "actions=read"}
    server.on("GET", f"{ROOT}/{hidden}", reply({"message": "no"}, status, headers))
    found = posture("main", ("prod/eu",))
    (gap,) = found.gaps
    assert gap.message.endswith("the token needs actions=read")
    assert (found.actions_may_approve is None) == hidden.startswith("actions")
    assert (found.environments == ()) == hidden.startswith("environments")


def test_an_environment_that_does_not_tell_of_administrators_is_a_gap(posture, server):
    server.on("GET", f"{ROOT}/environments/open", {"id": 4, "name": "open"})
    found = posture("main", ("open",))
    assert (found.environments[0].admins_can_bypass, found.environments[0].branches) == (None, "all")
    assert [gap.subject for gap in found.gaps] == ["open"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_rules_that_everybody_may_see_must_be_seen(posture, server, reply, status):
    server.on("GET", f"{ROOT}/rules/branches/main", reply({}, status))
    with pytest.raises(Inconclusive):
        posture("main")
