"""The policy file: read strictly, typed, and known by the digest of its bytes."""
