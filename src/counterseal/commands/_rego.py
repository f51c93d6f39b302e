"""Rules in Rego for the commands that judge a release: where their engine is installed, and how it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from counterseal.checks.gate.verdict import RunRego
    from counterseal.host import Host


def runner(host: Host) -> RunRego:
    """Return what evaluates rules in Rego; the embedded engine is installed when it is first needed."""

    def site() -> Path:
        from counterseal.host.install import LOCKS, Installer, cache_folder

        return Installer(LOCKS, cache_folder(host.env), host.env).ensure("rego")[0]

    def run(rules: object, files: object, document: object) -> object:
        from counterseal.checks.rego.evaluate import evaluate

        return evaluate(rules, files, document, site)  # type: ignore[arg-type]

    return run  # type: ignore[return-value]
