from __future__ import annotations

import sqlite3
import threading

import pytest
from payments.errors import (
    AccountExists,
    CurrencyMismatch,
    InsufficientFunds,
    InvalidRequest,
    KeyReused,
    UnknownAccount,
    UnknownTransfer,
)
from payments.ledger import Ledger
from payments.money import Money


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def test_a_transfer_moves_money_and_makes_none(ledger):
    ledger.transfer("k1", "bank", "alice", euro(1000))
    ledger.transfer("k2", "alice", "bob", euro(250))
    assert [ledger.account(name).balance for name in ("bank", "alice", "bob")] == [
        euro(-1000),
        euro(750),
        euro(250),
    ]
    assert ledger.imbalance() == 0


def test_the_same_request_again_is_the_same_transfer(ledger):
    first, made = ledger.transfer("k1", "bank", "alice", euro(1000))
    second, made_again = ledger.transfer("k1", "bank", "alice", euro(1000))
    assert (second, made, made_again) == (first, True, False)
    assert ledger.account("alice").balance == euro(1000)


@pytest.mark.parametrize(("debit", "credit", "minor"), [("bank", "alice", 999), ("bank", "bob", 1000)])
def test_a_key_cannot_be_used_for_another_transfer(ledger, debit, credit, minor):
    ledger.transfer("k1", "bank", "alice", euro(1000))
    with pytest.raises(KeyReused):
        ledger.transfer("k1", debit, credit, euro(minor))


def test_an_account_can_be_emptied_but_not_overdrawn(ledger):
    ledger.transfer("k1", "bank", "alice", euro(100))
    with pytest.raises(InsufficientFunds):
        ledger.transfer("k2", "alice", "bob", euro(101))
    ledger.transfer("k3", "alice", "bob", euro(100))
    assert ledger.account("alice").balance == euro(0)


def test_a_refused_transfer_leaves_nothing_behind(ledger):
    with pytest.raises(InsufficientFunds):
        ledger.transfer("k1", "alice", "bob", euro(1))
    ledger.transfer("k2", "bank", "alice", euro(1))
    _, made = ledger.transfer("k1", "alice", "bob", euro(1))
    assert made


@pytest.mark.parametrize("minor", [0, -1])
def test_a_transfer_moves_more_than_nothing(ledger, minor):
    with pytest.raises(InvalidRequest):
        ledger.transfer("k1", "bank", "alice", euro(minor))


def test_a_transfer_needs_two_accounts_that_exist(ledger):
    with pytest.raises(InvalidRequest):
        ledger.transfer("k1", "alice", "alice", euro(1))
    with pytest.raises(UnknownAccount):
        ledger.transfer("k2", "bank", "nobody", euro(1))


def test_a_transfer_is_in_the_currency_of_both_accounts(ledger):
    ledger.open_account("dollars", "USD")
    with pytest.raises(CurrencyMismatch):
        ledger.transfer("k1", "bank", "dollars", euro(1))
    with pytest.raises(CurrencyMismatch):
        ledger.transfer("k2", "bank", "alice", Money(1, "USD"))


@pytest.mark.parametrize("account", ["", "Alice", "-a", "a" * 64, "a/b", "a\n"])
def test_an_account_needs_a_plain_name(ledger, account):
    with pytest.raises(InvalidRequest):
        ledger.open_account(account, "EUR")


def test_a_name_is_taken_once(ledger):
    with pytest.raises(AccountExists):
        ledger.open_account("alice", "EUR")


@pytest.mark.parametrize("statement", ["UPDATE entries SET minor = 1", "DELETE FROM entries"])
def test_entries_are_final(ledger, database, statement):
    ledger.transfer("k1", "bank", "alice", euro(1000))
    with pytest.raises(sqlite3.IntegrityError, match="entries are final"):
        database.execute(statement)


def test_what_was_booked_is_there_after_a_restart(tmp_path):
    path = str(tmp_path / "ledger.sqlite3")
    first = Ledger(path)
    first.open_account("bank", "EUR", overdraft=True)
    first.open_account("alice", "EUR")
    transfer, _ = first.transfer("k1", "bank", "alice", euro(1000))
    first.close()
    second = Ledger(path)
    assert second.find_transfer(transfer.id) == transfer
    assert second.account("alice").balance == euro(1000)
    with pytest.raises(UnknownTransfer):
        second.find_transfer("another")
    second.close()


def test_racing_withdrawals_cannot_overdraw(tmp_path):
    path = str(tmp_path / "ledger.sqlite3")
    ledger = Ledger(path)
    ledger.open_account("bank", "EUR", overdraft=True)
    ledger.open_account("alice", "EUR")
    ledger.transfer("deposit", "bank", "alice", euro(3))
    outcomes: list[bool] = []

    def withdraw(key: str) -> None:
        mine = Ledger(path)
        try:
            outcomes.append(mine.transfer(key, "alice", "bank", euro(1))[1])
        except InsufficientFunds:
            outcomes.append(False)
        finally:
            mine.close()

    threads = [threading.Thread(target=withdraw, args=(f"withdraw-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 3 + [True] * 3
    assert ledger.account("alice").balance == euro(0)
    ledger.close()
