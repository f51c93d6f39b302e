"""The commands: one thin module each, which reads inputs, calls the library and returns a result.

This module only lists them, so that `--help` and `--version` import nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from counterseal.commands._base import Command


class Entry(NamedTuple):
    """Where a command lives.

    Args:
        module: the module under `counterseal.commands`.
        attribute: the name of its `Command` in that module.
        help: what it does, in one line.
        action: whether `actions/<name>/action.yml` offers it.
        stage: whether the root action can run it as a stage.
        hidden: whether the overview leaves it out.
    """

    module: str
    attribute: str
    help: str
    action: bool = False
    stage: bool = False
    hidden: bool = False


REGISTRY: dict[str, Entry] = {
    "setup": Entry("setup", "COMMAND", "put the counterseal command on the path of later steps", action=True),
    "branch-policy": Entry(
        "branch_policy", "COMMAND", "judge a change by the stated policy", action=True, stage=True
    ),
    "sast": Entry("sast", "COMMAND", "judge what static analysis finds in the code", action=True, stage=True),
    "sca": Entry("sca", "COMMAND", "judge the vulnerabilities of the dependencies", action=True, stage=True),
    "sbom": Entry("sbom", "COMMAND", "write the inventory, judge its licences", action=True, stage=True),
    "policy-gate": Entry(
        "policy_gate", "COMMAND", "judge all that is on record of a release", action=True, stage=True
    ),
    "record": Entry("record", "COMMAND", "record evidence of a control", action=True, stage=True),
    "sign": Entry("sign", "COMMAND", "sign artifacts and attach provenance", action=True, stage=True),
    "verify": Entry(
        "verify", "COMMAND", "verify artifacts, bundles or a whole chain", action=True, stage=True
    ),
    "approval-gate": Entry(
        "approval_gate",
        "COMMAND",
        "ask people, and let a deployment use their approval once",
        action=True,
        stage=True,
    ),
    "evidence-upload": Entry(
        "evidence_upload", "COMMAND", "assemble, seal, chain and store the manifest", action=True, stage=True
    ),
    "audit": Entry("audit", "COMMAND", "answer for a window: is every change on record?", action=True),
    "dora-metrics": Entry(
        "dora_metrics", "COMMAND", "compute delivery metrics from sealed records", action=True
    ),
    "index build": Entry("index", "BUILD", "write flat tables of a store's releases, for questions in SQL"),
    "index query": Entry("index", "QUERY", "ask the index a question"),
    "index tables": Entry("index", "TABLES", "print the tables' definitions for Athena"),
    "incident": Entry("incident", "COMMAND", "seal what is known of incidents", action=True),
    "approval-gate replay": Entry("approvals", "REPLAY", "decide again from the evidence of a decision"),
    "approve": Entry("approvals", "APPROVE", "sign a decision about a request with a key of your own"),
    "policy test": Entry("policy", "TEST", "run the tests of a policy"),
    "policy explain": Entry("policy", "EXPLAIN", "say what a release came to, rule by rule"),
    "policy replay": Entry("policy", "REPLAY", "judge a release again from its evidence"),
    "sandbox": Entry("sandbox", "COMMAND", "an offline GitHub to rehearse a policy on"),
    "people": Entry("people", "COMMAND", "write which pseudonym is who, or strike somebody out"),
    "keys generate": Entry("keys", "GENERATE", "make a new signing key"),
    "keys show": Entry("keys", "SHOW", "show the public half of a key and its identifier"),
    "keys trust": Entry("keys", "TRUST", "add a key to a trust file"),
    "keys revoke": Entry("keys", "REVOKE", "revoke a key in a trust file"),
    "report audit": Entry("report", "AUDIT", "write the answer of an audit as documents"),
    "report dora": Entry("report", "DORA", "write delivery metrics as documents"),
    "report release": Entry("report", "RELEASE", "write the report of one release"),
    "schema": Entry("schema", "COMMAND", "print the JSON Schema of a document"),
    "store doctor": Entry("store", "DOCTOR", "look at a bucket, and say what to mend"),
    "store hold": Entry("hold", "COMMAND", "put a legal hold on a release, or take it off"),
    "stages": Entry("stages", "COMMAND", "run several stages in one process", hidden=True),
}


def load(name: str) -> Command:
    """Import the command called `name` (which must be registered) and return its declaration."""
    from importlib import import_module

    entry = REGISTRY[name]
    module = import_module(f"counterseal.commands.{entry.module}")
    command: Command = getattr(module, entry.attribute)
    return command
