"""The schema of GraphQL: what is kept of GitHub's, and the queries of the client."""

import graphql
import pytest

from counterseal.clients.github import queries
from counterseal.sandbox.graphql.respond import schema
from github_api import prune_graphql

INTERFACES = {"Actor", "Comment", "GitObject", "GitSignature", "Node", "RepositoryOwner"}


def whole_schema():
    """A schema of which something must be left out, in the manner of GitHub's."""
    parts = []
    for name, fields in prune_graphql.KEPT.items():
        kind = (
            "interface"
            if name in {"Actor", "Comment", "GitObject", "GitSignature", "Node", "RepositoryOwner"}
            else "type"
        )
        lines = [
            f'  "about it"\n  {field}(orderBy: String): String!'
            for field in [*dict.fromkeys(fields.split()), "more"]
        ]
        parts.append(f"{kind} {name} {{\n" + "\n".join(lines) + "\n}")
    return "\n".join([*parts, "type Secret { id: ID! }"])


def test_pruning_the_schema_changes_nothing_but_leaves_out():
    pruned = graphql.build_schema(prune_graphql.prune(whole_schema()), assume_valid=True)
    assert "Secret" not in pruned.type_map
    for name, fields in prune_graphql.KEPT.items():
        kept = pruned.type_map[name].fields
        assert set(kept) == set(fields.split())
        assert {str(field.type) for field in kept.values()} == {"String!"}
        assert {argument for field in kept.values() for argument in field.args} == set()
        assert {field.description for field in kept.values()} == {None}


def test_a_field_that_github_has_not_cannot_be_kept(monkeypatch):
    source = whole_schema()
    monkeypatch.setitem(prune_graphql.KEPT, "Ref", "id approvers")
    with pytest.raises(LookupError, match="Ref has no field approvers"):
        prune_graphql.prune(source)


def test_a_type_that_is_needed_must_be_served():
    source = whole_schema().replace("combinedSlug(orderBy: String): String!", "combinedSlug: Secret!")
    with pytest.raises(LookupError, match="not served, but needed: Secret"):
        prune_graphql.prune(source)


def test_the_schema_says_where_it_is_from_and_holds():
    text = prune_graphql.SCHEMA.read_text()
    assert prune_graphql.DIGEST in text.splitlines()[2]
    assert f"@octokit/graphql-schema {prune_graphql.VERSION}" in text
    assert graphql.validate_schema(schema()) == []
    served = {name: set(schema().type_map[name].fields) for name in prune_graphql.KEPT}
    assert served == {name: set(fields.split()) for name, fields in prune_graphql.KEPT.items()}


QUERIES = {name: text for name, text in vars(queries).items() if name.isupper() and name[0] != "_"}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_of_the_client_is_one_that_github_knows(name):
    assert graphql.validate(schema(), graphql.parse(QUERIES[name])) == []


def test_there_are_queries_of_the_client():
    assert len(QUERIES) > 5
