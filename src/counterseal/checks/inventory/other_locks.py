"""Lock files of other ecosystems: npm's `package-lock.json`, Rust's `Cargo.lock`, Go's `go.mod`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from counterseal.checks.inventory.documents import Unreadable, listed, read_json, read_text, read_toml
from counterseal.checks.inventory.found import Inventory, Wanted, component, inventory, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

_REQUIRE = re.compile(r"^(?:require\s+)?(\S+)\s+(v\S+?)(\+incompatible)?(?:\s+//\s*(.*))?$")


def read_npm(name: str, data: bytes) -> Inventory:
    """Read a `package-lock.json` of the versions 1, 2 and 3 (npm docs, package-lock.json)."""
    document = read_json(data)
    version = document.get("lockfileVersion")
    wanted: tuple[Wanted, ...] = ()
    if version in (2, 3) and isinstance(document.get("packages"), dict):
        packages = _npm_packages(document["packages"], name)
        wanted = tuple(_npm_wanted(document["packages"], name))
    elif version == 1 and isinstance(document.get("dependencies", {}), dict):
        packages = _npm_tree(document.get("dependencies", {}), name)
    else:
        raise Unreadable(f"lockfileVersion {version!r} is not known")
    return inventory(name, packages, wanted)


def _npm_wanted(packages: dict[str, Any], source: str) -> Iterator[Wanted]:
    """Yield what the project and its parts ask for; what is optional or for peers may be absent."""
    for path, told in packages.items():
        if "node_modules/" in path:
            continue
        for group in ("dependencies", "devDependencies"):
            for name, asked in told.get(group, {}).items():
                aliased = re.fullmatch(r"npm:(.+)@(.+)", str(asked))
                elsewhere = re.match(r"(file|link|git|https?|workspace|github)[:+]|[^@/]+/[^/]+", str(asked))
                if not elsewhere:
                    yield Wanted("npm", aliased[1] if aliased else name, source)


def _npm_packages(packages: dict[str, Any], source: str) -> Iterator[Component | Finding]:
    for path, told in packages.items():
        if not path or told.get("link"):
            continue  # the project itself, and a link to a part of it that stands under its own path
        own = "node_modules/" not in path
        yield _npm(told.get("name") or path.rpartition("node_modules/")[2], told, source, own=own)


def _npm_tree(tree: dict[str, Any], source: str) -> Iterator[Component | Finding]:
    waiting = list(tree.items())
    while waiting:
        name, told = waiting.pop()
        yield _npm(name, told, source, own=False)
        waiting += told.get("dependencies", {}).items()


def _npm(name: str, told: dict[str, Any], source: str, *, own: bool) -> Component | Finding:
    version = told.get("version")
    aliased = re.fullmatch(r"npm:(.+)@(.+)", version) if isinstance(version, str) else None
    if aliased:
        name, version = aliased[1], aliased[2]
    resolved = str(told.get("resolved", ""))
    if not isinstance(version, str) or not re.match(r"[0-9]", version):
        return unread(source, f"{name} comes from no registry, so nobody can look it up")
    if resolved.startswith(("git", "file:")) and not own:
        return unread(source, f"{name} comes from {resolved.partition(':')[0]}, so nobody can look it up")
    licence = told.get("license")
    return component(
        "npm",
        name,
        version,
        hashes=tuple(sorted(integrity(str(told.get("integrity", ""))))),
        licence=licence if isinstance(licence, str) else None,
        licence_source="lock" if isinstance(licence, str) else None,
        scope="development" if told.get("dev") else ("optional" if told.get("optional") else "required"),
        own=own,
        source=source,
    )


def integrity(text: str) -> Iterator[str]:
    """Yield the digests of a subresource integrity text (W3C SRI)."""
    for part in text.split():
        kind, _, encoded = part.partition("-")
        try:
            yield f"{kind}:{base64.b64decode(encoded, validate=True).hex()}"
        except (binascii.Error, ValueError):
            continue


def read_cargo(name: str, data: bytes) -> Inventory:
    """Read a `Cargo.lock`; a package without a source is the project's own."""
    document = read_toml(data)
    components: list[Component] = []
    findings: list[Finding] = []
    for one in listed(document, "package"):
        if not isinstance(one.get("name"), str) or not isinstance(one.get("version"), str):
            raise Unreadable("a package without name and version")
        source = one.get("source")
        if source is not None and not source.startswith(("registry+", "sparse+")):
            findings.append(unread(name, f"{one['name']} comes from no registry, so nobody can look it up"))
            continue
        hashes = (f"sha256:{one['checksum']}",) if "checksum" in one else ()
        components.append(
            component(
                "crates.io", one["name"], one["version"], hashes=hashes, own=source is None, source=name
            )
        )
    return Inventory(tuple(components), tuple(findings), (name,))


def read_go(name: str, data: bytes) -> Inventory:
    """Read a `go.mod` of Go 1.17 or newer, which names every module that is built (Go Modules Reference)."""
    lines = [line.strip() for line in read_text(data).splitlines()]
    if not any(line.startswith("module ") for line in lines):
        raise Unreadable("it names no module")
    _require_whole(lines)
    replaced = [line for line in lines if "=>" in line]
    components = [
        component("Go", match[1], match[2], direct="indirect" not in (match[4] or ""), source=name)
        for line in _required(lines)
        if (match := _REQUIRE.match(line))
    ]
    findings = tuple(unread(name, f"a module is replaced: {line}") for line in replaced)
    return Inventory(tuple(components), findings, (name,))


def _require_whole(lines: list[str]) -> None:
    """Refuse a `go.mod` from before Go 1.17, which names only what the module itself asks for.

    Raises:
        Unreadable: it is one.
    """
    stated = next((match for line in lines if (match := re.match(r"go (\d+)\.(\d+)", line))), None)
    if stated is None or (int(stated[1]), int(stated[2])) < (1, 17):
        raise Unreadable("it is from before Go 1.17, so it does not name all that is built")


def _required(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if re.match(r"require\s*\($", line):
            inside = True
        elif line == ")":
            inside = False
        elif (inside or line.startswith("require ")) and "=>" not in line:
            yield line
