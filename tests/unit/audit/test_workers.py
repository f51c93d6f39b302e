"""The work of an audit split over processes and jobs: the answer is that of one process alone."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace as changed

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from counterseal.audit.sources.gather import proof_of, verify_shard
from counterseal.audit.sources.proven import Witness, prove, read_batch
from counterseal.audit.sources.scan import known_of
from counterseal.audit.sources.workers import Shard, cores, processes, read_shard
from counterseal.errors import UsageError
from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.manifest.digest import sha256
from counterseal.store.blobs import blob_key
from counterseal.store.directory import DirectoryStore
from counterseal.store.s3 import S3Store
from simulators.bank import WINDOW
from simulators.wrongs import WRONGS
from simulators.wrongs.planted import evidence_of

SCAN = "counterseal.audit.sources.scan"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """The work is split although it is little."""
    monkeypatch.setattr("counterseal.audit.sources.workers.FEW", 1)
    monkeypatch.setattr("counterseal.audit.sources.past._MANY", 1)


@pytest.fixture(scope="module")
def workers():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize("name", WRONGS)
def test_the_answer_is_that_of_one_process(clean, tmp_path, workers, name):
    history = clean.copy(tmp_path / "repository")
    WRONGS[name](history)
    assert history.audit(workers=workers).elements == history.audit().elements


def test_real_processes_verify_what_one_would(clean):
    alone = clean.audit()
    with processes(2) as pool:
        together = clean.audit(workers=pool)
    assert together.elements == alone.elements
    assert together.work.entries == alone.work.entries
    assert together.work.signatures >= alone.work.signatures  # an emergency is looked at once more


def test_one_process_needs_no_other():
    with processes(1) as pool:
        assert pool is None
    assert cores() >= 1


class Dead(Executor):
    """Processes that died, as when memory ran out."""

    def submit(self, *_args, **_more):
        died = Future()
        died.set_exception(BrokenExecutor())
        return died


def test_when_processes_die_this_one_verifies_all(clean):
    alone, left = clean.audit(), clean.audit(workers=Dead())
    assert (left.elements, left.work) == (alone.elements, alone.work)


class AtOnce(Executor):
    """Processes that have done what they are asked before anything else happens."""

    def submit(self, work, *given_, **more):
        done = Future()
        done.set_result(work(*given_, **more))
        return done


def test_what_was_put_there_before_the_store_is_listed_vouches_for_nothing(clean, tmp_path, monkeypatch):
    """Others verify again what is known while it is listed; somebody writes in between."""
    history = clean.copy(tmp_path / "repository")
    given_ = {"state": tmp_path / "state", "sealer": history.auditor, "workers": AtOnce()}
    assert history.audit(**given_).work.carried == 0
    keys = [
        blob_key(one.statement.predicate.candidate.records[0].sealed.digest.sha256)
        for one in history.releases
    ]
    versions = history.store.versions

    def late(prefix, *, after=""):
        monkeypatch.undo()
        for key in keys:
            history.store.over(key, b"{}")
        return versions(prefix, after=after)

    monkeypatch.setattr(history.store, "versions", late)
    answer = history.audit(**given_)
    assert answer.work.carried == 0
    assert sum(one.verdicts[0].code == "overwritten" for one in answer.elements) >= len(set(keys))
    assert history.audit(**given_).elements == answer.elements


@pytest.mark.parametrize("others", [None, AtOnce(), Dead()])
def test_a_sample_that_does_not_hold_leaves_nothing_to_take_over(clean, tmp_path, monkeypatch, others):
    """Two files are changed in place where no lock keeps them, and one of them is in the sample."""
    history = clean.copy(tmp_path / "repository")
    given_ = {"state": tmp_path / "state", "sealer": history.auditor, "workers": others}
    history.audit(**given_)
    for at in (3, 5):
        key = evidence_of(history, at)
        history.store.replace(key, history.store.get(key).replace(b"testsuite", b"testsuitf"))
    monkeypatch.setattr(f"{SCAN}.drawn", lambda known, _: frozenset({place(history, 4)}) & known.keys())
    assert altered(history.audit(**given_)) == set()
    monkeypatch.setattr(f"{SCAN}.drawn", lambda known, _: frozenset({place(history, 5)}) & known.keys())
    answer = history.audit(**given_)
    assert altered(answer) == {history.name(3), history.name(5)}
    assert (answer.work.carried, answer.work.disbelieved) == (0, 1)
    monkeypatch.undo()
    assert altered(history.audit(**given_)) == {history.name(3), history.name(5)}  # they are not kept


def test_a_sample_that_reads_as_something_else_does_not_hold(clean, tmp_path, monkeypatch):
    """The state says of a release, under the auditor's own seal, what its bytes do not."""
    history = clean.copy(tmp_path / "repository")
    given_ = {"state": tmp_path / "state", "sealer": history.auditor, "workers": AtOnce()}
    monkeypatch.setattr("counterseal.audit.sources.gather.known_of", told_wrongly)
    history.audit(**given_)
    monkeypatch.undo()
    monkeypatch.setattr("counterseal.audit.sources.workers.FEW", 1)
    answer = history.audit(**given_)
    assert (answer.work.carried, answer.work.disbelieved) == (0, 1)


def told_wrongly(scanned, since):
    return (
        structs.replace(one, release=structs.replace(one.release, keyid="x"))
        for one in known_of(scanned, since)
    )


def place(history, at):
    stream, _, sequence = history.name(at).rpartition("/")
    return stream, int(sequence)


def altered(answer):
    return {
        one.name
        for one in answer.elements
        for verdict in one.verdicts
        if (one.population, verdict.code) == ("releases", "evidence-altered")
    }


@pytest.mark.parametrize("threads", [0, 1])
def test_processes_are_copies_where_there_is_nothing_to_copy_but_code(threads):
    """A program of its own, since this one has threads."""
    script = f"""
import threading
from counterseal.audit.sources.scan import known_of
from counterseal.audit.sources.workers import processes
if __name__ == "__main__":
    gone = threading.Event()
    for _ in range({threads}):
        threading.Thread(target=gone.wait, daemon=True).start()
    with processes(2) as pool:
        print(pool._mp_context.get_start_method(), *pool.map(abs, [-1, -2]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    copied = sys.platform == "linux" and not threads
    assert done.stdout.split() == ["fork" if copied else "spawn", "1", "2"]


# -- jobs of a matrix --------------------------------------------------------------------------------------


def parts(history, folder, count, only=None):
    """Have each job verify its part, and return what the audit that puts them together is given."""
    folders = []
    for index in only or range(1, count + 1):
        state = folder / str(index)
        sources = history.sources(state=state, sealer=history.auditor)
        verify_shard(sources, WINDOW, Shard(index, count))
        folders.append(state)
    return {"shards": tuple(folders)}


@pytest.fixture
def in_pairs(monkeypatch):
    """Parts of two releases each: the history is short."""
    monkeypatch.setattr("counterseal.audit.sources.workers._BLOCK", 2)


@pytest.mark.usefixtures("in_pairs")
def test_parts_are_put_together(clean, tmp_path):
    given_ = parts(clean, tmp_path, 3)
    answer = clean.audit(**given_)
    assert answer.elements == clean.audit().elements
    assert answer.work.carried >= 7  # nine, less a sample of one and an emergency
    assert len(set(answer.work.checkpoints)) == 3


@pytest.mark.usefixtures("in_pairs")
def test_a_part_counts_and_verifies_each_release_once(clean, tmp_path):
    sources = clean.sources(state=tmp_path / "state", sealer=clean.checkpoint)
    both = [verify_shard(sources, WINDOW, Shard(index, 2)) for index in (1, 2)]
    assert sum(one.asked for one in both) == 10
    assert sum(len(one.proven) for one in both) == 9  # the emergency is looked at by whoever answers


@pytest.mark.usefixtures("in_pairs")
def test_a_part_that_is_missing_is_verified_by_the_audit(clean, tmp_path):
    answer = clean.audit(**parts(clean, tmp_path, 3, only=[1, 3]))
    assert answer.elements == clean.audit().elements
    assert 0 < answer.work.carried < 7


@pytest.mark.usefixtures("in_pairs")
@pytest.mark.parametrize(
    "name", ["a record removed", "a seal forged", "two releases swapped", "evidence changed"]
)
@pytest.mark.parametrize("before", [True, False])
def test_a_wrong_is_named_whenever_it_was_done(clean, tmp_path, name, before):
    history = clean.copy(tmp_path / "repository")
    if before:
        wanted = WRONGS[name](history)
        given_ = parts(history, tmp_path, 2)
    else:
        given_ = parts(history, tmp_path, 2)
        wanted = WRONGS[name](history)
    if name == "evidence changed" and not before:
        return  # its bytes alone: only a sample would see it, which `docs/audit.md` says
    codes = {verdict.code for one in history.audit(**given_).elements for verdict in one.verdicts}
    assert wanted.code in codes


@pytest.mark.usefixtures("in_pairs")
def test_a_part_that_somebody_changed_vouches_for_nothing(clean, tmp_path):
    given_ = parts(clean, tmp_path, 2)
    facts = given_["shards"][0] / "verified.msgpack"
    facts.write_bytes(facts.read_bytes()[:-1] + b"\0")
    answer = clean.audit(**given_)
    assert (len(answer.work.checkpoints), answer.work.disbelieved) == (1, 1)
    assert clean.audit(shards=(tmp_path / "nowhere",)).work.disbelieved == 0


def test_a_part_has_to_be_kept_sealed(clean, tmp_path):
    for sources in (clean.sources(state=tmp_path), clean.sources(sealer=clean.checkpoint)):
        with pytest.raises(UsageError):
            verify_shard(sources, WINDOW, Shard(1, 2))


@given(st.integers(1, 256), st.text(max_size=20), st.integers(1, 10**12 - 1))
def test_every_release_is_of_one_part(count, stream, sequence):
    assert sum(Shard(index, count).holds((stream, sequence)) for index in range(1, count + 1)) == 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0", "1", "", "1/257", "-1/2", "1/2/3", " 1/2", "a/b"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(UsageError):
        read_shard(text)


# -- what a process vouches for ----------------------------------------------------------------------------


def names(history):
    releases = (one.name for one in history.audit().elements if one.population == "releases")
    found = (name.partition("/") for name in releases if name != "census")
    return [(stream, int(number)) for stream, _, number in found]


class Changing:
    """A store in which a file is another one when it is read again."""

    def __init__(self, store, key):
        self.store, self.key, self.reads = store, key, 0

    def get(self, key, *, version=None):
        data = self.store.get(key, version=version)
        self.reads += key == self.key
        return data + b" " if key == self.key and self.reads > 1 else data

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.mark.parametrize("key_of", [entry_key, checkpoint_key])
def test_nobody_vouches_for_bytes_that_changed_after_they_were_verified(clean, key_of):
    name = names(clean)[0]
    witness = Witness(Changing(clean.store, key_of(*name)))
    first = witness.get(key_of(*name))
    assert witness.digests[key_of(*name)] == sha256(first)
    witness.get(key_of(*name))
    assert witness.digests[key_of(*name)] is None
    proof = proof_of(clean.sources(), WINDOW)
    (kept,) = read_batch(prove(proof, [name])).releases
    assert (kept.entry, kept.checkpoint_digest) == tuple(
        sha256(clean.store.get(key(*name))) for key in (entry_key, checkpoint_key)
    )
    store = Changing(clean.store, checkpoint_key(*name))
    assert read_batch(prove(changed(proof, store=store), [name])).releases == ()


def test_a_process_vouches_for_what_is_well_alone(clean, tmp_path):
    history = clean.copy(tmp_path / "repository")
    proof = proof_of(history.sources(), WINDOW)
    everything = names(history)
    whole = {
        (one.release.stream, one.release.sequence) for one in read_batch(prove(proof, everything)).releases
    }
    stream, sequence = sorted(whole)[2]
    history.store.objects[entry_key(stream, sequence)][0].data = b"{}\n{}\n"
    left = {
        (one.release.stream, one.release.sequence) for one in read_batch(prove(proof, everything)).releases
    }
    assert whole - left == {(stream, sequence)}


def test_stores_can_be_sent_to_other_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    store = S3Store("bank-evidence", "x", kms="arn")
    assert store.client is not None
    copy = pickle.loads(pickle.dumps(store))
    assert (copy.bucket, copy._made[1], copy._made[4]) == ("bank-evidence", "x", "arn")
    DirectoryStore(tmp_path).put("a", b"1")
    assert pickle.loads(pickle.dumps(DirectoryStore(tmp_path))).get("a") == b"1"
