"""The name of every environment variable that counterseal reads: the one place where they are written.

The runner's names are those of the GitHub documentation ("Variables reference", "OpenID Connect reference").
"""

from __future__ import annotations

from typing import Final

# Counterseal's own.
INPUTS: Final = "COUNTERSEAL_INPUTS"
DEBUG: Final = "COUNTERSEAL_DEBUG"
TIERS: Final = "COUNTERSEAL_TIERS"
CACHED: Final = "COUNTERSEAL_CACHED"
S3_KMS_KEY: Final = "COUNTERSEAL_S3_KMS_KEY"
PSEUDONYM_KEY: Final = "COUNTERSEAL_PSEUDONYM_KEY"

# What a run is about.
ACTIONS: Final = "GITHUB_ACTIONS"
REPOSITORY: Final = "GITHUB_REPOSITORY"
REPOSITORY_ID: Final = "GITHUB_REPOSITORY_ID"
REPOSITORY_OWNER: Final = "GITHUB_REPOSITORY_OWNER"
REPOSITORY_OWNER_ID: Final = "GITHUB_REPOSITORY_OWNER_ID"
SHA: Final = "GITHUB_SHA"
REF: Final = "GITHUB_REF"
RUN_ID: Final = "GITHUB_RUN_ID"
RUN_ATTEMPT: Final = "GITHUB_RUN_ATTEMPT"
ACTOR: Final = "GITHUB_ACTOR"
ACTOR_ID: Final = "GITHUB_ACTOR_ID"
TRIGGERING_ACTOR: Final = "GITHUB_TRIGGERING_ACTOR"
WORKFLOW_REF: Final = "GITHUB_WORKFLOW_REF"
WORKFLOW_SHA: Final = "GITHUB_WORKFLOW_SHA"
JOB: Final = "GITHUB_JOB"
EVENT_NAME: Final = "GITHUB_EVENT_NAME"
EVENT_PATH: Final = "GITHUB_EVENT_PATH"
SERVER_URL: Final = "GITHUB_SERVER_URL"
API_URL: Final = "GITHUB_API_URL"
GRAPHQL_URL: Final = "GITHUB_GRAPHQL_URL"
HEAD_REF: Final = "GITHUB_HEAD_REF"
BASE_REF: Final = "GITHUB_BASE_REF"
TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
RUNNER_ENVIRONMENT: Final = "RUNNER_ENVIRONMENT"
WORKSPACE: Final = "GITHUB_WORKSPACE"
RUNNER_TEMP: Final = "RUNNER_TEMP"

# The files through which a step speaks to the runner.
OUTPUT_FILE: Final = "GITHUB_OUTPUT"
ENV_FILE: Final = "GITHUB_ENV"
PATH_FILE: Final = "GITHUB_PATH"
SUMMARY_FILE: Final = "GITHUB_STEP_SUMMARY"

# Where a job with `id-token: write` asks for its identity.
ID_TOKEN_URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"  # noqa: S105 - the name of a variable
ID_TOKEN_SECRET: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable, not a secret
