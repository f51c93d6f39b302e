"""`audit`: compare changes, deployments and evidence over a window, and answer the auditor's question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _forge, _people, _rego, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Reason, Result
from counterseal.errors import Inconclusive, MalformedError, UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from counterseal.audit.answer import Answer, Judged, Verdict
    from counterseal.audit.population import Deployed, Populations, Window
    from counterseal.audit.sources.audited import Audited
    from counterseal.audit.sources.gather import Sources
    from counterseal.clients.forge import Forge
    from counterseal.clients.git import GitRepository
    from counterseal.host import Host
    from counterseal.policy.audit import Audit
    from counterseal.seal.sealer import Sealer
    from counterseal.seal.trust import Trust

_MOST_TOLD = 200
_LIMIT = 64 * 1024 * 1024
_PAGES = ("html", "csv", "md", "oscal")
"""What people and programs read of an answer, which goes into the pack."""

INPUTS = (
    Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
    Input("trust", "Trust file: whose seals are believed, for what and when.", required=True),
    Input("since", "Beginning of the window: 90d, 12w, 24h, a day or a time in UTC.", default="90d"),
    Input("until", "End of the window, a day or a time in UTC; by default now."),
    Input("policy", "Policy of today; its section audit says what is compared."),
    Input("repository", "Clone of the repository, with its whole history; by default the checkout."),
    Input("deployments", "Deployments that other platforms have exported: CSV or JSON.", multiple=True),
    Input("offline", "true when no forge is asked; what only it can tell is then inconclusive.", flag=True),
    Input("anchor", "Checkpoint bundle that was kept elsewhere; the chain must still contain it."),
    Input("state", "Folder in which audits keep what they have verified, so that the next one is quick."),
    Input("key", "Signer of checkpoints, which seals what is kept in state."),
    Input(
        "shard",
        "Part of the work, such as 2/4: verify it, and keep it in state for the audit that has shards.",
    ),
    Input(
        "shards", "Folder with the states of the jobs that have shared the work, each in a folder of its own."
    ),
    Input("workers", "How many processes verify at a time; by default one for each core."),
    Input("out", "File to write the whole answer to, as canonical JSON."),
    Input("pack", "Folder to write the auditor's pack to: all that it rests on, verified by openssl alone."),
    _forge.TOKEN,
)
OUTPUTS = (
    Output("outcome", "passed, failed or inconclusive."),
    Output("grade", "The worst verdict: covered, note, unprovable, gap or tampered."),
    Output("changes", "How many changes reached a protected branch in the window."),
    Output("deployments", "How many deployments to production there were."),
    Output("releases", "How many releases are on record."),
    Output("exceptions", "How many elements have a verdict worse than a note."),
    Output("answer-digest", "SHA-256 of the answer."),
    Output("answer", "Path of the answer, where out was given."),
    Output("pack", "Path of the auditor's pack, where pack was given."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Gather the populations, reconcile them, and write the answer; the exit code is the worst verdict's."""
    from counterseal.audit.sources.workers import cores, processes
    from counterseal.host.memory import collector_paused

    count = _run.number(inputs, "workers", 1, 256) if inputs["workers"] else cores()
    with collector_paused(), processes(count) as workers:
        return _shard(inputs, host, workers) if inputs["shard"] else _audit(inputs, host, workers)


def _shard(inputs: Inputs, host: Host, workers: Executor | None) -> Result:
    """Verify a part of the store for the audit that puts the parts together, and judge nothing."""
    from counterseal.audit.since import window_of
    from counterseal.audit.sources.gather import verify_shard
    from counterseal.audit.sources.workers import read_shard

    shard = read_shard(inputs["shard"])
    window = window_of(inputs["since"], inputs["until"], _run.now())
    policy = _run.read_text(host, inputs["policy"]) if inputs["policy"] else None
    trusted = _run.read_file(host, inputs["trust"])
    shared = verify_shard(_sources(inputs, host, policy, trusted, workers), window, shard)
    count = len(shared.proven)
    said = f"part {shard.index} of {shard.count}: {count} of {shared.asked} releases are well"
    rest = "" if count == shared.asked else "; the audit that puts the parts together looks at the others"
    return Result.passed(said + rest, outputs={"outcome": "passed", "releases": str(count)})


def _audit(inputs: Inputs, host: Host, workers: Executor | None) -> Result:
    from dataclasses import replace

    from counterseal import __version__
    from counterseal.audit.answer import Answer
    from counterseal.audit.since import window_of
    from counterseal.audit.sources.audited import audited
    from counterseal.audit.standing import exercised
    from counterseal.manifest.digest import sha256

    window = window_of(inputs["since"], inputs["until"], _run.now())
    policy = _run.read_text(host, inputs["policy"]) if inputs["policy"] else None
    demands = _demands(policy, inputs["policy"])
    trusted = _run.read_file(host, inputs["trust"])
    sources = replace(
        _sources(inputs, host, policy, trusted, workers), pseudonyms=_people.pseudonyms(host, None)
    )
    found = audited(sources, window, demands)
    populations = found.populations
    _require_own(populations, host)
    answer = Answer(
        window=window,
        repository=sources.uri,
        environments=demands.environments,
        store=inputs["store"],
        policy=sha256(policy.encode()) if policy is not None else None,
        trust=sha256(trusted),
        censuses=populations.censuses,
        elements=found.elements,
        exercised=exercised(populations.releases, found.elements),
        work=found.work,
        version=__version__,
    )
    return _result(answer, _written(answer, found, sources, trusted, inputs, host))


def _require_own(populations: Populations, host: Host) -> None:
    """Refuse to compare a repository that nobody named with releases of others: they would cover nothing.

    Raises:
        UsageError: the store has releases, and none of this repository.
    """
    found = {one.manifest.chain.stream.repository for one in populations.releases if one.manifest is not None}
    if found and populations.repository not in found and not host.context.repository:
        others = ", ".join(sorted(found)[:3])
        message = f"the store has releases of {others}, and none of {populations.repository}"
        remedy = "set it to owner/name, or give the clone a remote `origin` of that address"
        raise UsageError(message, where=names.REPOSITORY, remedy=remedy)


def _demands(policy: str | None, where: str) -> Audit:
    from counterseal.policy.audit import Audit
    from counterseal.policy.file import load_policy

    return load_policy(policy.encode(), where=where).audit if policy is not None else Audit()


def _sources(
    inputs: Inputs, host: Host, policy: str | None, trusted: bytes, workers: Executor | None
) -> Sources:
    from counterseal.audit.sources.gather import Sources
    from counterseal.seal.trust import parse_trust

    clone, trust = _clone(inputs, host), parse_trust(trusted, where=inputs["trust"])
    return Sources(
        store=_run.store_to_read(inputs, host),
        trust=trust,
        repository=clone,
        uri=_run.repository_uri(host, clone),
        run_rego=_rego.runner(host, named=""),
        forge=None if inputs["shard"] else _asked_forge(inputs, host),
        exports=_exports(inputs, host),
        today=policy,
        anchor=_run.read_file(host, inputs["anchor"]) if inputs["anchor"] else None,
        state=host.cwd / inputs["state"] if inputs["state"] else None,
        sealer=_sealer(inputs, host, trust),
        shards=_shards(inputs, host),
        workers=workers,
        now=_run.now(),
        address=_run.store_uri(host, inputs["store"]),
    )


def _clone(inputs: Inputs, host: Host) -> GitRepository:
    """Return the clone that tells the changes; without one there is nothing to compare."""
    from counterseal.clients.git import GitRepository

    clone = GitRepository(host.cwd / inputs["repository"]) if inputs["repository"] else _run.repository(host)
    try:
        clone.is_shallow()
    except Inconclusive as refusal:
        remedy = f"give a clone with its whole history: {_words(host, 'repository', 'DIR')}"
        raise Inconclusive(refusal.message, where=refusal.where, remedy=remedy) from refusal
    return clone


def _sealer(inputs: Inputs, host: Host, trust: Trust) -> Sealer | None:
    """Return who seals what is kept; nothing is kept that the next audit would not believe."""
    from counterseal.audit.sources.known import require_believed

    if not inputs["key"]:
        if inputs["state"]:
            remedy = f"give {_words(host, 'key', 'ADDRESS')}, of a key that the trust file has for checkpoint"
            raise UsageError("a state has to be sealed", where="state", remedy=remedy)
        return None
    sealer = _run.open_sealer(host, inputs["key"])
    require_believed(sealer, trust)
    return sealer


def _words(host: Host, name: str, value: str = "") -> str:
    """Return how somebody gives an input here: in a workflow, or on a command line."""
    return f"`{name}: {value or 'true'}`" if host.in_actions else f"`--{name} {value}".rstrip() + "`"


def _shards(inputs: Inputs, host: Host) -> tuple[Path, ...]:
    """Return the folders of the parts. One that is missing is verified by this audit."""
    if not inputs["shards"]:
        return ()
    folder = host.cwd / inputs["shards"]
    if not folder.is_dir():
        raise UsageError("there is no such folder", where="shards")
    return tuple(sorted(one for one in folder.iterdir() if one.is_dir()))


def _asked_forge(inputs: Inputs, host: Host) -> Forge | None:
    """Return the forge, unless the audit is to be offline, which has to be said."""
    if inputs.flag("offline"):
        return None
    if not host.context.repository:
        raise UsageError(
            "the repository on the forge is not known",
            where=names.REPOSITORY,
            remedy=f"set it to owner/name and give a token, or say {_words(host, 'offline')}",
        )
    return _forge.open_forge(inputs, host)


def _exports(inputs: Inputs, host: Host) -> tuple[Deployed, ...] | None:
    from counterseal.audit.sources.exports import read_export

    paths = inputs.many("deployments")
    found = [one for path in paths for one in read_export(_run.read_file(host, path, _LIMIT), path)]
    if len({(one.platform, one.id) for one in found}) != len(found):
        raise MalformedError("a deployment stands in two exports", where="deployments")
    return tuple(found) if paths else None


def _written(
    answer: Answer, found: Audited, sources: Sources, trusted: bytes, inputs: Inputs, host: Host
) -> dict[str, str]:
    """Write what was asked for, and return where it is."""
    from counterseal.audit.answer import encode_answer
    from counterseal.audit.documents import answer_document
    from counterseal.audit.pack import write_pack

    written: dict[str, str] = {}
    if inputs["out"]:
        written["answer"] = str(_run.write_file(host, inputs["out"], encode_answer(answer)))
    if inputs["pack"]:
        names_ = {one.name for one in answer.elements if one.population == "releases"}
        releases = [one for one in found.populations.releases if one.name in names_]
        pack = write_pack(
            host.cwd / inputs["pack"],
            answer,
            store=sources.store,
            trust=trusted,
            releases=releases,
            report=dict(answer_document(answer, form, answer.window.until) for form in _PAGES),
        )
        written["pack"] = str(pack.folder)
    return written


def _result(answer: Answer, written: dict[str, str]) -> Result:
    from counterseal.audit.answer import EXIT_CODES, Grade, encode_answer
    from counterseal.manifest.digest import sha256

    code, digest = EXIT_CODES[answer.grade], sha256(encode_answer(answer))
    exceptions = answer.exceptions()
    counts = {one.population: one.count for one in answer.censuses}
    outcome = "passed" if code == 0 else "inconclusive" if answer.grade is Grade.UNPROVABLE else "failed"
    outputs = {
        "outcome": outcome,
        "grade": str(answer.grade),
        **{name: str(counts.get(name, 0)) for name in ("changes", "deployments", "releases")},
        "exceptions": str(len(exceptions)),
        "answer-digest": digest,
        **written,
    }
    return Result(
        outcome=outcome,
        exit_code=code,
        headline=_headline(answer, len(exceptions)),
        reasons=tuple(_reasons(exceptions)),
        digests={"answer": digest},
        outputs=outputs,
        summary=_summary(answer, exceptions),
        text=_text(answer),
    )


def _headline(answer: Answer, exceptions: int) -> str:
    counts = {one.population: one.count for one in answer.censuses}
    said = ", ".join(f"{counts.get(name, 0)} {name}" for name in ("changes", "deployments", "releases"))
    verdict = (
        "all accounted for" if not exceptions else f"{exceptions} exceptions, the worst is {answer.grade}"
    )
    return f"{_days(answer.window)}: {said}; {verdict}"


def _days(window: Window) -> str:
    return f"{window.since[:10]} to {window.until[:10]}"


def _reasons(exceptions: tuple[Judged, ...]) -> Iterator[Reason]:
    from counterseal.audit.answer import Grade

    for one in exceptions:
        for verdict in one.verdicts:
            if verdict.grade not in (Grade.COVERED, Grade.NOTE):
                subject = f"{one.population}:{one.name}"
                yield Reason(verdict.code, verdict.message, subject, verdict.digest, verdict.remedy)


def _summary(answer: Answer, exceptions: tuple[Judged, ...]) -> str:
    from counterseal.host.markdown import code, escape, table

    read = [
        [
            one.population,
            str(one.count),
            escape(one.source),
            escape("; ".join(gap.message for gap in one.gaps)),
        ]
        for one in answer.censuses
    ]
    rows = [
        [one.population, code(one.name), escape(one.at or ""), code(reason.rule), escape(reason.message)]
        for one in exceptions[:_MOST_TOLD]
        for reason in _reasons((one,))
    ]
    more = len(exceptions) - _MOST_TOLD
    told = table(["population", "element", "when", "verdict", "what was found"], rows) if rows else "None.\n"
    rest = f"\n{more} more are in the answer.\n" if more > 0 else ""
    return (
        f"### Audit {_days(answer.window)}: {answer.grade}\n\n"
        f"{table(['population', 'elements', 'read from', 'could not be found out'], read)}\n"
        f"#### Exceptions\n\n{told}{rest}"
    )


def _text(answer: Answer) -> str:
    from counterseal.host.text import one_line

    lines = []
    for one in answer.censuses:
        gaps = f"; not known: {'; '.join(gap.message for gap in one.gaps)}" if one.gaps else ""
        lines.append(f"  {one.population:<12} {one.count:>6}  from {one.source}{gaps}")
    lines += [f"  {one.code}: {one.message}" for one in _notes_of_whole(answer)]
    work = answer.work
    lines.append(f"  verified     {work.entries} releases, {work.signatures} seals, {work.blobs} files")
    if work.carried:
        lines.append(f"  carried over {work.carried} releases that earlier audits or parts have verified")
    if work.disbelieved:
        lines.append(
            f"  not believed {work.disbelieved} states of earlier audits or parts: altered, or of another"
            " store, trust file, policy, repository or version; what they told was verified anew"
        )
    return "\n".join(one_line(line, limit=1000) for line in lines)


def _notes_of_whole(answer: Answer) -> Iterator[Verdict]:
    """Yield the notes about whole populations, which nobody may overlook."""
    from counterseal.audit.answer import Grade

    whole = (one for one in answer.elements if one.name == "census")
    return (said for one in whole for said in one.verdicts if said.grade is Grade.NOTE)


COMMAND = Command(
    "audit",
    "Compare changes, deployments and evidence over a window, and name every exception.",
    INPUTS,
    OUTPUTS,
    run,
)
