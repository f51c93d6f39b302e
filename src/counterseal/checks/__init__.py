"""Checks: they observe and write down what they saw; what it means is for the policy to judge."""
