"""Rules in Rego for the commands that judge a release: where their engine is installed, and how it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from counterseal.checks.gate.verdict import RunRego
    from counterseal.host import Host
    from counterseal.policy.rego import Rego


def runner(host: Host, *, named: str | None = None) -> RunRego:
    """Return what evaluates rules in Rego; the embedded engine is installed when it is first needed.

    Args:
        host: the host.
        named: where a binary of opa is that may be run, whatever the rules say of its place; empty when none
            may. None for rules that are trusted to name one.
    """

    def site() -> Path:
        from counterseal.host.install import LOCKS, Installer, cache_folder

        return Installer(LOCKS, cache_folder(host.env), host.env).ensure("rego")[0]

    def run(rules: object, files: object, document: object) -> object:
        from counterseal.checks.rego.evaluate import evaluate

        chosen = rules if named is None else _with_binary(rules, named)  # type: ignore[arg-type]
        return evaluate(chosen, files, document, site)  # type: ignore[arg-type]

    return run  # type: ignore[return-value]


def _with_binary(rules: Rego, named: str) -> Rego:
    """Return rules of a case with the binary that the user names: what a file of evidence names is never run.

    Raises:
        UsageError: the case needs a binary, and none is named.
    """
    from msgspec.structs import replace

    from counterseal.errors import UsageError

    if rules.opa is None:
        return rules
    if not named.startswith("/"):
        message = f"this case was judged by a binary of opa with the digest {rules.opa.sha256}"
        raise UsageError(message, where="opa", remedy="give the absolute path of that binary")
    return replace(rules, opa=replace(rules.opa, path=named))
