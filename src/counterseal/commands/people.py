"""`people`: write which pseudonym is who, outside every lock, or strike somebody out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError
from counterseal.host import names as variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterseal.audit.names import NameMap
    from counterseal.clients.git import Commit
    from counterseal.host import Host
    from counterseal.policy.people import PersonEntry

INPUTS = (
    Input("out", "File of the map; what is in it already stays.", required=True),
    Input("identities", "Identity map of the policy, whose people are known by their ids."),
    Input("repository", "Clone whose commits name people."),
    Input(
        "forget",
        "Somebody to be struck out for good: an id of the identity map, a mail address or a pseudonym.",
        multiple=True,
    ),
)
OUTPUTS = (
    Output("names", "How many pseudonyms have a name in the map."),
    Output("struck", "How many were struck out."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Add what is found, strike out who is to be forgotten, and write the map for its owner alone."""
    from counterseal.audit.names import NameMap, of_commits, of_entry, struck_by

    names = _people.pseudonyms(host, None)
    if names is None:
        remedy = "give the secret that the records were made with"
        raise UsageError("there is no key", where=variables.PSEUDONYM_KEY, remedy=remedy)
    entries = _entries(inputs, host)
    known = _known(inputs, host) or NameMap()
    known = known.with_names(pair for entry in entries for pair in of_entry(entry, names))
    known = known.with_names(of_commits(_commits(inputs, host), names))
    if words := inputs.many("forget"):
        before, gone = known, struck_by(words, entries, names)
        known = known.without(gone, words)
        if known.names == before.names and not gone.intersection(before.struck):
            raise UsageError("nobody in the map is known by that", where="forget")
    path = _run.write_file(host, inputs["out"], known.encode())
    path.chmod(0o600)
    return Result.passed(
        f"{len(known.names)} pseudonyms have a name in {inputs['out']}, {len(known.struck)} were struck out",
        outputs={"names": str(len(known.names)), "struck": str(len(known.struck))},
    )


def _known(inputs: Inputs, host: Host) -> NameMap | None:
    from counterseal.audit.names import read_names

    path = inputs["out"]
    return read_names(_run.read_file(host, path), path) if (host.cwd / path).exists() else None


def _entries(inputs: Inputs, host: Host) -> tuple[PersonEntry, ...]:
    from counterseal.policy.people import load_people

    path = inputs["identities"]
    return load_people(_run.read_file(host, path), path).people if path else ()


def _commits(inputs: Inputs, host: Host) -> Iterator[Commit]:
    from counterseal.clients.git import GitRepository, parse_commit

    if not inputs["repository"]:
        return
    clone = GitRepository(host.cwd / inputs["repository"])
    tips = list(dict.fromkeys([clone.head()[0], *clone.refs("refs/").values()]))
    for name, data in clone.raw_commits(sorted(clone.lineage(tips))).items():
        if data is not None:
            yield parse_commit(name, data)


COMMAND = Command("people", "Write which pseudonym is who, outside every lock.", INPUTS, OUTPUTS, run)
