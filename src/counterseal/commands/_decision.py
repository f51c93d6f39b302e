"""The record of a decision in the evidence folder, with the case that it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run

if TYPE_CHECKING:
    from counterseal.approval.model import Case
    from counterseal.commands._base import Inputs
    from counterseal.commands._deployment import Deployment
    from counterseal.host import Host
    from counterseal.ledger.requests import Asked
    from counterseal.store.casefile import CaseFile, Seal


class DecisionRecord:
    """The record of a decision.

    Args:
        inputs: the inputs of the command.
        host: its surroundings.
        files: the evidence folder.
        seal: seals the record at once.
        deployment: the deployment that uses the approval, where it is used.
    """

    def __init__(
        self, inputs: Inputs, host: Host, files: CaseFile, seal: Seal, deployment: Deployment
    ) -> None:
        self._inputs, self._host, self._files, self._seal = inputs, host, files, seal
        self._deployment = deployment

    def file(self, asked: Asked, case: Case) -> str:
        """File the record of a decision with its case, sealed at once, and return the payload's digest.

        A deployment that is repeated finds its own record that it may go ahead.
        """
        import tempfile
        from pathlib import Path

        from counterseal.checks.approvals.records import case_evidence, origin_of, record_of
        from counterseal.manifest.digest import sha256

        using = self._inputs.flag("use")
        name = "approval" if using else f"decision-{asked.id}"
        if using and (filed := self._filed(asked, case, name)):
            return filed
        data, reference = case_evidence(case)
        with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
            path = Path(folder) / "case"
            path.write_bytes(data)
            reference = self._files.add_file(path, reference.name, reference.media_type)
        origin = _run.origin(self._host, asked.request.binding.commit) if using else origin_of(case)
        statement = record_of(case, name, origin, reference)
        return sha256(self._files.add_record(statement, self._seal))

    def _filed(self, asked: Asked, case: Case, name: str) -> str | None:
        """Return the digest of the record by which this very deployment was let through already."""
        from counterseal.checks.approvals import verdict
        from counterseal.checks.approvals.decided import STAGE, read_cases
        from counterseal.manifest.digest import sha256

        for one in self._files.records():
            record = one.statement.predicate
            if (record.stage, record.name) != (STAGE, name) or not verdict.lets_through(case):
                continue
            cases = list(read_cases(self._files.blob(file).read_bytes() for file in record.evidence))
            wanted = (asked.id, self._deployment.name)
            if [(old.request_id, old.facts.deployment) for old in cases] == [wanted] and all(
                verdict.lets_through(old) for old in cases
            ):
                return sha256(one.payload)
        return None
