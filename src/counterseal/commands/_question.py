"""The question that people are asked: who asks, about what, for which class of change."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from counterseal.commands import _publication, _run
from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from counterseal.checks.approvals.sweep import Around
    from counterseal.checks.trusted import Trusted
    from counterseal.clients.forge import Forge
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.ledger.requests import Asked, RequestBook
    from counterseal.manifest.approval import ApprovalRequest, Binding
    from counterseal.manifest.release import Person, ReleaseCandidate


class Question:
    """The question that the inputs of a command put.

    Args:
        inputs: the inputs.
        host: the surroundings.
        book: where requests are.
    """

    def __init__(self, inputs: Inputs, host: Host, book: RequestBook) -> None:
        self._inputs, self._host, self._book = inputs, host, book

    def ask(self, around: Around, candidate: ReleaseCandidate) -> Asked:
        """Return the request for exactly this: the one that is open, or a new one."""
        from counterseal.checks.approvals.messages import title
        from counterseal.clients.veil import veiled
        from counterseal.manifest.digest import sha256

        forge, trusted = around.forge, around.trusted
        binding = self._binding(forge, trusted, candidate)
        change_class = self._inputs["change-class"] or self.default_class(trusted)
        over, asked = self._book.standing(binding, change_class)
        if asked is not None:
            return self._book.open_once(asked.request, candidate)  # completed, where it was interrupted
        asking = self._asking()
        words = (binding.environment, binding.candidate.sha256, binding.run, change_class, over)
        key = f"ask:{sha256(repr(words).encode())[:32]}"
        text = "People are asked below. Only comments decide; this text does not."
        issue = binding.pull_request or forge.open_issue(key, title(binding), text)
        question = self._request(binding, change_class, forge, issue, asking)
        return self._book.open_once(veiled(question, trusted.pseudonyms), candidate)

    def default_class(self, trusted: Trusted) -> str:
        """Return the class of a change that names none.

        Raises:
            UsageError: the policy does not name the environment.
        """
        from counterseal.checks.approvals.gate import approval_of

        environment = _publication.environment(self._inputs)
        environments = approval_of(trusted).environments
        if environment not in environments:
            known = ", ".join(sorted(environments)) or "none"
            message = f"the policy has no environment {environment[:100]!r}"
            raise UsageError(message, where="environment", remedy=f"it has: {known}")
        return environments[environment].default

    def _asking(self) -> Person:
        """Return who asks, so that they do not also approve."""
        from counterseal.manifest.release import Person

        context = self._host.context
        if context.actor_id is None:
            remedy = "set it to the number of your account, as a runner does"
            raise UsageError("nobody knows who asks for approval", where=names.ACTOR_ID, remedy=remedy)
        return Person(id=context.actor_id, login=context.actor)

    def _request(
        self, binding: Binding, change_class: str, forge: Forge, issue: int, asking: Person
    ) -> ApprovalRequest:
        from counterseal.manifest.approval import ApprovalRequest

        return ApprovalRequest(
            binding=binding,
            change_class=change_class,
            requested_at=forge.now(),
            requested_by=asking,
            nonce=secrets.token_hex(16),
            reason=self._inputs["reason"] or None,
            incident=self._inputs["incident"] or None,
            ticket=self._inputs["change-record"] or None,
            issue=issue,
        )

    def _binding(self, forge: Forge, trusted: Trusted, candidate: ReleaseCandidate) -> Binding:
        from counterseal.manifest.approval import Binding
        from counterseal.manifest.assemble import digest_of_candidate
        from counterseal.manifest.record import Digest

        source = candidate.source
        given = self._inputs["pull-request"]
        pull = _run.number(self._inputs, "pull-request", 1, 2**31) if given else None
        return Binding(
            repository=source.repository,
            repository_id=source.repository_id,
            environment=_publication.environment(self._inputs),
            commit=source.commit,
            tree=source.tree,
            candidate=Digest(sha256=digest_of_candidate(candidate)),
            policy=Digest(sha256=trusted.digest),
            run=_run.run_name(self._host),
            pull_request=pull,
            base_ref=f"refs/heads/{forge.pull_request(pull).base_ref}" if pull else None,
        )
