from __future__ import annotations

import hashlib

import pytest

from counterseal.checks.trusted import trusted_policy
from counterseal.errors import Inconclusive, MalformedError, UsageError
from simulators.changes import pull, sha
from simulators.fake_forge import MAIN, FakeForge

POLICY = """version: 1
branch:
  signatures: {verify: local, allowed-signers: .github/signers}
duties: {identities: .github/people.yml}
"""
PEOPLE = "version: 1\npeople: [{id: e-1, accounts: [1]}]\n"


@pytest.fixture
def forge():
    made = FakeForge()
    made.put(".github/counterseal.yml", POLICY)
    made.put(".github/people.yml", PEOPLE)
    made.put(".github/signers", b"ann ssh-ed25519 AAAA\n")
    return made


def test_the_policy_and_what_it_names_come_from_one_commit_of_the_default_branch(forge):
    found = trusted_policy(forge)
    assert found.commit == MAIN
    assert found.digest == hashlib.sha256(POLICY.encode()).hexdigest()
    assert found.where == ".github/counterseal.yml@refs/heads/main"
    assert found.people.people[0].id == "e-1"
    assert found.people_digest == hashlib.sha256(PEOPLE.encode()).hexdigest()
    assert found.allowed_signers == b"ann ssh-ed25519 AAAA\n"
    assert {call[2] for call in forge.calls if call[0] == "file"} == {MAIN}


def test_the_policy_of_a_pull_request_that_changes_it_is_not_read(forge):
    change = forge.add_pull(pull())
    forge.put(".github/counterseal.yml", "version: 1\n", change.head)
    assert trusted_policy(forge).policy.branch is not None


def test_another_trusted_ref_may_be_named_in_full(forge):
    forge.tips["refs/heads/gate"] = sha("gate")
    forge.put("policy.yml", "version: 1\n", sha("gate"))
    found = trusted_policy(forge, "policy.yml", "refs/heads/gate")
    assert (found.commit, found.where) == (sha("gate"), "policy.yml@refs/heads/gate")


@pytest.mark.parametrize("ref", ["main", "heads/main", "refs/pull/1/merge", sha(1)])
def test_a_ref_that_is_not_a_full_branch_or_tag_is_refused(forge, ref):
    with pytest.raises(UsageError):
        trusted_policy(forge, ref=ref)


@pytest.mark.parametrize("path", [".github/counterseal.yml", ".github/people.yml", ".github/signers"])
def test_a_file_that_is_not_there_is_an_error_and_never_no_policy(forge, path):
    del forge.files[MAIN, path]
    with pytest.raises(UsageError, match="there is no"):
        trusted_policy(forge)


def test_a_file_that_cannot_be_read_is_an_error(forge):
    forge.put(".github/people.yml", "people: 1")
    with pytest.raises(MalformedError):
        trusted_policy(forge)


@pytest.mark.parametrize("method", ["repository", "tip", "file"])
def test_a_forge_that_does_not_answer_is_inconclusive(forge, method):
    forge.fail(method, Inconclusive("status 502"))
    with pytest.raises(Inconclusive):
        trusted_policy(forge)


def test_a_push_to_the_trusted_branch_is_judged_by_the_policy_that_was_there_before(forge):
    forge.tips["refs/heads/main"] = sha("pushed")
    forge.put(".github/counterseal.yml", "version: 1\nbranch: {}\n", sha("pushed"))
    assert trusted_policy(forge).policy.branch.signatures is None
    assert trusted_policy(forge, moved=("refs/heads/x", MAIN)).commit == sha("pushed")
    found = trusted_policy(forge, moved=("refs/heads/main", MAIN))
    assert (found.commit, found.policy.branch.signatures.verify) == (MAIN, "local")
