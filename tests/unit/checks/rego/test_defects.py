"""The known defects of the embedded engine, one test each: what it does, and that the gate is not fooled.

The first half of a test is about the engine. Where it fails the engine was mended, and a guard may go.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest

from counterseal.checks.rego.evaluate import evaluate
from counterseal.checks.rego.normalise import json_text
from counterseal.checks.rego.verdict import Unusable
from counterseal.policy.rego import Rego

HEAD = "package counterseal\nimport rego.v1\n"


# The engine is never loaded beside our own libraries: it brings a regular expression library of its own, and
# whichever of the two comes second dies.
ENGINE = """
import json, sys
import regopy
given = json.loads(sys.argv[1])
engine = regopy.Interpreter()
if given["module"]:
    engine.add_module("m.rego", given["module"])
if "plain" in given:
    engine.set_input(given["plain"])
else:
    engine.set_input_term(given["term"])
try:
    said = engine.query(given["query"])
    print(str(said) if said.ok() else "error")
except ValueError:
    print("not JSON")
"""


def engine(**given):
    """Return what the engine itself says, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ENGINE, json.dumps(given)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip().splitlines()[-1]


def raw(module, term, query="data.counterseal.deny", *, head=HEAD):
    """Return what the engine says of a module and an input, given as text."""
    text = term if isinstance(term, str) else json.dumps(term)
    return engine(module=head + module, term=text, query=query)


def gate(module, document=None, *, head=HEAD, data=None, **rules):
    """Return what the gate makes of a module and a document."""
    files = {"m.rego": head + module, "d.json": json.dumps(data)}
    stated = {"files": ["m.rego"], **({"data": {"lists": "d.json"}} if data is not None else {}), **rules}
    site = Path(sysconfig.get_path("purelib"))
    return evaluate(msgspec.convert(stated, Rego), files, document or {}, lambda: site)


def denied(module, document=None, **more):
    said = gate(module, document, **more)
    assert said.findings == ()
    return [one.message for one in said.denials]


def refused(module, document=None, **more):
    """Return why the gate refuses, and where; it must have said nothing else."""
    said = gate(module, document, **more)
    assert (said.denials, said.warnings) == ((), ())
    (finding,) = said.findings
    assert finding.outcome in ("failed", "inconclusive")
    return finding.outcome, finding.reason.message, finding.reason.subject


def test_r1_a_file_name_cannot_empty_the_deny_list():
    module = HEAD + "deny contains msg if { some f in input.files; msg := f }"
    said = engine(module=module, plain={"files": ['x"],"y":["']}, query="data.counterseal.deny")
    assert said == "not JSON"  # the name has become a part of it
    hostile = {"files": ['x"],"y":["', "a"]}
    outcome, message, _ = refused("deny contains msg if { some f in input.files; msg := f }", hostile)
    assert (outcome, "quotation mark" in message) == ("failed", True)


def test_r1_a_list_that_is_shorter_than_its_count_is_no_verdict():
    from counterseal.checks.rego import embedded

    one = {"text": '{"expressions":[true, true], "bindings":{"all":[], "number":1}}', "ok": True}
    with pytest.raises(embedded.Unreadable, match="has 1 elements, and 0 can be read"):
        embedded._elements("data.counterseal.deny", one)


@pytest.mark.parametrize(
    "call",
    [
        'net.cidr_contains("10.0.0.0/8", input.ip)',
        "json.match_schema(input, {})[0]",
        'graphql.is_valid("", "")',
    ],
)
def test_r2_a_function_that_the_engine_lacks_is_refused(call):
    module = f'deny contains "x" if {{ {call} }}'
    assert json.loads(raw(module, {"ip": "10.0.0.1"}))["expressions"] == [[]]  # it never fires
    name = call.partition("(")[0]
    assert refused(module, {"ip": "10.0.0.1"}) == (
        "failed",
        f"{name} is no function that this engine is known to have as OPA has it",
        "m.rego:3",
    )


def test_r2_also_through_a_helper():
    module = 'inside(ip) if net.cidr_contains("10.0.0.0/8", ip)\ndeny contains "x" if { inside(input.ip) }'
    assert refused(module, {"ip": "10.0.0.1"})[1:] == (
        "net.cidr_contains is no function that this engine is known to have as OPA has it",
        "m.rego:3",
    )


def test_r3_a_wildcard_as_an_argument_is_refused_with_its_place():
    module = 'f(x) := x\ndeny contains "x" if { f(input.list[_]) == 1 }'
    assert raw(module, {"list": [1]}) == "error"
    outcome, message, where = refused(module, {"list": [1]})
    assert (outcome, where) == ("failed", "m.rego:4")
    assert message == "a wildcard inside the arguments of a call is not read"
    assert denied(
        'f(x) := x\ndeny contains "x" if { some one in input.list; f(one) == 1 }', {"list": [1]}
    ) == ["x"]


def test_r4_times_are_numbers_and_parsing_them_is_refused():
    module = 'deny contains "late" if { time.parse_rfc3339_ns(input.until) < 5 }'
    early = {"until": "1970-01-01T00:00:00Z"}
    assert json.loads(raw(module, early))["expressions"] == [[]]  # the Z is not understood
    assert refused(module, early)[1].startswith("time.parse_rfc3339_ns is not for rules of a gate")
    assert denied(
        'deny contains "late" if { is_number(input["until-ns"]); input["until-ns"] < 5 }', {"until-ns": 0}
    ) == ["late"]


def test_r5_the_score_is_a_number_or_null_in_the_document():
    bare = 'deny contains "grave" if { input.score >= 9 }'
    module = bare.replace("{ ", "{ is_number(input.score); ")
    assert json.loads(raw('deny contains "x" if { input.score >= 9.0 }', {"score": "9.8"}))[
        "expressions"
    ] == [[]]
    assert [score_in_view(score) for score in ("9.8", "10.0", None)] == [9.8, 10.0, None]
    assert denied(module, {"score": 9.8}) == ["grave"]
    assert "may be something else than a number" in refused(bare, {"score": 9.8})[1]


def score_in_view(score):
    """Return a CVSS score as rules in Rego see it."""
    from counterseal.checks.gate.gather import fact_of
    from counterseal.policy.gate.document import Document, Release
    from counterseal.policy.gate.view import view_of
    from counterseal.policy.problem import Problem
    from counterseal.policy.severity import Rating, Severity

    rating = Rating(severity=Severity.CRITICAL, source="x", score=score)
    one = Problem(
        kind="code", tool="x", rule="x", message="x", rating=rating, subject="x", fingerprint="0" * 64
    )
    fact = fact_of("sast", one, waived=False, blocks=True)
    release = Release(repository="x", commit="0" * 40)
    return view_of(Document(now="2026-01-01T00:00:00Z", release=release, problems=(fact,)))["problems"][0][
        "score"
    ]


def test_r6_escapes_are_not_decoded_so_no_text_has_any():
    assert json.loads(raw("deny contains count(input.x) if true", '{"x": "a\\nb"}'))["expressions"] == [
        [4]
    ]  # not 3
    assert raw('deny contains "gpl" if { input.x == "GPL" }', '{"x": "\\u0047PL"}') == '{"expressions":[[]]}'
    assert denied('deny contains "gpl" if { input.x == "GPL" }', {"x": "\u0047PL"}) == ["gpl"]
    assert denied('deny contains "é" if { input.x == "é" }', {"x": "é"}) == ["é"]
    for text in ('a"b', "a\\b", "a\nb", "a\x00b", "a\u2028b", "\ud800"):
        with pytest.raises(Unusable, match="engines read differently"):
            json_text({"x": [text]}, "input")
        with pytest.raises(Unusable, match="engines read differently"):
            json_text({text: 1}, "input")


def test_r7_a_number_that_is_not_exact_everywhere_is_refused():
    assert "-9223372036854775808" in engine(module="", plain={"x": 2**63}, query="input.x")  # it wraps
    assert refused('deny contains "x" if { input.x > 0 }', {"x": 2**63})[1].startswith(
        "9223372036854775808 is larger"
    )
    ns = 1_795_000_000_123_456_789
    assert denied(f'deny contains "x" if {{ input["now-ns"] == {ns} }}', {"now-ns": ns}) == ["x"]


def test_r8_a_policy_that_takes_too_long_ends():
    pairs = "some a in numbers.range(1, 3000); some b in numbers.range(1, 3000)"
    module = f'deny contains x if {{ {pairs}; x := sprintf("%d", [a * b]) }}'
    outcome, message, _ = refused(module, seconds=1)
    assert (outcome, "did not end" in message) == ("inconclusive", True)


def test_r8_a_policy_that_takes_too_much_memory_ends():
    module = 'deny contains "x" if { count([a | some a in numbers.range(1, 100000000)]) > 5 }'
    outcome, _, where = refused(module, seconds=20, megabytes=128)
    assert (outcome, where) == ("inconclusive", "gate.rego")


def test_r9_a_pattern_that_backtracks_ends():
    module = 'deny contains "x" if { regex.match("^(a+)+$", input.x) }'
    outcome, message, _ = refused(module, {"x": "a" * 60 + "!"}, seconds=1)
    assert (outcome, "did not end" in message) == ("inconclusive", True)


def test_r10_rules_see_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_JOB", "hunter2")
    assert "hunter2" in raw("deny contains x if { x := opa.runtime().env }", "{}")
    assert refused("deny contains x if { x := opa.runtime().env }")[1].startswith(
        "opa.runtime is not for rules"
    )
    import sys

    from counterseal.checks.rego.apart import Limits, run_apart

    shown = run_apart(
        [sys.executable, "-I", "-c", "import os; print(sorted(os.environ))"], b"", Limits(10, 512)
    )
    assert shown.stdout.decode().strip() == "['HOME', 'LANG', 'TMPDIR']"


@pytest.mark.parametrize(
    "old", ['deny[msg] { msg := "x" }', 'deny["x"]', 'deny := ["x"]', 'deny = {"x"} { true }']
)
def test_r11_rules_as_they_were_written_before_v1_are_refused(old):
    assert refused(old)[0] == "failed"
    assert refused(old, head="package counterseal\n")[0] == "failed"


def test_r11_the_engine_makes_an_object_of_them():
    assert json.loads(raw('deny[msg] { msg := "x" }', "{}"))["expressions"] == [{"x": True}]


def test_r12_annotations_as_input_are_refused():
    module = "deny contains x if { x := rego.metadata.rule().title }"
    assert json.loads(raw(module, "{}"))["expressions"] == [[]]
    assert refused(module)[1].startswith("rego.metadata.rule is not for rules")


@pytest.mark.parametrize(
    "module",
    [
        'deny contains "x" if { 1 / input.x == 1 }',
        'deny contains "x" if { abs(input.y) == 1 }',
        'a := input.x\na := input.z\ndeny contains "x" if { a == 1 }',
    ],
)
def test_r13_an_error_in_a_rule_is_no_silence(module):
    document = {"x": 0, "y": "a", "z": 1}
    outcome, message, where = refused(module, document)
    assert (outcome, where) == ("inconclusive", "gate.rego")
    assert "cannot be evaluated" in message


def test_r14_a_name_twice_is_refused_where_documents_are_read():
    assert (
        raw("x := 1", '{"a": 1, "a": 2}', "input.a") == '{"expressions":[1]}'
    )  # the first counts; for Python the last
    said = evaluate(
        msgspec.convert({"files": ["m.rego"], "data": {"d": "d.json"}}, Rego),
        {"m.rego": HEAD + 'deny contains "x" if { data.d.a == 2 }', "d.json": '{"a": 1, "a": 2}'},
        {},
        lambda: Path(sysconfig.get_path("purelib")),
    )
    assert [one.outcome for one in said.findings] == ["inconclusive"]


def test_r15_a_call_of_nothing_is_refused_although_it_is_never_reached():
    module = 'deny contains "x" if { input.never; lower_case(input.x) == "x" }'
    assert json.loads(raw(module, {"x": "X"}))["expressions"] == [[]]  # no error, and no denial
    assert refused(module, {"x": "X"}) == (
        "failed",
        "lower_case is no function that this engine is known to have as OPA has it",
        "m.rego:3",
    )


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ('deny contains "x" if { wrong == 1 }', "nobody declares wrong"),
        ('deny contains "x" if { some p in input.problems; q.severity == "critical" }', "nobody declares q"),
        ("deny contains msg if { input.x }", "nobody declares msg"),
        ('deny contains "x" if { data.lib.f(1) }', "there is no function data.lib.f"),
        ('import data.lib\ndeny contains "x" if { lib.f(1) }', "there is no function data.lib.f"),
        (
            'deny contains "x" if { count(input.x) == 1 with count as 1 }',
            "`with` may stand in for input and data",
        ),
        ('deny contains "x" if { input.f(1) }', "input.f is no function"),
        ('deny contains "x" if { y := walk(input.x); y }', "walk needs a second argument"),
        ('deny contains $"{input.x}" if { input.x }', "texts with expressions inside are not read"),
        ('deny contains "x" if { ', "a bracket is not closed"),
        ('deny contains "x" if { } }', "'}' closes nothing"),
        ('deny contains "x" if { input.x @ 1 }', "'@' is no part of Rego"),
        ('import foo.bar\ndeny contains "x" if { input.x }', "'foo.bar' cannot be imported"),
    ],
)
def test_what_names_nothing_or_cannot_be_read_without_doubt_is_refused(module, message):
    assert refused(module)[:2][0] == "failed"
    assert message in refused(module)[1]


def test_an_engine_that_lets_through_what_is_planted_says_nothing(monkeypatch):
    from counterseal.checks.rego import embedded
    from counterseal.checks.rego.apart import Ended

    empty = {"text": '{"expressions":[true], "bindings":{"all":[], "number":0}}', "ok": True}
    said = dict.fromkeys(("data.counterseal_canary.deny", "data.counterseal.deny"), empty)
    answer = json.dumps({"said": said, "version": "1"}).encode()
    monkeypatch.setattr(embedded, "run_apart", lambda *_: Ended(0, answer, ""))
    assert "let through what was planted" in refused('deny contains "x" if { input.x }')[1]


@pytest.mark.parametrize(
    ("module", "head", "rules", "message"),
    [
        (
            'deny contains "x" if { input.x }',
            "package other\nimport rego.v1\n",
            {},
            "no module of the package counterseal",
        ),
        ('warn contains "x" if { input.x }', HEAD, {}, "has a rule `deny`"),
        ("x := 1", HEAD, {}, "has a rule `deny`"),
        (
            'deny contains "x" if { input.x }',
            HEAD,
            {"packages": ["counterseal", "more"]},
            "no module of the package more",
        ),
        ("", "", {}, "begins with its package"),
        ('deny contains "x" if { input.x }', "package counterseal\n", {}, "import rego.v1"),
    ],
)
def test_a_package_that_decides_nothing_is_no_pass(module, head, rules, message):
    outcome, said, _ = refused(module, head=head, **rules)
    assert (outcome, message in said) == ("failed", True)


def test_a_module_that_denies_and_that_nobody_asks_is_told():
    files = {
        "a.rego": HEAD + 'deny contains "x" if { input.x }',
        "b.rego": 'package counterseal.more\nimport rego.v1\ndeny contains "y" if { input.x }',
    }
    rules = msgspec.convert({"files": list(files)}, Rego)
    said = evaluate(rules, files, {"x": 1}, lambda: Path(sysconfig.get_path("purelib")))
    assert (
        said.findings[0].reason.message
        == "nobody asks the package counterseal.more, and it has rules that deny"
    )


def test_rules_say_texts_or_objects_and_nothing_else():
    whole = {"message": "m", "rule": "r", "subject": "s", "remedy": "do"}
    said = gate(f'deny contains {json.dumps(whole)} if {{ true }}\nwarn contains "w" if {{ true }}')
    assert [(one.rule, one.message, one.subject, one.remedy) for one in said.denials] == [
        ("r", "m", "s", "do")
    ]
    assert [(one.rule, one.message) for one in said.warnings] == [("counterseal", "w")]
    assert said.evaluated == 2
    for wrong in ("1", "[1]", '{"rule": "r"}', '{"message": 1}', '{"message": "m", "subject": 1}'):
        assert refused(f"deny contains {wrong} if {{ true }}")[0] == "inconclusive"


def test_functions_of_other_packages_and_data_can_be_used():
    files = {
        "a.rego": HEAD + "import data.acme.lib as l\n"
        'deny contains m if { some x in input.xs; l.bad(x); m := sprintf("%v", [x]) }',
        "b.rego": "package acme.lib\nimport rego.v1\nbad(x) if x in data.lists.bad",
        "d.json": json.dumps({"bad": ["b"]}),
    }
    rules = msgspec.convert({"files": ["a.rego", "b.rego"], "data": {"lists": "d.json"}}, Rego)
    said = evaluate(rules, files, {"xs": ["a", "b"]}, lambda: Path(sysconfig.get_path("purelib")))
    assert (said.findings, [one.message for one in said.denials]) == ((), ["b"])


def test_a_module_that_is_not_there_is_no_pass():
    rules = msgspec.convert({"files": ["a.rego"]}, Rego)
    said = evaluate(rules, {}, {}, lambda: Path(sysconfig.get_path("purelib")))
    assert [one.outcome for one in said.findings] == ["inconclusive"]


def test_an_engine_that_is_not_installed_is_no_pass(tmp_path):
    rules = msgspec.convert({"files": ["m.rego"]}, Rego)
    files = {"m.rego": HEAD + 'deny contains "x" if { input.x }'}
    said = evaluate(rules, files, {}, lambda: tmp_path)
    assert [one.outcome for one in said.findings] == ["inconclusive"]


@pytest.mark.parametrize(
    ("expression", "engine_says"),
    [
        ('semver.compare("1.10.0", "1.9.0")', -1),  # OPA: 1
        ('object.union({"a": {"b": 1}}, {"a": {"c": 2}})', {"a": {"c": 2}}),  # OPA: both members
        ("format_int(-5, 2)", "11"),  # OPA: -101
        ('hex.encode("\u00e9")', "ffffffc3ffffffa9"),  # OPA: c3a9
        ("count([x | x := sort({2, 1})[0]])", 0),  # OPA: 1
    ],
)
def test_a_function_that_answers_otherwise_than_opa_is_refused(expression, engine_says):
    module = f"deny contains [x] if {{ x := {expression} }}"
    assert json.loads(raw(module, "{}"))["expressions"] == [[[engine_says]]]
    assert "is no function that this engine is known to have" in refused(module)[1]


def test_patterns_are_refused_where_the_document_has_letters_beyond_ascii():
    module = 'deny contains x if { some x in input.names; regex.match("^.$", x) }'
    assert json.loads(raw(module, {"names": ["a"]}))["expressions"] == [["a"]]
    assert json.loads(
        engine(
            module=HEAD + module,
            term='{"names": ["\u00e9"]}'.encode().decode("unicode_escape"),
            query="data.counterseal.deny",
        )
    )["expressions"] == [[]]
    assert denied(module, {"names": ["a"]}) == ["a"]
    outcome, message, _ = refused(module, {"names": ["\u00e9"]})
    assert (outcome, "beyond ASCII" in message) == ("failed", True)


def test_a_text_that_another_function_made_breaks_no_verdict():
    """The engine leaves quotation marks in what sprintf gets from another function."""
    module = 'deny contains sprintf("%s in %s", ["x", concat(", ", input.regions)]) if { true }'
    assert raw(module, {"regions": ["eu"]}) == "not JSON"
    assert refused(module, {"regions": ["eu"]})[0] == "inconclusive"


def test_every_function_that_may_be_called_is_held_against_opa():
    import re
    import sys

    from counterseal.checks.rego.known import KNOWN

    sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts"))
    from crossrego import EXPRESSIONS, MODULES

    called = {name for one in (*EXPRESSIONS, *MODULES) for name in re.findall(r"([a-z_0-9.]+)\(", one)}
    assert KNOWN - called == set()
