"""Rulesets and what they said about pushes (REST, "Repository rules")."""

from __future__ import annotations

from typing import Any

from counterseal.sandbox.request import Refusal, Reply, Request
from counterseal.sandbox.rest_git import applies
from counterseal.sandbox.route import get


@get("/repos/{owner}/{repo}/rules/branches/{branch+}")
def rules_of_branch(request: Request) -> Reply:
    """Return the rules that are active on a branch, without who may go around them."""
    found, name = request.repository, request.names["branch"]
    listed: list[dict[str, Any]] = [
        {**rule, "ruleset_source_type": "Repository", "ruleset_source": found.full_name, "ruleset_id": one.id}
        for one in found.rulesets
        if one.enforcement == "active" and applies(found, one.branches, name)
        for rule in one.rules
    ]
    return Reply(items=listed)


@get("/repos/{owner}/{repo}/rulesets")
def rulesets(request: Request) -> Reply:
    """Return the rulesets in short."""
    found = request.repository
    hidden = ("rules", "conditions", "bypass_actors", "current_user_can_bypass")
    shown = [request.show.ruleset(found, one, bypass=False) for one in found.rulesets]
    return Reply(items=[{name: value for name, value in one.items() if name not in hidden} for one in shown])


@get("/repos/{owner}/{repo}/rulesets/{ruleset_id}")
def ruleset(request: Request) -> Reply:
    """Return a ruleset; its bypass actors are shown to those who may change it."""
    found = request.repository
    for one in found.rulesets:
        if str(one.id) == request.names["ruleset_id"]:
            return Reply(request.show.ruleset(found, one, bypass=request.who.may("administration", "write")))
    raise Refusal(404, "Not Found")


@get("/repos/{owner}/{repo}/rulesets/rule-suites")
def rule_suites(request: Request) -> Reply:
    """Return what the rules said about pushes, newest first."""
    request.need("administration")
    found, query = request.repository, request.query
    listed = [
        one
        for one in reversed(found.rule_suites)
        if query.get("rule_suite_result", "all") in ("all", one.result)
        and query.get("ref", one.ref) in (one.ref, one.ref.removeprefix("refs/heads/"))
    ]
    shown = [request.show.rule_suite(found, one) for one in listed]
    return Reply(
        items=[{name: value for name, value in one.items() if name != "evaluation_result"} for one in shown]
    )


@get("/repos/{owner}/{repo}/rulesets/rule-suites/{rule_suite_id}")
def rule_suite(request: Request) -> Reply:
    """Return what each rule said about a push."""
    request.need("administration")
    found = request.repository
    for one in found.rule_suites:
        if str(one.id) == request.names["rule_suite_id"]:
            return Reply({**request.show.rule_suite(found, one), "rule_evaluations": one.evaluations})
    raise Refusal(404, "Not Found")
