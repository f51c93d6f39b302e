"""The approval engine: a pure decision over request, events, policy, facts and time."""
