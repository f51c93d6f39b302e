"""Rules in Rego over a document, by whichever engine the policy names; whatever goes wrong is a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from counterseal.checks.inventory.documents import Unreadable, read_json
from counterseal.checks.rego.embedded import Sets, evaluate_embedded
from counterseal.checks.rego.opa import evaluate_opa
from counterseal.checks.rego.preflight import Checked, check_modules
from counterseal.checks.rego.verdict import RULE, Denial, RegoVerdict, Unusable, denial_of
from counterseal.errors import CountersealError
from counterseal.policy.finding import inconclusive
from counterseal.policy.rego import Rego


def evaluate(
    rules: Rego, files: Mapping[str, str], document: Mapping[str, Any], site: Callable[[], Path]
) -> RegoVerdict:
    """Evaluate rules.

    Args:
        rules: the policy's part.
        files: the text of its modules and data, by their paths.
        document: what rules know as `input`.
        site: returns the folder in which the embedded engine is installed; asked only for that engine.
    """
    try:
        modules = {path: files[path] for path in rules.files}
        data = {name: read_json(files[path].encode()) for name, path in rules.data.items()}
        checked = check_modules(modules, rules.packages, rules.data)
        said, version = _by_engine(rules, checked, modules, data, document, site)
        return _verdict(rules, checked, said, version)
    except Unusable as error:
        return RegoVerdict(engine=rules.engine, findings=(error.finding(),))
    except (Unreadable, KeyError, OSError) as error:
        found = inconclusive(RULE, f"the rules could not be evaluated: {error}"[:1000], subject="gate.rego")
        return RegoVerdict(engine=rules.engine, findings=(found,))
    except CountersealError as error:
        found = inconclusive(RULE, error.message[:1000], subject="gate.rego", remedy=error.remedy)
        return RegoVerdict(engine=rules.engine, findings=(found,))


def _by_engine(
    rules: Rego,
    checked: Checked,
    modules: Mapping[str, str],
    data: Mapping[str, Any],
    document: Mapping[str, Any],
    site: Callable[[], Path],
) -> tuple[Sets, str]:
    if rules.engine == "opa":
        return evaluate_opa(rules, checked, modules, data, document)
    return evaluate_embedded(rules, checked, modules, data, document, site)


def _verdict(rules: Rego, checked: Checked, said: Sets, version: str) -> RegoVerdict:
    """Return what the packages say; a set of which nothing can be read is no silence."""
    if set(said) != set(checked.sets):
        raise Unreadable("the engine says nothing of some of the packages")
    found: dict[str, list[Denial]] = {"deny": [], "warn": []}
    for path, package in checked.sets.items():
        found[path.rpartition(".")[2]] += [denial_of(one, package) for one in said[path]]
    return RegoVerdict(tuple(found["deny"]), tuple(found["warn"]), checked.evaluated, rules.engine, version)
