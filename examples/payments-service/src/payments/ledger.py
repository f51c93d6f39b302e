"""The ledger: accounts and transfers in one SQLite database."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from payments.errors import (
    AccountExists,
    CurrencyMismatch,
    InsufficientFunds,
    InvalidRequest,
    KeyReused,
    UnknownAccount,
    UnknownTransfer,
)
from payments.money import Money
from payments.schema import SCHEMA

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True)
class Account:
    """An account: its identifier, its balance, and whether it may go below zero."""

    id: str
    balance: Money
    overdraft: bool


@dataclass(frozen=True)
class Transfer:
    """Money that moved from the account `debit` to the account `credit`."""

    id: str
    debit: str
    credit: str
    amount: Money


class Ledger:
    """Accounts and transfers.

    Args:
        path: file of the database; by default one in memory.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._database.executescript(SCHEMA)
        self._database.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def open_account(self, account: str, currency: str, *, overdraft: bool = False) -> Account:
        """Open an account with nothing in it.

        Raises:
            InvalidRequest: the identifier or the currency is not valid.
            AccountExists: the identifier is taken.
        """
        if not _IDENTIFIER.fullmatch(account):
            raise InvalidRequest("an account is named by 1 to 63 letters a-z, digits and hyphens")
        nothing = Money(0, currency)
        try:
            self._database.execute("INSERT INTO accounts VALUES (?, ?, ?)", (account, currency, overdraft))
        except sqlite3.IntegrityError as cause:
            raise AccountExists(f"account {account} exists") from cause
        return Account(account, nothing, overdraft)

    def account(self, account: str) -> Account:
        """Return an account with its balance, the sum of its entries."""
        row = self._database.execute(
            "SELECT a.currency, a.overdraft, COALESCE(SUM(e.minor), 0) FROM accounts a"
            " LEFT JOIN entries e ON e.account = a.id WHERE a.id = ? GROUP BY a.id",
            (account,),
        ).fetchone()
        if row is None:
            raise UnknownAccount(f"there is no account {account}")
        currency, overdraft, minor = row
        return Account(account, Money(minor, currency), bool(overdraft))

    def transfer(self, key: str, debit: str, credit: str, amount: Money) -> tuple[Transfer, bool]:
        """Move money once per idempotency key.

        Returns:
            The transfer, and whether this call made it: the same request again returns the first one.

        Raises:
            PaymentError: the transfer is refused; then nothing moved.
        """
        _require_transferable(key, debit, credit, amount)
        with self._transaction():
            earlier = self._by_key(key)
            if earlier is not None:
                if (earlier.debit, earlier.credit, earlier.amount) != (debit, credit, amount):
                    raise KeyReused("this idempotency key belongs to another transfer")
                return earlier, False
            self._require_funds(debit, credit, amount)
            return self._book(key, debit, credit, amount), True

    def find_transfer(self, transfer: str) -> Transfer:
        """Return a transfer by its identifier."""
        found = self._one("id", transfer)
        if found is None:
            raise UnknownTransfer(f"there is no transfer {transfer}")
        return found

    def imbalance(self) -> int:
        """Return the sum of all entries, which is zero as long as no money was made or lost."""
        total: int = self._database.execute("SELECT COALESCE(SUM(minor), 0) FROM entries").fetchone()[0]
        return total

    def _require_funds(self, debit: str, credit: str, amount: Money) -> None:
        source, target = self.account(debit), self.account(credit)
        if source.balance.currency != amount.currency or target.balance.currency != amount.currency:
            raise CurrencyMismatch("both accounts must be in the currency of the transfer")
        if source.balance < amount and not source.overdraft:
            raise InsufficientFunds(f"account {debit} holds less than {amount}")

    def _book(self, key: str, debit: str, credit: str, amount: Money) -> Transfer:
        transfer = Transfer(str(uuid.uuid4()), debit, credit, amount)
        self._database.execute(
            "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?)",
            (transfer.id, key, debit, credit, amount.minor, amount.currency),
        )
        self._database.executemany(
            "INSERT INTO entries VALUES (?, ?, ?)",
            [(transfer.id, debit, -amount.minor), (transfer.id, credit, amount.minor)],
        )
        return transfer

    def _by_key(self, key: str) -> Transfer | None:
        return self._one("idempotency_key", key)

    def _one(self, column: str, value: str) -> Transfer | None:
        row = self._database.execute(
            f"SELECT id, debit, credit, minor, currency FROM transfers WHERE {column} = ?",  # noqa: S608 - ours
            (value,),
        ).fetchone()
        return row and Transfer(row[0], row[1], row[2], Money(row[3], row[4]))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the database's write lock; whatever is raised inside undoes everything."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _require_transferable(key: str, debit: str, credit: str, amount: Money) -> None:
    if not _KEY.fullmatch(key):
        raise InvalidRequest("an idempotency key is 1 to 255 printable ASCII characters")
    if debit == credit:
        raise InvalidRequest("a transfer needs two accounts")
    if amount.minor <= 0:
        raise InvalidRequest("a transfer moves more than nothing")
