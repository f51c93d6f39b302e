"""The policy gate: gather what is known of a release, judge it, and be able to judge it again."""
