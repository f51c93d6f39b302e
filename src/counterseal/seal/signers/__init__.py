"""Implementations of `counterseal.seal.signer`, one file a scheme, each with `open_signer(rest, *, env)`."""
