"""Everything that can be wrong with ninety days of changes and evidence: each function plants one wrong.

It returns what an audit has to name: the verdict, by population and name of the element. `also` lists further
verdicts that follow from the same wrong.
"""

from __future__ import annotations

from simulators.wrongs import (
    chain,
    changes,
    clocks,
    deployments,
    evidence,
    gate,
    objects,
    people,
    policy,
    unknown,
)
from simulators.wrongs.planted import Plant, wrongs_of

_SUBJECTS = (chain, evidence, people, policy, gate, changes, deployments, objects, unknown, clocks)

WRONGS: dict[str, Plant] = {
    name: plant for subject in _SUBJECTS for name, plant in wrongs_of(subject).items()
}
