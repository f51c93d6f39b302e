"""The tables: a transfer is two entries that add up to zero, and neither is ever changed."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    overdraft INTEGER NOT NULL CHECK (overdraft IN (0, 1))
) STRICT;
CREATE TABLE IF NOT EXISTS transfers (
    id TEXT PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    debit TEXT NOT NULL REFERENCES accounts (id),
    credit TEXT NOT NULL REFERENCES accounts (id),
    minor INTEGER NOT NULL CHECK (minor > 0),
    currency TEXT NOT NULL,
    CHECK (debit <> credit)
) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    transfer TEXT NOT NULL REFERENCES transfers (id),
    account TEXT NOT NULL REFERENCES accounts (id),
    minor INTEGER NOT NULL CHECK (minor <> 0),
    PRIMARY KEY (transfer, account)
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_account ON entries (account);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are final'); END;
CREATE TRIGGER IF NOT EXISTS entries_are_final BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are final'); END;
"""
