"""The workflow runs of a repository of the sandbox, and the environments that they wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from counterseal.sandbox.people import Account, Team
from counterseal.sandbox.things import Approval, Environment, Run

if TYPE_CHECKING:
    from counterseal.sandbox.world import World


class Runs:
    """The runs and environments of a repository.

    Args:
        world: the world that it is in.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.environments: dict[str, Environment] = {}
        self.runs: dict[int, Run] = {}

    def environment(
        self,
        name: str,
        reviewers: Sequence[Account | Team] = (),
        *,
        prevent_self_review: bool = True,
        admins_can_bypass: bool | None = False,
        branches: str = "all",
    ) -> Environment:
        """Make an environment."""
        made = Environment(
            self.world.number(),
            name,
            self.world.clock.tick(),
            list(reviewers),
            prevent_self_review,
            0,
            admins_can_bypass,
            branches,
        )
        self.environments[name] = made
        return made

    def run(
        self,
        workflow: str,
        head: str,
        actor: Account,
        event: str = "push",
        branch: str = "main",
        *,
        number: int | None = None,
        waiting_for: Sequence[Environment] = (),
    ) -> Run:
        """Start a workflow run."""
        made = Run(
            number or self.world.number(),
            workflow,
            head,
            branch,
            event,
            actor,
            self.world.clock.tick(),
            [actor],
            status="waiting" if waiting_for else "in_progress",
            pending=list(waiting_for),
        )
        self.runs[made.id] = made
        return made

    def rerun(self, run: Run, by: Account) -> None:
        """Start another attempt."""
        self.world.clock.tick()
        run.attempts.append(by)
        run.status, run.conclusion = "in_progress", None

    def review_run(
        self,
        run: Run,
        by: Account,
        environments: Sequence[Environment],
        state: str = "approved",
        comment: str = "",
    ) -> None:
        """Approve or reject what a run waits for."""
        self.world.clock.tick()
        run.approvals.append(Approval(state, by, list(environments), comment))
        run.pending = [one for one in run.pending if one not in environments]
        run.status = "waiting" if run.pending else "in_progress"
