from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.clients.git_signatures import UNKNOWN_REASONS
from counterseal.policy.branch import Branch, Signatures
from counterseal.policy.forge import Gap, Verification
from counterseal.policy.rules.context import MergeTree
from counterseal.policy.rules.signatures import UNDECIDED
from simulators.changes import (
    ANN,
    BOB,
    BY_FORGE,
    FORGE,
    SIGNED,
    UNSIGNED,
    blocking,
    came_to,
    commit,
    judge,
    pull,
    sha,
)

REFUSED = [
    "expired_key",
    "not_signing_key",
    "unsigned",
    "unknown_signature_type",
    "no_user",
    "unverified_email",
    "bad_email",
    "unknown_key",
    "malformed_signature",
    "invalid",
    "bad_cert",
    "ocsp_revoked",
    "revoked_key",
    "some_word_of_next_year",
]
MERGE = {"parents": (sha(1), sha(2)), "committer": FORGE, "verification": BY_FORGE}


def signatures(*commits, here=None, merges=(), gaps=(), **rules):
    rules = {"allowed_signers": "x"} | rules
    policy = Branch(signatures=Signatures(**rules))
    return judge("signatures", pull(*commits), policy, verifications=here or {}, merges=merges, gaps=gaps)


def state(reason, verified=False):
    return commit(verification=Verification(verified=verified, reason=reason))


def test_a_valid_signature_passes():
    assert signatures(commit()) == []


@pytest.mark.parametrize("reason", REFUSED)
def test_every_reason_that_speaks_against_a_signature_fails_and_so_does_an_unknown_one(reason):
    (finding,) = blocking(signatures(state(reason)))
    assert (finding.rule, finding.subject) == ("signatures", sha(1))
    assert reason in finding.message
    assert came_to(signatures(state(reason))) == "failed"


@pytest.mark.parametrize("reason", sorted(UNDECIDED))
def test_a_verifier_that_could_not_verify_leaves_it_inconclusive_and_never_unsigned(reason):
    assert came_to(signatures(state(reason))) == "inconclusive"


def test_the_reasons_of_the_local_verifier_that_say_nothing_are_the_same():
    assert UNKNOWN_REASONS <= UNDECIDED


def test_a_signature_that_is_valid_and_not_valid_fails():
    assert came_to(signatures(state("unknown_key", verified=True))) == "failed"
    assert came_to(signatures(state("valid"))) == "failed"


def test_a_commit_that_nobody_looked_at_is_inconclusive():
    assert came_to(signatures(commit(verification=None))) == "inconclusive"


@pytest.mark.parametrize("at", [31, 101, 251])
def test_one_unsigned_commit_among_many_is_found_wherever_it_stands(at):
    commits = [commit(number) for number in range(1, 261)]
    commits[at - 1] = replace(commits[at - 1], verification=UNSIGNED)
    (finding,) = blocking(signatures(*commits))
    assert finding.subject == sha(at)


def test_commits_that_are_not_all_known_are_inconclusive():
    change = pull(gaps=(Gap(topic="commits", message="250 of 251"),))
    assert came_to(judge("signatures", change, Branch(signatures=Signatures()))) == "inconclusive"


def test_a_signature_without_a_time_of_verification_passes_and_is_noted():
    findings = signatures(commit(verification=replace(SIGNED, verified_at=None)))
    assert came_to(findings) == "passed"
    assert "when it verified" in findings[0].reason.message


def test_a_committer_who_is_not_the_author_is_noted_since_the_signature_says_nothing_of_the_author():
    findings = signatures(commit(author=ANN, committer=BOB))
    assert came_to(findings) == "passed"
    assert "prove no author" in findings[0].reason.message


@pytest.mark.parametrize(
    ("web_flow", "merge", "squash"),
    [("never", "failed", "failed"), ("merges", "passed", "failed"), ("all", "passed", "passed")],
)
def test_what_the_forge_signed_for_somebody_is_judged_apart(web_flow, merge, squash):
    assert came_to(signatures(commit(**MERGE), web_flow=web_flow)) == merge
    one_sided = commit(**MERGE | {"parents": (sha(1),)})
    assert came_to(signatures(one_sided, web_flow=web_flow)) == squash


def test_the_forges_own_signature_is_no_signature_of_an_allowed_signer():
    assert came_to(signatures(commit(**MERGE | {"parents": ()}), signers=("B5690EEEBB952194",))) == "failed"


@pytest.mark.parametrize(
    ("signer", "outcome"),
    [
        ("SHA256:abc", "passed"),
        ("abc", "passed"),
        ("abc=", "passed"),
        ("SHA256:abd", "failed"),
        (None, "inconclusive"),
    ],
)
def test_only_listed_signers_may_sign(signer, outcome):
    made = commit(verification=replace(SIGNED, signer=signer))
    assert came_to(signatures(made, signers=("SHA256:abc",))) == outcome


def test_unsigned_commits_may_be_allowed_but_bad_signatures_are_not():
    assert came_to(signatures(state("unsigned"), required=False)) == "passed"
    assert came_to(signatures(state("invalid"), required=False)) == "failed"
    assert came_to(signatures(state("gpgverify_error"), required=False)) == "inconclusive"


HERE = replace(SIGNED, source="local")


def test_a_gitsign_commit_that_the_forge_does_not_know_passes_when_git_here_verifies_it():
    made = state("unknown_signature_type")
    assert came_to(signatures(made, here={made.id: HERE}, verify="either")) == "passed"
    assert came_to(signatures(made, here={made.id: HERE}, verify="local")) == "passed"
    assert came_to(signatures(made, here={made.id: HERE}, verify="forge")) == "failed"


@pytest.mark.parametrize(
    ("forge", "local", "outcome"),
    [
        ("valid", "unknown_key", "passed"),
        ("unsigned", "unsigned", "failed"),
        ("bad_cert", "x509_unverified", "inconclusive"),
        ("gpgverify_error", "unknown_key", "inconclusive"),
    ],
)
def test_either_verifier_is_enough_and_one_that_cannot_tell_leaves_it_open(forge, local, outcome):
    made = state(forge, verified=forge == "valid")
    here = {made.id: Verification(verified=False, reason=local, source="local")}
    assert came_to(signatures(made, here=here, verify="either")) == outcome


def test_the_forges_word_counts_for_nothing_where_git_here_verifies():
    here = {sha(1): Verification(verified=False, reason="unknown_key", source="local")}
    assert came_to(signatures(commit(), here=here, verify="local")) == "failed"


def test_without_a_checkout_local_verification_is_inconclusive_and_says_why():
    gap = Gap(topic="verifications", message="the commit is not in the checkout")
    (finding,) = blocking(signatures(commit(), verify="local", gaps=(gap,)))
    assert "not in the checkout" in finding.message


def test_a_merge_by_the_forge_that_adds_nothing_needs_no_key_where_git_here_verifies():
    merge = commit(**MERGE)
    here = {merge.id: Verification(verified=False, reason="gpg_unsupported_locally", source="local")}
    same = MergeTree(commit=merge.id, tree=merge.tree)
    other = MergeTree(commit=merge.id, tree=sha("other"))
    assert came_to(signatures(merge, here=here, merges=(same,), verify="local")) == "passed"
    assert came_to(signatures(merge, here=here, merges=(other,), verify="local")) == "inconclusive"
    assert came_to(signatures(merge, here=here, verify="local")) == "inconclusive"
    never = {"verify": "local", "web_flow": "never"}
    assert came_to(signatures(merge, here=here, merges=(same,), **never)) == "inconclusive"
