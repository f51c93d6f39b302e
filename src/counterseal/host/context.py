"""What this run is about, as the runner's environment tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"[0-9]{1,18}")


def in_actions(env: Mapping[str, str]) -> bool:
    """Return whether this process runs on a GitHub Actions runner."""
    return env.get(names.ACTIONS) == "true"


@dataclass(frozen=True)
class RunnerContext:
    """The facts of the run; on a runner all are there, elsewhere any may be None.

    Identifiers are GitHub's numeric database ids: names can be taken over by somebody else, ids cannot.
    Times are not among them: the environment has none that a server vouches for.
    """

    repository: str | None = None
    repository_id: int | None = None
    repository_owner: str | None = None
    repository_owner_id: int | None = None
    sha: str | None = None
    ref: str | None = None
    run_id: int | None = None
    run_attempt: int | None = None
    actor: str | None = None
    actor_id: int | None = None
    triggering_actor: str | None = None
    workflow_ref: str | None = None
    workflow_sha: str | None = None
    job: str | None = None
    event_name: str | None = None
    server_url: str | None = None
    runner_environment: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> RunnerContext:
        """Read the context.

        Raises:
            UsageError: on a runner, a variable is missing; anywhere, a number is not one.
        """
        read = _Reader(env, complete=in_actions(env))
        return cls(
            repository=read.text(names.REPOSITORY),
            repository_id=read.number(names.REPOSITORY_ID),
            repository_owner=read.text(names.REPOSITORY_OWNER),
            repository_owner_id=read.number(names.REPOSITORY_OWNER_ID),
            sha=read.text(names.SHA),
            ref=read.text(names.REF),
            run_id=read.number(names.RUN_ID),
            run_attempt=read.number(names.RUN_ATTEMPT),
            actor=read.text(names.ACTOR),
            actor_id=read.number(names.ACTOR_ID),
            triggering_actor=read.text(names.TRIGGERING_ACTOR),
            workflow_ref=read.text(names.WORKFLOW_REF),
            workflow_sha=read.text(names.WORKFLOW_SHA),
            job=read.text(names.JOB),
            event_name=read.text(names.EVENT_NAME),
            server_url=read.text(names.SERVER_URL),
            runner_environment=read.text(names.RUNNER_ENVIRONMENT),
        )


@dataclass(frozen=True)
class _Reader:
    """Reads variables; with `complete`, one that is missing or empty is an error."""

    env: Mapping[str, str]
    complete: bool

    def text(self, name: str) -> str | None:
        """Return the value of a variable, or None where it may be absent."""
        value = self.env.get(name) or None
        if value is None and self.complete:
            raise UsageError("the runner did not set this variable", where=name)
        return value

    def number(self, name: str) -> int | None:
        """Return the value of a numeric variable, or None where it may be absent."""
        value = self.text(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value):
            raise UsageError("this variable is not a number", where=name)
        return int(value)
