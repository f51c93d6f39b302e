"""What lies between: two audits, a deployment and its job, a branch and its name."""

from dataclasses import replace as changed

import pytest
from msgspec.structs import replace

from counterseal.ledger.layout import checkpoint_key, entry_key
from counterseal.manifest.types import Outcome
from counterseal.seal.bundle import parse_bundle
from counterseal.store.blobs import blob_key
from simulators.bank import SINCE, WINDOW, day, later
from simulators.release_plan import Plan
from simulators.wrongs import WRONGS

FINE = ("covered", "note")


def bad(answer):
    return {
        (one.population, one.name, verdict.code)
        for one in answer.elements
        for verdict in one.verdicts
        if str(verdict.grade) not in FINE
    }


def test_an_end_that_was_cut_off_is_told_by_the_state(history, tmp_path):
    commit = history.merge_pull(40, "Last", day(113))
    history.publish(Plan(commit, day(114), history.source(10), outcome=Outcome.FAILED, approver=None))
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    assert not bad(history.audit(**parts))
    stream, _, number = history.name(11).partition("/")
    for key in (entry_key(stream, int(number)), checkpoint_key(stream, int(number))):
        del history.store.objects[key]
    for _ in range(2):  # and it is not forgotten because it was told once
        answer = history.audit(**parts)
        assert answer.work.carried
        assert str(answer.grade) == "tampered"
        assert any(code == "manifest-missing" for _, _, code in bad(answer))


def test_a_state_of_another_repository_is_not_believed(history, tmp_path, monkeypatch):
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    history.audit(**parts)
    assert history.audit(**parts).work.carried
    asked = history.sources
    monkeypatch.setattr(
        history, "sources", lambda **more: changed(asked(**more), uri="https://other.example/x")
    )
    work = history.audit(**parts).work
    assert (work.carried, work.disbelieved) == (0, 1)


def test_a_file_of_the_same_size_under_another_version_is_always_seen(history, tmp_path):
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    history.audit(**parts)
    evidence = history.releases[5].statement.predicate.candidate.evidence[0]
    (kept,) = history.store.objects[blob_key(evidence.digest.sha256)]
    kept.data = kept.data[:-1] + bytes([kept.data[-1] ^ 1])
    kept.number, kept.written_at = 77, day(115)
    for _ in range(10):
        assert bad(history.audit(state=parts["state"]))


@pytest.mark.parametrize("since", ["2026-08-01T00:00:00Z", None])
def test_a_deployment_that_waited_is_in_the_window_in_which_it_began(history, since):
    made = history.deploy(history.head("main"), later(SINCE, hours=5))
    history.forge.deployed[0] = replace(made, created_at=later(SINCE, hours=-5))
    window = replace(WINDOW, since=since, until=SINCE) if since else WINDOW
    found = any(population == "deployments" for population, _, _ in bad(history.audit(window)))
    assert found is (since is None)


def test_a_branch_that_the_policy_names_has_to_be_there(history):
    history.demands = replace(history.demands, branches=("main", "production"))
    answer = history.audit()
    assert bad(answer) >= {("changes", "census", "cannot-enumerate")}
    assert str(answer.grade) == "unprovable"


def test_a_branch_that_a_pattern_names_need_not_be_there(history):
    history.demands = replace(history.demands, branches=("main", "release/*"))
    assert not bad(history.audit())


def test_a_state_is_written_again_when_there_is_news(history, tmp_path):
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    statement = parts["state"] / "verified.json"
    history.audit(**parts)
    first = statement.read_bytes()
    history.audit(**parts)
    assert statement.read_bytes() == first
    facts = parts["state"] / "verified.msgpack"
    facts.write_bytes(facts.read_bytes() + b"x")
    assert history.audit(**parts).work.disbelieved == 1
    assert statement.read_bytes() != first
    assert history.audit(**parts).work.carried


BACKDATED = "a release dated before the window with evidence removed"


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("stated", [True, False])
def test_a_clock_that_was_set_back_takes_no_release_out_of_the_window(history, tmp_path, told, stated):
    """Where the store tells no time (a directory), its place in the chain and its deployment do."""
    parts = {"state": tmp_path / "state", "sealer": history.auditor} if stated else {}
    assert not bad(history.audit(**parts))
    wanted = WRONGS[BACKDATED](history)
    for kept in history.store.objects.values() if not told else ():
        kept[0].written_at = None
    for _ in range(2):
        assert (wanted.population, wanted.name, wanted.code) in bad(history.audit(**parts))


def test_a_release_of_before_the_window_that_was_deployed_in_it_is_verified_whole(history):
    late = replace(WINDOW, since=later(day(105), hours=1))
    assert not bad(history.audit(late))
    gone = next(one for one in history.forge.deployed if one.commit == history.source(10))
    history.forge.deployed.remove(gone)
    history.deploy(gone.commit, later(late.since, hours=2))
    assert not bad(history.audit(late))
    evidence = history.releases[9].statement.predicate.candidate.evidence[0]
    del history.store.objects[blob_key(evidence.digest.sha256)]
    assert ("releases", history.name(10), "evidence-missing") in bad(history.audit(late))


def test_of_what_the_store_took_later_no_deployment_is_missed(history):
    """A store that was copied took everything today: what is dated before the window is only doubtful."""
    for kept in history.store.objects.values():
        kept[0].written_at = day(116)
    found = {code for population, _, code in bad(history.audit(replace(WINDOW, since=day(107))))}
    assert found == {"clock-doubtful"}


def test_an_anchor_or_a_state_pins_the_end_of_a_stream(history, tmp_path):
    def codes(**parts):
        return {verdict.code for one in history.audit(**parts).elements for verdict in one.verdicts}

    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    assert "no-anchor" in codes(**parts)
    assert "no-anchor" not in codes(**parts)
    stream, _, number = history.name(10).partition("/")
    anchor = history.store.get(checkpoint_key(stream, int(number)))
    assert "no-anchor" not in codes(anchor=anchor)
    assert "no-anchor" in codes(anchor=b"{}")


@pytest.mark.parametrize("who", ["checkpoint", "release", "record", "stranger"])
def test_no_key_of_the_pipeline_vouches_for_what_an_audit_has_verified(history, tmp_path, who):
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    assert not history.audit(**parts).work.disbelieved
    statement = parts["state"] / "verified.json"
    payload = parse_bundle(statement.read_bytes(), where="state").envelope.payload
    statement.write_bytes(getattr(history, who).seal(payload))
    again = history.audit(**parts)
    assert (again.work.disbelieved, again.work.carried) == (1, 0)
    assert history.audit(**parts).work.carried


def test_what_was_verified_of_another_store_is_not_taken_over(history, tmp_path):
    parts = {"state": tmp_path / "state", "sealer": history.auditor}
    history.audit(**parts, address="s3://bank/one")
    again = history.audit(**parts, address="s3://bank/other")
    assert (again.work.disbelieved, again.work.carried) == (1, 0)
