"""Dependencies: which published vulnerabilities the components of a release have."""
