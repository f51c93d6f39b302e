"""Rules in Rego for the commands that judge a release: where their engine is installed, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from counterseal.checks.gate.verdict import RunRego
    from counterseal.checks.rego.verdict import RegoVerdict
    from counterseal.host import Host
    from counterseal.policy.rego import Rego


def runner(host: Host, *, named: str | None = None) -> RunRego:
    """Return what evaluates rules in Rego; the embedded engine is installed when it is first needed.

    Args:
        host: the host.
        named: where a binary of opa is that may be run, whatever the rules say of its place; empty when none
            may. None for rules that are trusted to name one.
    """
    return RegoRunner(dict(host.env), named)


@dataclass(frozen=True)
class RegoRunner:
    """Evaluates rules in Rego, in this process or in another one.

    Attributes:
        env: the environment, which says where the engine is kept.
        named: see `runner`.
    """

    env: Mapping[str, str] = field(repr=False)
    named: str | None = None

    def __call__(self, rules: Rego, files: Mapping[str, str], document: Mapping[str, object]) -> RegoVerdict:
        """Evaluate rules; see `checks.rego.evaluate.evaluate`."""
        from counterseal.checks.rego.evaluate import evaluate

        chosen = rules if self.named is None else _with_binary(rules, self.named)
        return evaluate(chosen, files, document, self._site)

    def _site(self) -> Path:
        from counterseal.host.install import LOCKS, Installer, cache_folder

        return Installer(LOCKS, cache_folder(self.env), self.env).ensure("rego")[0]


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
