"""What S3 says no with, or nothing at all, in the errors of a store.

Whoever is not logged in, or does not reach S3, has learnt nothing of the store: that is inconclusive, and no
fault of the store's. Source: Amazon S3 API Reference, "Error responses".
"""

from __future__ import annotations

from typing import Final

from counterseal.errors import CountersealError, Inconclusive, KeyMissing, StoreError, UsageError

_AGAIN: Final = frozenset({409, 412, 429, 500, 502, 503, 504})
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_NO_LOGIN: Final = frozenset(
    {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "TokenRefreshRequired"}
)
_LOG_IN: Final = "log in to AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role"
_REACH: Final = "check the network, AWS_REGION and AWS_ENDPOINT_URL_S3"


def status(cause: Exception) -> int:
    """Return the status of S3's answer; 0 where there was none."""
    answer = getattr(cause, "response", None) or {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code(cause: Exception) -> str:
    """Return S3's name of the error; empty where it gave none."""
    answer = getattr(cause, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def may_pass(cause: Exception) -> bool:
    """Tell whether the same request may go well later: S3 is busy, or the connection broke."""
    from botocore.exceptions import HTTPClientError

    return status(cause) in _AGAIN or _is_unreachable(cause) or isinstance(cause, HTTPClientError)


def refusal(cause: Exception, where: str, bucket: str) -> CountersealError:
    """Return the error that says what came of a request.

    Args:
        cause: what the client of S3 raised.
        where: what the request was about.
        bucket: the bucket's name.
    """
    said = f"{code(cause) or type(cause).__name__}: {str(cause)[:200]}"
    if _is_no_login(cause):
        return Inconclusive(f"nobody is logged in to S3: {said}", where=f"s3://{bucket}", remedy=_LOG_IN)
    if _is_unreachable(cause):
        return Inconclusive(f"S3 cannot be reached: {said}", where=f"s3://{bucket}", remedy=_REACH)
    if code(cause) == "NoSuchBucket":
        remedy = "check the address of the store, and AWS_ENDPOINT_URL_S3"
        return UsageError("there is no such bucket", where=f"s3://{bucket}", remedy=remedy)
    if code(cause) in _ABSENT:
        return KeyMissing("there is no such key", where=where)
    return StoreError(f"S3 refuses: {said}", where=where)


def _is_no_login(cause: Exception) -> bool:
    """Tell whether there are no credentials, or none that are taken, or a role that is refused."""
    from botocore import exceptions as botocore

    kinds = (
        botocore.NoCredentialsError,
        botocore.PartialCredentialsError,
        botocore.CredentialRetrievalError,
        botocore.NoAuthTokenError,
        botocore.ProfileNotFound,
        botocore.SSOError,
        botocore.TokenRetrievalError,
    )
    assumed = str(getattr(cause, "operation_name", "")).startswith("AssumeRole")
    return isinstance(cause, kinds) or code(cause) in _NO_LOGIN or assumed


def _is_unreachable(cause: Exception) -> bool:
    """Tell whether no connection was made at all."""
    from botocore.exceptions import ConnectionError as Unconnected

    return isinstance(cause, Unconnected)
