"""Clients: the programs and services that counterseal reads from."""
