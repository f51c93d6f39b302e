"""Serve the API on this machine: `python -m payments [PORT] [DATABASE]`."""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

from payments.api import Application
from payments.ledger import Ledger


def main() -> None:
    """Serve until interrupted; the database is a file in the working directory unless one is named."""
    arguments = sys.argv[1:]
    port = int(arguments[0]) if arguments else 8000
    ledger = Ledger(arguments[1] if len(arguments) > 1 else "payments.sqlite3")
    with make_server("127.0.0.1", port, Application(ledger)) as server:
        print(f"payments: http://127.0.0.1:{port}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            ledger.close()


if __name__ == "__main__":
    main()
