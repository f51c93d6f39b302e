"""Stages and quorums: whose approval stands in which stage, and which stages are passed.

The first who approve are counted, up to the quorum, and a natural person once a stage. Approvals that are
given before the earlier stages are passed wait for them; nobody has to answer twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from counterseal.approval.eligibility import Act
from counterseal.approval.moments import order
from counterseal.approval.timetable import Timetable
from counterseal.policy.approval import ChangeClass


@dataclass(frozen=True, slots=True)
class StageRule:
    """A stage with the moments from which its groups may decide.

    Attributes:
        name: what it is called.
        quorum: how many different people it needs.
        distinct: whether nobody counts who was counted in an earlier stage.
        sources: where approvals may be given; anywhere when empty.
        groups: the groups, each with the moment from which on it may decide, in the policy's order.
    """

    name: str
    quorum: int
    distinct: bool
    sources: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]

    def allowed(self, at: str) -> tuple[str, ...]:
        """Return the groups that may decide at a moment (given as text that sorts as time does)."""
        return tuple(dict.fromkeys(group for group, since in self.groups if since <= at))

    def group_of(self, act: Act) -> str | None:
        """Return the group by which somebody may decide here with this act."""
        for group, since in self.groups:
            if since <= act.at and group in act.groups:
                return group
        return None


class Vote(msgspec.Struct, frozen=True):
    """An approval that stands.

    Attributes:
        act: the act that gave it.
        group: the group by which it was given.
        last: when it was given last, as text that sorts as time does.
    """

    act: Act
    group: str
    last: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a stage has come to.

    Attributes:
        rule: the stage.
        votes: who is counted, in the order of time.
        at: when it was passed, with those before it; None while it is not.
    """

    rule: StageRule
    votes: tuple[Vote, ...]
    at: str | None


class Ballot:
    """The approvals that stand, stage by stage.

    Args:
        stages: the stages, in order.
    """

    def __init__(self, stages: Sequence[StageRule]) -> None:
        self._standing: list[tuple[StageRule, dict[str, Vote]]] = [(rule, {}) for rule in stages]

    def approve(self, act: Act) -> bool | None:
        """Let an approval stand in every stage where it may.

        Returns:
            Whether it is new in any of them; None when it may stand in none.
        """
        new: bool | None = None
        for rule, votes in self._named(act):
            if rule.sources and act.event.source not in rule.sources:
                continue
            if (group := rule.group_of(act)) is None:
                continue
            if vote := votes.get(act.person):
                votes[act.person] = Vote(vote.act, vote.group, act.at)
                new = bool(new)
            else:
                votes[act.person] = Vote(act, group, act.at)
                new = True
        return new

    def withdraw(self, act: Act) -> list[Act]:
        """Take back what a person has approved; return the approvals that no longer stand."""
        found = [votes.pop(act.person, None) for _, votes in self._named(act)]
        return [vote.act for vote in found if vote]

    def group_denying(self, act: Act) -> str | None:
        """Return the group by which a person may deny with this act, in any stage."""
        found = (rule.group_of(act) for rule, _ in self._named(act))
        return next((group for group in found if group), None)

    def votes(self) -> Iterator[Vote]:
        """Yield every approval that stands."""
        for _, votes in self._standing:
            yield from votes.values()

    def count(self) -> tuple[Count, ...]:
        """Return what each stage has come to."""
        counts: list[Count] = []
        used: set[str] = set()
        before: str | None = ""
        for rule, votes in self._standing:
            chosen = _first(votes.values(), rule, used)
            used.update(vote.act.person for vote in chosen)
            passed = before is not None and len(chosen) == rule.quorum
            before = max(before or "", chosen[-1].act.at) if passed else None
            counts.append(Count(rule, chosen, before))
        return tuple(counts)

    def last(self) -> str:
        """Return when the last of the approvals that stand was given."""
        return max((vote.last for vote in self.votes()), default="")

    def _named(self, act: Act) -> Iterator[tuple[StageRule, dict[str, Vote]]]:
        for rule, votes in self._standing:
            if act.event.stage is None or act.event.stage == rule.name:
                yield rule, votes


def stage_rules(rules: ChangeClass, times: Timetable) -> tuple[StageRule, ...]:
    """Return the stages of a class of change; an escalation adds groups from its moment on."""
    return tuple(
        StageRule(
            stage.name,
            stage.quorum,
            stage.distinct,
            stage.sources,
            (*((group, "") for group in stage.groups), *_added(stage.name, times)),
        )
        for stage in rules.stages
    )


def _added(stage: str, times: Timetable) -> Iterator[tuple[str, str]]:
    for rung in times.escalations:
        if not rung.stages or stage in rung.stages:
            yield from ((group, order(rung.at)) for group in rung.groups)


def _first(votes: Iterable[Vote], rule: StageRule, used: set[str]) -> tuple[Vote, ...]:
    """Return the first who count, up to the quorum; votes come in the order of time."""
    chosen: list[Vote] = []
    for vote in votes:
        if len(chosen) == rule.quorum:
            break
        if not (rule.distinct and vote.act.person in used):
            chosen.append(vote)
    return tuple(chosen)
