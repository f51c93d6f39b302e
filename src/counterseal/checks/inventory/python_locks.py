"""Lock files of Python: `pylock.toml` (PEP 751), `uv.lock`, `poetry.lock`, `pdm.lock`, `Pipfile.lock`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from counterseal.checks.inventory.documents import Unreadable, listed, read_json, read_toml
from counterseal.checks.inventory.found import Inventory, Wanted, component, inventory, purl_of, unread
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding


def read_pylock(name: str, data: bytes) -> Inventory:
    """Read a `pylock.toml` (PEP 751)."""
    document = read_toml(data)
    if not str(document.get("lock-version", "")).startswith("1."):
        raise Unreadable(f"lock-version {document.get('lock-version')!r} is not known")
    return _inventory(name, listed(document, "packages"), _pylock)


def read_pyproject(name: str, data: bytes) -> Inventory:
    """Read what a `pyproject.toml` asks for (PEP 621), which another file has to pin.

    Raises:
        Unreadable: it is none, or says that a build backend finds its dependencies out.
    """
    project = read_toml(data).get("project")
    if not isinstance(project, dict):
        raise Unreadable("it has no table `project`")
    if "dependencies" in project.get("dynamic", ()):
        raise Unreadable("its dependencies are found out when it is built")
    wanted, strange = required(project.get("dependencies", ()), name)
    return Inventory((), tuple(strange), (name,), wanted)


def required(texts: Iterable[str], name: str) -> tuple[tuple[Wanted, ...], list[Finding]]:
    """Return what some requirements (PEP 508) ask for here, and those that cannot be read.

    Args:
        texts: the requirements; one that only an extra needs, or another platform, is left out.
        name: the file that they are from.
    """
    wanted, strange = [], []
    for text in texts:
        try:
            one = Requirement(text)
        except InvalidRequirement:
            strange.append(unread(name, f"it requires {text[:100]!r}, which cannot be read"))
            continue
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            wanted.append(Wanted("PyPI", canonicalize_name(one.name), name))
    return tuple(wanted), strange


def read_uv(name: str, data: bytes) -> Inventory:
    """Read a `uv.lock`; the project itself and what lies beside it are its own."""
    document = read_toml(data)
    if document.get("version") != 1:
        raise Unreadable(f"version {document.get('version')!r} is not known")
    return _inventory(name, listed(document, "package"), _uv)


def read_poetry(name: str, data: bytes) -> Inventory:
    """Read a `poetry.lock` or a `pdm.lock`."""
    document = read_toml(data)
    if "metadata" not in document:
        raise Unreadable("it has no metadata, so it may be cut short")
    return _inventory(name, listed(document, "package"), _poetry)


def read_pipfile(name: str, data: bytes) -> Inventory:
    """Read a `Pipfile.lock`."""
    document = read_json(data)
    if not isinstance(document.get("_meta"), dict) or "default" not in document:
        raise Unreadable("it has no _meta and default")
    components: list[Component] = []
    findings: list[Finding] = []
    for group, scope in (("default", "required"), ("develop", "development")):
        for package, told in document.get(group, {}).items():
            version = str(told.get("version", ""))
            if not version.startswith("=="):
                findings.append(unread(name, f"{package} is not pinned to one version"))
                continue
            hashes = tuple(sorted(told.get("hashes", ())))
            components.append(
                component("PyPI", package, version[2:], hashes=hashes, scope=scope, source=name)
            )
    return Inventory(tuple(components), tuple(findings), (name,))


def _inventory(name: str, packages: Iterable[Any], read: Any) -> Inventory:
    every = list(packages)
    versions: dict[str, list[str]] = {}
    for one in every:
        if isinstance(one, dict) and isinstance(one.get("version"), str):
            versions.setdefault(str(one.get("name")), []).append(one["version"])
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in every):
        raise Unreadable("a package without a name")
    return inventory(name, (read(one, name, versions) for one in every))


def _pylock(one: dict[str, Any], name: str, versions: Mapping[str, list[str]]) -> Component | Finding:
    if not isinstance(one.get("version"), str) or any(key in one for key in ("vcs", "directory", "archive")):
        return unread(name, f"{one['name']} comes from no index, so nobody can look it up")
    files = [*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else [])]
    hashes = {f"{kind}:{digest}" for file in files for kind, digest in file.get("hashes", {}).items()}
    requires = _needed(one.get("dependencies", ()), versions)
    return component(
        "PyPI", one["name"], one["version"], hashes=tuple(sorted(hashes)), requires=requires, source=name
    )


def _uv(one: dict[str, Any], name: str, versions: Mapping[str, list[str]]) -> Component | Finding:
    source = one.get("source", {})
    own = any(key in source for key in ("virtual", "editable", "directory"))
    if not isinstance(one.get("version"), str):
        if own:
            return component("PyPI", one["name"], "0", own=True, source=name)
        return unread(name, f"{one['name']} has no version")
    if not own and "registry" not in source:
        return unread(name, f"{one['name']} comes from no index, so nobody can look it up")
    files = [*one.get("wheels", ()), *([one["sdist"]] if isinstance(one.get("sdist"), dict) else [])]
    return component(
        "PyPI",
        one["name"],
        one["version"],
        hashes=tuple(sorted({file["hash"] for file in files if "hash" in file})),
        requires=_needed(one.get("dependencies", ()), versions),
        own=own,
        source=name,
    )


def _poetry(one: dict[str, Any], name: str, versions: Mapping[str, list[str]]) -> Component | Finding:
    source = one.get("source", {})
    version = one.get("version")
    if (
        not isinstance(version, str)
        or source.get("type") in ("git", "url", "directory", "file")
        or "git" in one
    ):
        return unread(name, f"{one['name']} comes from no index, so nobody can look it up")
    wanted = one.get("dependencies", {})
    names = wanted if isinstance(wanted, dict) else [str(text).split()[0].rstrip(";") for text in wanted]
    groups = one.get("groups") or ([one["category"]] if "category" in one else [])
    developing = bool(groups) and not {"main", "default"} & set(groups)
    return component(
        "PyPI",
        one["name"],
        version,
        hashes=tuple(sorted({file["hash"] for file in one.get("files", ()) if "hash" in file})),
        scope="development" if developing else ("optional" if one.get("optional") else "required"),
        requires=_needed([{"name": needed} for needed in names], versions),
        source=name,
    )


def _needed(wanted: Iterable[Any], versions: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the purls of what a package needs, where the lock says in which version."""
    return tuple(sorted(dict.fromkeys(_purls(wanted, versions))))


def _purls(wanted: Iterable[Any], versions: Mapping[str, list[str]]) -> Iterator[str]:
    normal = {canonicalize_name(name): found for name, found in versions.items()}
    for one in wanted:
        found = normal.get(canonicalize_name(str(one.get("name"))), ())
        version = one.get("version") or (found[0] if len(found) == 1 else None)
        if version in found:
            yield purl_of("PyPI", str(one["name"]), version)
