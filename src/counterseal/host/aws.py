"""What the environment says about AWS and its Python library does not read."""

from __future__ import annotations

from collections.abc import Mapping


def region(env: Mapping[str, str]) -> str | None:
    """Return the region that the environment names; None leaves it to a profile.

    The library reads `AWS_DEFAULT_REGION` alone; every other tool of AWS, and the login of a workflow, say
    `AWS_REGION`.
    """
    return env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or None
