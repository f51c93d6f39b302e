"""The approval gate: what is observed around a request, what people are told, what the clock does."""
