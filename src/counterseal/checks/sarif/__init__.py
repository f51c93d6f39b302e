"""SARIF 2.1.0 (OASIS): reading what any scanner writes, and writing what a forge accepts."""
