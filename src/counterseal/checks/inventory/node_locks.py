"""Lock files of JavaScript beside npm's: `yarn.lock` of the versions 1 and of Berry, and `pnpm-lock.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable, read_text
from counterseal.checks.inventory.found import Inventory, component, inventory, unread
from counterseal.checks.inventory.other_locks import integrity
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

_YARN_1: Final = "# yarn lockfile v1"
_FIELD = re.compile(r'^  "?(version|resolved|integrity)"? "?([^"\s]+)"?$')
_PNPM = re.compile(r"/?((?:@[^/@]+/)?[^@/]+)[@/]([0-9][^(_]*)(?:[(_].*)?")
_ELSEWHERE: Final = (
    "git",
    "file:",
    "link:",
    "portal:",
    "http://github",
    "https://github",
    "https://codeload",
)


def read_yarn(name: str, data: bytes) -> Inventory:
    """Read a `yarn.lock`, of either form."""
    text = read_text(data)
    if _YARN_1 in text:
        return inventory(name, _first_form(text, name))
    document = _yaml(data)
    if "__metadata" not in document:
        raise Unreadable("neither the first form of yarn.lock nor Berry's")
    del document["__metadata"]
    return inventory(name, (_berry(told, name) for told in document.values()))


def read_pnpm(name: str, data: bytes) -> Inventory:
    """Read a `pnpm-lock.yaml` of the versions 5 to 9."""
    document = _yaml(data)
    version = str(document.get("lockfileVersion", ""))
    if not re.match(r"[5-9](\.|$)", version):
        raise Unreadable(f"lockfileVersion {version!r} is not known")
    packages = document.get("packages", {})
    if not isinstance(packages, dict):
        raise Unreadable("its packages are no object")
    return inventory(name, (_of_pnpm(key, told or {}, name) for key, told in packages.items()))


def _first_form(text: str, source: str) -> Iterator[Component | Finding]:
    """Yield the packages of the first form: a line of specifications, and fields below it."""
    for block in re.split(r"\n(?=[^\s#])", text):
        head, _, rest = block.partition("\n")
        if not head.endswith(":"):
            if head.strip() and not head.startswith("#"):
                yield unread(source, f"{head[:100]!r} is no entry; the file may be cut short")
            continue
        fields = {found[1]: found[2] for line in rest.split("\n") if (found := _FIELD.match(line))}
        yield _package(_name_of(head[:-1].split(",")[0].strip(' "')), fields, source)


def _name_of(specification: str) -> str:
    """Return the package of `name@range`; of `name@npm:other@range` the other, which is what is installed."""
    name, _, wanted = specification[1:].partition("@")
    if wanted.startswith("npm:") and "@" in wanted[5:]:
        return wanted[4:].rpartition("@")[0]
    return specification[0] + name


def _package(name: str, fields: dict[str, str], source: str) -> Component | Finding:
    version, resolved = fields.get("version", ""), fields.get("resolved", "")
    if not re.match(r"[0-9]", version):
        return unread(source, f"{name} has no version")
    if resolved.startswith(_ELSEWHERE):
        return unread(source, f"{name} comes from no registry, so nobody can look it up")
    hashes = tuple(sorted(integrity(fields.get("integrity", ""))))
    return component("npm", name, version, hashes=hashes, source=source)


def _berry(told: Any, source: str) -> Component | Finding:
    resolution, version = str(told["resolution"]), str(told["version"])
    name, _, wanted = resolution[1:].partition("@")
    name = resolution[0] + name
    if wanted.startswith("workspace:"):
        return component("npm", name, "0", own=True, source=source)
    if not wanted.startswith("npm:"):
        return unread(source, f"{name} comes from no registry, so nobody can look it up")
    return component("npm", name, version, source=source)


def _of_pnpm(key: str, told: dict[str, Any], source: str) -> Component | Finding:
    found = _PNPM.fullmatch(key)
    resolution = told.get("resolution", {})
    if found is None or "integrity" not in resolution:
        return unread(source, f"{key} comes from no registry, so nobody can look it up")
    return component(
        "npm",
        found[1],
        found[2],
        hashes=tuple(sorted(integrity(str(resolution["integrity"])))),
        scope="development" if told.get("dev") else ("optional" if told.get("optional") else "required"),
        source=source,
    )


def _yaml(data: bytes) -> dict[str, Any]:
    """Return a YAML document in which every value is the text that it is written as."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        found = yaml.load(data, Loader=loader)  # noqa: S506 - builds plain text only
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        raise Unreadable(f"not YAML: {str(cause)[:200]}") from cause
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found
