"""Reports for people who judge evidence: pages that open without an account, a script or a network."""
