"""The deployment that uses an approval: what it is called, who started it, and what it would deploy."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from counterseal.commands import _publication, _run
from counterseal.errors import CountersealError

if TYPE_CHECKING:
    from counterseal.checks.approvals.facts import Scene
    from counterseal.checks.approvals.sweep import Around
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.manifest.approval import Binding
    from counterseal.manifest.release import ReleaseCandidate
    from counterseal.policy.forge import Account, Gap


class Deployment:
    """A deployment: the run, and its attempt, that uses an approval.

    Args:
        inputs: the inputs of the command.
        host: its surroundings.

    Attributes:
        name: what it is called; outside a runner, no two deployments are the same.
    """

    def __init__(self, inputs: Inputs, host: Host) -> None:
        self._inputs, self._host = inputs, host
        self.name = _run.run_name(host) or f"local:{secrets.token_hex(8)}"

    def scene(self, scene: Scene, asked: Binding, current: ReleaseCandidate, around: Around) -> Scene:
        """Return the scene of a request with this deployment in it: all is computed anew before it is used.

        Args:
            scene: what surrounds the request.
            asked: what was asked about.
            current: what would be deployed.
            around: the surroundings of the repository.
        """
        from dataclasses import replace

        from counterseal.clients.veil import veiled

        deployer, gap = veiled(self._deployer(around.forge), around.trusted.pseudonyms)
        return replace(
            scene,
            now=self._binding(asked, current),
            deployment=self.name,
            deployer=deployer,
            gaps=(*scene.gaps, *([gap] if gap else [])),
        )

    def _binding(self, asked: Binding, current: ReleaseCandidate) -> Binding:
        from msgspec.structs import replace

        from counterseal.manifest.assemble import digest_of_candidate
        from counterseal.manifest.record import Digest

        return replace(
            asked,
            repository=current.source.repository,
            repository_id=current.source.repository_id,
            commit=current.source.commit,
            tree=current.source.tree,
            environment=_publication.environment(self._inputs),
            candidate=Digest(sha256=digest_of_candidate(current)),
        )

    def _deployer(self, forge: Forge) -> tuple[Account | None, Gap | None]:
        """Return the person who started this run, or why nobody knows; a machine is nobody."""
        from counterseal.policy.forge import Account, Gap

        context = self._host.context
        run_id = context.run_id
        if run_id is None:
            if context.actor_id is None or context.actor is None:
                return None, None
            # Stated by whoever runs this: it can keep somebody from deploying, and lets nobody.
            return Account(id=context.actor_id, login=context.actor), None
        try:
            starter = forge.run(run_id, context.run_attempt).triggering_actor
        except CountersealError as error:
            return None, Gap(topic="runs", message=error.diagnosis()[:1000], subject=str(run_id))
        if starter is None:
            return None, Gap(topic="runs", message="a deleted account started this run", subject=str(run_id))
        return (None if starter.bot else starter), None
