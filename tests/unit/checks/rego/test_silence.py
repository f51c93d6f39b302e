"""Where the embedded engine answers otherwise than OPA, or takes what is not there, and gives no sign.

What OPA says of each module was seen with a binary of it, of version 1.22.3.
"""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import msgspec
import pytest

from counterseal.checks.rego.evaluate import evaluate
from counterseal.policy.rego import Rego

HEAD = "package counterseal\nimport rego.v1\n"
DOCUMENT = {"xs": [1, 2], "o": {"a": 1}, "s": "ab", "nil": None, "k": "zz"}


def judged(module, *, data=None, document=None):
    """Return what the gate makes of a module."""
    stated = {"files": ["m.rego"], **({"data": {name: name for name in data}} if data else {})}
    texts = {name: json.dumps(value) for name, value in (data or {}).items()}
    site = Path(sysconfig.get_path("purelib"))
    files = {"m.rego": HEAD + module, **texts}
    return evaluate(msgspec.convert(stated, Rego), files, document or DOCUMENT, lambda: site)


def refusal(module, **more):
    said = judged(module, **more)
    assert (said.denials, [one.outcome for one in said.findings]) == ((), ["failed"])
    return said.findings[0].reason.message


def test_data_under_the_name_of_a_package_are_refused():
    """The engine lets them take the place of the rules: nothing is denied any more."""
    module = 'deny contains "x" if true'
    assert "data have the name of the package" in refusal(module, data={"counterseal": {"deny": []}})
    assert [one.message for one in judged(module, data={"lists": {"deny": []}}).denials] == ["x"]


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ('deny contains "x" if { "a" in data.list.names }', "data.list.names"),
        ('deny contains "x" if { not data.counterseal.allow }', "data.counterseal.allow"),
        ('import data.list as l\ndeny contains "x" if { "a" in l.names }', "data.list"),
        ('import data.list.names as banned\ndeny contains "x" if { "a" in banned }', "data.list.names"),
        ('deny contains "x" if { some x in data; x }', "data"),
    ],
)
def test_what_is_named_below_data_has_to_be_there(module, path):
    assert refusal(module, data={"lists": {"names": ["a"]}}) == f"there is nothing at {path}"
    said = judged(module.replace("data.list", "data.lists"), data={"lists": {"names": ["a"]}})
    assert (said.findings == ()) == ("data.list" in module)


def test_a_rule_of_another_package_is_there():
    said = judged('yes if true\ndeny contains "x" if { data.counterseal.yes }')
    assert [one.message for one in said.denials] == ["x"]


def test_an_import_of_what_brackets_name_is_refused():
    module = 'import data.lists["names"]\ndeny contains "x" if { not lists.a }'
    assert refusal(module, data={"lists": {}}) == "an import is a name with dots"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        # OPA orders by type and then by value, the engine by how both are written.
        ("input.nil < 5", "input.nil may be something else"),  # OPA: holds
        ("not input.nil > 5", "input.nil may be something else"),  # OPA: holds
        ('"ab" < "ab c"', '"ab" may be something else'),  # OPA: holds
        ("[10] > [9]", "[10] may be something else"),  # OPA: holds
        ("x := input.nil; x < 5", "x may be something else"),
        ("not is_number(input.nil); input.nil < 5", "input.nil may be something else"),
        ("x := {is_number(input.nil), 1}; input.nil < 5", "input.nil may be something else"),
        ("count([1 | is_number(input.nil)]) == 0; input.nil < 5", "input.nil may be something else"),
        ("every x in [] { is_number(input.nil); x }; input.nil < 5", "input.nil may be something else"),
        ("max([1, null]) == 1", "max is no function"),  # OPA: holds
        ("sum([1, null]) == 1", "sum is no function"),  # OPA: an error; the engine: undefined
        ('to_number("1_0") == 10', "to_number is no function"),  # OPA: holds
        # OPA: unsafe, referenced above, or declared above.
        ("count([q | some q in input.xs]) > 0; not q == 9", "nobody declares q where it is used"),
        ("every q in input.xs { q }; not q == 9", "nobody declares q where it is used"),
        ("not input.xs[i] == 3", "nobody declares i where it is used"),
        ("some x; not x == 1", "nobody declares x where it is used"),
        ("not walk(wrong, [p, v])", "nobody declares wrong where it is used"),
        ("x == 2; x := 3", "x is used above where it is declared"),
        ("x := 1; x := 2", "x is declared twice"),
        ("some x in [1]; some x in [2]; x == 2", "x is declared twice"),
        ("not input.xs[_] == 1", "a wildcard cannot be negated"),
        # The engine passes over these, so that `every` holds.
        ("every x in input.xs { not x == 1 }", "inside `every` is passed over"),
        ("every x in input.xs { count([1 | x == 1]) == 0 }", "inside `every` is passed over"),
        # Each of these is something else for one of both engines, or nothing.
        ("input = 1", "`=` is read differently"),
        ("input.o[wrong.k] = 1", "`=` is read differently"),
        ("1 == 1 with input.s as input.nope", "`with` is read differently"),
        ("count\n(input.xs)", "`(` stands apart"),
        ("1 == count (input.xs)", "`(` stands apart"),
        ("x := input.xs\n[0] == [0]", "`[` stands apart"),
        ("input . s == 1", "`.` stands apart"),
        ('count("a\\"b") == 3', "a text has a quotation mark"),  # OPA: holds
        ('"\\u0041" == "A"', "a text has a quotation mark"),  # OPA: holds
        ('count(`a"b`) == 3', "a text has a quotation mark"),  # OPA: holds
        ("count(`a\nb`) == 3", "a text has a quotation mark"),  # OPA: holds
        (r"count(`\`) == 1", "a text has a quotation mark"),
    ],
)
def test_what_the_engine_takes_otherwise_is_refused(body, message):
    assert message in refusal(f'deny contains "x" if {{ {body} }}')


@pytest.mark.parametrize(
    "module",
    [
        'deny contains "x" if { is_number(input.o.a); input.o.a < 5 }',
        'deny contains "x" if { x := count(input.xs); x > 1; 5 > x; x * 2 > 3; x - 1 < 5 }',
        'deny contains "x" if { some x in input.xs; is_number(x)\n x > 1 }',
        'deny contains "x" if { count([y | some y in input.xs; is_number(y); y > 1]) == 1 }',
        'deny contains "x" if { every y in input.xs { is_number(y); y < 3 } }',
        'big(n) := n > 1 if { is_number(n) }\ndeny contains "x" if { big(2) }',
        'b(n) if {\n is_number(n)\n n > 5\n} else if {\n is_number(n)\n n > 1\n}\ndeny contains "x" if b(2)',
        'deny contains m if { [a, b] := input.xs; a == 1; b == 2; m := "x" }',
        'deny contains m if { some i, v in input.xs; i == 1; input.xs[j] == v; j == i; m := "x" }',
        'deny contains {"message": m} if { m := concat("", [y | some y in ["x"]]) }',
        'deny contains "x" if { count({k: [v | v := k] | some k in input.xs}) == 2 }',
        r'deny contains "x" if { regex.match(`^\w+$`, input.s) }',
        'deny contains "x" if {\n count(\n  input.xs,\n ) == 2\n input.s in {\n  "ab",\n }\n}',
        (
            'f(x) := "big" if {\n is_number(x)\n x > 1\n} else := y if {\n y := "small"\n}\n'
            'deny contains "x" if { f(2) == "big"; f("a") == "small" }'
        ),
    ],
)
def test_what_both_take_alike_runs(module):
    said = judged(module)
    assert (said.findings, [one.message for one in said.denials]) == ((), ["x"])


def test_evidence_in_another_branch_shows_no_number():
    module = 'f(x) if {\n is_number(x)\n x == 1\n} else if {\n x < 5\n}\ndeny contains "x" if f(null)'
    assert "x may be something else than a number" in refusal(module)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?=a)",
        r"(a)\1",
        r"\pL",
        r"a++",
        r"\Aa\z",
        r"\Qa.b\E",
        r"\cA",
        r"[^]a]",
        r"[]a]",
        r"\e",
        "(?i)A",
        r"\\(?=a)",
        "a*?",
        "{",
    ],
)
def test_a_pattern_that_engines_read_differently_is_refused(pattern):
    assert "signs that engines read" in refusal(
        f'deny contains "x" if {{ regex.match(`{pattern}`, input.s) }}'
    )


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-c]+$",
        r"^(?:a|x)b?$",
        r"^\w{2}$",
        r"\bab\b",
        r"^[^\d-]*b",
        r"^a.$",
        r"^(a)(b){1,2}$",
        r"^ab|\.\-\/$",
    ],
)
def test_a_plain_pattern_is_matched(pattern):
    said = judged(f'deny contains "x" if {{ regex.match(`{pattern}`, input.s) }}')
    assert (said.findings, [one.message for one in said.denials]) == ((), ["x"])


def test_a_pattern_from_elsewhere_is_refused():
    assert "written in the call" in refusal('deny contains "x" if { regex.match(input.s, "ab") }')
    assert "is no function" in refusal('deny contains "x" if { time.parse_duration_ns("-2m3s") == 1 }')


@pytest.mark.parametrize("call", ["f(1, 2) == 1", "not f(1, 2) == 1", "f() == 1", "data.counterseal.f(1, 1)"])
def test_a_function_gets_the_arguments_that_it_has(call):
    """The engine passes over those that are too many."""
    assert "is not a function of" in refusal(f'f(x) := 1\ndeny contains "x" if {{ {call} }}')
    assert judged('f(x) := 1\ndeny contains "x" if { f([1, 2]) == 1; f(1,) == 1 }').denials


@pytest.mark.parametrize(
    "negated",
    [
        "input.nope in input.xs",
        "1 in input.nope",
        "count(input.nope) == 1",
        "input.nope != 1",
        "f(input.nope)",
        "startswith(input.s, input.nope)",
        "input.nope == [input.o.zz]",
        "0, input.nope in input.xs",
    ],
)
def test_what_is_missing_in_a_negation_makes_it_no_pass(negated):
    """The engine takes the negation for true: what lets through on it would let through."""
    functions = "f(x) if x == 1\nfine if { not NEGATED }\n".replace("NEGATED", negated)
    module = functions + 'deny contains "x" if not fine'
    assert [one.message for one in judged(module).denials] == ["x"]
    unbraced = module.replace("{ not", "not").replace(" }", "")
    assert [one.message for one in judged(unbraced).denials] == ["x"]


@pytest.mark.parametrize(
    "negated", ["input.nope", "input.nope == 1", "1 == input.o.zz", "input.xs[7]", "f(2)"]
)
def test_what_is_missing_alone_is_not_there(negated):
    module = f'f(x) if x == 1\ndeny contains "x" if {{\n true\n not {negated}\n}}'
    assert [one.message for one in judged(module).denials] == ["x"]


@pytest.mark.parametrize(
    ("negated", "message"),
    [
        ("1 == input.o[input.k]", "what is looked up in a negation has to be there"),
        ("1 == (input.o.zz)", "what is looked up in a negation has to be there"),
        ("1 == input.xs[absent]", "what is looked up in a negation has to be there"),
        ("input.o[input.k]", "what is negated is neither a name, a call, nor one comparison"),
        ("[input.nope]", "what is negated is neither a name, a call, nor one comparison"),
        ("(input.nope == 1)", "what is negated is neither a name, a call, nor one comparison"),
        ("1 + input.nope", "what is negated is neither a name, a call, nor one comparison"),
    ],
)
def test_a_negation_that_cannot_be_read_without_doubt_is_refused(negated, message):
    assert refusal(f'absent if input.nope\ndeny contains "x" if {{ not {negated} }}') == message


def test_a_negation_between_branches_needs_braces():
    module = 'f(x) := 1 if not x in input.xs else := 2\ndeny contains "x" if f(1) == 2'
    assert refusal(module) == "this negation cannot be read without doubt"
