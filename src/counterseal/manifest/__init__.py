"""The release manifest format: records, candidates, manifests, their canonical bytes and their rules.

This package owns the format and never touches a file, a clock or the network. `docs/manifest.md` is its
specification, `schemas/` its JSON Schemas and `tests/conformance/` its vectors.
"""
