"""The firm for tests of the approval gate."""

from __future__ import annotations

import pytest

from simulators.firm import Firm


@pytest.fixture
def firm() -> Firm:
    """A firm that has asked nobody yet."""
    return Firm()


@pytest.fixture
def asked(firm) -> Firm:
    """A firm that waits for one of its leads, an hour after it asked."""
    firm.ask()
    return firm.at("10:00:00")
