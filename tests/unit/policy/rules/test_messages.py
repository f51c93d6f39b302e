from __future__ import annotations

import pytest

from counterseal.policy.branch import Branch, Messages
from counterseal.policy.forge import Gap
from simulators.changes import (
    ANN,
    BOB,
    BOT,
    BY_FORGE,
    FORGE,
    UNSIGNED,
    blocking,
    came_to,
    commit,
    judge,
    pull,
    sha,
)

POLICY = Branch(
    messages=Messages(
        title=("(feat|fix)(\\([a-z]+\\))?: .+",), title_length=40, sign_off=True, exempt_bots=(BOT.id,)
    )
)
GOOD = "feat: add refunds\n\nSigned-off-by: Ann <ANN@example.com>\n"


def message(text, **parts):
    return judge("messages", pull(commit(message=text, **parts)), POLICY)


def test_a_message_of_the_stated_form_passes():
    assert message(GOOD) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (GOOD.replace("feat", "stuff"), "none of the forms"),
        (GOOD.replace("add refunds", "x" * 40), "46 characters"),
        ("feat: add refunds", "Signed-off-by"),
        ("feat: x\n\nSigned-off-by: Bob <bob@example.com>", "Signed-off-by"),
        ("feat: x\n\nSigned-off-by: ann@example.com.evil", "Signed-off-by"),
        ("feat: x Signed-off-by: Ann <ann@example.com>", "Signed-off-by"),
        ("", "none of the forms"),
    ],
)
def test_any_other_message_fails(text, part):
    assert any(part in reason.message for reason in blocking(message(text)))


def test_a_merge_that_the_forge_made_is_not_asked():
    merge = {"parents": (sha(1), sha(2)), "committer": FORGE, "verification": BY_FORGE}
    assert message("Merge branch 'main'", **merge) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"parents": (sha(1), sha(2)), "committer": FORGE},
        {"parents": (sha(1),), "committer": FORGE, "verification": BY_FORGE},
        {"parents": (sha(1), sha(2)), "committer": FORGE, "verification": UNSIGNED},
    ],
)
def test_the_forges_name_as_committer_does_not_make_a_merge_its_own(parts):
    assert came_to(message("Merge branch 'main'", **parts)) == "failed"


def test_a_machines_commit_is_exempt_when_its_signature_is_its_own_or_the_forges():
    assert message("bump x", author=BOT) == []
    assert message("bump x", author=BOT, committer=FORGE, verification=BY_FORGE) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"author": BOT, "verification": UNSIGNED},
        {"author": BOT, "committer": ANN},
        {"author": BOT, "verification": None},
        {"author": BOB},
        {"author": "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"},
    ],
)
def test_a_forged_author_line_of_a_machine_exempts_nobody(parts):
    assert came_to(message("bump x", **parts)) == "failed"


def test_commits_that_are_not_all_known_are_inconclusive():
    change = pull(commit(message=GOOD), gaps=(Gap(topic="commits", message="truncated"),))
    assert came_to(judge("messages", change, POLICY)) == "inconclusive"


def test_what_the_policy_does_not_state_is_not_asked():
    assert judge("messages", pull(commit(message="x"))) == []
