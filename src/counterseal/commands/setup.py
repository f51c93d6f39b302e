"""setup: put the `counterseal` command on the path of the job's later steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counterseal import __version__
from counterseal.commands._base import Command, Input, Output, Result
from counterseal.errors import UsageError
from counterseal.host import names
from counterseal.host.markdown import code

if TYPE_CHECKING:
    from counterseal.commands._base import Inputs
    from counterseal.host import Host

_LAUNCHER = "counterseal"


def _run(_inputs: Inputs, host: Host) -> Result:
    """Name the launcher's folder; as an action, put it on the path of later steps."""
    folder = Path(__file__).resolve().parents[3] / "bin"
    if not (folder / _LAUNCHER).is_file():
        raise UsageError(
            "there is no launcher here", where=str(folder), remedy="an installed package needs no set-up"
        )
    if host.action:
        from counterseal.host.outputs import Outputs

        Outputs(host.env).path(folder)
    cached = host.env.get(names.CACHED, "false")
    return Result.passed(
        f"counterseal {__version__} is ready",
        outputs={"path": str(folder), "version": __version__, "cached": cached},
        summary=f"counterseal {code(__version__)} is on the path.\n",
    )


COMMAND = Command(
    name="setup",
    help="Install counterseal once for the job and put its command on the path of later steps.",
    inputs=(
        Input("tiers", "Extra libraries to install now, of: aws, code, index, report, sandbox, sigstore."),
    ),
    outputs=(
        Output("path", "Folder of the counterseal command, now on the path of later steps."),
        Output("version", "Version of counterseal."),
        Output("cached", "true when everything was already installed, else false."),
    ),
    run=_run,
)
