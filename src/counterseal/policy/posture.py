"""The posture of a repository: how its branch and its environments are protected."""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.manifest.types import Count, Name, Positive, Struct, Text
from counterseal.policy.forge import Gap


class BypassActor(Struct, frozen=True, kw_only=True):
    """Who may go around a ruleset.

    Attributes:
        kind: such as `Team`, `User`, `Integration`, `RepositoryRole`, `OrganizationAdmin`, `DeployKey`.
        mode: `always`, `pull_request` or `exempt`.
        id: its number, where it has one.
    """

    kind: Name
    mode: Name
    id: Positive | None = None


class RequiredCheck(Struct, frozen=True, kw_only=True):
    """A check that must succeed before something is merged.

    Attributes:
        context: its name.
        app: the app that must report it; None when anybody may.
    """

    context: Name
    app: Positive | None = None


class EnvironmentFacts(Struct, frozen=True, kw_only=True):
    """An environment's protection.

    Attributes:
        name: its name.
        id: its number.
        reviewers: how many people or teams may review.
        prevent_self_review: whether who started a run may not approve it.
        admins_can_bypass: whether administrators may; None when the forge does not say.
        branches: `all`, `protected` or `custom`.
    """

    name: Name
    id: Positive
    reviewers: Count = 0
    prevent_self_review: bool = False
    admins_can_bypass: bool | None = None
    branches: Literal["all", "protected", "custom"] = "all"


class Posture(Struct, frozen=True, kw_only=True):
    """How a repository is protected, as far as the token may see.

    Attributes:
        branch: the protected branch that this is about, without `refs/heads/`.
        rules: the types of the rules that are active on it.
        pull_request: the parameters of its `pull_request` rule (`required_approving_review_count`, ...), as
            text.
        required_checks: the checks that it requires.
        bypass_actors: who may go around its rulesets; None when the token may not see them.
        environments: the environments.
        actions_may_approve: whether workflows may approve pull requests; None when the token may not see it.
        gaps: what could not be found out.
    """

    branch: Name
    rules: tuple[Name, ...] = ()
    pull_request: dict[Name, Text] = msgspec.field(default_factory=dict)
    required_checks: tuple[RequiredCheck, ...] = ()
    bypass_actors: tuple[BypassActor, ...] | None = None
    environments: tuple[EnvironmentFacts, ...] = ()
    actions_may_approve: bool | None = None
    gaps: tuple[Gap, ...] = ()
