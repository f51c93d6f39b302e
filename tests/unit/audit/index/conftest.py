"""A history of releases, verified once for all tests of the index."""

from __future__ import annotations

import pytest

from counterseal.audit.sources.gather import proof_of
from counterseal.audit.sources.scan import scan
from simulators.bank import WINDOW
from simulators.history import make_history


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A history, and the releases that were verified in it."""
    history = make_history(tmp_path_factory.mktemp("history") / "repository")
    return history, scan(proof_of(history.sources(), WINDOW)).releases
