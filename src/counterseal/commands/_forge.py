"""The forge that a command asks: its address from the runner, its token from where an input says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from counterseal.commands._base import Input
from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host

TOKEN = Input(
    "token",
    "Where the token for the forge is: env:NAME, the name of an environment variable.",
    default=f"env:{names.TOKEN}",
)
MEMBERS_TOKEN = Input(
    "members-token",
    "Where a token is that may read teams, as env:NAME; the job's own token never may.",
)

_PUBLIC = "https://api.github.com"
_ADDRESS = re.compile(r"env:([A-Z_][A-Z0-9_]{0,99})")


def open_forge(inputs: Inputs, host: Host, repository: str | None = None) -> Forge:
    """Return the forge of this run, for a command with the input `TOKEN`, and perhaps `MEMBERS_TOKEN`.

    Args:
        inputs: the inputs.
        host: the host.
        repository: the repository as `owner/name`; that of the run when None.

    Raises:
        UsageError: there is no token, or the repository is not known.
    """
    from counterseal.clients.github.forge import open_github

    token = _secret(inputs, host, TOKEN.name)
    wanted = MEMBERS_TOKEN.name in inputs and inputs[MEMBERS_TOKEN.name]
    members = _secret(inputs, host, MEMBERS_TOKEN.name) if wanted else None
    repository = repository or host.context.repository
    if not repository:
        remedy = "set it to owner/name; a runner does so by itself"
        raise UsageError("the repository is not known", where=names.REPOSITORY, remedy=remedy)
    api = host.env.get(names.API_URL) or _PUBLIC
    return open_github(api, host.env.get(names.GRAPHQL_URL, ""), repository, token, members)


def _secret(inputs: Inputs, host: Host, name: str) -> str:
    """Return the secret that an input leads to, hidden from the log from now on; it is never the value."""
    match = _ADDRESS.fullmatch(inputs[name])
    if match is None:
        # The value is not repeated: it may be the token itself.
        remedy = "write env:NAME and keep the token itself in that variable"
        raise UsageError("not where a token is", where=name, remedy=remedy)
    secret = host.env.get(match.group(1), "")
    if not secret:
        step = f"add `env: {match.group(1)}: ${{{{ github.token }}}}` to this step"
        remedy = step if host.in_actions else "set that variable to a token of the forge"
        raise UsageError("there is no token for the forge", where=match.group(1), remedy=remedy)
    host.mask(secret)
    return secret
