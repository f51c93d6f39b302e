from __future__ import annotations

from counterseal.manifest.statement import Statement, decode_statement, encode_statement, subject_of_file
from counterseal.seal.provenance import PREDICATE_TYPE, provenance_predicate

_REPOSITORY = "https://github.example/acme/payments"


def _predicate(**changes):
    values = {
        "builder_id": f"{_REPOSITORY}/.github/workflows/release.yml@refs/heads/main",
        "repository": _REPOSITORY,
        "workflow_path": ".github/workflows/release.yml",
        "workflow_ref": "refs/heads/main",
        "event": "push",
        "ids": {"repository_id": "7", "repository_owner_id": "8"},
        "sources": {f"git+{_REPOSITORY}": "c" * 40},
        "invocation_id": f"{_REPOSITORY}/actions/runs/1/attempts/2",
        "finished_on": "2026-11-23T10:00:00Z",
        **changes,
    }
    return provenance_predicate(**values)


def test_every_field_stands_where_the_specification_has_it():
    assert _predicate(started_on="2026-11-23T09:00:00Z") == {
        "buildDefinition": {
            "buildType": "https://counterseal.dev/buildtypes/github-workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": "refs/heads/main",
                    "repository": _REPOSITORY,
                    "path": ".github/workflows/release.yml",
                }
            },
            "internalParameters": {
                "github": {"event_name": "push", "repository_id": "7", "repository_owner_id": "8"}
            },
            "resolvedDependencies": [{"uri": f"git+{_REPOSITORY}", "digest": {"gitCommit": "c" * 40}}],
        },
        "runDetails": {
            "builder": {"id": f"{_REPOSITORY}/.github/workflows/release.yml@refs/heads/main"},
            "metadata": {
                "invocationId": f"{_REPOSITORY}/actions/runs/1/attempts/2",
                "startedOn": "2026-11-23T09:00:00Z",
                "finishedOn": "2026-11-23T10:00:00Z",
            },
        },
    }


def test_an_unknown_start_is_absent():
    assert "startedOn" not in _predicate()["runDetails"]["metadata"]


def test_the_order_of_sources_does_not_matter():
    sources = {"git+b": "b" * 40, "git+a": "a" * 40}
    turned = dict(reversed(sources.items()))
    assert _predicate(sources=sources) == _predicate(sources=turned)


def test_it_travels_in_a_statement():
    payload = encode_statement(Statement((subject_of_file("a", "ab" * 32),), PREDICATE_TYPE, _predicate()))
    assert decode_statement(payload, where="x").predicate == _predicate()
