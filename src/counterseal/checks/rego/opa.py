"""The engine `opa`: a binary of Open Policy Agent that the user gives, known by its digest.

The bytes that were measured are the bytes that run: they are copied into a folder of our own first.
Functions that reach the network or the environment are taken from it by its list of capabilities.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.rego.apart import Ended, Limits, run_apart
from counterseal.checks.rego.embedded import Sets
from counterseal.checks.rego.normalise import json_text
from counterseal.checks.rego.preflight import REFUSED, Checked
from counterseal.checks.rego.verdict import Unusable
from counterseal.manifest.digest import sha256
from counterseal.policy.rego import Opa, Rego

_MOST: Final = 512 * 1024 * 1024


def evaluate_opa(
    rules: Rego,
    checked: Checked,
    modules: Mapping[str, str],
    data: Mapping[str, Any],
    document: Mapping[str, Any],
) -> tuple[Sets, str]:
    """Evaluate rules, and return what they say and the version of the engine.

    Args:
        rules: the policy's part, with the engine `opa`.
        checked: what is known of the modules.
        modules: the modules by their paths.
        data: what rules know below `data`.
        document: what they know as `input`.

    Raises:
        Unusable: the binary is not there, or is another; or it refuses the rules.
        Unreadable: the evaluation did not end, or its answer is not one.
    """
    assert rules.opa is not None  # noqa: S101 - `check_rego`
    with tempfile.TemporaryDirectory(prefix="counterseal-") as work:
        folder = Path(work)
        binary = _binary(rules.opa, folder)
        limits = Limits(rules.seconds, rules.megabytes)
        version = _version(run_apart([str(binary), "version"], b"", limits))
        capabilities = _capabilities(
            run_apart([str(binary), "capabilities", "--current"], b"", limits), folder
        )
        files = _written(modules, data, folder)
        command = [str(binary), "eval", "--format", "json", "--stdin-input", "--strict-builtin-errors"]
        command += ["--capabilities", str(capabilities)]
        for path in files:
            command += ["--data", str(path)]
        return _sets(
            run_apart([*command, _query(checked)], json_text(document, "input").encode(), limits)
        ), version


def _binary(opa: Opa, folder: Path) -> Path:
    """Return a copy of the binary that is what the policy says."""
    place = Path(opa.path)
    remedy = "put the binary there, or correct gate.rego.opa; nothing else takes its place"
    try:
        if place.stat().st_size > _MOST:
            raise Unusable("the binary of opa is too large to be one", opa.path, remedy)
        data = place.read_bytes()
    except OSError as cause:
        raise Unusable(f"the binary of opa cannot be read: {cause.strerror}", opa.path, remedy) from cause
    if (found := sha256(data)) != opa.sha256:
        raise Unusable(
            f"the binary of opa has the digest {found}, not the one of the policy", opa.path, remedy
        )
    copy = folder / "opa"
    copy.write_bytes(data)
    copy.chmod(0o500)
    return copy


def _version(ended: Ended) -> str:
    found = [
        line for line in ended.stdout.decode("utf-8", "replace").splitlines() if line.startswith("Version:")
    ]
    if ended.code or not found:
        raise Unusable(f"the binary of opa does not tell its version: {ended.stderr}", "gate.rego.opa")
    return found[0].partition(":")[2].strip()[:40]


def _capabilities(ended: Ended, folder: Path) -> Path:
    """Write what opa can do, without what rules of a gate may not, and return the file."""
    try:
        known = json.loads(ended.stdout)
        known["builtins"] = [one for one in known["builtins"] if one["name"] not in REFUSED]
    except (ValueError, KeyError, TypeError) as cause:
        raise Unusable(
            f"the binary of opa does not tell what it can do: {ended.stderr}", "gate.rego.opa"
        ) from cause
    known["allow_net"] = []
    path = folder / "capabilities.json"
    path.write_text(json.dumps(known))
    return path


def _written(modules: Mapping[str, str], data: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write modules and data to files whose names are ours."""
    paths = []
    for at, source in enumerate(modules.values()):
        path = folder / f"module-{at}.rego"
        path.write_text(source, encoding="utf-8")
        paths.append(path)
    if data:
        path = folder / "data.json"
        path.write_text(json_text(data, "data"), encoding="utf-8")
        paths.append(path)
    return paths


def _query(checked: Checked) -> str:
    """Return one query for every set and the number of its elements."""
    parts = (f'"{path}": {{"all": [x | some x in {path}], "count": count({path})}}' for path in checked.sets)
    return f"{{{', '.join(parts)}}}"


def _sets(ended: Ended) -> Sets:
    """Return the sets of an answer.

    Raises:
        Unusable: opa refuses the rules.
        Unreadable: it did not end, or says something else.
    """
    if ended.problem:
        raise Unreadable(f"the evaluation did not end: {ended.problem}")
    try:
        answer = json.loads(ended.stdout)
    except ValueError as cause:
        raise Unreadable(f"opa ended with {ended.code} and said nothing: {ended.stderr}") from cause
    if errors := answer.get("errors"):
        first = errors[0]
        place = first.get("location", {})
        where = f"{Path(str(place.get('file', 'rules'))).name}:{place.get('row', 1)}"
        raise Unusable(f"opa refuses the rules: {first.get('message')}"[:500], where)
    try:
        (found,) = answer["result"]
        (expression,) = found["expressions"]
        said = expression["value"]
        sets = {path: one["all"] for path, one in said.items()}
        whole = all(one["count"] == len(one["all"]) for one in said.values())
    except (KeyError, TypeError, ValueError) as cause:
        raise Unreadable("opa says nothing that can be read") from cause
    if ended.code or not whole:
        raise Unreadable(f"opa ended with {ended.code}, or its counts differ")
    return sets
