"""The identity of the run, from the token service of GitHub Actions.

The token is asked for only at the forge's own service, and its claims count only once the issuer's signature
on them is verified. It is a secret: neither it nor what the service answers is ever in a message or a trace.
"""

from __future__ import annotations

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
    """Return the verified claims of the run's identity token, or None where the job has no right to one.

    Raises:
        Inconclusive: the job has the right, but the service is not the forge's, fails, or answers with
            something else than a token for counterseal; or the issuer's keys cannot be had.
        SealError: the token is not signed by the forge's issuer.
    """
    url, secret = (host.env.get(name) for name in (names.ID_TOKEN_URL, names.ID_TOKEN_SECRET))
    if not host.in_actions or not url or not secret:
        return None
    from counterseal.host.issuer import Issuer

    issuer = Issuer.of(host.env.get(names.SERVER_URL, ""))
    if not issuer.may_be_asked(url):
        raise Inconclusive(
            "this address is not one of the forge's identity service",
            where=names.ID_TOKEN_URL,
            remedy="find the step that sets this variable: only the runner may",
        )
    claims = issuer.verify(_token(host), AUDIENCE)
    return {name: str(claims[name]) for name in CLAIMS if name in claims and claims[name] is not None}


def _token(host: Host) -> str:
    """Return a token for counterseal, already hidden from the log."""
    from id import IdentityError, detect_credential
    from urllib3.exceptions import HTTPError

    try:
        token = detect_credential(AUDIENCE)
    except (IdentityError, HTTPError, ValueError, TypeError, RecursionError) as error:
        raise _failure(type(error).__name__) from None  # its message may hold the token
    if token is None:
        raise _failure("none")
    host.mask(token)
    return token


def _failure(reason: str) -> Inconclusive:
    """Return the error; of what the service said only its kind is told, as it may hold the token."""
    return Inconclusive(
        f"GitHub's identity service gave no token for this job ({reason})",
        where="OIDC",
        remedy="run the job again, or remove id-token: write to be identified by the environment",
    )
