"""What can be tested of keyless signing without its services. Signing itself is not run here."""

from __future__ import annotations

import sys

import pytest

from counterseal.errors import Inconclusive, UsageError
from counterseal.seal.signer import open_signer


@pytest.fixture(autouse=True)
def _no_ambient_identity(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)


def test_the_extra_is_named_when_it_is_missing(monkeypatch):
    for name in [one for one in sys.modules if one == "sigstore" or one.startswith("sigstore.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(UsageError) as caught:
        open_signer("sigstore:", env={})
    assert "counterseal[sigstore]" in caught.value.remedy


def test_nothing_may_follow_the_colon():
    with pytest.raises(UsageError, match="after the colon"):
        open_signer("sigstore:me@example.com", env={})


def test_a_job_without_the_permission_is_told_so(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", raising=False)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with pytest.raises((UsageError, Inconclusive)) as caught:
        open_signer("sigstore:", env={})
    assert "id-token: write" in caught.value.remedy
