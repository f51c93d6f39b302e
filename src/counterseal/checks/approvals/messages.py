"""What people are told, as Markdown: everything that somebody else has chosen is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from counterseal.approval.grammar import write_command
from counterseal.approval.hearing import POST_REVIEW
from counterseal.approval.model import Case, State, Step
from counterseal.checks.approvals import verdict
from counterseal.host.markdown import code, escape, table
from counterseal.manifest.approval import Binding
from counterseal.manifest.record import Reason
from counterseal.policy.approval import ApprovalPolicy

_STATES = {
    State.PENDING: "Waiting for approval",
    State.APPROVED: "Approved",
    State.DENIED: "Denied",
    State.EXPIRED: "Expired",
    State.REVOKED: "No longer valid",
    State.EMERGENCY: "Let through as an emergency",
}
_STEPS = {"remind": "Still waiting", "escalate": "Escalated", "post-review-due": "Review overdue"}
_MOST_REASONS = 20


def title(binding: Binding) -> str:
    """Return the title of a request's issue; its text says what follows is what counts."""
    return f"Approval of {binding.commit[:12]} for {binding.environment}"


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
        *([["change record", escape(request.ticket)]] if request.ticket else []),
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


def nudge(case: Case, steps: Sequence[Step]) -> str:
    """Return the text of reminders and escalations, all that are due in one."""
    lines = [f"**{_STEPS.get(one.kind, one.kind)}** ({one.due_at})." for one in steps]
    owed = any(one.kind == "post-review-due" for one in steps)
    if not owed:
        lines.append(f"Deadline: {case.decision.deadline}.")
    lines += [
        f"- {escape(one.name)}: {len(one.counted)} of {one.quorum}"
        for one in case.decision.stages
        if not one.passed
    ]
    command = write_command("approve", case.request_id, POST_REVIEW if owed else None)
    mentions = _mentions(case.policy, {group for one in steps for group in one.groups})
    return "\n".join([*lines, "", mentions, f"    {command}"])


def state(case: Case) -> str:
    """Return the text that tells what a request has come to."""
    decision = case.decision
    by_board = verdict.word(case) == "board"
    lines = [f"**{'Approved by the board' if by_board else _STATES[decision.state]}** ({case.now})."]
    if not verdict.is_settled(case):
        lines.append("This is not certain: something could not be found out.")
    if decision.lets_through:
        lines.append(f"It can be used until {decision.expires_at}.")
    for stage in decision.stages:
        names = ", ".join(escape(one.account.login if one.account else one.person) for one in stage.counted)
        lines.append(f"- {escape(stage.name)}: {len(stage.counted)} of {stage.quorum} {names}")
    return "\n".join([*lines, "", *listed(verdict.reasons(case))])


def used(deployment: str) -> str:
    """Return the text that tells that an approval was used."""
    return f"**Used** by the deployment {escape(deployment)}. It cannot be used again."


def unstarted(workflow: str, inputs: dict[str, str]) -> str:
    """Return the text that tells that nobody knows whether the deployment was started."""
    given = "\n".join(f"- {escape(name)}: {code(value)}" for name, value in inputs.items())
    asked = f"**Nobody knows whether {code(workflow)} was started.** Look, and start it by hand if not:"
    return f"{asked}\n\n{given}"


def answer(case: Case, event: str) -> str:
    """Return why one event does not count."""
    mine = [one for one in case.decision.reasons if one.subject == event]
    return "\n".join(["This does not count:", "", *listed(mine)])


def listed(found: Iterable[Reason]) -> list[str]:
    """Return reasons as the lines of a list."""
    every = list(found)
    lines = [
        f"- {escape(one.rule)}: {escape(one.message)}" + (f" ({escape(one.remedy)})" if one.remedy else "")
        for one in every[:_MOST_REASONS]
    ]
    return [*lines, *([f"- and {len(every) - _MOST_REASONS} more"] if len(every) > _MOST_REASONS else [])]


def _mentions(policy: ApprovalPolicy, groups: set[str]) -> str:
    """Return mentions of the teams of groups; teams come from the policy alone."""
    teams = [team for name in sorted(groups) if name in policy.groups for team in policy.groups[name].teams]
    return " ".join(f"@{team}" for team in dict.fromkeys(teams)) + "\n" if teams else ""
