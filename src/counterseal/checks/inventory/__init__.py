"""Inventories: the third-party software that lock files, installations and SBOMs name."""
