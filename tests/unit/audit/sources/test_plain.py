"""Types without patterns: they read what was sealed as the checked ones do, and are kinds of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from counterseal.audit.sources.plain import without_patterns
from counterseal.manifest.release import Approval, ReleaseManifest
from counterseal.manifest.types import Count, Name, Sha256
from factories import manifest_statement


def test_what_was_checked_is_read_as_the_same():
    manifest = manifest_statement().predicate
    data = msgspec.msgpack.encode(manifest)
    found = msgspec.msgpack.decode(data, type=without_patterns(ReleaseManifest))
    assert isinstance(found, ReleaseManifest)
    assert msgspec.msgpack.encode(found) == data
    assert msgspec.to_builtins(found) == msgspec.to_builtins(manifest)


def test_shapes_and_bounds_stay():
    plain = without_patterns(tuple[Approval, ...] | None)
    assert msgspec.convert(None, plain) is None
    for wrong in ([{"stage": 1}], [{"stage": "a"}], {}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, plain)
    for kind, wrong in ((Count, -1), (Name, "")):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, without_patterns(kind))
    assert msgspec.convert("no digest", without_patterns(Sha256)) == "no digest"
    assert without_patterns(dict[Sha256, Annotated[int, "a note"]]) == dict[str, Annotated[int, "a note"]]


def test_a_structure_is_made_once():
    assert without_patterns(ReleaseManifest) is without_patterns(ReleaseManifest)
