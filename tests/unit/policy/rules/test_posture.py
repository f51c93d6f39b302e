from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.policy.branch import Branch, BypassRule, PostureRules, RequiredCheckRule
from counterseal.policy.forge import Gap
from counterseal.policy.posture import BypassActor, EnvironmentFacts, Posture, RequiredCheck
from simulators.changes import blocking, came_to, commit, judge, pull, pushed

RULES = PostureRules(
    approvals=2,
    code_owners=True,
    last_push_approval=True,
    required_checks=(
        RequiredCheckRule(context="Branch policy", app=15368),
        RequiredCheckRule(context="Tests"),
    ),
    bypass=(BypassRule(kind="Team", id=7), BypassRule(kind="DeployKey")),
    environments=("production",),
)
PULL_REQUEST = {
    "required_approving_review_count": "2",
    "dismiss_stale_reviews_on_push": "true",
    "require_code_owner_review": "true",
    "require_last_push_approval": "true",
    "require_extra_approval_for_unattributed_changes": "true",
}
GOOD = Posture(
    branch="main",
    rules=("deletion", "non_fast_forward", "pull_request"),
    pull_request=PULL_REQUEST,
    required_checks=(
        RequiredCheck(context="Branch policy", app=15368),
        RequiredCheck(context="Tests", app=1),
    ),
    bypass_actors=(
        BypassActor(kind="Team", mode="always", id=7),
        BypassActor(kind="DeployKey", mode="always"),
    ),
    environments=(EnvironmentFacts(name="production", id=1, admins_can_bypass=False),),
    actions_may_approve=False,
)
MISSING = "the token needs administration: read"


def posture(found, rules=RULES, change=None, **context):
    return judge("posture", change or pull(), Branch(posture=rules), posture=found, **context)


def test_what_the_forge_enforces_is_what_the_policy_states():
    assert posture(GOOD) == []


@pytest.mark.parametrize(
    ("parts", "part"),
    [
        ({"rules": ("pull_request", "deletion")}, "non_fast_forward"),
        ({"pull_request": PULL_REQUEST | {"required_approving_review_count": "1"}}, "needs 1 approvals"),
        ({"pull_request": PULL_REQUEST | {"required_approving_review_count": "many"}}, "needs many"),
        ({"pull_request": PULL_REQUEST | {"dismiss_stale_reviews_on_push": "false"}}, "dismiss_stale"),
        ({"pull_request": PULL_REQUEST | {"require_code_owner_review": "false"}}, "code_owner"),
        ({"pull_request": PULL_REQUEST | {"require_last_push_approval": "false"}}, "last_push"),
        ({"required_checks": GOOD.required_checks[1:]}, "Branch policy is not required"),
        (
            {"required_checks": (RequiredCheck(context="Branch policy"), GOOD.required_checks[1])},
            "of the app 15368",
        ),
        ({"required_checks": (GOOD.required_checks[0], RequiredCheck(context="Tests"))}, "by any app"),
        (
            {"bypass_actors": (BypassActor(kind="OrganizationAdmin", mode="always", id=1),)},
            "OrganizationAdmin 1",
        ),
        ({"bypass_actors": (BypassActor(kind="Team", mode="always", id=8),)}, "Team 8"),
        ({"environments": ()}, "no environment production"),
        (
            {"environments": (EnvironmentFacts(name="production", id=1, admins_can_bypass=True),)},
            "administrators",
        ),
        ({"actions_may_approve": True}, "workflows may approve"),
    ],
)
def test_anything_weaker_fails(parts, part):
    findings = posture(replace(GOOD, **parts))
    assert came_to(findings) == "failed"
    assert [part in reason.message for reason in blocking(findings)] == [True]
    assert all(reason.remedy for reason in blocking(findings))


@pytest.mark.parametrize(
    ("parts", "gap"),
    [
        ({"bypass_actors": None}, "ruleset 4"),
        ({"environments": ()}, "environment production"),
        ({"environments": (EnvironmentFacts(name="production", id=1),)}, "production"),
        ({"actions_may_approve": None}, "what workflows may do"),
        ({"rules": ()}, "main"),
        ({"required_checks": ()}, "main"),
    ],
)
def test_what_the_token_may_not_see_is_inconclusive_and_names_the_permission(parts, gap):
    hidden = Gap(topic="posture", message=f"{gap} cannot be seen: {MISSING}", subject=gap)
    findings = posture(replace(GOOD, gaps=(hidden,), **parts))
    assert came_to(findings) == "inconclusive"
    assert all(
        MISSING in f"{reason.message} {reason.remedy}" or "administration" in reason.remedy
        for reason in blocking(findings)
    )


def test_what_is_seen_to_be_wrong_fails_although_something_else_is_hidden():
    hidden = Gap(topic="posture", message="x", subject="ruleset 4")
    assert came_to(posture(replace(GOOD, gaps=(hidden,), actions_may_approve=True))) == "failed"


def test_nobody_has_looked():
    assert came_to(posture(None)) == "inconclusive"
    gap = Gap(topic="posture", message="status 500")
    assert [reason.message for reason in blocking(posture(None, gaps=(gap,)))] == ["posture: status 500"]


def test_what_the_policy_does_not_demand_may_be_as_it_is():
    lenient = PostureRules(rules=(), approvals=0, dismiss_stale=False, actions_may_approve=True)
    assert posture(Posture(branch="main", bypass_actors=()), lenient) == []


def test_a_tag_and_a_branch_in_work_have_no_protection_to_be_judged():
    assert posture(None, change=pushed(ref="refs/tags/v1")) == []
    assert posture(None, change=pushed(commit(), ref="refs/heads/x"), protected=False) == []
