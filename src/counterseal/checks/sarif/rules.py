"""The rules of a SARIF run, and what they and a result together say of severity, confidence and weakness."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from counterseal.checks.sarif.model import (
    Component,
    Configuration,
    Properties,
    Result,
    Rule,
    RuleReference,
    Run,
)
from counterseal.policy.severity import UNRATED, Rating, Severity, severity_of_score

LEVELS: Final = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.NONE,
}
"""The severity of each level (SARIF 2.1.0, 3.27.10), where nobody has published a score."""

_CWE = re.compile(r"\bcwe[-/ ]?0*([1-9][0-9]{0,4})\b", re.IGNORECASE)
_CONFIDENCE: Final[dict[str, Literal["high", "medium", "low"]]] = {
    "very-high": "high",
    "high": "high",
    "medium": "medium",
    "low": "low",
}


class Rules:
    """The rules of one run.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._driver = run.tool.driver
        self._components = run.tool.extensions or ()
        every = (self._driver, *self._components)
        self._overrides = {
            one.descriptor.id: one.configuration
            for invocation in run.invocations or ()
            for one in invocation.rule_configuration_overrides or ()
            if one.descriptor and one.descriptor.id and one.configuration
        }
        self._by_place = {
            one.descriptor.index: one.configuration
            for invocation in run.invocations or ()
            for one in invocation.rule_configuration_overrides or ()
            if one.descriptor and one.descriptor.id is None and one.descriptor.index is not None
            if one.configuration
        }
        self._by_id = {rule.id: rule for one in reversed(every) for rule in one.rules or ()}

    def id_of(self, result: Result) -> str | None:
        """Return the id of the rule that a result is of: what it says itself, else what it points to."""
        stated = result.rule_id or (result.rule.id if result.rule else None)
        found = self._pointed_to(result)
        return stated or (found.id if found else None)

    def of(self, result: Result) -> Rule | None:
        """Return the rule of a result: by its place, else by its id, else by its parent's id."""
        name, found = self.id_of(result), self._pointed_to(result)
        if found and (name is None or _same_rule(name, found.id)):
            return found
        while name:
            if found := self._by_id.get(name):
                return found
            name = name.rpartition("/")[0]
        return None

    def contradicts(self, result: Result) -> bool:
        """Tell whether a result names one rule and points to another, so that nobody knows which is meant."""
        name, found = result.rule_id or (result.rule.id if result.rule else None), self._pointed_to(result)
        return name is not None and found is not None and not _same_rule(name, found.id)

    def overridden(self, result: Result) -> Configuration | None:
        """Return the configuration with which a run has overridden that of a result's rule."""
        name = self.id_of(result)
        found = self._overrides.get(name) if name else None
        index = result.rule_index if result.rule is None or result.rule.index is None else result.rule.index
        return found or (self._by_place.get(index) if index is not None else None)

    def _pointed_to(self, result: Result) -> Rule | None:
        reference = result.rule
        index = result.rule_index if reference is None or reference.index is None else reference.index
        rules = self._component(result).rules or ()
        return rules[index] if index is not None and 0 <= index < len(rules) else None

    def _component(self, result: Result) -> Component:
        pointer = result.rule.tool_component if result.rule else None
        if pointer is None:
            return self._driver
        if pointer.index is not None and 0 <= pointer.index < len(self._components):
            return self._components[pointer.index]
        named = (one for one in self._components if pointer.guid and one.guid == pointer.guid)
        by_name = (one for one in self._components if pointer.name and one.name == pointer.name)
        return next(named, None) or next(by_name, None) or self._driver


def _same_rule(name: str, rule: str) -> bool:
    """Tell whether a result's rule id is a rule's, or that of a part of it (3.27.5)."""
    return name == rule or name.startswith(f"{rule}/")


def rating_of(result: Result, rules: Rules, tool: str) -> Rating:
    """Return how bad a result is, and by what: a published score, else its level.

    A `security-severity` that is no number from 0 to 10 says that somebody meant to rate it and failed, so
    nothing is known; it never falls back to a level. Nor is anything known of a result that names one rule
    and points to another.
    """
    if rules.contradicts(result):
        return Rating(severity=Severity.UNKNOWN, source=f"{tool} names two rules"[:1024])
    rule = rules.of(result)
    for where, bag in (("result", result.properties), ("rule", rule.properties if rule else None)):
        score = bag.security_severity if bag else None
        if score is not None:
            return _scored(score, f"{tool} security-severity of the {where}"[:1024])
    if result.kind in ("open", "review"):
        return UNRATED  # the tool itself leaves the verdict to people
    configured = rules.overridden(result) or (rule.default_configuration if rule else None)
    level = result.level or (configured.level if configured else None) or "warning"
    severity = LEVELS.get(level, Severity.UNKNOWN)
    return Rating(severity=severity, source=f"{tool} level {level}"[:1024])


def confidence_of(rule: Rule | None) -> Literal["high", "medium", "low"] | None:
    """Return how precise a rule is, in our words."""
    stated = rule.properties.precision if rule and rule.properties else None
    return _CONFIDENCE.get(stated) if isinstance(stated, str) else None


def weaknesses_of(result: Result, rule: Rule | None) -> tuple[int, ...]:
    """Return the CWE numbers that the tags of a result and of its rule name."""
    bags = [bag for bag in (result.properties, rule.properties if rule else None) if bag]
    tagged = {int(number) for bag in bags for text in _words(bag) for number in _CWE.findall(text)}
    targets = [one.target for one in (rule.relationships if rule else None) or ()]
    taxa = (one for one in (*(result.taxa or ()), *targets) if one is not None)
    return tuple(sorted(tagged | {number for one in taxa for number in _weakness(one)}))


def _weakness(reference: RuleReference) -> Iterator[int]:
    """Yield the number of a weakness that a taxonomy named CWE has, or that says so itself."""
    taxonomy = reference.tool_component.name if reference.tool_component else None
    name = reference.id or ""
    text = f"CWE-{name}" if (taxonomy or "").upper() == "CWE" and name.isdigit() else name
    yield from (int(number) for number in _CWE.findall(text))


def _scored(value: Any, source: str) -> Rating:
    try:
        score = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        score = None
    if score is None or not math.isfinite(score) or not 0 <= score <= 10:  # noqa: PLR2004 - the scale
        return Rating(severity=Severity.UNKNOWN, source=source)
    return Rating(severity=severity_of_score(score), source=source, score=f"{score:g}")


def _words(bag: Properties) -> Iterator[str]:
    for value in (bag.tags, bag.cwe):
        items = value if isinstance(value, list) else [value]
        yield from (item for item in items if isinstance(item, str))
