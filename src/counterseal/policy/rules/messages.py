"""Commit messages: their first line, its length, and the author's sign-off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from counterseal.policy.branch import Branch, Messages
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed
from counterseal.policy.forge import ForgeCommit
from counterseal.policy.patterns import matches
from counterseal.policy.people import addresses_in
from counterseal.policy.rules.bots import made_by
from counterseal.policy.rules.context import Context
from counterseal.policy.rules.gaps import unknown
from counterseal.policy.rules.merges import merged_by_forge

ID: Final = "messages"
TITLE: Final = "Commit messages"
WHY: Final = "A message of a known form can be read, searched and traced years later."
REMEDY: Final = "reword the commit (git rebase --interactive) and push again"
SECTION: Final = "messages"

_SIGN_OFF = re.compile(r"^signed-off-by:[ \t]*(.+?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge the messages of a change's commits; the merges that the forge itself made are not asked.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    rules = policy.messages
    if rules is None or change.deleted or context.kind == "merge-group":
        return
    yield from unknown(ID, change, context, "commits")
    for commit in change.commits:
        if not merged_by_forge(commit) and not made_by(commit, rules.exempt_bots):
            for message in _problems(commit, rules):
                yield failed(ID, message, subject=commit.id, remedy=REMEDY)


def _problems(commit: ForgeCommit, rules: Messages) -> Iterator[str]:
    title = commit.message.partition("\n")[0].rstrip("\r")
    shown = title[:120]
    if rules.title and not any(matches(pattern, title) for pattern in rules.title):
        yield f"the first line {shown!r} has none of the forms that the policy states"
    length = len(title) if commit.title_length is None else commit.title_length
    if rules.title_length is not None and length > rules.title_length:
        yield f"the first line has {length} characters; at most {rules.title_length} are allowed"
    if rules.sign_off and not _signed_off(commit):
        yield f"it has no Signed-off-by of its author: {shown!r}"


def _signed_off(commit: ForgeCommit) -> bool:
    own = {address.casefold() for address in addresses_in(commit.author.text)}
    lines = _SIGN_OFF.findall(commit.message)
    return any(own.intersection(address.casefold() for address in addresses_in(line)) for line in lines)
