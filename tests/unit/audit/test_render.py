from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import msgspec
import pytest

from counterseal.audit.facts import Finding
from counterseal.audit.index_view import index_row, index_view
from counterseal.audit.release_view import release_view
from counterseal.audit.render import render_index, render_release
from counterseal.audit.text import MAX_CHARACTERS
from counterseal.host.text import visible
from counterseal.manifest.release import Artifact, Change, ChangeSet, Person
from counterseal.manifest.types import Outcome
from unit.audit.pages import Page
from unit.audit.release_facts import PEM, changes, decided, record, records, release_facts

AT = "2026-11-24T09:30:00Z"
BROKEN = Finding("evidence-content", "blobs/sha256/00/00", "the content has another digest")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "https://evil.example/login",
    "{{ 7 * 7 }}{% raw %}",
    "</style></title><h1>Passed</h1>",
    "evil\u202egpj.exe",
    "a\nb\x1b[31m\x00",
    "x" * 10_000,
)


def page(facts, **near):
    return Page(render_release(release_view(facts), generated_at=AT, **near))


def index_page(*facts, findings=()):
    rows = [index_row(replace(release_view(one), sequence=at)) for at, one in enumerate(facts, start=1)]
    return Page(render_index(index_view(rows, findings), generated_at=AT))


def with_decisions():
    facts = release_facts()
    manifest = msgspec.structs.replace(facts.manifest, **decided(facts.manifest.candidate_digest))
    return replace(facts, manifest=manifest)


def bare():
    """A release with nothing that may be absent."""
    facts = release_facts(
        (),
        {"artifacts": (), "statements": (), "policy": None, "changes": ChangeSet(complete=False)},
        checkpoint=None,
        seals=(),
    )
    return replace(facts, seal=replace(facts.seal, trusted_time=None))


def hostile(text):
    """A release in which a stranger chose every text that a stranger can choose."""
    name = text[:1024]
    facts = release_facts()
    candidate, builder = facts.manifest.candidate, facts.manifest.builder
    person = Person(login=name, text=name)
    change = Change(commit="a" * 40, title=text, authors=(person,), co_authors=(person,), tickets=(name,))
    source = msgspec.structs.replace(candidate.source, ref=name)
    files_ = tuple(msgspec.structs.replace(one, name=name, media_type=name) for one in candidate.evidence)
    candidate = msgspec.structs.replace(
        candidate,
        source=source,
        artifacts=(Artifact(name=name, size=1, digest=candidate.artifacts[0].digest),),
        changes=ChangeSet(complete=False, commits=(change,), note=text),
        evidence=files_,
    )
    builder = msgspec.structs.replace(builder, id=name, event=name, run_url=name, claims={name: text})
    manifest = msgspec.structs.replace(facts.manifest, candidate=candidate, builder=builder)
    finding = Finding(name, name, text)
    return replace(facts, manifest=manifest, findings=(finding,), records={})


PAGES = {
    "passed": lambda: page(release_facts(), before="a.html", after="b.html"),
    "decided": lambda: page(with_decisions()),
    "failed": lambda: page(release_facts((record("unit-tests", Outcome.FAILED), *records()[1:]))),
    "inconclusive": lambda: page(release_facts((record("unit-tests", Outcome.INCONCLUSIVE),))),
    "tampered": lambda: page(release_facts(findings=(BROKEN,), elsewhere=1)),
    "lost": lambda: page(replace(release_facts(), manifest=None, seal=None, findings=(BROKEN,))),
    "bare": lambda: page(bare()),
    "index": lambda: index_page(release_facts(), release_facts(findings=(BROKEN,)), findings=(BROKEN,)),
    **{f"hostile-{at}": lambda text=text: page(hostile(text)) for at, text in enumerate(HOSTILE)},
}


@pytest.fixture(params=PAGES)
def any_page(request):
    return PAGES[request.param]()


def test_a_page_asks_nobody_for_anything(any_page):
    assert not {"script", "iframe", "object", "embed", "img", "form", "base", "video", "audio"} & {
        one.tag for one in any_page.elements
    }
    for one in any_page.elements:
        assert not any(name.startswith("on") or name in {"style", "srcset"} for name in one.attributes), one
        address = one.attributes.get("href", one.attributes.get("src", "data:,"))
        allowed = r"data:,|#[a-z0-9-]+|[a-z0-9-]+\.html|https://github\.example/acme/payments(/.*)?"
        assert re.fullmatch(allowed, address), address
    style = any_page.all("style")[0].text
    assert not re.search(r"url\(|@import|@font-face|expression", style)


def test_the_policy_lets_only_this_style_apply(any_page):
    (style,) = any_page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = (one.attributes["content"] for one in any_page.all("meta") if "http-equiv" in one.attributes)
    parts = [part.strip() for part in policy.split(";")]
    assert parts[0] == "default-src 'none'"
    assert f"style-src 'sha256-{digest}'" in parts
    assert "unsafe" not in policy


def test_a_page_can_be_read_by_everybody(any_page):
    assert any_page.all("html")[0].attributes["lang"] == "en"
    assert [len(any_page.all(tag)) for tag in ("title", "h1", "main", "header", "footer")][:3] == [1, 1, 1]
    levels = [int(one.tag[1]) for one in any_page.elements if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(one.attributes.get("scope") in {"row", "col"} for one in any_page.all("th"))
    assert len(any_page.all("caption")) == len(any_page.all("table"))
    identifiers = [one.attributes["id"] for one in any_page.elements if "id" in one.attributes]
    assert len(identifiers) == len(set(identifiers))
    for one in any_page.elements:
        for name in ("href", "aria-labelledby"):
            target = one.attributes.get(name, "")
            if name == "aria-labelledby" and target:
                assert target in identifiers
            elif target.startswith("#"):
                assert target[1:] in identifiers
    assert all(one.attributes.get("aria-hidden") == "true" for one in any_page.all("svg"))


def test_the_same_facts_give_the_same_bytes():
    view = release_view(with_decisions())
    assert render_release(view, generated_at=AT) == render_release(view, generated_at=AT)
    assert render_release(view, generated_at=AT) != render_release(view, generated_at="2026-11-25T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("passed", ["Verifies", "Passed"]),
        ("failed", ["Verifies", "Failed"]),
        ("inconclusive", ["Verifies", "Inconclusive"]),
        ("tampered", ["Does not verify", "Passed (claimed)"]),
        ("lost", ["Does not verify", "Unknown"]),
        ("index", ["Does not verify"]),
    ],
)
def test_the_verdicts_come_first(name, answers):
    made = PAGES[name]()
    assert made.answers == answers
    assert made.all("title")[0].text.startswith(answers[0])
    order = [one.tag for one in made.elements if one.tag in {"h1", "h3", "dl", "table"}]
    assert order[: 1 + len(answers)] == ["h1", *["h3"] * len(answers)]


def test_every_finding_stands_at_the_top():
    made = PAGES["tampered"]()
    (findings,) = made.all("ol", class_="findings")
    assert all(word in findings.text for word in (BROKEN.code, BROKEN.message, BROKEN.where))


def test_every_digest_of_the_manifest_is_on_the_page():
    facts = with_decisions()
    text = page(facts).text
    found = re.findall(r"\b[0-9a-f]{64}\b", msgspec.json.encode(facts.manifest).decode())
    assert len(set(found)) > 15
    assert [digest for digest in found if digest not in text] == []
    assert facts.manifest.candidate.source.commit in text
    assert facts.manifest.candidate.source.tree in text


def test_everything_that_a_record_says_is_on_the_page():
    text = page(release_facts()).text
    for expected in (
        "1,284 tests",
        "pytest 9.2.0",
        "2026-03-01 00:00:00 UTC to 2027-03-01 00:00:00 UTC",
        "covers this release",
        "2,418,771 bytes",
        "GHSA-xxxx-0001",
        "SEC-311",
        "penetration-test",
        "https://slsa.dev/provenance/v1",
    ):
        assert expected in text


def test_people_are_accounts_and_text_is_marked_as_unproven():
    made = page(release_facts())
    assert "annl account 5120331" in made.text
    claims = [one.text for one in made.all("span", class_="claim")]
    assert "Ann Lindqvist <ann@example.com>" in claims
    assert all(change.title in claims for change in changes().commits)
    (section,) = made.all("ol", class_="changes")
    assert section.text.count("unproven") == len(claims)


def test_a_page_says_what_pseudonyms_mean():
    facts = release_facts()
    hidden = replace(facts, manifest=msgspec.structs.replace(facts.manifest, people="pseudonymous"))
    assert "People are told by pseudonyms in this release" in page(hidden).text
    assert "pseudonyms" not in page(facts).text


def test_decisions_are_shown_or_plainly_absent():
    assert PAGES["passed"]().text.count("None recorded in this manifest.") == 2
    decisions = PAGES["decided"]().text
    assert "None recorded" not in decisions
    assert "c-moreau account 7781002, as release-manager" in decisions
    assert "All 12 tasks are on the new revision." in decisions


def test_what_is_absent_is_said_to_be_absent():
    text = PAGES["bare"]().text
    for expected in (
        "No artifact is recorded",
        "No control is recorded",
        "No standard statement is recorded",
        "The list of changes is not complete.",
        "No trusted time stamp",
    ):
        assert expected in text


def test_signatures_name_key_algorithm_role_and_time():
    made = page(release_facts())
    text = made.text
    for expected in ("ECDSA P-256 with SHA-256", "Release manifest release 2026-11-23 10:04:33 UTC"):
        assert expected in text
    assert "SLSA verification summary release no trusted time stamp" in text
    assert PEM.strip() in made.recipe


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_forges_nothing(text):
    made = page(hostile(text))
    assert made.answers == ["Does not verify", "Passed (claimed)"]
    assert len(made.all("h1")) == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f\x7f]", made.data.decode())
    assert not any("evil" in one.attributes["href"] for one in made.all("a"))
    assert " ".join(visible(text[:MAX_CHARACTERS]).split()) in made.text


def test_the_recipe_is_copied_as_it_was_written():
    view = release_view(release_facts())
    made = Page(render_release(view, generated_at=AT))
    assert made.recipe == "\n".join(step.code for step in view.steps)
    assert view.command in [one.text for one in made.all("pre")]


def test_pages_point_at_their_neighbours():
    made = PAGES["passed"]()
    (turn,) = made.all("nav", class_="turn")
    assert turn.text.split() == ["All", "releases", "Release", "1", "Release", "3"]


def test_the_index_lists_both_verdicts_of_each_release():
    made = PAGES["index"]()
    rows = [one.text.split("\n")[0] for one in made.all("tr")[1:]]
    assert "Does not verify" in rows[0]
    assert "Passed (claimed)" in rows[0]
    assert "Verifies" in rows[1]
    assert len(made.all("a")) == 1 + 2  # the way to the content, and two releases


def _luminance(colour):
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Return the contrast ratio of two colours (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out_from_every_ground(scheme):
    style = (files("counterseal.audit") / "templates" / "report.css").read_text()
    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in style.split(":root {")[1:3]
    ]
    colours = schemes[scheme]
    grounds = [
        "paper",
        "sheet",
        *(f"{state}-sheet" for state in ("passed", "failed", "inconclusive", "unknown")),
    ]
    weak = [
        (ink, ground, round(ratio, 2))
        for ground in grounds
        for ink in ("ink", "quiet", "accent", "passed", "failed", "inconclusive", "unknown")
        if (ratio := contrast(colours[ink], colours[ground])) < 4.5
    ]
    assert weak == []
    assert contrast(colours["on-alarm"], colours["alarm"]) >= 4.5
