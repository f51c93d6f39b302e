from __future__ import annotations

import pytest

DEPOSIT = {"from": "bank", "to": "alice", "minor": 1000, "currency": "EUR"}


def test_an_account_is_opened_and_shown(call):
    status, account = call("POST", "/accounts", {"id": "carol", "currency": "CHF"})
    assert (status, account["overdraft"]) == (201, False)
    assert call("GET", "/accounts/carol") == (200, account)
    assert account["balance"] == {"minor": 0, "currency": "CHF"}


def test_a_transfer_is_made_once_and_shown(call):
    status, transfer = call("POST", "/transfers", DEPOSIT, HTTP_IDEMPOTENCY_KEY="k1")
    assert status == 201
    assert call("POST", "/transfers", DEPOSIT, HTTP_IDEMPOTENCY_KEY="k1") == (200, transfer)
    assert call("GET", f"/transfers/{transfer['id']}") == (200, transfer)
    assert call("GET", "/accounts/alice")[1]["balance"]["minor"] == 1000


def test_a_transfer_without_a_key_is_refused(call):
    status, answer = call("POST", "/transfers", DEPOSIT)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"from": "alice", "to": "bob"}, 422, "insufficient_funds"),
        ({"to": "nobody"}, 404, "unknown_account"),
        ({"currency": "USD"}, 422, "currency_mismatch"),
        ({"minor": 10.5}, 400, "invalid_request"),
        ({"minor": True}, 400, "invalid_request"),
        ({"minor": "10"}, 400, "invalid_request"),
        ({"memo": "unknown"}, 400, "invalid_request"),
    ],
)
def test_a_refusal_says_why(call, change, status, code):
    answer = call("POST", "/transfers", DEPOSIT | change, HTTP_IDEMPOTENCY_KEY="k1")
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 10_000, b" " * 20_000])
def test_a_body_that_is_no_object_is_refused(call, raw):
    assert call("POST", "/accounts", raw=raw)[0] == 400


def test_a_body_of_another_type_is_refused(call):
    assert call("POST", "/accounts", {"id": "carol", "currency": "EUR"}, CONTENT_TYPE="text/plain")[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/accounts/alice/x", 404),
        ("DELETE", "/accounts/alice", 405),
        ("GET", "/transfers", 405),
    ],
)
def test_other_paths_and_methods_are_refused(call, method, path, status):
    assert call(method, path)[0] == status


def test_health_is_the_balance_of_the_books(call, database):
    call("POST", "/transfers", DEPOSIT, HTTP_IDEMPOTENCY_KEY="k1")
    assert call("GET", "/health") == (200, {"balanced": True})
    database.execute("INSERT INTO accounts VALUES ('thief', 'EUR', 0)")
    database.execute("INSERT INTO entries SELECT id, 'thief', 1 FROM transfers")
    assert call("GET", "/health") == (500, {"balanced": False})
