from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from counterseal.commands._base import Inputs
from counterseal.commands.schema import INPUTS, run, schema_files
from counterseal.errors import UsageError
from counterseal.host import Host
from counterseal.manifest.digest import sha256

SCHEMAS = Path(__file__).parent.parent.parent.parent / "schemas"


@pytest.fixture
def host(tmp_path):
    return Host({}, tmp_path, io.StringIO(), io.StringIO())


def schema(host, *documents, out=""):
    return run(Inputs(INPUTS, {"document": documents, "out": [out] if out else []}), host)


def test_the_files_in_the_repository_are_the_ones_that_are_written(host):
    result = schema(host, out="made/here")

    made = {path.name: path.read_bytes() for path in (host.cwd / "made" / "here").iterdir()}
    assert made == {path.name: path.read_bytes() for path in SCHEMAS.iterdir()}
    assert result.exit_code == 0
    assert result.outputs == {"folder": str(host.cwd / "made" / "here")}


def test_a_schema_is_printed_as_it_would_be_written(host):
    result = schema(host, "policy")

    assert result.text.encode() == schema_files()["policy"]
    assert json.loads(result.text)["title"] == "PolicyFile"
    assert result.digests == {"policy": sha256(schema_files()["policy"])}
    assert result.outputs == {}


def test_only_the_wanted_ones_are_written(host):
    schema(host, "checkpoint", "statement", out=".")

    assert sorted(path.name for path in host.cwd.iterdir()) == [
        "checkpoint.schema.json",
        "statement.schema.json",
    ]


def test_an_unknown_document_is_refused_before_anything_is_written(host):
    with pytest.raises(UsageError) as caught:
        schema(host, "checkpoint", "invoice", out="made")

    assert caught.value.where == "invoice"
    assert caught.value.remedy == f"known: {', '.join(schema_files())}"
    assert list(host.cwd.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_usage_error(host):
    (host.cwd / "made").write_text("a file")

    with pytest.raises(UsageError, match="cannot be written"):
        schema(host, out="made/here")
