"""What people are told, as Markdown: everything that somebody else has chosen is escaped."""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.approval.grammar import write_command
from counterseal.approval.model import Case, State, Step
from counterseal.host.markdown import code, escape, table
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy

_STATES = {
    State.PENDING: "Waiting for approval",
    State.APPROVED: "Approved",
    State.DENIED: "Denied",
    State.EXPIRED: "Expired without approval",
    State.REVOKED: "No longer valid",
    State.EMERGENCY: "Let through as an emergency",
}
_MOST_REASONS = 20


def title(case: Case) -> str:
    """Return the title of a request's issue."""
    binding = case.request.binding
    return f"Approval of {binding.commit[:12]} for {binding.environment} ({case.request_id})"


def asking(case: Case) -> str:
    """Return the text with which people are asked."""
    binding, request = case.request.binding, case.request
    rows = [
        ["environment", escape(binding.environment)],
        ["class of change", escape(request.change_class)],
        ["commit", code(binding.commit)],
        ["candidate", code(binding.candidate.sha256)],
        ["asked by", escape(request.requested_by.login or "unknown")],
        ["asked at", request.requested_at],
        ["deadline", case.decision.deadline or "none"],
        *([["reason", escape(request.reason)]] if request.reason else []),
        *([["incident", escape(request.incident)]] if request.incident else []),
    ]
    stages = [[escape(one.name), str(one.quorum), escape(", ".join(one.who))] for one in case.decision.stages]
    return "\n".join(
        [
            table(["what", "value"], rows),
            table(["stage", "people needed", "of"], stages),
            _mentions(case.policy, {group for one in case.decision.stages for group in one.who}),
            "Answer with a comment whose first line is exactly one of these:",
            "",
            f"    {write_command('approve', case.request_id)}",
            f"    {write_command('deny', case.request_id)}",
            "",
            "Whoever took part in the change cannot approve it. Silence denies.",
        ]
    )


def nudge(case: Case, step: Step) -> str:
    """Return the text of a reminder or an escalation."""
    words = {"remind": "Still waiting", "escalate": "Escalated", "post-review-due": "Review overdue"}
    missing = [one for one in case.decision.stages if not one.passed]
    lines = [f"**{words.get(step.kind, step.kind)}** ({step.due_at}). Deadline: {case.decision.deadline}."]
    lines += [f"- {escape(one.name)}: {len(one.counted)} of {one.quorum}" for one in missing]
    lines += ["", _mentions(case.policy, set(step.groups))]
    lines += [f"    {write_command('approve', case.request_id)}"]
    return "\n".join(lines)


def state(case: Case) -> str:
    """Return the text that tells what a request has come to."""
    decision = case.decision
    lines = [f"**{_STATES[decision.state]}** ({case.now})."]
    if decision.lets_through:
        lines.append(f"It can be used until {decision.expires_at}.")
    for stage in decision.stages:
        names = ", ".join(escape(one.account.login if one.account else one.person) for one in stage.counted)
        lines.append(f"- {escape(stage.name)}: {len(stage.counted)} of {stage.quorum} {names}")
    return "\n".join([*lines, "", *reasons(decision.reasons)])


def answer(case: Case, event: str) -> str:
    """Return why one event does not count."""
    mine = [one for one in case.decision.reasons if one.subject == event]
    return "\n".join(["This does not count:", "", *reasons(mine)])


def reasons(found: Iterable[Reason]) -> list[str]:
    """Return reasons as a list."""
    listed = list(found)
    lines = [
        f"- {escape(one.rule)}: {escape(one.message)}" + (f" ({escape(one.remedy)})" if one.remedy else "")
        for one in listed[:_MOST_REASONS]
    ]
    return [*lines, *([f"- and {len(listed) - _MOST_REASONS} more"] if len(listed) > _MOST_REASONS else [])]


def _mentions(policy: ApprovalPolicy, groups: set[str]) -> str:
    """Return mentions of the teams of groups; teams come from the policy alone."""
    teams = [team for name in sorted(groups) if name in policy.groups for team in policy.groups[name].teams]
    return " ".join(f"@{team}" for team in dict.fromkeys(teams)) + "\n" if teams else ""
