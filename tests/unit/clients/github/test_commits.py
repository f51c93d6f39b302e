import msgspec
import pytest

from counterseal.clients.github.commits import commit, unattributed, with_accounts
from counterseal.clients.github.shapes_graphql import Commit
from counterseal.errors import Inconclusive
from counterseal.policy.forge import Account, GitPerson

ANN = {"name": "Ann", "email": "ann@bank.example", "user": {"login": "ann", "databaseId": 1}}
BEN = {"name": "Ben", "email": "Ben@bank.example", "user": {"login": "ben", "databaseId": 2}}
GONE = {"name": "Eve", "email": "eve@nowhere.example", "user": None}


def raw(**more):
    authors = more.pop("authors", [ANN])
    return {
        "oid": "a" * 40,
        "message": "Pay on time",
        "tree": {"oid": "b" * 40},
        "parents": {"totalCount": 1, "nodes": [{"oid": "c" * 40}]},
        "author": ANN,
        "committer": ANN,
        "authors": {"totalCount": len(authors), "nodes": authors},
        "committedViaWeb": False,
        "signature": None,
    } | more


def signature(**more):
    return {
        "isValid": True,
        "state": "VALID",
        "wasSignedByGitHub": False,
        "verifiedAt": "2026-11-24T09:00:00Z",
    } | more


def made(**more):
    return commit(msgspec.convert(raw(**more), Commit))


def test_a_commit_in_our_words():
    found = made()
    assert (found.id, found.tree, found.parents) == ("a" * 40, "b" * 40, ("c" * 40,))
    assert found.author == GitPerson(text="Ann <ann@bank.example>", account=Account(id=1, login="ann"))
    assert found.co_authors == ()


def test_a_co_author_whom_the_forge_knows():
    message = "x\n\nCo-authored-by: Ben <ben@bank.example>"
    assert made(message=message, authors=[ANN, BEN]).co_authors == (
        GitPerson(text="Ben <Ben@bank.example>", account=Account(id=2, login="ben")),
    )


@pytest.mark.parametrize(
    "trailer", ["Co-authored-by: ", "CO-AUTHORED-BY:", "co-authored-by : ", "  Co-Authored-By:\t"]
)
@pytest.mark.parametrize("end", ["", "\r\n", "\n\nand more"])
def test_a_trailer_that_the_forge_attributes_to_nobody_stands_without_account(trailer, end):
    assert made(message=f"x\n\n{trailer}Eve <eve@nowhere.example>{end}").co_authors == (
        GitPerson(text="Eve <eve@nowhere.example>"),
    )


def test_a_trailer_without_an_address_counts_too():
    assert made(message="x\n\nCo-authored-by: somebody").co_authors == (GitPerson(text="somebody"),)


def test_the_author_is_no_co_author_of_herself():
    assert made(message="x\n\nCo-authored-by: Ann Other <ANN@bank.example>").co_authors == ()


def test_every_co_author_counts_once():
    message = "x\n\nCo-authored-by: E <eve@nowhere.example>\nCo-authored-by: Eve <EVE@nowhere.example>"
    assert made(message=message, authors=[ANN, GONE]).co_authors == (
        GitPerson(text="Eve <eve@nowhere.example>"),
    )


def test_a_commit_that_is_not_signed():
    verification = made().verification
    assert (verification.verified, verification.reason) == (False, "unsigned")


def test_a_verified_signature():
    verification = made(signature=signature(keyFingerprint="SHA256:abc")).verification
    assert (verification.verified, verification.reason, verification.signer) == (True, "valid", "SHA256:abc")
    assert verification.verified_at == "2026-11-24T09:00:00Z"
    assert not verification.by_forge


def test_a_signature_of_the_forge_itself_is_no_developers():
    assert made(signature=signature(wasSignedByGitHub=True)).verification.by_forge


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("UNSIGNED", "unsigned"),
        ("BAD_EMAIL", "bad_email"),
        ("UNVERIFIED_EMAIL", "unverified_email"),
        ("NO_USER", "no_user"),
        ("UNKNOWN_KEY", "unknown_key"),
        ("EXPIRED_KEY", "expired_key"),
        ("NOT_SIGNING_KEY", "not_signing_key"),
        ("INVALID", "invalid"),
        ("MALFORMED_SIG", "malformed_signature"),
        ("UNKNOWN_SIG_TYPE", "unknown_signature_type"),
        ("GPGVERIFY_ERROR", "gpgverify_error"),
        ("GPGVERIFY_UNAVAILABLE", "gpgverify_unavailable"),
        ("BAD_CERT", "bad_cert"),
        ("OCSP_PENDING", "ocsp_pending"),
        ("OCSP_ERROR", "ocsp_error"),
        ("OCSP_REVOKED", "ocsp_revoked"),
        ("SOMETHING_NEW", "something_new"),
    ],
)
def test_every_state_has_the_word_of_the_other_interface(state, reason):
    given = signature(isValid=False, state=state, verifiedAt=None, wasSignedByGitHub=True)
    verification = made(signature=given).verification
    assert (verification.verified, verification.reason) == (False, reason)
    assert not verification.by_forge


@pytest.mark.parametrize(("valid", "state"), [(True, "INVALID"), (False, "VALID")])
def test_a_signature_that_is_valid_and_is_not_is_refused(valid, state):
    with pytest.raises(Inconclusive):
        made(signature=signature(isValid=valid, state=state))


@pytest.mark.parametrize(
    "more",
    [
        {"authors": {"totalCount": 51, "nodes": [ANN] * 50}},
        {"parents": {"totalCount": 21, "nodes": [{"oid": "c" * 40}] * 20}},
        {"message": "x" * 65_537},
        {"signature": signature(verifiedAt="yesterday")},
    ],
)
def test_a_commit_that_is_not_seen_whole_is_refused(more):
    with pytest.raises(Inconclusive):
        commit(msgspec.convert({**raw(), **more}, Commit))


def test_a_commit_without_a_person_has_one_that_is_nobody():
    found = made(author=None, committer=None, authors=[])
    assert found.author == GitPerson(text="<>")
    assert unattributed(found)


def test_the_accounts_of_another_source_only_fill_what_is_open():
    bot = Account(id=9, login="robot[bot]", bot=True)
    found = made(committer=GONE)
    assert unattributed(found)
    filled = with_accounts(found, {found.id: (bot, bot)})
    assert (filled.author.account.login, filled.committer.account) == ("ann", bot)
    assert not unattributed(filled)
    assert with_accounts(found, {}) == found


def test_the_account_that_stands_for_deleted_ones_is_nobody():
    ghost = {**ANN, "user": {"login": "ghost", "databaseId": 10137}}
    assert made(author=ghost, authors=[ghost]).author.account is None
