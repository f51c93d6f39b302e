"""`schema`: print the JSON Schemas of the documents, or write them to a folder, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterseal.host import Host

INPUTS = (
    Input("document", "Documents whose schemas are wanted, one a line; by default all.", multiple=True),
    Input("out", "Folder to write NAME.schema.json files to; without it the schemas are printed."),
)
OUTPUTS = (Output("folder", "Folder that the files were written to, where out was given."),)


def schema_files() -> dict[str, bytes]:
    """Return the text of every schema by the name of its document."""
    from counterseal.manifest.schema import encode_schema, manifest_schemas
    from counterseal.policy.schema import policy_schema

    schemas = manifest_schemas() | {"policy": policy_schema()}
    return {name: encode_schema(schemas[name]) for name in sorted(schemas)}


def run(inputs: Inputs, host: Host) -> Result:
    """Print or write the schemas; the digests are those of the files' exact bytes."""
    from counterseal.manifest.digest import sha256

    files = _chosen(schema_files(), inputs.many("document"))
    headline = f"JSON Schema of {', '.join(files)}"
    digests = {name: sha256(data) for name, data in files.items()}
    if not inputs["out"]:
        text = "".join(data.decode() for data in files.values())
        return Result.passed(headline, digests=digests, text=text)
    return Result.passed(headline, digests=digests, outputs={"folder": _write(files, inputs["out"], host)})


def _chosen(files: Mapping[str, bytes], names: Sequence[str]) -> dict[str, bytes]:
    for name in names:
        if name not in files:
            raise UsageError("there is no such document", where=name, remedy=f"known: {', '.join(files)}")
    return {name: data for name, data in files.items() if not names or name in names}


def _write(files: Mapping[str, bytes], out: str, host: Host) -> str:
    folder = host.cwd / out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / f"{name}.schema.json").write_bytes(data)
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=out) from cause
    return str(folder)


COMMAND = Command("schema", "Print the JSON Schema of a document, or write it.", INPUTS, OUTPUTS, run)
