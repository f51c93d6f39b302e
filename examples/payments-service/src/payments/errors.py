"""What the service refuses: one class a reason, each with the HTTP status that it stands for."""

from __future__ import annotations

from typing import ClassVar


class PaymentError(Exception):
    """Base of every refusal."""

    code: ClassVar[str] = "payment_error"
    status: ClassVar[str] = "400 Bad Request"


class InvalidRequest(PaymentError):
    """The request cannot be understood."""

    code = "invalid_request"


class UnknownAccount(PaymentError):
    """There is no such account."""

    code = "unknown_account"
    status = "404 Not Found"


class UnknownTransfer(PaymentError):
    """There is no such transfer."""

    code = "unknown_transfer"
    status = "404 Not Found"


class AccountExists(PaymentError):
    """The identifier is taken."""

    code = "account_exists"
    status = "409 Conflict"


class KeyReused(PaymentError):
    """The idempotency key was used for another transfer."""

    code = "idempotency_key_reused"
    status = "422 Unprocessable Content"


class CurrencyMismatch(PaymentError):
    """Money of two currencies met."""

    code = "currency_mismatch"
    status = "422 Unprocessable Content"


class InsufficientFunds(PaymentError):
    """The account does not hold enough."""

    code = "insufficient_funds"
    status = "422 Unprocessable Content"
