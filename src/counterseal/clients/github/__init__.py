"""GitHub, seen through its two interfaces: what it says is complete and of its described form, or refused."""
