"""Where a SARIF result is: a path of the repository where one can be told, else what the tool calls it."""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import unquote, urlsplit

from counterseal.checks.sarif.model import ArtifactLocation, Location, Result, Run

_LONGEST: Final = 1024
_MOST_BASES: Final = 20


class Places:
    """The places of one run.

    Args:
        run: the run.
        root: the absolute path of the repository on the machine that scanned, with a slash at its end; paths
            below it become relative.
    """

    def __init__(self, run: Run, root: str) -> None:
        self._artifacts = run.artifacts or ()
        self._bases = run.original_uri_base_ids or {}
        self._root = root

    def of(self, result: Result) -> tuple[str, int | None, str | None]:
        """Return the path or name of a result's first location, its line, and the text that stands there."""
        location = next(iter(result.locations or ()), None)
        if location is None:
            return "(no location)", None, None
        physical = location.physical_location
        if physical is None or physical.artifact_location is None:
            return _logical(location), None, None
        region = physical.region
        line = region.start_line if region and region.start_line and region.start_line > 0 else None
        snippet = region.snippet.text if region and region.snippet else None
        return self._path(physical.artifact_location)[:_LONGEST] or _logical(location), line, snippet

    def _path(self, location: ArtifactLocation) -> str:
        uri = self._uri(location)
        parts = urlsplit(uri)
        if parts.scheme not in ("", "file") and len(parts.scheme) > 1:  # one letter is a drive
            return uri
        path = unquote(parts.path) if parts.scheme == "file" else unquote(uri.partition("#")[0])
        path = path.removeprefix(self._root).replace("\\", "/")
        return posixpath.normpath(path) if path else ""

    def _uri(self, location: ArtifactLocation) -> str:
        """Return a location's URI: its own, else that of the artifact that it points to, upon its bases."""
        index = location.index
        if location.uri is None and index is not None and 0 <= index < len(self._artifacts):
            location = self._artifacts[index].location or location
        uri, base = location.uri or "", location.uri_base_id
        for _ in range(_MOST_BASES):  # a base may have a base; a circle ends here
            known = self._bases.get(base) if base else None
            if known is None or urlsplit(uri).scheme or uri.startswith("/"):
                break
            uri, base = f"{known.uri or ''}{uri}", known.uri_base_id
        return uri


def _logical(location: Location) -> str:
    names = (one.fully_qualified_name or one.name for one in location.logical_locations or ())
    return (next((name for name in names if name), None) or "(no location)")[:_LONGEST]
