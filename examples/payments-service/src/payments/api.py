"""The JSON API, as a WSGI application.

POST /accounts          {"id", "currency", "overdraft"?}          201
GET  /accounts/{id}                                               200
POST /transfers         {"from", "to", "minor", "currency"}       201, or 200 for one that is repeated
                        with the header Idempotency-Key
GET  /transfers/{id}                                              200
GET  /health                                                      200
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from payments.errors import InvalidRequest, PaymentError
from payments.ledger import Account, Ledger, Transfer
from payments.money import Money

LARGEST_BODY = 16 * 1024
Answer = tuple[str, dict[str, Any]]


class Application:
    """The WSGI application over one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            ("GET", re.compile(r"/health"), self._health),
            ("POST", re.compile(r"/accounts"), self._open_account),
            ("GET", re.compile(r"/accounts/([^/]+)"), self._show_account),
            ("POST", re.compile(r"/transfers"), self._transfer),
            ("GET", re.compile(r"/transfers/([^/]+)"), self._show_transfer),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, body = self._dispatch(environ)
        except PaymentError as error:
            status, body = error.status, {"error": {"code": error.code, "message": str(error)}}
        data = json.dumps(body).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]

    def _dispatch(self, environ: WSGIEnvironment) -> Answer:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        matches = [
            (verb, match, view) for verb, pattern, view in self._routes if (match := pattern.fullmatch(path))
        ]
        for verb, match, view in matches:
            if verb == method:
                return view(environ, *match.groups())
        if matches:
            return "405 Method Not Allowed", _problem("method_not_allowed", "this path takes another method")
        return "404 Not Found", _problem("not_found", "there is nothing at this path")

    def _health(self, _: WSGIEnvironment) -> Answer:
        balanced = self._ledger.imbalance() == 0
        return ("200 OK" if balanced else "500 Internal Server Error"), {"balanced": balanced}

    def _open_account(self, environ: WSGIEnvironment) -> Answer:
        body = _body(environ, required={"id": str, "currency": str}, optional={"overdraft": bool})
        account = self._ledger.open_account(
            body["id"], body["currency"], overdraft=body.get("overdraft", False)
        )
        return "201 Created", _account(account)

    def _show_account(self, _: WSGIEnvironment, account: str) -> Answer:
        return "200 OK", _account(self._ledger.account(account))

    def _transfer(self, environ: WSGIEnvironment) -> Answer:
        body = _body(environ, required={"from": str, "to": str, "minor": int, "currency": str})
        amount = Money(body["minor"], body["currency"])
        key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
        transfer, made = self._ledger.transfer(key, body["from"], body["to"], amount)
        return ("201 Created" if made else "200 OK"), _transfer(transfer)

    def _show_transfer(self, _: WSGIEnvironment, transfer: str) -> Answer:
        return "200 OK", _transfer(self._ledger.find_transfer(transfer))


def _body(
    environ: WSGIEnvironment, *, required: dict[str, type], optional: dict[str, type] | None = None
) -> dict[str, Any]:
    """Return the JSON object of a request, with exactly the fields that are known."""
    fields = {**required, **(optional or {})}
    body = _json(environ)
    if not isinstance(body, dict) or not required.keys() <= body.keys() <= fields.keys():
        raise InvalidRequest(f"the body must be an object with the fields {', '.join(required)}")
    for name, value in body.items():
        if type(value) is not fields[name]:  # a boolean is an int to isinstance
            raise InvalidRequest(f"{name} must be of type {fields[name].__name__}")
    return body


def _json(environ: WSGIEnvironment) -> Any:
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json":
        raise InvalidRequest("the body must be application/json")
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        raise InvalidRequest(f"a body has a length of at most {LARGEST_BODY} bytes")
    try:
        return json.loads(environ["wsgi.input"].read(int(length)))
    except (ValueError, RecursionError) as cause:
        raise InvalidRequest("the body is not JSON") from cause


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "overdraft": account.overdraft,
        "balance": {"minor": account.balance.minor, "currency": account.balance.currency},
    }


def _transfer(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "from": transfer.debit,
        "to": transfer.credit,
        "minor": transfer.amount.minor,
        "currency": transfer.amount.currency,
    }


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
