"""Documents of an answer and of metrics: complete, safe against hostile text, the same bytes every time."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.audit.answer import Answer, Judged
from counterseal.audit.answer_view import MOST_EXCEPTIONS, answer_view
from counterseal.audit.clauses import catalogue
from counterseal.audit.documents import answer_document, metrics_document
from counterseal.audit.dora.requirements import REQUIREMENTS
from counterseal.audit.oscal import assessment_results
from counterseal.audit.population import Census, Window
from counterseal.audit.standing import STAMP, standings
from counterseal.audit.tables import rows_csv
from counterseal.audit.verdicts import KINDS, verdict
from counterseal.commands._publication import STAGES
from counterseal.errors import UsageError
from counterseal.manifest.canonical import encode
from counterseal.policy.delivery import Delivery
from counterseal.policy.forge import Gap
from unit.audit.dora_facts import attempt, incident, measured

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(
    gzip.decompress((ROOT / "oscal" / "assessment-results-1.2.1.schema.json.gz").read_bytes())
)
OSCAL = jsonschema_rs.validator_for(SCHEMA)
AT = "2026-11-27T00:00:00Z"
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil")',
    "@SUM(1)",
    "-1+1",
    "| cell | [link](javascript:x) `code`",
    "\u202egnp.exe",
    "\x1b[31m\x00\r\nred",
    "'\"><img src=x onerror=y>",
    "{{7*7}}${7*7}",
    "a" * 5000,
)
NAMES = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=40)
POPULATIONS = ("changes", "tags", "deployments", "releases", "objects")


def judged_as(code, name="x", text="what was found", population="changes"):
    return Judged(
        population=population, name=name[:1024], at=AT, title=text[:1000], verdicts=(verdict(code, text),)
    )


def answer_of(*elements, gaps=()):
    censuses = tuple(
        Census(population=name, source="a test", count=len(elements), gaps=gaps if name == "changes" else ())
        for name in POPULATIONS
    )
    return Answer(
        window=Window(since="2026-08-29T00:00:00Z", until=AT),
        repository="https://github.example/meridian/payments",
        environments=("production",),
        store="dir:store",
        trust="0" * 64,
        policy="1" * 64,
        censuses=censuses,
        elements=elements,
        version="1",
    )


ANSWERS = st.builds(
    lambda elements, gaps: answer_of(*elements, gaps=gaps),
    st.lists(
        st.builds(judged_as, st.sampled_from(list(KINDS)), NAMES, NAMES, st.sampled_from(POPULATIONS)),
        max_size=6,
    ),
    st.sampled_from([(), (Gap(topic="x", message="<b>it broke off</b>"),)]),
)
RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FINE = answer_of(judged_as("covered"))
METRICS = measured(
    attempt(1, 1), attempt(2, 8, "failed"), attempt(3, 9),
    incidents=(incident("inc-1", 8.1, 8.5, caused_by=(2,)), incident("inc-2", 30)),
)  # fmt: skip


def test_the_page_says_how_to_ask_again():
    page = answer_document(FINE, "html", AT)[1].decode()
    for words in (
        "GITHUB_REPOSITORY=meridian/payments counterseal audit",
        f"--until {AT}",
        "--store dir:store",
        "--trust TRUST",
        "--policy POLICY",
        "--repository CLONE",
    ):
        assert words in page


# -- the catalogue -----------------------------------------------------------------------------------------


def test_every_verdict_speaks_of_a_control():
    for control in catalogue().controls:
        assert len(set(control.verdicts)) == len(control.verdicts)
    spoken = {code for control in catalogue().controls for code in control.verdicts}
    assert spoken == set(KINDS)


def test_every_case_is_something_that_can_be_seen():
    stages = {stage for control in catalogue().controls for stage in control.stages}
    for control in catalogue().controls:
        assert set(control.cases) <= {*stages, *POPULATIONS, *KINDS, STAMP}
        assert control.cases or not control.verdicts, control.id


def test_every_stage_has_a_control():
    stages = {stage for control in catalogue().controls for stage in control.stages}
    assert {*STAGES, "verify", "evidence-upload", "audit", "dora-metrics", "setup"} <= stages


def test_every_clause_that_is_mentioned_is_there_once():
    ids = [one.id for one in catalogue().clauses]
    assert len(set(ids)) == len(ids) > 90
    mentioned = {clause for control in catalogue().controls for clause in control.clauses}
    mentioned |= {clause for clauses in REQUIREMENTS.values() for clause in clauses}
    assert mentioned <= set(ids)
    frameworks = {one.framework.split(",")[0].split(" (")[0] for one in catalogue().clauses}
    assert frameworks == {"PCI DSS", "SOC 2", "FCA Handbook", "NIST SP 800-218", "ISO/IEC 27001"} | {
        "Regulation",
        "Delegated Regulation",
    }


def test_articles_of_regulations_are_for_a_lawyer_to_confirm():
    for one in catalogue().clauses:
        assert one.title
        told = one.framework.startswith(("Regulation", "Delegated", "FCA", "ISO"))
        assert one.note or not told


def test_no_control_stands_for_what_only_the_firm_can_do():
    """PCI DSS 12.1.2 is the yearly review of the policy; 12.4.2 is of service providers, by other people."""
    cited = {clause for control in catalogue().controls for clause in control.clauses}
    assert cited.isdisjoint({"PCI-DSS-4.0.1:12.1.2", "PCI-DSS-4.0.1:12.4.2"})
    cited = {clause for clauses in REQUIREMENTS.values() for clause in clauses}
    assert cited.isdisjoint({"PCI-DSS-4.0.1:6.5.1"})
    assert not REQUIREMENTS["deployment-frequency"]  # no clause asks how often anybody deploys


# -- standing ----------------------------------------------------------------------------------------------


def states(answer):
    return {one.control.id: one.state for one in standings(answer, catalogue())}


def test_a_control_stands_by_the_worst_that_was_found():
    elements = (judged_as("covered"), judged_as("not-reviewed"), judged_as("waived"))
    found = states(replace(answer_of(*elements), exercised={"sca": 3, "approval-gate": 1}))
    assert (found["review"], found["vulnerabilities"], found["approval"]) == (
        "failed",
        "satisfied",
        "satisfied",
    )
    assert found["operations"] == "not-assessed"
    assert states(answer_of(judged_as("lock-unproven")))["evidence-vault"] == "unknown"


BARE = (
    judged_as("covered"),
    judged_as("covered", population="deployments"),
    judged_as("covered", population="releases"),
)


def test_what_never_happened_satisfies_nothing():
    """Releases with records of tests and signatures alone: nothing else was seen to work."""
    found = states(replace(answer_of(*BARE), exercised={"record": 2, "sign": 2}))
    satisfied = {name for name, state in found.items() if state == "satisfied"}
    assert satisfied == {"review", "change-record", "testing", "integrity", "evidence-vault", "completeness"}
    for name in ("vulnerabilities", "emergency", "rollout", "trusted-time", "policy", "approval"):
        assert found[name] == "no-case", name


@pytest.mark.parametrize(
    ("case", "control"),
    [
        (judged_as("emergency-reviewed", population="releases"), "emergency"),
        (judged_as("rolled-back", population="deployments"), "rollout"),
    ],
)
def test_an_element_that_needed_a_control_shows_it(case, control):
    assert states(answer_of(*BARE))[control] == "no-case"
    assert states(answer_of(*BARE, case))[control] == "satisfied"


def test_an_emergency_whose_review_is_due_shows_nothing_yet():
    assert states(answer_of(*BARE, judged_as("emergency-review-due")))["emergency"] == "no-case"


def test_a_stamp_shows_that_times_are_right():
    assert states(replace(answer_of(*BARE), exercised={STAMP: 1}))["trusted-time"] == "satisfied"


def test_a_commit_that_went_straight_to_production_leaves_neither_record_nor_approval_satisfied():
    past = judged_as("pushed-past-gate"), judged_as("deployment-without-evidence", population="deployments")
    found = states(replace(answer_of(*BARE, *past), exercised={"approval-gate": 1}))
    assert {found[name] for name in ("review", "change-record", "approval", "completeness")} == {"failed"}


def test_a_stage_that_the_policy_demands_and_nobody_ran_fails_its_control():
    found = not_run("sast")
    assert (found["policy"], found["static-analysis"], found["testing"]) == ("failed", "failed", "satisfied")


def test_a_stage_that_nobody_names_fails_every_control_that_a_stage_carries_out():
    found = not_run(None)
    assert (found["policy"], found["static-analysis"], found["testing"]) == ("failed", "failed", "failed")


def not_run(stage):
    one = judged_as("control-not-run", text="its policy demands it", population="releases")
    one = replace(one, verdicts=(replace(one.verdicts[0], stage=stage),))
    return states(replace(answer_of(*BARE, one), exercised={"record": 1, "sast": 1}))


def test_what_was_not_read_leaves_nothing_satisfied():
    gap = (Gap(topic="x", message="it broke off"),)
    for answer in (answer_of(judged_as("covered"), gaps=gap), answer_of()):
        assert "satisfied" not in states(answer).values()


# -- OSCAL -------------------------------------------------------------------------------------------------


@RELAXED
@given(ANSWERS)
def test_oscal_is_valid_and_leaves_nothing_out(answer):
    document = json.loads(encode(assessment_results(answer, catalogue())))
    errors = [f"{list(one.instance_path)}: {one.message}" for one in OSCAL.iter_errors(document)]
    assert errors == []
    result = document["assessment-results"]["results"][0]
    selection = result["reviewed-controls"]["control-selections"][0]
    assessed = {one["control-id"] for one in selection["include-controls"]}
    assert {one["target"]["target-id"] for one in result["findings"]} == assessed
    assert len(assessed) + len(selection["exclude-controls"]) == len(catalogue().controls)
    told = [one for one in result["observations"] if "types" in one]
    bad = {(judged, one) for judged in answer.elements for one in judged.verdicts if one.code != "covered"}
    assert len(told) == len(bad)
    ids = re.findall(r'"uuid": "([0-9a-f-]+)"', json.dumps(document))
    assert len(set(ids)) == len(ids)
    linked = {
        one["observation-uuid"] for finding in result["findings"] for one in finding["related-observations"]
    }
    assert linked == {one["uuid"] for one in result["observations"]}


def findings(answer):
    document = assessment_results(answer, catalogue())["assessment-results"]["results"][0]
    return {one["target"]["target-id"]: one["target"]["status"] for one in document["findings"]}


def test_absent_evidence_is_not_satisfied_and_says_why():
    assert findings(FINE)["review"] == {"state": "satisfied", "reason": "pass"}
    without = findings(FINE)["emergency"]
    assert (without["state"], without["reason"]) == ("not-satisfied", "other")
    assert "Nothing happened in the window" in without["remarks"]
    assert "No failure was found" in without["remarks"]
    wrong = findings(answer_of(judged_as("deployment-without-evidence")))
    assert wrong["completeness"] == {"state": "not-satisfied", "reason": "fail"}
    untold = findings(answer_of(judged_as("covered"), gaps=(Gap(topic="x", message="y"),)))
    assert {(one["state"], one["reason"]) for one in untold.values()} == {("not-satisfied", "other")}
    assert all("could not be read" in one["remarks"] for one in untold.values())


# -- pages -------------------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """What a browser would find: tags, attributes, text."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], [], []
        self.feed(data.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)


def is_self_contained(data: bytes) -> None:
    seen = Seen(data)
    assert {"script", "iframe", "object", "form", "base"}.isdisjoint(seen.tags)
    for tag, name, value in seen.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("src", "href"):
            assert value.startswith(("#", "data:")), (tag, value)
        assert name != "style"
    assert b"Content-Security-Policy" in data
    for tag in ("h1", "main", "table", "caption", "th"):
        assert tag in seen.tags


@RELAXED
@given(ANSWERS)
def test_a_page_is_self_contained_whatever_names_say(answer):
    is_self_contained(answer_document(answer, "html", AT)[1])


def test_the_page_says_what_was_found():
    data = answer_document(answer_of(judged_as("pushed-past-gate", "abc", "by account 41666")), "html", AT)[1]
    text = " ".join("".join(Seen(data).text).split())
    for words in ("No Something happened without", "pushed-past-gate", "by account 41666", "Not satisfied"):
        assert words in text
    clean = " ".join("".join(Seen(answer_document(FINE, "html", AT)[1]).text).split())
    assert "Yes Every change" in clean
    assert "There is none." in clean


def test_a_covered_element_with_a_note_shows_its_own_digest():
    one = judged_as("builder-unproven", population="releases")
    own = verdict("covered", "all is there", digest="a" * 64)
    view = answer_view(answer_of(replace(one, verdicts=(*one.verdicts, own))), catalogue())
    assert (view.elements[0].code, view.elements[0].digest) == ("builder-unproven", "a" * 64)
    assert b"aaaaaaaaaaaaaaaa" in answer_document(answer_of(replace(one, verdicts=(own,))), "html", AT)[1]


def test_long_lists_are_cut_and_say_so():
    many = answer_of(*(judged_as("not-reviewed", f"{number:040x}") for number in range(MOST_EXCEPTIONS + 7)))
    view = answer_view(many, catalogue())
    assert (len(view.exceptions), view.more_exceptions) == (MOST_EXCEPTIONS, 7)
    assert b"7 more are in the answer" in answer_document(many, "html", AT)[1]


def test_the_page_of_metrics_is_self_contained_and_has_a_table_beside_each_chart():
    data = metrics_document(METRICS, Delivery(tolerance=2), "html", AT)[1]
    is_self_contained(data)
    seen = Seen(data)
    assert seen.tags.count("img") == 4
    assert seen.tags.count("table") == 5
    assert all(value for tag, name, value in seen.attributes if (tag, name) == ("img", "alt"))
    svgs = [
        base64.b64decode(value.partition(",")[2])
        for tag, name, value in seen.attributes
        if (tag, name) == ("img", "src")
    ]
    assert all(b"<svg" in one and b"<script" not in one for one in svgs)
    text = "".join(seen.text)
    for words in ("Not demonstrable", "Not met", "still open", "RTS-2024-1774:17"):
        assert words in text


def page_text(metrics):
    return " ".join("".join(Seen(metrics_document(metrics, Delivery(), "html", AT)[1]).text).split())


def test_the_page_of_metrics_speaks_to_people():
    text = page_text(METRICS)
    for words in ("Ninth decile", "Over 12 months", "Regulation (EU) 2022/2554", "Not legal advice"):
        assert words in text
    for raw in ("p90", "pooled-12-months", "1 days", "none No target"):
        assert raw not in text


def test_nothing_is_drawn_where_there_is_nothing_to_draw():
    """Two deployments within the weeks at the ends of the window: there is no complete week with one."""
    window = Window(since="2026-09-01T00:00:00Z", until="2026-09-16T00:00:00Z")
    seen = Seen(metrics_document(measured(attempt(1, 2), window=window), Delivery(), "html", AT)[1])
    assert seen.tags.count("img") == 1  # that of lead times
    assert "1 deployment in the window, 0 of them in complete weeks" in " ".join("".join(seen.text).split())


def test_no_two_tables_of_metrics_are_the_same():
    tables = metrics_document(METRICS, Delivery(), "html", AT)[1].decode().split("<table>")[1:]
    bodies = [one.partition("</caption>")[2].partition("</table>")[0] for one in tables]
    assert len(set(bodies)) == len(bodies)


def test_recovery_that_cannot_be_told_is_told_as_such():
    metrics = measured(attempt(1, 5), incidents=(incident("inc-1", 2, 2.1, caused_by=(1,)),))
    assert "cannot be told" in page_text(metrics)


def test_metrics_of_nothing_have_a_page_too():
    is_self_contained(metrics_document(measured(), Delivery(), "html", AT)[1])


# -- tables ------------------------------------------------------------------------------------------------


NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")


@RELAXED
@given(ANSWERS)
def test_no_cell_is_a_formula(answer):
    rows = list(csv.reader(io.StringIO(answer_document(answer, "csv", AT)[1].decode(), newline="")))
    assert len(rows) == 1 + sum(len(one.verdicts) for one in answer.elements)
    for row in rows:
        assert len(row) == len(rows[0])
        assert not any(cell[:1] in "=+-@\t\r\n" and not NUMBER.fullmatch(cell) for cell in row if cell)


def test_numbers_stay_numbers():
    rows = list(
        csv.DictReader(io.StringIO(metrics_document(METRICS, Delivery(), "csv", AT)[1].decode(), newline=""))
    )
    rate = next(row for row in rows if row["figure"] == "change-failure-rate")
    assert float(rate["value"]) == pytest.approx(1 / 3)
    assert (rate["n"], rate["status"]) == ("3", "not-met")


@RELAXED
@given(ANSWERS)
def test_markdown_has_no_markup_of_strangers(answer):
    text = answer_document(answer, "md", AT)[1].decode()
    assert "<script" not in text
    assert "<img" not in text
    assert "](javascript" not in text
    for line in text.splitlines():
        spans = line.split("`")
        assert len(spans) % 2 == 1, line
        assert all(set(span).isdisjoint("|<>[]()!*_{} ") or "_" in span for span in spans[1::2]), line


def test_markdown_shows_addresses_times_and_digests_as_they_are():
    text = f"see (https://github.example/meridian/payments/pull/7), at {AT}; {'ab' * 32}, by @mia"
    data = answer_document(answer_of(judged_as("pushed-past-gate", "a" * 40, text)), "md", AT)[1].decode()
    assert "# Audit of `https://github.example/meridian/payments`" in data
    for word in ("https://github.example/meridian/payments/pull/7", AT, "ab" * 32, "a" * 40):
        assert f"`{word}`" in data
    assert "&#8203;" not in data.replace("`@mia`", "")


# -- PDF ---------------------------------------------------------------------------------------------------


def pdf(make):
    try:
        return make()[1]
    except UsageError as refusal:
        pytest.skip(refusal.message)


@pytest.mark.parametrize("name", ["answer", "metrics"])
def test_a_pdf_is_tagged_says_the_same_and_has_the_same_bytes(name):
    from pypdf import PdfReader

    hostile = answer_of(*(judged_as("not-reviewed", text, text) for text in HOSTILE[:6]))

    def make():
        if name == "answer":
            return answer_document(hostile, "pdf", AT)
        return metrics_document(METRICS, Delivery(), "pdf", AT)

    data = pdf(make)
    assert make()[1] == data
    reader = PdfReader(io.BytesIO(data))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]) == "en"
    assert {"/OpenAction", "/AA", "/AcroForm"}.isdisjoint(catalog)
    assert b"/JavaScript" not in data
    assert not reader.attachments
    text = " ".join(word for page in reader.pages for word in page.extract_text().split())
    words = ("not-reviewed", "Not satisfied") if name == "answer" else ("Change failure rate", "Not met")
    assert all(one in text for one in words)


def lines_of(answer):
    """Return the lines of each page, without the one below it."""
    from pypdf import PdfReader

    data = pdf(lambda: answer_document(answer, "pdf", AT))
    pages = [page.extract_text().splitlines() for page in PdfReader(io.BytesIO(data)).pages]
    return [
        [one for one in page if one.strip() and "Audit" not in one and " of " not in one[-9:]]
        for page in pages
    ]


def test_what_could_not_be_found_out_stays_on_the_paper():
    text = "the deployments could not be listed, since nobody gave the token the right to read them: " * 2
    pages = lines_of(answer_of(judged_as("covered"), gaps=(Gap(topic="x", message=text.strip()),)))
    assert text.strip() in " ".join(" ".join(pages[0]).split())
    assert not any(text.strip() in line for line in pages[0])  # that would be one long line


def test_no_heading_stands_alone_at_the_end_of_a_page():
    """With so many exceptions the last heading would be the last line of its page."""
    bad = [judged_as("not-reviewed", f"{at:040x}") for at in range(4)]
    fine = [judged_as("covered", f"c{at:039x}") for at in range(20)]
    ends = [" ".join(lines[-1].split()) for lines in lines_of(answer_of(*bad, *fine))]
    assert not [end for end in ends if end[:1].isdigit() and end[1:2] == " "], ends


def test_a_machine_that_cannot_draw_says_so(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError) as caught:
        answer_document(FINE, "pdf", AT)
    assert "libpango" in caught.value.remedy


# -- all of them -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["html", "csv", "json", "md", "oscal"])
def test_the_same_answer_gives_the_same_bytes(form):
    answer = answer_of(judged_as("waived"), judged_as("tag-moved", population="tags"))
    name, data = answer_document(answer, form, AT)
    again = msgspec.json.decode(msgspec.json.encode(answer), type=Answer)
    assert answer_document(again, form, AT) == (name, data)
    assert answer_document(replace(answer, trust="2" * 64), form, AT)[1] != data or form == "csv"


@pytest.mark.parametrize("form", ["html", "csv", "json", "md"])
def test_the_same_metrics_give_the_same_bytes(form):
    assert metrics_document(METRICS, Delivery(), form, AT) == metrics_document(METRICS, Delivery(), form, AT)


@pytest.mark.parametrize(
    "text", [" =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\uff1d1", "\x0b=1", "\t@x", "=1", "+x"]
)
def test_what_only_looks_blank_hides_no_formula(text):
    (cell,) = next(csv.reader(rows_csv(["x"], [[text]]).decode().splitlines()[1:]))
    assert cell.startswith("'") or cell[:1] == "\ufffd"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\u202eb", "\x00", "\x9b1m"])
def test_nothing_is_hidden_in_a_cell(text):
    assert not any(one in rows_csv(["x"], [[text]]).decode() for one in "\x1b\u202e\x00\x9b")


def test_a_number_stays_one():
    assert rows_csv(["x"], [["-1.5"], ["+3"]]).decode().splitlines()[1:] == ["-1.5", "+3"]
