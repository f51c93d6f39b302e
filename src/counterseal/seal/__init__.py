"""Signing and verifying: keys, envelopes, bundles, timestamps and the trust file."""
