"""What a reader finds in a file: components, and whatever keeps them from being all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from counterseal.host.text import one_line
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, failed, inconclusive

RULE: Final = "inventory"
"""The rule under which findings about inventories are told."""

TYPES: Final = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Packagist": "composer",
    "NuGet": "nuget",
    "Maven": "maven",
}
"""The purl type of each ecosystem (OSV's word for it)."""

ECOSYSTEMS: Final = {purl: name for name, purl in TYPES.items()}


@dataclass(frozen=True)
class Wanted:
    """A package that is asked for.

    Attributes:
        ecosystem: its ecosystem.
        name: its name, as that ecosystem writes it.
        source: the file that asks for it.
    """

    ecosystem: str
    name: str
    source: str


@dataclass(frozen=True)
class Inventory:
    """What was read.

    Attributes:
        components: every component, each once, sorted by purl.
        findings: what could not be read, or is not pinned, or is stated in two ways.
        files: the files that it was read from, sorted.
        wanted: what some file of it asks for without pinning it, so that another has to.
    """

    components: tuple[Component, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()


def inventory(
    name: str, read: Iterable[Component | Finding | None], wanted: Iterable[Wanted] = ()
) -> Inventory:
    """Return the inventory of one file.

    Args:
        name: the file.
        read: what each of its entries is: a component, what keeps it from being one, or nothing.
        wanted: what it asks for without pinning it.
    """
    found = list(read)
    components = tuple(one for one in found if isinstance(one, Component))
    return Inventory(
        components, tuple(one for one in found if isinstance(one, Finding)), (name,), tuple(wanted)
    )


def purl_of(ecosystem: str, name: str, version: str | None) -> str:
    """Return the package URL of a package, in canonical form; without version when that is None."""
    kind = TYPES[ecosystem]
    namespace, base = None, name
    if kind == "pypi":
        base = canonicalize_name(name)
    elif kind == "maven":
        namespace, _, base = name.partition(":")
    elif "/" in name:
        namespace, _, base = name.rpartition("/")
    return PackageURL(kind, namespace, base, version).to_string()


def component(ecosystem: str, name: str, version: str, **more: Any) -> Component:
    """Return a component with its purl and, for Python, its normalised name."""
    name = canonicalize_name(name) if ecosystem == "PyPI" else name
    purl = purl_of(ecosystem, name, version)
    return Component(purl=purl, ecosystem=ecosystem, name=name, version=version, **more)


def component_of(purl: str, version: str | None, source: str, **more: Any) -> Component | Finding:
    """Return the component that a package URL names, or why nobody can look it up.

    Args:
        purl: the package URL, as a document states it.
        version: the version that the document states beside it, for one that has none.
        source: the document.
        more: what else is known of the component.

    Raises:
        ValueError: it is no package URL.
    """
    one = PackageURL.from_string(purl)
    ecosystem, found = ECOSYSTEMS.get(one.type), one.version or version
    if ecosystem is None or not found:
        return unread(source, f"{purl} is of no ecosystem that is known here, or has no version")
    joined = ":" if one.type == "maven" else "/"
    name = f"{one.namespace}{joined}{one.name}" if one.namespace else one.name
    return component(ecosystem, name, str(found), source=source, **more)


def unread(where: str, message: str) -> Finding:
    """Return the finding that a file, or something in it, could not be read."""
    remedy = "give a lock file that pins everything, as its tool writes it"
    return inconclusive(RULE, one_line(message, limit=500), subject=where[:1000], remedy=remedy)


def fault(where: str, message: str) -> Finding:
    """Return the finding that a document is wrong: it says what cannot be."""
    return failed(RULE, one_line(message, limit=500), subject=where[:1000], remedy="write the document anew")


def merged(parts: Iterable[Inventory]) -> Inventory:
    """Return several inventories as one; two that disagree about a package's files are told."""
    known: dict[str, Component] = {}
    findings: list[Finding] = []
    files: dict[str, None] = {}
    wanted: dict[Wanted, None] = {}
    for part in parts:
        findings += part.findings
        files |= dict.fromkeys(part.files)
        wanted |= dict.fromkeys(part.wanted)
        for one in part.components:
            known[one.purl] = _both(known[one.purl], one, findings) if one.purl in known else one
    return Inventory(
        tuple(known[purl] for purl in sorted(known)),
        tuple(dict.fromkeys(findings)),
        tuple(sorted(files)),
        tuple(wanted),
    )


def settled(inventory: Inventory) -> Inventory:
    """Return an inventory in which everything that is asked for and that nothing pins is told."""
    from dataclasses import replace

    pinned = {(one.ecosystem, one.name) for one in inventory.components}
    open_ = [one for one in inventory.wanted if (one.ecosystem, one.name) not in pinned]
    told = (unread(one.source, f"it asks for {one.name}, which nothing pins to a version") for one in open_)
    return replace(inventory, findings=tuple(dict.fromkeys((*inventory.findings, *told))), wanted=())


def _both(one: Component, other: Component, findings: list[Finding]) -> Component:
    """Return one component for two that have the same purl: what only one of them states counts."""
    from msgspec.structs import replace

    if one.hashes and other.hashes and not set(one.hashes) & set(other.hashes):
        message = f"{one.source} and {other.source} pin different files of it"
        findings.append(failed(RULE, message, subject=one.purl, remedy="lock both files from one source"))
    scopes = ("required", "optional", "development")
    return replace(
        one,
        hashes=tuple(sorted({*one.hashes, *other.hashes})),
        licence=one.licence or other.licence,
        licence_source=one.licence_source if one.licence else other.licence_source,
        supplier=one.supplier or other.supplier,
        scope=min(one.scope, other.scope, key=scopes.index),
        direct=(one.direct or other.direct) if True in (one.direct, other.direct) else one.direct,
        requires=tuple(sorted({*one.requires, *other.requires})),
        own=one.own and other.own,
    )
