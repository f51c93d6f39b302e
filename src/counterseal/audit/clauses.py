"""The catalogue of clauses: which control is evidence for which clause of which regulation or standard.

It is data (`clauses.json`), versioned on its own. Titles are in our own words. Where a note says so, a lawyer
has to confirm a clause before it is cited.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause.

    Attributes:
        id: its id here, `<framework>:<clause>`.
        framework: the regulation or standard.
        edition: which edition of it.
        clause: the clause's number there.
        title: what it asks for, in our own words.
        note: what a reader has to know before citing it.
    """

    id: str
    framework: str
    edition: str
    clause: str
    title: str
    note: str = ""


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control of the suite.

    Attributes:
        id: its id.
        title: what it makes sure, in one sentence.
        stages: the stages of the pipeline that carry it out.
        cases: what shows that it works: a stage with a record that passed, a population with a covered
            element, a verdict, or a time `stamp`; none where an audit does not look at it.
        verdicts: the verdicts of an audit that speak of it; one may speak of several controls.
        clauses: the clauses that it is evidence for.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{1,60}\Z")]
    title: str
    stages: tuple[str, ...]
    cases: tuple[str, ...]
    verdicts: tuple[str, ...]
    clauses: tuple[str, ...]


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The catalogue.

    Attributes:
        version: its version.
        clauses: every clause.
        controls: every control.
    """

    version: str
    clauses: tuple[Clause, ...]
    controls: tuple[Control, ...]

    def clause(self, identity: str) -> Clause:
        """Return the clause with an id."""
        return next(one for one in self.clauses if one.id == identity)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with this version."""
    data = (files("counterseal.audit") / "clauses.json").read_bytes()
    return msgspec.json.decode(data, type=Catalogue)
