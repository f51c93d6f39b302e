"""Cases of chains: the payloads of a stream's entries, each in a file that is named by its place."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.cases import Case, canonical, sha256
from conformance.cases.base import candidate, chain, manifest

FIRST = canonical(manifest())
SECOND = canonical(manifest(chain=chain(2, sha256(FIRST))))
THIRD = canonical(manifest(candidate(artifacts=[]), chain=chain(3, sha256(SECOND))))
TWIN = canonical(manifest(candidate(artifacts=[])))  # another first release of the same stream
STAGING = canonical(manifest(chain=chain(2, sha256(FIRST), "staging")))
SKIPPED = canonical(manifest(chain=chain(3, sha256(FIRST))))

# name, rule, title, payloads by place
CHAINS = (
    ("one", "", "a first release", {1: FIRST}),
    ("two", "", "a second release that names the first", {1: FIRST, 2: SECOND}),
    ("three", "", "a third", {1: FIRST, 2: SECOND, 3: THIRD}),
    ("gap", "chain-gap", "an entry is missing in the middle", {1: FIRST, 3: THIRD}),
    ("beheaded", "chain-gap", "the first entry is missing", {2: SECOND, 3: THIRD}),
    ("other-stream", "chain-stream", "an entry of another environment", {1: FIRST, 2: STAGING}),
    ("doubled", "chain-sequence", "the same entry twice", {1: FIRST, 2: FIRST}),
    ("renumbered", "chain-sequence", "an entry that says it is the third", {1: FIRST, 2: SKIPPED}),
    (
        "replaced",
        "chain-link",
        "a first release in the place of the one that was named",
        {1: TWIN, 2: SECOND},
    ),
)


def cases() -> Iterator[Case]:
    for name, rule, title, payloads in CHAINS:
        *_, head = payloads.values()
        inputs = {f"{place}.json": data for place, data in payloads.items()}
        yield Case(f"chain-{name}", "chain", title, inputs, rule, digest="" if rule else sha256(head))
