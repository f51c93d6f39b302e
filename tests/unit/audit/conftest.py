"""A history to audit: made once for a module, and a copy of it for each test that changes it."""

from __future__ import annotations

import pytest

from simulators.history import make_history


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return make_history(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture
def history(clean, tmp_path):
    return clean.copy(tmp_path / "repository")
