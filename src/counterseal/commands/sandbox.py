"""`sandbox`: an offline GitHub on this machine, to rehearse a policy on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from counterseal.host import Host


def run(inputs: Inputs, host: Host) -> Result:
    """Serve a world until interrupted; addresses and tokens are printed first."""
    from counterseal.sandbox.checkout import check_out
    from counterseal.sandbox.seed import read_world
    from counterseal.sandbox.server import Sandbox

    seeded = read_world(_run.read_file(host, inputs["world"]), inputs["world"], host.cwd)
    sandbox = Sandbox(seeded.world, port=_port(inputs), control=True)
    lines = [
        f"{names.API_URL}={sandbox.url}",
        f"{names.GRAPHQL_URL}={sandbox.graphql_url}",
        *(f"{name}={token}" for name, token in seeded.tokens.items()),
    ]
    if inputs["tokens"]:
        _run.write_file(host, inputs["tokens"], ("\n".join(lines) + "\n").encode()).chmod(0o600)
    for line in lines[:2]:
        host.say(line)
    if inputs["checkouts"]:
        for repository in seeded.world.repositories.values():
            check_out(repository, host.cwd / inputs["checkouts"])
    if inputs.flag("check"):
        sandbox.close()
        seeded.world.close()
        return _result(sandbox.url, "the world can be made")
    with sandbox:
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            host.say("ended")
    seeded.world.close()
    return _result(sandbox.url, f"served {len(sandbox.log)} requests")


def _result(url: str, headline: str) -> Result:
    return Result(outcome="passed", exit_code=0, headline=headline, outputs={"url": url})


def _port(inputs: Inputs) -> int:
    text = inputs["port"]
    if not text.isascii() or not text.isdigit() or int(text) > 65535:  # noqa: PLR2004 - the highest port
        raise UsageError(f"{text[:20]!r} is not a port", where="port")
    return int(text)


COMMAND = Command(
    "sandbox",
    "Serve an offline GitHub on this machine, to rehearse a policy on.",
    (
        Input("world", "File with the people, teams and repositories, see docs/sandbox.md.", required=True),
        Input("port", "Port; any free one by default.", default="0"),
        Input("tokens", "File to write the addresses and the tokens to, as NAME=VALUE lines."),
        Input(
            "checkouts", "Folder to check every repository's default branch out into, below it by its name."
        ),
        Input("check", "Only see whether the world can be made.", flag=True),
    ),
    (Output("url", "Address of the REST interface."),),
    run,
)
