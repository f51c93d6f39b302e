"""Lock files of PHP, .NET, Ruby and Gradle: of Composer, NuGet, Bundler and Gradle's own."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable, listed, read_json, read_text
from counterseal.checks.inventory.found import Inventory, component, inventory, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding

_GEM: Final = re.compile(r"    ([A-Za-z0-9._-]+) \(([^)\s]+)\)")
_NEEDS: Final = re.compile(r"      ([A-Za-z0-9._-]+)(?: \(.*\))?")
_GRADLE: Final = re.compile(r"([A-Za-z0-9._-]+):([A-Za-z0-9._-]+):([^=\s]+)=(\S*)")
_PLATFORM: Final = re.compile(r"-(?:x86|x64|arm|aarch64|java|universal|mswin|mingw)\S*\Z")


def read_composer(name: str, data: bytes) -> Inventory:
    """Read a `composer.lock` (Composer, "composer.lock - The lock file")."""
    document = read_json(data)
    if not isinstance(document.get("content-hash"), str):
        raise Unreadable("it has no content-hash, so it may be cut short")
    parts = [(one, "required") for one in listed(document, "packages")]
    parts += [(one, "development") for one in listed(document, "packages-dev")]
    return inventory(name, (_composer(one, scope, name) for one, scope in parts))


def _composer(one: dict[str, Any], scope: str, source: str) -> Component | Finding:
    package, version = str(one["name"]), str(one["version"])
    if version.startswith("dev-") or version.endswith("-dev"):
        return unread(source, f"{package} is a branch, so nobody can look it up")
    if one.get("dist", {}).get("type") == "path" or not ("dist" in one or "source" in one):
        return unread(source, f"{package} comes from no registry, so nobody can look it up")
    digest = one.get("dist", {}).get("shasum")
    licences = [str(text) for text in one.get("license", [])]
    return component(
        "Packagist",
        package,
        version.removeprefix("v"),
        hashes=(f"sha1:{digest}",) if digest else (),
        licence=" OR ".join(licences) or None,  # a list is a choice (Composer schema, `license`)
        licence_source="lock" if licences else None,
        scope=scope,
        source=source,
    )


def read_nuget(name: str, data: bytes) -> Inventory:
    """Read a `packages.lock.json` of the versions 1 and 2 (NuGet, "Locking dependencies")."""
    document = read_json(data)
    if document.get("version") not in (1, 2) or not isinstance(document.get("dependencies"), dict):
        raise Unreadable("neither of the version 1 nor 2, or without dependencies")
    parts = (item for packages in document["dependencies"].values() for item in packages.items())
    return inventory(name, (_nuget(package, told, name) for package, told in parts))


def _nuget(package: str, told: dict[str, Any], source: str) -> Component | Finding:
    kind = told["type"]
    if kind == "Project":
        return component("NuGet", package, "0", own=True, source=source)
    if not isinstance(told.get("resolved"), str):
        return unread(source, f"{package} has no version")
    try:
        digest = base64.b64decode(str(told.get("contentHash", "")), validate=True).hex()
    except (binascii.Error, ValueError):
        return unread(source, f"{package} has a digest that is none")
    hashes = (f"sha512:{digest}",) if digest else ()
    return component(
        "NuGet", package, told["resolved"], hashes=hashes, direct=kind == "Direct", source=source
    )


def read_bundler(name: str, data: bytes) -> Inventory:
    """Read a `Gemfile.lock` (Bundler); gems of a path or a repository are in no registry."""
    text = read_text(data).replace("\r\n", "\n")
    sections = dict(re.findall(r"(?m)^([A-Z][A-Z ]+)\n((?: .*\n|\n)*)", text))
    if "GEM" not in sections or "DEPENDENCIES" not in sections:
        raise Unreadable("it has no GEM and DEPENDENCIES, so it may be cut short")
    found: list[Component | Finding] = []
    for section, kind in (("GIT", "a repository"), ("PATH", "a path")):
        gems = (match[1] for line in sections.get(section, "").split("\n") if (match := _GEM.fullmatch(line)))
        found += [unread(name, f"{gem} comes from {kind}, so nobody can look it up") for gem in gems]
    return inventory(name, [*found, *_gems(sections["GEM"], name)])


def _gems(section: str, source: str) -> Iterator[Component | Finding]:
    """Yield the gems of a registry; one that is there for several platforms counts once."""
    versions: dict[str, str] = {}
    for line in section.split("\n"):
        if match := _GEM.fullmatch(line):
            versions[match[1]] = _PLATFORM.sub("", match[2])
        elif line.strip() and not _NEEDS.fullmatch(line) and not re.match(r"  (remote|specs):", line):
            yield unread(source, f"{line.strip()[:100]!r} is no entry")
    for gem, version in versions.items():
        yield component("RubyGems", gem, version, source=source)


def read_gradle(name: str, data: bytes) -> Inventory:
    """Read a `gradle.lockfile` (Gradle, "Locking Versions"); its last line says that it is whole."""
    lines = [
        line
        for line in read_text(data).replace("\r\n", "\n").split("\n")
        if line and not line.startswith("#")
    ]
    if not any(line.startswith("empty=") for line in lines):
        raise Unreadable("it has no line `empty=`, so it may be cut short")
    return inventory(name, (_gradle(line, name) for line in lines if not line.startswith("empty=")))


def _gradle(line: str, source: str) -> Component | Finding:
    match = _GRADLE.fullmatch(line)
    if match is None:
        return unread(source, f"{line[:100]!r} is no entry")
    uses = match[4].split(",")
    only_tests = all(use.startswith("test") or use.endswith("AnnotationProcessor") for use in uses)
    scope = "development" if only_tests else "required"
    return component("Maven", f"{match[1]}:{match[2]}", match[3], scope=scope, source=source)
