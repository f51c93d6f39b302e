"""Why an answer of an index is not proven: where nothing here speaks against it, it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterseal.audit.index.page import Page
from counterseal.audit.index.queries import Query
from counterseal.errors import Inconclusive
from counterseal.manifest.record import Reason

_SHOWN: Final = 5


def doubts(
    page: Page, *, sealed: bool, elsewhere: bool, trust: str, behind: Sequence[str]
) -> tuple[Reason, ...]:
    """Return why silence of this index proves nothing, each reason with what to do.

    Args:
        page: the index's page.
        sealed: whether a key that is believed seals the page.
        elsewhere: whether the files that are asked are others than those that were compared with the page.
        trust: SHA-256 of the trust file of today.
        behind: the streams that go on in the store.
    """
    found = (
        (
            not sealed,
            "unproven",
            "nobody has sealed the index: what it keeps quiet about may be there",
            "build it with --key",
        ),
        (
            elsewhere,
            "unproven",
            "what the engine was asked cannot be compared with what was sealed",
            "ask duckdb",
        ),
        (page.trust != trust, "other-trust", "the store was verified by another trust file", "build it anew"),
        (bool(behind), "stale", f"the store goes on in {', '.join(behind[:_SHOWN])}", "build it anew"),
    )
    return tuple(
        Reason(rule=rule, message=said, remedy=remedy) for holds, rule, said, remedy in found if holds
    )


def require_expected(asked: Query, page: Page, today: tuple[str, ...] | None) -> None:
    """Refuse a question about what is lacking where the index does not know what must be there.

    Args:
        asked: the question.
        page: the index's page.
        today: what the policy of today wants of a release; None where it was not given.

    Raises:
        Inconclusive: it was built without a policy, by one that expects nothing, or by another one.
    """
    if not asked.lacks:
        return
    remedy = "run index build with --policy, and evidence.expect in it"
    if not page.expected:
        raise Inconclusive(
            "the index was built without a policy that expects anything", where=asked.name, remedy=remedy
        )
    if today is not None and page.expected != tuple(dict.fromkeys(today)):
        raise Inconclusive(
            "the index was built by a policy that expects something else", where=asked.name, remedy=remedy
        )
