"""Figures in the words and units of people."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.audit.dora.model import Measure

_DAY, _HOUR, _MINUTE = 86400, 3600, 60
_LABELS = {
    "p90": "ninth decile",
    "business-p50": "median in business time",
    "business-p90": "ninth decile in business time",
    "coding": "coding",
    "first-review": "wait for the first review",
    "review": "review",
    "coding-and-review": "coding and review",
    "build": "build",
    "approval-wait": "wait for approval",
    "rollout": "rollout",
    "pooled-12-months": "over 12 months",
}
"""What people call further figures, in the order in which they read them."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def told(notes: Mapping[str, int]) -> tuple[str, ...]:
    """Return the notes that there is a reason to tell."""
    return tuple(note for note, reason in notes.items() if reason)


def seen(cases: int) -> str:
    """Return what a status without an interval is about."""
    return f"the status is about the {counted(cases, 'case')} seen, without an interval: it foretells nothing"


def order(name: str) -> int:
    """Return where a further figure stands among the others."""
    return list(_LABELS).index(name) if name in _LABELS else len(_LABELS)


def label(name: str) -> str:
    """Return what people call a further figure."""
    return _LABELS.get(name, name)


def measure_in_words(measure: Measure, unit: str) -> str:
    """Return a figure with its interval and its number of cases; nothing is said to be nothing."""
    if measure.value is None:
        return "nothing to compute it from"
    shown = value_in_words(measure.value, unit)
    if measure.low is not None and measure.high is not None:
        shown += f" ({value_in_words(measure.low, unit)} to {value_in_words(measure.high, unit)})"
    return f"{shown}, n = {measure.n}"


def value_in_words(value: float, unit: str) -> str:
    """Return a value of a unit: `per-week`, `share` or `seconds`."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "seconds":
        return span_in_words(value)
    return f"{value:.1f}"


def span_in_words(seconds: float) -> str:
    """Return a span of time with two digits' worth of sense."""
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"
