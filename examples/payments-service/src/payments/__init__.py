"""A small payments service: accounts, idempotent transfers and a double-entry ledger."""
