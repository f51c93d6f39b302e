"""`incident`: seal what is known of incidents into the store: from files, a webhook or the forge's issues."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from counterseal.commands import _forge, _people, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import NothingToJudge, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterseal.host import Host
    from counterseal.host.result import Reason
    from counterseal.manifest.incident import Incident
    from counterseal.policy.file import Policy
    from counterseal.policy.pseudonyms import Pseudonyms
    from counterseal.seal.trust import Trust
    from counterseal.store.interface import Store

INPUTS = (
    Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("key", "Signer trusted for incidents, such as env:COUNTERSEAL_INCIDENT_KEY.", required=True),
    Input("file", "Files of incidents: YAML or JSON.", multiple=True),
    Input("webhook", "Payload of a webhook of GitHub about an issue."),
    Input("label", "Label of issues of the forge that are incidents."),
    Input("policy", "Policy file whose evidence.retention holds for what is entered."),
    _forge.TOKEN,
    _run.TIMESTAMP_URL,
)
OUTPUTS = (
    Output("entered", "How many incidents are new or changed, and were entered."),
    Output("known", "How many were known like this already."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Enter every incident that says something new."""
    from counterseal.commands._publication import retention_of
    from counterseal.ledger.incidents import IncidentBook
    from counterseal.manifest.types import format_time
    from counterseal.seal.trust import parse_trust
    from counterseal.store.open import open_store

    policy = _policy(inputs, host)
    names = _people.pseudonyms(host, policy)
    found = [_unnamed(one, names) if names else one for one in _incidents(inputs, host)]
    if not found:
        raise NothingToJudge("there is no incident to enter", remedy="name a file, a webhook or a label")
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
    store = open_store(_run.store_uri(host, inputs["store"]))
    book = IncidentBook(store, trust, sealer)
    at, origin, retention = format_time(_run.now()), _run.origin(host), retention_of(policy)
    entered = [book.enter(one, at=at, origin=origin, retention=retention) for one in found]
    new = [one for one in entered if one is not None]
    done = Result.passed(
        f"{len(new)} of {len(found)} incidents say something new, and are sealed",
        outputs={"entered": str(len(new)), "known": str(len(found) - len(new))},
        digests={one.incident.id: one.payload for one in new},
    )
    return dataclasses.replace(done, reasons=tuple(_unlinked(store, trust, found)))


def _unlinked(store: Store, trust: Trust, incidents: list[Incident]) -> Iterator[Reason]:
    """Yield the releases that incidents name and that the store does not have of their repository."""
    from counterseal.host.result import Reason
    from counterseal.ledger.incidents import unlinked

    remedy = "name a release of the store and of the incident's repository: STREAM/SEQUENCE"
    for one in incidents:
        for name, why in unlinked(store, trust, one):
            yield Reason("release-unknown", f"{one.id} names {name}, {why}", name, None, remedy)


def _incidents(inputs: Inputs, host: Host) -> Iterator[Incident]:
    from counterseal.checks.incidents import incidents_of_file, incidents_of_issues, incidents_of_webhook

    service = _run.repository_uri(host)
    for path in inputs.many("file"):
        yield from incidents_of_file(_run.read_file(host, path), path, service)
    if inputs["webhook"]:
        yield from incidents_of_webhook(_run.read_file(host, inputs["webhook"]), inputs["webhook"], service)
    if inputs["label"]:
        forge = _forge.open_forge(inputs, host)
        yield from incidents_of_issues(forge.labelled(inputs["label"]), service)


def _unnamed(one: Incident, names: Pseudonyms) -> Incident:
    from msgspec.structs import replace

    return replace(one, title=names.prose(one.title), source=one.source and names.prose(one.source)[:1024])


def _policy(inputs: Inputs, host: Host) -> Policy | None:
    from counterseal.policy.file import load_policy

    if not inputs["policy"]:
        return None
    policy = load_policy(_run.read_file(host, inputs["policy"]), where=inputs["policy"])
    if policy.evidence.retention is None:
        raise UsageError("the policy does not say how long evidence is kept", where=inputs["policy"])
    return policy


COMMAND = Command("incident", "Seal what is known of incidents into the store.", INPUTS, OUTPUTS, run)
