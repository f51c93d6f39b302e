"""Placement: what is deployed where, read from plans, templates and manifests."""
