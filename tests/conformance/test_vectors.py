"""The vectors against our own implementation, the schemas, an independent oracle, and their own generator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError, validators

from conformance import adapter, generate, runner
from counterseal.manifest.rules import RULES
from counterseal.manifest.schema import manifest_schemas

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VECTORS = list(runner.vectors())
NODE = shutil.which("node")
ADAPTER = [sys.executable, "-m", "conformance.adapter"]
SAMPLE = (
    "json-nan",
    "canonical-order",
    "statement-manifest-full",
    "chain-two",
    "bundle-ecdsa",
    "envelope-other-key",
)
NOT_OF_SCHEMAS = ("json-", "canonical-form", "absent-not-null")  # bytes, and what a schema sees in part only
UNSEEN = {"json-size"}  # a vector of 16 MiB would be a burden; the unit tests have it


def name_of(vector: runner.Vector) -> str:
    return vector.name


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_our_answer_is_the_expected_one(vector):
    answer = adapter.answer(vector.about["kind"], vector.inputs)

    assert runner.complaint(vector, answer, rules=True) == ""


def test_the_vectors_on_disk_are_the_generated_ones():
    on_disk = {
        path.relative_to(HERE).as_posix(): path.read_bytes()
        for folder in generate.FOLDERS
        for path in (HERE / folder).rglob("*")
        if path.is_file()
    }

    assert on_disk == generate.files()


def test_every_rule_has_a_vector_and_every_vector_a_rule():
    broken = {vector.about["rule"] for vector in VECTORS if vector.about["verdict"] == "refused"}

    assert broken == set(RULES) - UNSEEN


@pytest.mark.skipif(NODE is None, reason="node is not installed, so nobody recomputed the accepted vectors")
def test_plain_node_recomputes_every_accepted_vector():
    done = subprocess.run([NODE, HERE / "check.mjs"], capture_output=True, text=True, check=False)

    accepted = sum(vector.about["verdict"] == "accepted" for vector in VECTORS)
    assert done.stdout == f"{accepted} of {accepted} accepted vectors recomputed\n"
    assert done.returncode == 0


@pytest.mark.skipif(NODE is None, reason="node is not installed, so its script is not tested")
@pytest.mark.parametrize(
    ("case", "mistake"),
    [("json-order-astral", "digest"), ("statement-manifest-full", "digest"), ("bundle-ecdsa", "signature")],
)
def test_plain_node_notices_a_mistake(tmp_path, case, mistake):
    shutil.copytree(HERE / "accepted" / case, tmp_path / "accepted" / case)
    about = tmp_path / "accepted" / case / "case.json"
    source = tmp_path / "accepted" / case / "input.json"
    if mistake == "digest":
        about.write_text(re.sub(r'"digest": "[0-9a-f]{8}', '"digest": "00000000', about.read_text()))
    else:
        source.write_text(source.read_text().replace('"payload":"ey', '"payload":"eX'))

    done = subprocess.run([NODE, HERE / "check.mjs", tmp_path], capture_output=True, text=True, check=False)

    assert done.stdout == f"{case}: {mistake}\n0 of 1 accepted vectors recomputed\n"
    assert done.returncode == 1


@pytest.fixture
def few(tmp_path):
    """A folder with a few vectors of every kind."""
    for vector in VECTORS:
        if vector.folder.name in SAMPLE:
            shutil.copytree(vector.folder, tmp_path / vector.name)
    return tmp_path


@pytest.fixture
def _paths(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT / 'tests'}")


@pytest.mark.usefixtures("_paths")
def test_the_runner_drives_an_implementation_through_its_command_line(few, capsys):
    code = runner.main(["--rules", "--vectors", str(few), "--", *ADAPTER])

    total = len(list(runner.vectors(few)))
    assert capsys.readouterr().out == f"{total} of {total} vectors passed\n"
    assert code == 0


@pytest.mark.slow
@pytest.mark.usefixtures("_paths")
def test_the_runner_drives_an_implementation_through_every_vector(capsys):
    code = runner.main(["--rules", "--", *ADAPTER])

    assert capsys.readouterr().out == f"{len(VECTORS)} of {len(VECTORS)} vectors passed\n"
    assert code == 0


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ('print(\'{"verdict": "refused"}\')', "verdict is 'refused', not 'accepted'"),
        ('print(\'{"verdict": "accepted"}\')', "digest is None, not"),
        ("print('[]')", "not a JSON object|\\[\\]"),
        ("print('yes')", "no JSON"),
        ("raise SystemExit(3)", "exit code 3"),
    ],
)
def test_the_runner_reports_a_wrong_answer(few, capsys, program, complaint):
    code = runner.main(["--vectors", str(few), "--", sys.executable, "-c", program])

    assert re.search(rf"^accepted/bundle-ecdsa: .*{complaint}", capsys.readouterr().out, re.MULTILINE)
    assert code == 1


def test_the_runner_does_not_pass_without_vectors(tmp_path, capsys):
    assert runner.main(["--vectors", str(tmp_path), "--", "true"]) == 1
    assert capsys.readouterr().out == "0 of 0 vectors passed\n"


def _ecma_pattern(_validator, pattern, instance, _schema):
    """JSON Schema's patterns are ECMAScript's, where $ is the end and not the line end before it."""
    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


SCHEMA = validators.extend(Draft202012Validator, {"pattern": _ecma_pattern})(manifest_schemas()["statement"])


STATEMENTS = [
    vector
    for vector in VECTORS
    if vector.about["kind"] == "statement" and not vector.about.get("rule", "").startswith(NOT_OF_SCHEMAS)
]


@pytest.mark.parametrize("vector", STATEMENTS, ids=name_of)
def test_the_schema_refuses_what_breaks_a_bound_and_nothing_else(vector):
    document = json.loads(Path(vector.inputs[0]).read_bytes())

    assert SCHEMA.is_valid(document) == (vector.about.get("rule") != "schema")
