"""Detectors: card numbers, bank accounts, secrets and personal data in what is shipped or kept."""
