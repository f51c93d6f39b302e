"""From the forge's accounts, times and numbers to ours."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from counterseal.clients.github import shapes_graphql as graphql
from counterseal.clients.github import shapes_rest as rest
from counterseal.errors import Inconclusive
from counterseal.manifest.types import format_time
from counterseal.policy.forge import Account

LONGEST = 65_536
"""How many characters of a body or message are kept: as many as the forge lets anybody write."""

_BOT = "[bot]"
_GHOST = (10137, "ghost")  # the account that stands for deleted ones
_NUMBER = re.compile(r"[1-9][0-9]{0,15}")


def account(user: rest.User | None) -> Account | None:
    """Return an account of the REST interface; None for one that is deleted."""
    if user is None or (user.id, user.login) == _GHOST or user.type == "Mannequin":
        return None
    return Account(id=user.id, login=user.login, bot=user.type == "Bot")


def actor(who: graphql.Actor | None) -> Account | None:
    """Return an account of the GraphQL interface; None for one that is deleted or only a placeholder.

    An app's login has no `[bot]` there, and the same name may be a person's, so it is put back.
    """
    if who is None or who.database_id is None or (who.database_id, who.login) == _GHOST:
        return None
    bot = who.typename == "Bot"
    login = who.login if not bot or who.login.endswith(_BOT) else who.login + _BOT
    return Account(id=who.database_id, login=login, bot=bot)


def user(who: graphql.User | None) -> Account | None:
    """Return an account to which a commit is attributed."""
    if who is None or (who.database_id, who.login) == _GHOST:
        return None
    return Account(id=who.database_id, login=who.login, bot=who.login.endswith(_BOT))


def attributed(who: dict[str, object] | None) -> Account | None:
    """Return an account to which the REST interface attributes a commit; an empty object is nobody."""
    if not who:
        return None
    try:
        return account(msgspec.convert(who, rest.User))
    except msgspec.ValidationError:
        return None


def time(text: str, where: str) -> str:
    """Return one of the forge's times in our form.

    Raises:
        Inconclusive: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Inconclusive("the forge's answer is not what its description says: no time", where=where)
    return format_time(moment)


def number(value: str | int, where: str) -> int:
    """Return an identifier that may be written as text, because it may be large.

    Raises:
        Inconclusive: it is none.
    """
    if not _NUMBER.fullmatch(str(value)):
        raise Inconclusive("the forge's answer is not what its description says: no number", where=where)
    return int(value)


def body(text: str | None, where: str) -> str:
    """Return what somebody wrote, whole.

    Raises:
        Inconclusive: it is longer than the forge lets anybody write.
    """
    if text is not None and len(text) > LONGEST:
        raise Inconclusive(f"this is longer than {LONGEST} characters", where=where)
    return text or ""
