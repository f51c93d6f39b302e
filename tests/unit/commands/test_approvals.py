"""Deciding again offline, deciding what if, and deciding with a key of one's own."""

import json

import pytest

from counterseal import cli
from counterseal.approval.decide import decide
from counterseal.approval.model import Case, Event, Facts, Member
from counterseal.approval.replay import encode_case
from counterseal.ledger.requests import RequestBook
from counterseal.manifest.approval import ApprovalRequest, Binding, SignedApproval
from counterseal.manifest.assemble import digest_of_candidate
from counterseal.manifest.check import read_statement
from counterseal.manifest.record import Digest
from counterseal.manifest.release import Person
from counterseal.policy.approval import ApprovalPolicy, ChangeClass, EnvironmentRule, Group, Stage
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Account
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.trust import EMPTY, add_key, parse_trust
from counterseal.seal.verify import open_bundle
from counterseal.store.directory import DirectoryStore
from factories import COMMIT, REPOSITORY, TREE, candidate
from unit.commands.conftest import new_key

MIA = Account(id=41002, login="mia")
RELEASE = candidate()
BINDING = Binding(
    repository=REPOSITORY,
    environment="production",
    commit=COMMIT,
    tree=TREE,
    candidate=Digest(sha256=digest_of_candidate(RELEASE)),
    policy=Digest(sha256="a" * 64),
)
REQUEST = ApprovalRequest(
    binding=BINDING,
    change_class="normal",
    requested_at="2026-11-24T09:00:00Z",
    requested_by=Person(id=41001, login="dana"),
    nonce="0" * 32,
)
POLICY = ApprovalPolicy(
    groups={"managers": Group(accounts=(41002,))},
    classes={"normal": ChangeClass(stages=(Stage(name="release", groups=("managers",)),))},
    environments={"production": EnvironmentRule(classes=("normal",), default="normal")},
)
FACTS = Facts(binding=BINDING, members=(Member(group="managers", accounts=(41002,)),))
ID = "0123456789abcdef"
APPROVAL = Event(
    id="comment:1", source="comment", action="approve", at="2026-11-24T10:00:00Z", account=MIA, request=ID
)


def case(*events, now="2026-11-24T11:00:00Z"):
    decision = decide(REQUEST, ID, events, POLICY, Duties(), FACTS, now)
    return Case(
        request_id=ID,
        request=REQUEST,
        events=events,
        policy=POLICY,
        duties=Duties(),
        facts=FACTS,
        now=now,
        decision=decision,
    )


def run(capsys, *words):
    capsys.readouterr()
    code = cli.main([*words, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def kept(tmp_path):
    def kept(what):
        path = tmp_path / "approval-case.json"
        path.write_bytes(encode_case(what) if isinstance(what, Case) else what)
        return str(path)

    return kept


def test_a_decision_replays_offline(capsys, kept):
    code, said = run(capsys, "approval-gate", "replay", "--case", kept(case(APPROVAL)))

    assert (code, said["outputs"]["state"]) == (0, "approved")


def test_a_decision_that_does_not_follow_from_its_case_is_found(capsys, kept):
    forged = encode_case(case()).replace(b'"state":"pending"', b'"state":"approved"')

    code, said = run(capsys, "approval-gate", "replay", "--case", kept(forged))

    assert (code, said["reasons"][0]["rule"]) == (12, "decision-replays")


def test_an_event_that_is_taken_out_of_a_case_is_found(capsys, kept):
    document = json.loads(encode_case(case(APPROVAL)))
    document["events"] = []
    path = kept(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())

    assert run(capsys, "approval-gate", "replay", "--case", path)[0] == 12


def test_what_if_this_approval_existed_is_answered_without_asking_anybody(
    capsys, kept, tmp_path, monkeypatch
):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("nobody is asked"))
    supposed = tmp_path / "suppose.json"
    document = json.loads(encode_case(case(APPROVAL)))
    supposed.write_text(json.dumps({"events": document["events"]}))

    without = run(capsys, "approval-gate", "--simulate", kept(case()))
    code, said = run(capsys, "approval-gate", "--simulate", kept(case()), "--suppose", str(supposed))

    assert (without[0], without[1]["outputs"]["state"]) == (11, "pending")
    assert (code, said["outputs"]["state"]) == (0, "approved")


def test_what_if_it_were_later(capsys, kept, tmp_path):
    supposed = tmp_path / "suppose.json"
    supposed.write_text('{"now": "2026-11-30T09:00:00Z"}')

    code, said = run(capsys, "approval-gate", "--simulate", kept(case()), "--suppose", str(supposed))

    assert (code, said["outputs"]["state"]) == (11, "expired")


@pytest.mark.parametrize("text", ["[]", '{"other": 1}', '{"events": [{}]}', "{"])
def test_what_cannot_be_supposed_is_refused(capsys, kept, tmp_path, text):
    supposed = tmp_path / "suppose.json"
    supposed.write_text(text)

    assert run(capsys, "approval-gate", "--simulate", kept(case()), "--suppose", str(supposed))[0] == 2


def test_something_is_supposed_in_a_simulation_only(capsys):
    assert run(capsys, "approval-gate", "--mode", "sweep", "--suppose", "x.json")[0] == 2


@pytest.mark.parametrize("missing", ["mode", "store", "trust", "key"])
def test_a_gate_without_what_it_needs_is_refused(capsys, missing):
    given = {"mode": "sweep", "store": "s", "trust": "t", "key": "file:k"}
    words = [word for name, value in given.items() if name != missing for word in (f"--{name}", value)]

    code, said = run(capsys, "approval-gate", *words)

    assert (code, missing in json.dumps(said)) == (2, True)


@pytest.fixture
def desk(tmp_path):
    gate, mine = new_key(tmp_path / "gate.pem", "record"), new_key(tmp_path / "mine.pem", "approval")
    trust = add_key(add_key(EMPTY, gate), mine)
    (tmp_path / "trust.json").write_bytes(trust.encode())
    store = DirectoryStore(tmp_path / "store")
    book = RequestBook(store, trust, Sealer(open_signer(f"file:{tmp_path / 'gate.pem'}", env={})))
    return tmp_path, book.open(REQUEST, RELEASE)


def approve(capsys, home, **more):
    given = {
        "store": str(home / "store"),
        "trust": str(home / "trust.json"),
        "key": f"file:{home / 'mine.pem'}",
        "out": str(home / "signed.json"),
        "candidate": BINDING.candidate.sha256,
        **more,
    }
    return run(capsys, "approve", *(word for name, value in given.items() for word in (f"--{name}", value)))


def test_a_person_signs_a_decision_with_a_key_of_their_own(capsys, desk):
    home, asked = desk

    code, _ = approve(capsys, home, request=asked.id, stage="release", reason="looked at it")

    trust = parse_trust((home / "trust.json").read_bytes(), where="trust.json")
    opened = open_bundle((home / "signed.json").read_bytes(), trust, role="approval", where="signed")
    said = read_statement(opened.payload, where="signed").predicate
    assert code == 0
    assert isinstance(said, SignedApproval)
    assert (said.request, said.action, said.stage, said.candidate) == (
        asked.id,
        "approve",
        "release",
        BINDING.candidate,
    )


def test_nobody_signs_for_another_candidate_than_they_looked_at(capsys, desk):
    home, asked = desk

    assert approve(capsys, home, request=asked.id, candidate="f" * 64)[0] == 2
    assert not (home / "signed.json").exists()


@pytest.mark.parametrize("name", ["0000000000000000", "../../etc", "x"])
def test_a_request_that_is_not_there_cannot_be_approved(capsys, desk, name):
    assert approve(capsys, desk[0], request=name)[0] in {2, 13}


def test_an_action_that_is_none_is_refused(capsys, desk):
    assert approve(capsys, desk[0], request=desk[1].id, action="lgtm")[0] == 2
