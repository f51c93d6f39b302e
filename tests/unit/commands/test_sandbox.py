import json
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from counterseal import cli
from counterseal.errors import MalformedError
from counterseal.sandbox.seed import read_world
from counterseal.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[3]
WORLD = (ROOT / "examples" / "sandbox" / "world.yml").read_bytes()


@pytest.fixture
def seeded(tmp_path):
    made = read_world(WORLD, "world.yml", tmp_path)
    yield made
    made.world.close()


@pytest.fixture
def served(seeded):
    with Sandbox(seeded.world, control=True) as sandbox:
        yield sandbox


def ask(url, token="", body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)


def test_the_example_is_a_world_with_a_pull_request(seeded):
    payments = seeded.world.repositories["meridian-bank/payments"]

    pull = payments.pull(1)

    assert (pull.issue.title, [review.state for review in pull.reviews]) == (
        "PAY-2: Refund a transfer",
        ["APPROVED"],
    )
    assert set(seeded.tokens) == {"TOKEN_DANA", "TOKEN_MIA", "TOKEN_RITA", "GITHUB_TOKEN"}


def test_it_answers_as_the_forge_does(served, seeded):
    pull = ask(f"{served.url}/repos/meridian-bank/payments/pulls/1", seeded.tokens["GITHUB_TOKEN"])

    assert (pull["user"]["login"], pull["commits"], pull["base"]["ref"]) == ("dana", 1, "main")


def test_people_act_and_time_passes_from_another_process(served, seeded):
    before = ask(f"{served.url}/_sandbox/clock")["now"]
    act = {"as": "mia", "do": "comment", "repository": "meridian-bank/payments", "issue": 1, "text": "hello"}

    ask(f"{served.url}/_sandbox/act", body=act)
    after = ask(f"{served.url}/_sandbox/clock", body={"seconds": 3600})["now"]

    comments = ask(
        f"{served.url}/repos/meridian-bank/payments/issues/1/comments", seeded.tokens["GITHUB_TOKEN"]
    )
    assert [(one["user"]["login"], one["body"]) for one in comments] == [("mia", "hello")]
    assert (before[:13], after[:13]) == ("2026-11-24T09", "2026-11-24T10")


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"as": "nobody", "do": "comment"},
        {"as": "mia", "do": "fly", "repository": "meridian-bank/payments"},
    ],
)
def test_what_the_control_does_not_understand_is_refused(served, act):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(f"{served.url}/_sandbox/act", body=act)
    with caught.value as refused:
        assert refused.code == 422


def test_the_control_is_not_there_unless_it_was_asked_for(seeded):
    with Sandbox(seeded.world) as sandbox, pytest.raises(urllib.error.HTTPError) as caught:
        ask(f"{sandbox.url}/_sandbox/clock")
    with caught.value as refused:
        assert refused.code == 404


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2", "version"),
        ("version: 1\nusers: [{login: a}]", "id"),
        ("version: 1\nteams: [{name: a/b}]", "a"),
        ("version: 1\nother: 1", "other"),
    ],
)
def test_a_file_that_is_no_world_is_refused(tmp_path, text, said):
    with pytest.raises(MalformedError, match=said):
        read_world(text.encode(), "world.yml", tmp_path)


def test_the_command_writes_addresses_and_tokens_for_its_owner_alone(tmp_path, capsys):
    tokens = tmp_path / "sandbox.env"
    world = str(ROOT / "examples" / "sandbox" / "world.yml")

    code = cli.main(["sandbox", "--world", world, "--tokens", str(tokens), "--check"])

    lines = dict(line.split("=", 1) for line in tokens.read_text().splitlines())
    assert code == 0
    assert lines["GITHUB_API_URL"].startswith("http://127.0.0.1:")
    assert lines["GITHUB_TOKEN"].startswith("ghs_")
    assert tokens.stat().st_mode & 0o077 == 0
    assert lines["GITHUB_TOKEN"] not in "".join(capsys.readouterr())


def test_many_ask_at_once(served, seeded):
    found = []

    def look():
        url = f"{served.url}/repos/meridian-bank/payments/pulls/1/commits"
        found.append(len(ask(url, seeded.tokens["GITHUB_TOKEN"])))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 8
