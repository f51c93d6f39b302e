"""Pseudonyms: a person is the same one everywhere, two are two, and a map with them says what it said."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError, UsageError
from counterseal.manifest.pseudonym import is_pseudonym, names_nobody
from counterseal.manifest.release import Person
from counterseal.policy.file import load_policy
from counterseal.policy.forge import Account, GitPerson
from counterseal.policy.people import Identities, People, PersonEntry, addresses_in, load_people
from counterseal.policy.pseudonyms import Pseudonyms

KEY = "0123456789abcdef" * 4
NAMES = Pseudonyms(KEY)

numbers = st.integers(min_value=1, max_value=10**15)
words = st.from_regex(r"[a-z][a-z0-9.+-]{0,10}", fullmatch=True)
plain = st.builds("{}@{}.example".format, words, words)
hidden = st.builds("{}+{}@users.noreply.github.com".format, numbers, words)
addresses = plain | hidden
lines = st.lists(st.one_of(words, addresses.map("<{}>".format), st.text(max_size=8)), max_size=5).map(
    " ".join
)


@st.composite
def maps(draw):
    """An identity map in which nothing belongs to two."""
    ids = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    mails = iter(draw(st.lists(plain, min_size=8, max_size=8, unique_by=str.casefold)))
    known = iter(draw(st.lists(numbers, min_size=8, max_size=8, unique=True)))
    people = [
        PersonEntry(
            id=one.replace("+", "-"),
            accounts=(next(known), next(known)),
            addresses=(next(mails), next(mails)),
            keys=(f"SHA256:{one}", f"https://issuer.example {one}@firm.example"),
            tracker=(f"t-{one}",),
        )
        for one in dict.fromkeys(ids)
    ]
    return People(version=1, people=tuple({one.id: one for one in people}.values()))


@given(maps(), numbers, addresses)
def test_a_map_under_pseudonyms_knows_the_same_people(people, number, mail):
    before, after = Identities(people), Identities(NAMES.people(people))

    def renamed(name):
        return name and NAMES.employee(name)

    every = people.people
    for account in [number, *(one for entry in every for one in entry.accounts)]:
        assert after.person_of_account(account) == renamed(before.person_of_account(account))
        own = f"{account}+someone@users.noreply.github.com"
        assert after.person_of_address(NAMES.address(own)) == renamed(before.person_of_address(own))
    for one in [mail, *(one for entry in every for one in entry.addresses)]:
        assert after.person_of_address(NAMES.address(one)) == renamed(before.person_of_address(one))
        assert after.person_of_address(NAMES.address(one.upper())) == renamed(before.person_of_address(one))
    for one in ["SHA256:other", *(one for entry in every for one in entry.keys)]:
        assert after.person_of_key(NAMES.key(one)) == renamed(before.person_of_key(one))
    for one in ["t-nobody", *(one for entry in every for one in entry.tracker)]:
        assert after.person_of_tracker(NAMES.tracker(one)) == renamed(before.person_of_tracker(one))


@given(maps())
def test_a_map_under_pseudonyms_can_be_read_again(people):
    kept = msgspec.json.encode(NAMES.people(people))
    assert load_people(kept, "kept") == NAMES.people(people)


def test_a_map_under_pseudonyms_names_nobody():
    people = load_people(
        b"""version: 1
people:
  - {id: ann.miller, accounts: [7], addresses: [ann@firm.example, 7+ann@users.noreply.github.com],
     keys: ["SHA256:abc", "https://accounts.example ann@firm.example"], tracker: [miller], from: "2026-01-01"}
bots: [{account: 9, name: pipeline, keys: ["SHA256:def"]}]
""",
        "people.yml",
    )
    kept = msgspec.json.encode(NAMES.people(people)).decode()
    assert not re.search("ann|miller|firm", kept)
    assert {"SHA256:abc", "SHA256:def", "2026-01-01", "pipeline"} <= set(re.findall(r"[\w:.-]+", kept))


@given(lines)
def test_a_line_says_by_pseudonyms_who_it_is_and_nothing_else(text):
    told = NAMES.line(text)
    assert is_pseudonym(told)
    assert set(addresses_in(told)) == {NAMES.address(one) for one in addresses_in(text)}
    assert bool(told) == bool(text.strip())


@given(addresses, addresses)
def test_two_addresses_are_two_pseudonyms(one, other):
    numbers = [re.match(r"([0-9]+)\+.*noreply", text) for text in (one, other)]
    same = one.casefold() == other.casefold() or (all(numbers) and numbers[0][1] == numbers[1][1])
    assert (NAMES.address(one) == NAMES.address(other)) == same


@pytest.mark.parametrize("address", ["a{}@b.example", "{}+a@users.noreply.github.com"])
def test_what_does_not_fit_into_a_line_stays_somebody_unknown(address):
    told = NAMES.line(" ".join(f"<{address.format(10**14 + number)}>" for number in range(40)))
    assert len(told) < 1000
    assert is_pseudonym(told)
    assert addresses_in(told)[-1] == f"person-{'0' * 20}@pseudonym.invalid"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Fix it for ann@firm.example", "ann"),
        ("Fix it\n\nCo-authored-by: Ann Miller <ann@firm.example>", "Ann Miller"),
        ("Fix it\n\nReviewed-By: Ann Miller\r\n", "Ann Miller"),
        ("  signed-off-by : Ann <a@b>", "Ann"),
        ("Thanks @ann-miller, well done", "ann-miller"),
        ("(@ann)", "ann"),
        ("Thanks @bob_acme", "bob_acme"),
        ("_@bob_ and -@bob", "bob"),
        ("ok.\n@bob", "bob"),
        ("Ask bob@corp.", "bob"),
        ("ann@b\u00fccher.de", "ann"),
        ('"ann.author"@example.com', "ann.author"),
        ("o'brien@example.com", "brien"),
        ("Cc: Bob Builder <bob@b.example>", "Builder"),
        ("Bob Builder <bob@b.example> wrote:", "Bob"),
        ("> Reviewed-by: Bob Builder", "Bob"),
        ("* Reviewed-by: Bob Builder", "Bob"),
        ("Reviewed-by:\n Bob Builder <b@b.example>", "Bob"),
        ("Reviewed-by: A\n Bob Builder", "Bob"),
        ("Merge pull request #12 from bob-builder/feature", "bob"),
        ("see https://github.com/bob-b", "bob"),
    ],
)
def test_prose_loses_names_where_they_are_marked_as_names(text, gone):
    assert gone not in NAMES.prose(text)
    assert text.count("\n") == NAMES.prose(text).count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "PAY-142: Bump lodash from 4.17.20 to lodash@4.17.21",
        "Bump @babel/core and actions/checkout@v4",
        "/approve 0123456789abcdef stage=security",
        "feat(api)!: pay by 7 pm\r\n\r\nfixes #12, see https://example.com/a?b=c",
        "by: nobody",
        "Tracked-by: PAY-142",
        "uses: acme/deploy@main and tool@3f786850e387",
        "see https://github.com/acme/payments/pull/3",
    ],
)
def test_prose_without_names_stays_as_it_is(text):
    assert NAMES.prose(text) == text


@given(st.text(alphabet="ab @.<>-:\n", max_size=40))
def test_prose_keeps_its_lines(text):
    assert len(NAMES.prose(text).split("\n")) == len(text.split("\n"))


def test_accounts_are_numbers_and_machines_keep_their_names():
    assert NAMES.account(Account(id=7, login="ann")).login == "account-7"
    robot = Account(id=8, login="robot[bot]", bot=True)
    assert NAMES.account(robot) == robot
    told = NAMES.git_person(GitPerson(text="Ann <ann@firm.example>", account=Account(id=7, login="ann")))
    assert told.account == Account(id=7, login="account-7")
    assert told.text == f"<{NAMES.address('ANN@firm.example')}>"


@given(st.none() | numbers, st.none() | words, st.none() | lines)
def test_a_person_is_told_by_pseudonyms(number, login, text):
    assert names_nobody(NAMES.person(Person(id=number, login=login, text=text)))


@given(st.text(alphabet="ab@< >.-:\n1", max_size=3000))
def test_prose_grows_within_bounds(text):
    assert len(NAMES.prose(text)) <= max(len(text), 2000)


@pytest.mark.parametrize(
    "subject",
    ["ann@corp", "ann!corp.example", "ann@b\u00fccher.de", '"ann b"@example.com', "https://github.com/ann"],
)
def test_a_keyless_signer_is_a_person_unless_it_is_a_workflow(subject):
    told = NAMES.key(f"https://issuer.example {subject}")
    assert "ann" not in told
    assert is_pseudonym(f"person-{'0' * 20} ({told})")
    workflow = "https://issuer.example https://github.com/acme/pay/.github/workflows/r.yml@refs/heads/main"
    assert NAMES.key(workflow) == workflow
    assert NAMES.key("SHA256:abc") == "SHA256:abc"


def test_a_machine_that_signs_without_a_key_is_still_known():
    mail = "https://accounts.example release@acme.example"
    people = load_people(
        f"version: 1\nbots: [{{account: 9, name: pipeline, keys: ['{mail}']}}]".encode(), "people.yml"
    )
    assert Identities(NAMES.people(people)).is_bot_key(NAMES.key(mail))
    assert "acme" not in repr(NAMES.people(people))


def test_another_key_gives_other_pseudonyms_and_a_short_one_none():
    assert Pseudonyms("x" * 32).address("a@b.example") != NAMES.address("a@b.example")
    with pytest.raises(UsageError, match="fewer than 32"):
        Pseudonyms("short")


def test_a_policy_that_is_kept_names_no_signer():
    policy = """version: 1
evidence: {people: pseudonymous}
branch:
  signatures: {verify: local, identities: ["https://github.com/login/oauth ann@firm.example"]}
"""
    with pytest.raises(MalformedError, match="names a person"):
        load_policy(policy.encode(), where="policy.yml")
    workflow = (
        "https://token.actions.example https://github.com/acme/pay/.github/workflows/r.yml@refs/heads/main"
    )
    load_policy(
        policy.replace("https://github.com/login/oauth ann@firm.example", workflow).encode(), where="p"
    )
    load_policy(policy.replace("pseudonymous", "named").encode(), where="p")
