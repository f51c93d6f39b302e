"""The bootstrap: starts counterseal on a bare interpreter, in a folder that may be hostile.

Started as `python3 -I -S run.py COMMAND` (an action) or `python3 -I -S run.py --cli WORDS...` (the launcher).
`-I` keeps out the caller's checkout and `PYTHON*` variables, `-S` the site-packages folders with their hooks.
What counterseal needs is installed once a job, and put behind the standard library, which it cannot shadow.

The syntax is that of Python 3.8, so that an older interpreter can say what is wrong.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the very reason for this check
    sys.stderr.write(
        "counterseal: usage: Python 3.11 or newer is needed, this is {}.{} (put a newer python3 on the path, "
        "for example with actions/setup-python)\n".format(*sys.version_info[:2])
    )
    sys.exit(2)

from pathlib import Path

if False:  # what a type checker reads; importing typing would cost more than this module
    from collections.abc import Mapping, Sequence

SOURCE = Path(__file__).resolve().parent.parent
TIERS = ("aws", "code", "index", "report", "sandbox", "sigstore")
_SCHEMES = {"pdf": "report", "aws-kms:": "aws", "s3:": "aws", "athena": "aws", "sigstore:": "sigstore"}
_COMMANDS = {
    "report dora": "report",
    "dora-metrics": "code report",  # verdicts of the policy gate are made again
    "sandbox": "sandbox",
    "index": "index",
    "index build": "code",
} | dict.fromkeys(("audit", "sast", "sca", "sbom", "policy-gate", "policy"), "code")


def main(words: Sequence[str]) -> int:
    """Install what is missing, run the command in this process and return its exit code.

    Args:
        words: the name of an action's command, or `--cli` and the words of the command line.
    """
    if not (sys.flags.isolated and sys.flags.no_site):
        sys.stderr.write("counterseal: usage: start it with python3 -I -S\n")
        return 2
    sys.path.append(str(SOURCE))
    _keep_workspace_clean(os.environ)
    from counterseal import cli

    line = words[1:] if words[:1] == ["--cli"] else None
    if line is not None and line[:1] in (["--version"], ["--help"], ["-h"]):
        return cli.main(line)
    try:
        _provide(wanted_tiers(words, os.environ))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said in one line
        return cli.refuse(line or (), error)
    return cli.run_action(" ".join(words)) if line is None else cli.main(line)


def wanted_tiers(words: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """Return the extra tiers that this run needs: those asked for, and those of the signers that are named.

    Raises:
        UsageError: an unknown tier is asked for.
    """
    from counterseal.host import names

    inputs = _raw_inputs(env.get(names.INPUTS, "{}"))
    asked = (env.get(names.TIERS, "") + " " + inputs.get("tiers", "")).replace(",", " ").split()
    for tier in asked:
        if tier not in TIERS:
            from counterseal.errors import UsageError

            raise UsageError(f"unknown tier: {tier}", remedy=f"known: {', '.join(TIERS)}")
    values = [line.strip() for text in inputs.values() for line in text.split("\n")]
    values += [word.partition("=")[2] if word.startswith("-") else word for word in words]
    named = {tier for scheme, tier in _SCHEMES.items() for value in values if value.startswith(scheme)}
    stages = inputs.get("stages", "").replace(",", " ").split()
    line = words[1:] if words[:1] == ["--cli"] else words
    commands = (*line[:1], " ".join(line[:2]), *stages)
    named |= {tier for word in commands for tier in _COMMANDS.get(word, "").split()}
    return [tier for tier in TIERS if tier in asked or tier in named]


def _provide(tiers: Sequence[str]) -> None:
    """Put the core tier and `tiers` on the path of this process, installing those that are missing."""
    from counterseal.host import install, names

    installer = install.Installer(install.LOCKS, install.cache_folder(os.environ), os.environ)
    folders = [installer.ensure(tier) for tier in ("core", *tiers)]
    sys.path.extend(str(folder) for folder, _ in folders)
    os.environ[names.CACHED] = "true" if all(cached for _, cached in folders) else "false"


def _raw_inputs(text: str) -> dict[str, str]:
    """Return the inputs of the action as far as they can be read; the command refuses what is wrong."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


def _keep_workspace_clean(env: Mapping[str, str]) -> None:
    """Write no bytecode beside sources that lie in the caller's checkout."""
    workspace = env.get("GITHUB_WORKSPACE")  # known before anything of ours is imported
    if workspace and SOURCE.is_relative_to(Path(workspace).resolve()):
        sys.dont_write_bytecode = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
