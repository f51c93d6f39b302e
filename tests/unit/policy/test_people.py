from __future__ import annotations

from pathlib import Path

import pytest

from counterseal.errors import MalformedError
from counterseal.policy.duties import Duties
from counterseal.policy.file import load_policy
from counterseal.policy.forge import Account
from counterseal.policy.people import Identities, addresses_in, load_people

MAP = b"""\
version: 1
people:
  - id: ann
    accounts: [11, 12]
    addresses: ["Ann@Example.com", "13+ann-alt@users.noreply.github.com"]
    keys: ["SHA256:annkey"]
    tracker: [5b10a]
    from: "2026-01-10"
    until: "2026-11-24"
  - id: e-4711
    accounts: [21]
bots:
  - account: 49699333
    name: dependabot
    keys: ["SHA256:pipeline"]
"""


@pytest.fixture
def known() -> Identities:
    return Identities(load_people(MAP, "people.yml"))


def test_accounts_of_one_person_are_that_person(known):
    assert known.person_of_account(11) == known.person_of_account(12) == "ann"
    assert known.person_of_account(21) == "e-4711"
    assert known.person_of_account(99) is None


def test_without_a_map_every_account_is_a_person_of_its_own():
    nobody = Identities(None)
    assert nobody.person_of_account(11) == "account:11"
    assert nobody.person_of_address("ann@example.com") is None
    assert nobody.person_of_key("SHA256:annkey") is None
    assert nobody.person_of_tracker("5b10a") is None
    assert not nobody.is_bot(11)
    assert nobody.employed("account:11", "2026-11-24T10:00:00Z")
    assert not nobody.employed("ann", "2026-11-24T10:00:00Z")


def test_an_empty_map_knows_nobody():
    empty = Identities(load_people(b"version: 1\n", "people.yml"))
    assert empty.person_of_account(11) is None
    assert not empty.employed("account:11", "2026-11-24T10:00:00Z")


@pytest.mark.parametrize(
    ("mail", "person"),
    [
        ("ann@example.com", "ann"),
        ("ANN@EXAMPLE.COM", "ann"),
        ("13+ann-alt@users.noreply.github.com", "ann"),
        ("12+any-login@users.noreply.github.com", "ann"),
        ("21+bob@users.noreply.GitHub.com", "e-4711"),
        ("99+bob@users.noreply.github.com", None),
        ("bob@users.noreply.github.com", None),
        ("21+bob@users.noreply.github.com.evil.example", None),
        ("021+bob@users.noreply.github.com", None),
        ("49699333+dependabot[bot]@users.noreply.github.com", None),
        ("eve@example.com", None),
    ],
)
def test_an_address_names_somebody_by_the_map_or_by_the_number_in_it(known, mail, person):
    assert known.person_of_address(mail) == person


def test_a_hidden_address_names_an_account_without_a_map():
    assert Identities(None).person_of_address("7+x@users.noreply.github.com") == "account:7"


def test_keys_and_tracker_ids_are_compared_exactly(known):
    assert known.person_of_key("SHA256:annkey") == "ann"
    assert known.person_of_key("sha256:annkey") is None
    assert known.person_of_tracker("5b10a") == "ann"
    assert known.person_of_tracker("5B10A") is None


def test_a_machine_is_what_the_map_says_and_not_what_the_forge_says(known):
    assert known.is_bot(49699333)
    assert known.is_bot(Account(id=49699333, login="dependabot[bot]"))
    assert not known.is_bot(Account(id=5, login="evil[bot]", bot=True))
    assert known.person_of_account(49699333) is None
    assert known.is_bot_key("SHA256:pipeline")
    assert known.person_of_key("SHA256:pipeline") is None
    assert not known.is_bot_key("SHA256:annkey")


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-01-09T23:59:59Z", False),
        ("2026-01-10T00:00:00Z", True),
        ("2026-11-24T23:59:59.999999Z", True),
        ("2026-11-25T00:00:00Z", False),
    ],
)
def test_a_leaver_is_gone_after_the_last_day(known, moment, there):
    assert known.employed("ann", moment) is there
    assert known.employed("e-4711", moment)
    assert not known.employed("nobody", moment)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann <ann@example.com>", ("ann@example.com",)),
        ("ann@example.com", ("ann@example.com",)),
        ("Ann <ann@example.com> <bob@example.com>", ("ann@example.com", "bob@example.com")),
        ("<ann@example.com>Bob bob@x", ("ann@example.com", "bob@x")),
        ("Ann", ()),
        ("Ann <>", ()),
        ("", ()),
    ],
)
def test_every_address_of_a_line_is_found(text, found):
    assert addresses_in(text) == found


def entry(name: str, **fields: str) -> str:
    return "\n".join([f"  - id: {name}", *(f"    {key}: {value}" for key, value in fields.items())]) + "\n"


TWICE = [
    ({"accounts": "[1]"}, {"accounts": "[1]"}),
    ({"accounts": "[1, 1]"}, {}),
    ({"addresses": "[a@x.example]"}, {"addresses": "[A@X.example]"}),
    ({"accounts": "[1]"}, {"addresses": '["1+x@users.noreply.github.com"]'}),
    ({"addresses": '["1+x@users.noreply.github.com"]'}, {"addresses": '["1+y@users.noreply.github.com"]'}),
    ({"keys": '["SHA256:k"]'}, {"keys": '["SHA256:k"]'}),
    ({"tracker": "[ann]"}, {"tracker": "[Ann]"}),
]


@pytest.mark.parametrize(("first", "second"), TWICE)
def test_nothing_belongs_to_two_people(first, second):
    text = "version: 1\npeople:\n" + entry("ann", **first) + entry("bob", **second)
    with pytest.raises(MalformedError, match="twice") as caught:
        load_people(text.encode(), "people.yml")
    assert caught.value.where.startswith("people.yml:")
    assert "line" in caught.value.remedy


def test_the_same_person_cannot_be_listed_twice():
    with pytest.raises(MalformedError, match="twice") as caught:
        load_people(("version: 1\npeople:\n" + entry("ann") + entry("ann")).encode(), "people.yml")
    assert caught.value.where == "people.yml:4:5"


@pytest.mark.parametrize(
    ("person", "bot"),
    [
        ({"accounts": "[7]"}, ""),
        ({"keys": '["SHA256:k"]'}, '\n    keys: ["SHA256:k"]'),
        ({"addresses": '["7+x[bot]@users.noreply.github.com"]'}, ""),
    ],
)
def test_nothing_belongs_to_a_person_and_a_machine(person, bot):
    text = "version: 1\npeople:\n" + entry("ann", **person) + f"bots:\n  - account: 7\n    name: bot{bot}\n"
    with pytest.raises(MalformedError, match="twice"):
        load_people(text.encode(), "people.yml")


def test_an_account_and_its_own_hidden_address_may_both_be_listed():
    text = "version: 1\npeople:\n" + entry(
        "ann", accounts="[7]", addresses='["7+x@users.noreply.github.com"]'
    )
    assert Identities(load_people(text.encode(), "people.yml")).person_of_account(7) == "ann"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("version: 2\n", "people.yml:1:1"),
        ("people: []\n", "people.yml:1:1"),
        ("version: 1\nhumans: []\n", "people.yml:2:1"),
        ("version: 1\npeople:\n" + entry("Ann"), "people.yml:3:5"),
        ("version: 1\npeople:\n" + entry("ann", accounts="[0]"), "people.yml:4:16"),
        ("version: 1\npeople:\n" + entry("ann", accounts='["11"]'), "people.yml:4:16"),
        ("version: 1\npeople:\n" + entry("ann", addresses="[example.com]"), "people.yml:4:17"),
        ("version: 1\npeople:\n" + entry("ann", addresses='["a b@x.example"]'), "people.yml:4:17"),
        ("version: 1\npeople:\n" + entry("ann", until='"2026-02-30"'), "people.yml:4:5"),
        ("version: 1\npeople:\n" + entry("ann", until="2026-01-01"), "people.yml:4:12"),
        (
            "version: 1\npeople:\n" + entry("ann", **{"from": '"2026-02-01"', "until": '"2026-01-01"'}),
            "people.yml:5:5",
        ),
        ("version: 1\nbots:\n  - account: 5\n", "people.yml:3:5"),
        ("version: 1\nversion: 1\n", "people.yml:2:1"),
    ],
)
def test_an_error_names_line_and_column(text, place):
    with pytest.raises(MalformedError) as caught:
        load_people(text.encode(), "people.yml")
    got = caught.value.where
    assert got.split(":")[:2] == place.split(":")[:2]
    assert got.count(":") == 2


def test_the_example_of_the_page_is_a_map():
    page = (Path(__file__).resolve().parents[3] / "docs" / "identities.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    people = load_people(example.encode(), "identities.md")
    assert Identities(people).person_of_account(7654321) == "e-4711"
    assert Identities(people).is_bot(49699333)


def test_the_duties_of_the_page_are_the_defaults():
    page = (Path(__file__).resolve().parents[3] / "docs" / "identities.md").read_text()
    example = page.split("```yaml\n")[2].split("```")[0]
    policy = load_policy(f"version: 1\n{example}".encode(), where="identities.md")
    stated = {pair.role: set(pair.from_) for pair in policy.duties.apart}
    assert stated == {pair.role: set(pair.from_) for pair in Duties().apart}
    assert policy.duties.unresolved == Duties().unresolved
