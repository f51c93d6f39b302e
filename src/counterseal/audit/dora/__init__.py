"""Delivery metrics (DORA) of a service, calibrated for regulated firms, from sealed records alone."""
