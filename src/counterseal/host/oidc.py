"""The identity of the run, from the token service of GitHub Actions.

The token comes straight from the runner's own service, so its claims say what GitHub knows of this run; the
token itself is a secret and never leaves this module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from counterseal.errors import Inconclusive
from counterseal.host import names

if TYPE_CHECKING:
    from counterseal.host.host import Host

AUDIENCE = "counterseal"
# The claims that are worth keeping (GitHub documentation, "OpenID Connect reference"). A subject comes in two
# forms, `repo:OWNER/NAME:...` and `repo:OWNER@ID/NAME@ID:...`; it is kept as it is and never taken apart.
CLAIMS = (
    "iss",
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "ref",
    "ref_type",
    "sha",
    "environment",
    "event_name",
    "actor",
    "actor_id",
    "workflow_ref",
    "workflow_sha",
    "job_workflow_ref",
    "job_workflow_sha",
    "run_id",
    "run_attempt",
    "check_run_id",
    "runner_environment",
)


def run_claims(host: Host) -> dict[str, str] | None:
    """Return the claims of the run's identity token, or None where the job has no right to one.

    Raises:
        Inconclusive: the job has the right, but the service fails or answers with something else than a token
            for counterseal.
    """
    offered = [host.env.get(name) for name in (names.ID_TOKEN_URL, names.ID_TOKEN_SECRET)]
    if not host.in_actions or not all(offered):
        return None
    claims = _claims(_token(host))
    return {name: str(claims[name]) for name in CLAIMS if name in claims and claims[name] is not None}


def _token(host: Host) -> str:
    """Return a token for counterseal, already hidden from the log."""
    from id import IdentityError, detect_credential
    from urllib3.exceptions import HTTPError

    try:
        token = detect_credential(AUDIENCE)
    except (IdentityError, HTTPError) as error:
        raise _failure() from error
    if token is None:
        raise _failure()
    host.mask(token)
    return token


def _claims(token: str) -> dict[str, object]:
    """Return the claims of a token; its signature is for others to check, its source is known."""
    from id import decode_oidc_token

    try:
        claims = json.loads(decode_oidc_token(token)[1])
    except ValueError as error:
        raise _failure() from error
    if not isinstance(claims, dict):
        raise _failure()
    return claims


def _failure() -> Inconclusive:
    """Return the error; nothing that the service said is repeated, as it may hold the token."""
    return Inconclusive(
        "GitHub's identity service gave no token for this job",
        where="OIDC",
        remedy="run the job again, or remove id-token: write to be identified by the environment",
    )
