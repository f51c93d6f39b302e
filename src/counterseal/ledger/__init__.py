"""The ledger: append-only chains of sealed release manifests in a store, and the proof that they are whole.

`append` adds one entry so that a crash at any moment loses nothing that was acknowledged; `verify` finds
whatever was changed afterwards. `docs/ledger.md` is the specification.
"""
