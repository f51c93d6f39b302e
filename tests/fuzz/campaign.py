"""The campaign: thousands of spoilt documents, and what must be true of each answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from fuzz.mutations import MUTATIONS
from fuzz.target import Target
from fuzz.world import Call, Said

SEED = 20261123
ALLOWED = frozenset({2, 3, 10, 12, 13, 14})
NAMING = frozenset({2, 12})
LONGEST = 10_000  # characters; what is wrong can be said in fewer
_MOST_TRIES = 3  # as many times as malformed ones were asked for


@dataclass(frozen=True)
class Defect:
    """An answer that must not be."""

    target: str
    kind: str
    number: int
    problem: str
    data: bytes
    said: Said

    def __str__(self) -> str:
        said = (self.said.err or self.said.out).strip()[-600:]
        place = f"{self.target}, {self.kind}, number {self.number}"
        return f"{place}: {self.problem}\n  {self.data[:300]!r}\n  {said}"


@dataclass
class Tally:
    """What came of the campaign.

    Attributes:
        codes: how many malformed documents got which exit code, by kind of mutation.
        targets: the same, by target.
        harmless: how many mutations left a document that may be accepted; they do not count.
        defects: what must not be.
    """

    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    targets: Counter[tuple[str, int]] = field(default_factory=Counter)
    harmless: int = 0
    defects: list[Defect] = field(default_factory=list)

    @property
    def malformed(self) -> int:
        """How many malformed documents were tried."""
        return self.codes.total()

    def take(self, target: Target, kind: str, number: int, data: bytes, said: Said) -> bool:
        """Count one answer; return whether the document was malformed."""
        if said.code in target.verdicts and (data == target.valid or target.harmless(data)):
            self.harmless += 1
            return False
        self.codes[kind, said.code] += 1
        self.targets[target.name, said.code] += 1
        for problem in problems(target, said):
            self.defects.append(Defect(target.name, kind, number, problem, data, said))
        return True


def documents(target: Target, random: Random) -> Iterator[tuple[str, bytes]]:
    """Yield spoilt documents without end, each with its kind; the kinds take turns in a random order."""
    kinds = random.sample(list(MUTATIONS), k=len(MUTATIONS))
    while True:
        for kind in kinds:
            yield kind, MUTATIONS[kind](random, target.valid, target.other)
        if target.hostile:
            yield "hostile", random.choice(target.hostile)


def run(targets: Sequence[Target], answer: Callable[[Call], Said], share: Callable[[Target], int]) -> Tally:
    """Try as many malformed documents of each target as it has its share."""
    tally = Tally()
    for target in targets:
        wanted, answered = share(target), 0
        spoilt = documents(target, Random(f"{SEED} {target.name}"))
        for number, (kind, data) in enumerate(spoilt):
            if answered >= wanted or number > wanted * _MOST_TRIES:
                break
            with target.put(data) as call:
                said = (target.driver or answer)(call.as_text() if number % 2 else call)
            answered += tally.take(target, kind, number, data, said)
    return tally


def problems(target: Target, said: Said) -> Iterator[str]:
    """Yield what is wrong with the answer to a malformed document."""
    text = said.out + said.err
    messages = text.splitlines()
    if said.out.startswith("{"):
        reasons = json.loads(said.out)["reasons"]
        messages = [one["message"] for one in reasons] + said.err.splitlines()
    if said.code not in ALLOWED - target.verdicts:
        yield f"exit code {said.code}"
    if "Traceback" in text:
        yield "a traceback"
    if not all(messages) or not messages:
        yield "no message"
    names = (target.named,) if isinstance(target.named, str) else target.named
    if said.code in NAMING and not any(name in text for name in names):
        yield f"the message does not name {names[0]}"
    if any(len(message) > LONGEST for message in messages):
        yield f"a message of more than {LONGEST} characters"
    if any(ord(character) < ord(" ") for line in text.splitlines() for character in line):
        yield "a control character"


def table(counts: Counter[tuple[str, int]], heading: str) -> str:
    """Return the counts as a table: a line for each name, a column for each exit code."""
    names = list(dict.fromkeys(name for name, _ in counts))
    codes = sorted({code for _, code in counts})
    lines = [f"{heading:28}" + "".join(f"{code:>8}" for code in codes) + f"{'all':>8}"]
    for name in names:
        row = [counts[name, code] for code in codes]
        lines.append(f"{name:28}" + "".join(f"{one or '':>8}" for one in [*row, sum(row)]))
    return "\n".join(lines)
