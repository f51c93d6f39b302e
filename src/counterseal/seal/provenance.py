"""Where artifacts come from, in a form that others read: SLSA Provenance v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "https://counterseal.dev/buildtypes/github-workflow/v1"


def provenance_predicate(  # noqa: PLR0913 (plain values: this floor knows no runner and no manifest)
    *,
    builder_id: str,
    repository: str,
    workflow_path: str,
    workflow_ref: str,
    event: str,
    ids: Mapping[str, str],
    sources: Mapping[str, str],
    invocation_id: str,
    finished_on: str,
    started_on: str | None = None,
) -> dict[str, Any]:
    """Return the predicate of a statement whose subjects are the artifacts that were built.

    Args:
        builder_id: the URI of what ran the build: the workflow that defined it, at its ref.
        repository: the URI of the repository whose workflow ran.
        workflow_path: the workflow's path in it.
        workflow_ref: the git ref of the run.
        event: what started the run.
        ids: the forge's numbers that names could hide, as text: `repository_id`, `repository_owner_id`.
        sources: the commit that was checked out of each repository: `git+URI` to its git object name.
        invocation_id: the URI of the run's attempt.
        finished_on: when the artifacts were finished, RFC 3339 in UTC.
        started_on: when the run began, if known.
    """
    metadata = {"invocationId": invocation_id, "startedOn": started_on, "finishedOn": finished_on}
    workflow = {"ref": workflow_ref, "repository": repository, "path": workflow_path}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"workflow": workflow},
            "internalParameters": {"github": {"event_name": event, **ids}},
            "resolvedDependencies": [
                {"uri": uri, "digest": {"gitCommit": commit}} for uri, commit in sorted(sources.items())
            ],
        },
        "runDetails": {
            "builder": {"id": builder_id},
            "metadata": {name: value for name, value in metadata.items() if value is not None},
        },
    }
