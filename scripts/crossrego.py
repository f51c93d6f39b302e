"""Rules in Rego by both engines: the one that comes with counterseal, and a binary of Open Policy Agent."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from counterseal.checks.rego.evaluate import evaluate
from counterseal.checks.rego.verdict import RegoVerdict
from counterseal.manifest.digest import sha256
from counterseal.policy.gate.trial import document_of, load_trials
from counterseal.policy.gate.view import view_of
from counterseal.policy.rego import Rego

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
SITE = Path(sysconfig.get_path("purelib"))

HEAD = "package counterseal\nimport rego.v1\n"
# Small modules of many sorts beside the library: each is judged by both engines over the same input.
MODULES = (
    'deny contains sprintf("%s %d", [x, count(x)]) if { some x in input.names; startswith(x, "a") }',
    "deny contains x if { some x in input.names; regex.match(`^[a-c]+$`, x) }",
    'deny contains x if { some x in input.names; glob.match("*-?", [], x) }',
    'deny contains sprintf("%v", [n]) if { some n in input.numbers; is_number(n); n * 2 > n + 2 }',
    "deny contains x if { some x, n in input.object; is_number(n); n >= 2 }",
    'deny contains "every" if { every n in input.numbers { is_number(n); n > 0 } }',
    'deny contains "none" if { not input.absent; input.nothing == null }',
    (
        "big(n) if { is_number(n); n > 2 }\n"
        'deny contains sprintf("%v", [n]) if { some n in input.numbers\nbig(n) }'
    ),
    'deny contains concat("/", input.names) if { true }',
    'deny contains x if { some x in {a | some a in input.names; contains(a, "b")} }',
    'deny contains sprintf("%v", [object.get(input.object, "z", 7)]) if { true }',
    'deny contains upper(x) if { some x in array.concat(input.names, ["zz"]); x in {"ab", "zz"} }',
    'deny contains "late" if { is_number(input["now-ns"]); input["now-ns"] > 1795000000000000000 }',
    'deny contains sprintf("%v", [v]) if { walk(input.object, [p, v]); count(p) == 1 }',
    'deny contains split(x, "-")[0] if { some x in input.names; count(split(x, "-")) > 1 }',
    'deny contains "order" if { 1795000000123456789 > 1795000000123456788; 9.8 > 9; -10 < -9; 0.1 >= 0.09 }',
    'warn contains "w" if { true }\ndeny contains "never" if { input.names[0] == "q" }',
)
# Every function that rules may call, and the operators: what each gives is compared.
EXPRESSIONS = (
    'trim("  a b ", " ")',
    'trim_left("aab", "a")',
    'trim_right("baa", "a")',
    'trim_prefix("v1.2", "v")',
    'trim_suffix("a.py", ".py")',
    'trim_space(" a ")',
    'substring("hello", 1, -1)',
    'substring("héllo", 1, 3)',
    'replace("a.b.c", ".", "-")',
    'split("a,b,,c", ",")',
    'sprintf("%5d|%-5d|%05d", [42, 42, 42])',
    'sprintf("%.2f", [3.14159])',
    'sprintf("%x", [255])',
    'sprintf("%v", [1.5])',
    'sprintf("%d", [3])',
    'sprintf("%s", ["x"])',
    'sprintf("%v", [{"a": [1, "b"]}])',
    'sprintf("%v", [true])',
    'sprintf("%v", [null])',
    'sprintf("%%", [])',
    'strings.any_prefix_match(["abc", "x"], ["ab"])',
    'strings.any_suffix_match("abc", ["bc"])',
    'strings.count("banana", "an")',
    'strings.reverse("héllo")',
    "round(2.5)",
    "round(-2.5)",
    "abs(-3)",
    "10 % 3",
    "-7 % 3",
    "7 / 2",
    "0.1 + 0.2",
    "1e3",
    "1000000000000 * 1000000",
    "array.slice([1,2,3,4], 1, 3)",
    "array.reverse([1,2,3])",
    "{1,2} | {2,3}",
    "{1,2} & {2,3}",
    "{1,2} - {2}",
    "union({{1},{2}})",
    "intersection({{1,2},{2,3}})",
    'object.remove({"a": 1, "b": 2}, ["a"])',
    'object.filter({"a": 1, "b": 2}, ["a"])',
    'object.keys({"a": 1, "b": 2})',
    'object.get({"a": {"b": 1}}, ["a", "b"], 0)',
    'object.union_n([{"a": 1}, {"b": 2}])',
    'json.patch({"a": 1}, [{"op": "add", "path": "/b", "value": 2}])',
    'json.unmarshal("{}")',
    'json.is_valid("{")',
    "bits.and(6, 3)",
    "bits.or(6, 3)",
    "bits.xor(6, 3)",
    "bits.lsh(1, 8)",
    "bits.rsh(256, 4)",
    'base64.encode("héllo")',
    'base64url.encode("a?b>")',
    'base64url.encode_no_pad("a")',
    'hex.decode("6869")',
    'regex.match("^a.c$", "abc")',
    'regex.find_n("a.", "abacad", 2)',
    'regex.split("[,;]", "a,b;c")',
    'glob.match("*.py", ["/"], "a.py")',
    'glob.match("**/x", ["/"], "a/b/x")',
    'glob.match("{a,b}", [], "a")',
    'glob.match("[a-c]?", [], "bz")',
    'glob.quote_meta("*.py")',
    "time.date(1795000000000000000)",
    "time.clock(1795000000000000000)",
    "time.weekday(1795000000000000000)",
    "time.add_date(1795000000000000000, 1, 2, 3)",
    'units.parse("10K")',
    'units.parse_bytes("1GiB")',
    'crypto.sha256("x")',
    'crypto.md5("x")',
    'crypto.hmac.sha256("x", "k")',
    "type_name([])",
    'is_string("a")',
    "numbers.range(3, 1)",
    "numbers.range_step(1, 10, 3)",
    'graph.reachable({"a": ["b"], "b": ["c"], "c": []}, {"a"})',
    'count("héllo")',
    '{"a": 1} == {"a": 1.0}',
    'split("é,ü", ",")',
    'split("abc", "")',
    'replace("éa", "é", "e")',
    'trim("ééa", "é")',
    'substring("abc", 1, 10)',
    'substring("abc", 3, 1)',
    'contains("héllo", "é")',
    'startswith("é", "é")',
    'endswith("aé", "é")',
    'sprintf("%s é %v", ["ü", ["é"]])',
    'regex.match(`\\d+`, "12")',
    'glob.match("*", [], "a.b")',
    'glob.match("*", null, "a.b")',
    'glob.match("*", ["."], "a.b")',
    'glob.match("a?c", [], "abc")',
    'glob.match("[!a]b", [], "cb")',
    'glob.match("**.py", [], "a/b.py")',
    "count([1,[2]])",
    'count({"a":1})',
    "count({1,1})",
    "array.concat([1],[2])",
    'object.get({"a":1},"b",null)',
    'object.get({"a":1},["x","y"],"d")',
    'is_number("1")',
    "is_array([]) ",
    "is_object({})",
    "is_boolean(1)",
    "is_null(null)",
    "is_set({1})",
    "type_name(null)",
    "type_name(1.5)",
    "numbers.range(1,3)",
    "time.weekday(0)",
    'time.date([1795000000000000000, "Europe/London"])',
    "time.clock(0)",
    "time.add_date(0,0,1,-1)",
    'crypto.sha1("x")',
    'strings.count("aaa","aa")',
    "abs(-1.5)",
    "round(-0.5)",
    "5 % -3",
    "-1 * 0.5",
    "1.0",
    "100000000000000000000",
    "9007199254740993",
    "1795000000123456789 + 1",
    "3 == 3.0",
    '[1,"a"] == [1.0,"a"]',
    '{"a"} | {"b"}',
    'trim_left("éa","é")',
    'strings.reverse("aé")',
    'units.parse_bytes("1.5MB")',
    'units.parse("100m")',
    'object.keys({"é":1})',
    "bits.negate(5)",
    'json.unmarshal("[1, 2.5, null]")',
    'json.is_valid("{}")',
    "is_string(1)",
    'lower("AB")',
    'upper("ab")',
    "count(set())",
    'concat("-", ["a", "b"])',
    "intersection({{1, 2}, {2}})",
    "union({{1}, {2}})",
)
INPUT = {
    "names": ["ab", "abc", "b-1", "é-2", "ba"],
    "numbers": [1, 2, 3, 4.5],
    "object": {"x": 1, "y": 2, "ü": 3},
    "nothing": None,
    "now-ns": 1795000000123456789,
}


def comparisons(opa: Path) -> Iterator[tuple[str, bool]]:
    """Yield what was judged by both engines, and whether both said the same."""
    binary = {"path": str(opa), "sha256": sha256(opa.read_bytes())}
    for name, rules, files, document in _questions():
        embedded = evaluate(msgspec.convert(rules, Rego), files, document, lambda: SITE)
        theirs = evaluate(
            msgspec.convert({**rules, "engine": "opa", "opa": binary}, Rego), files, document, lambda: SITE
        )
        yield name, not embedded.findings and _said(embedded) == _said(theirs)


def _questions() -> Iterator[tuple[str, dict[str, Any], dict[str, str], dict[str, Any]]]:
    modules = {path.name: path.read_text() for path in sorted(POLICIES.glob("*.rego"))}
    files = {**modules, "settings.json": (POLICIES / "settings.json").read_text()}
    rules = {"files": list(modules), "data": {"settings": "settings.json"}}
    trials = load_trials((POLICIES / "tests.yml").read_bytes(), "tests.yml")
    for trial in trials.tests:
        yield trial.name, rules, files, view_of(document_of(trials, trial))
    for source in MODULES:
        ascii_only = {**INPUT, "names": ["ab", "abc", "b-1", "ba"], "object": {"x": 1, "y": 2}}
        yield source, {"files": ["m.rego"]}, {"m.rego": HEAD + source}, ascii_only
    for one in EXPRESSIONS:
        # In a list with a text, so that an answer of any type is a message of one form.
        source = (
            f'deny contains {{"message": "x", "subject": s}} if {{ x := {one}; s := sprintf("%v", [x]) }}'
        )
        yield one, {"files": ["m.rego"]}, {"m.rego": HEAD + source}, {}


def _said(verdict: RegoVerdict) -> str:
    told = [[one.rule, one.message, one.subject, one.remedy] for one in (*verdict.denials, *verdict.warnings)]
    return json.dumps([sorted(told, key=str), [one.reason.message for one in verdict.findings]])
