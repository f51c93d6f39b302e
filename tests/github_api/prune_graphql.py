"""Make the sandbox's GraphQL schema: the part of GitHub's own that it serves, with nothing changed in it.

    npm pack @octokit/graphql-schema@15.26.1
    python tests/github_api/prune_graphql.py octokit-graphql-schema-15.26.1.tgz

A field stays when it is named below; then its type, its arguments, their types and its nullability are
GitHub's. What is left out cannot be asked for, so a query that the sandbox answers is one that GitHub knows.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import tarfile
from pathlib import Path

import graphql
from graphql import language as gql

VERSION = "15.26.1"
MEMBER = "package/schema.graphql"
DIGEST = "3c62d0526d133cee53221c89de9b455ade24db78b9e7ad56d642c4c15bce2654"
SCHEMA = Path(__file__).parents[2] / "src/counterseal/sandbox/graphql/schema.graphql"

_CONNECTION = "nodes pageInfo totalCount"
_ACTOR = "login url"
_SIGNATURE = "email isValid payload signature signer state verifiedAt wasSignedByGitHub"
_OBJECT = "id abbreviatedOid oid repository commitUrl"
_COMMENT = (
    "author authorAssociation body createdAt editor id includesCreatedEdit lastEditedAt publishedAt updatedAt"
    " viewerDidAuthor"
)

KEPT: dict[str, str] = {
    "Query": "id organization rateLimit repository viewer",
    "RateLimit": "cost limit nodeCount remaining resetAt used",
    "Actor": _ACTOR,
    "User": _ACTOR + " databaseId id name email",
    "Bot": _ACTOR + " databaseId id",
    "Mannequin": _ACTOR + " databaseId id",
    "Organization": _ACTOR + " databaseId id name team",
    "Team": "databaseId id name slug combinedSlug members",
    "TeamMemberConnection": _CONNECTION,
    "TeamConnection": _CONNECTION,
    "RepositoryOwner": "id login url",
    "Node": "id",
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    "Repository": "databaseId defaultBranchRef id isArchived isFork isPrivate issue name nameWithOwner object"
    " owner pullRequest ref url",
    "Ref": "compare id name prefix repository target",
    "Comparison": "aheadBy baseTarget behindBy commits headTarget id status",
    "ComparisonCommitConnection": _CONNECTION,
    "GitObject": _OBJECT,
    "Commit": _OBJECT
    + " associatedPullRequests author authoredByCommitter authoredDate authors committedDate"
    " committedViaWeb committer history message messageHeadline parents signature tree url",
    "Tree": _OBJECT,
    "Blob": _OBJECT + " byteSize isBinary isTruncated text",
    "Tag": _OBJECT + " message name tagger target",
    "GitActor": "date email name user",
    "GitActorConnection": _CONNECTION,
    "CommitConnection": _CONNECTION,
    "CommitHistoryConnection": _CONNECTION,
    "GitSignature": _SIGNATURE,
    "GpgSignature": _SIGNATURE + " keyId",
    "SshSignature": _SIGNATURE + " keyFingerprint",
    "SmimeSignature": _SIGNATURE,
    "UnknownSignature": _SIGNATURE,
    "Comment": _COMMENT,
    "PullRequest": _COMMENT
    + " baseRefName baseRefOid baseRepository changedFiles closed closedAt comments commits databaseId files"
    " fullDatabaseId headRefName headRefOid headRepository isCrossRepository isDraft mergeCommit merged"
    " mergedAt mergedBy number repository reviews state title url",
    "PullRequestConnection": _CONNECTION,
    "PullRequestCommit": "commit id url",
    "PullRequestCommitConnection": _CONNECTION,
    "PullRequestChangedFile": "additions changeType deletions path",
    "PullRequestChangedFileConnection": _CONNECTION,
    "PullRequestReview": _COMMENT + " authorCanPushToRepository commit databaseId fullDatabaseId onBehalfOf"
    " pullRequest state submittedAt url",
    "PullRequestReviewConnection": _CONNECTION,
    "Issue": _COMMENT
    + " closed closedAt comments databaseId fullDatabaseId number repository state title url",
    "IssueComment": _COMMENT + " databaseId fullDatabaseId issue pullRequest repository url",
    "IssueCommentConnection": _CONNECTION,
}
"""The fields that are served, by type."""

LEFT_OUT = frozenset(
    {"orderBy", "before", "last", "author", "role", "membership", "query", "path", "since", "until"}
)
"""Arguments that the sandbox does not honour, so that nobody can send them."""


def prune(source: str) -> str:
    """Return the part of the schema that is served.

    Args:
        source: the whole schema.

    Raises:
        LookupError: the schema has no such type or field.
    """
    whole = {item.name.value: item for item in graphql.parse(source).definitions if hasattr(item, "name")}
    kept = {name: _only(whole[name], fields.split()) for name, fields in sorted(KEPT.items())}
    kept |= {name: whole[name] for name in sorted(_leaves(kept.values(), whole))}
    return "\n\n".join(gql.print_ast(_bare(kept[name])) for name in sorted(kept)) + "\n"


def digest(source: bytes) -> str:
    """Return the SHA-256 of the whole schema."""
    return hashlib.sha256(source).hexdigest()


def header(source: bytes) -> str:
    """Return the notice that stands above the pruned schema."""
    return (
        "# Part of GitHub's public GraphQL schema, unchanged but for what is left out.\n"
        f"# From npm @octokit/graphql-schema {VERSION} (schema.graphql, SHA-256\n"
        f"# {digest(source)}), made by tests/github_api/prune_graphql.py.\n"
        "#\n"
        "# MIT licence. Copyright (c) GitHub 2025. The licence's text is beside this file (LICENSE).\n\n"
    )


def _only(item: gql.DefinitionNode, fields: list[str]) -> gql.DefinitionNode:
    """Return a type with some of its fields, and the interfaces that are served."""
    known = {field.name.value: field for field in item.fields}
    missing = sorted(set(fields) - set(known))
    if missing:
        raise LookupError(f"{item.name.value} has no field {', '.join(missing)}")
    return type(item)(
        name=item.name,
        directives=item.directives,
        interfaces=tuple(each for each in item.interfaces or () if each.name.value in KEPT),
        fields=tuple(_with_arguments(known[name]) for name in sorted(set(fields))),
    )


def _with_arguments(field: gql.FieldDefinitionNode) -> gql.FieldDefinitionNode:
    """Return a field with the arguments that are honoured."""
    return gql.FieldDefinitionNode(
        name=field.name,
        directives=field.directives,
        type=field.type,
        arguments=tuple(each for each in field.arguments or () if each.name.value not in LEFT_OUT),
    )


def _leaves(items: list[gql.DefinitionNode], whole: dict[str, gql.DefinitionNode]) -> set[str]:
    """Return the scalars and enumerations that the served fields need.

    Raises:
        LookupError: a field needs another type that is not served.
    """
    needed: set[str] = set()
    for item in items:
        for field in item.fields:
            needed |= {_name(field.type)} | {_name(each.type) for each in field.arguments or ()}
    needed -= set(KEPT) | set(graphql.specified_scalar_types)
    wrong = sorted(
        name for name in needed if whole[name].kind not in {"scalar_type_definition", "enum_type_definition"}
    )
    if wrong:
        raise LookupError(f"not served, but needed: {', '.join(wrong)}")
    return needed


def _name(node: gql.TypeNode) -> str:
    """Return the name of a type without lists and exclamation marks."""
    while not isinstance(node, gql.NamedTypeNode):
        node = node.type
    return node.name.value


def _bare(item: gql.DefinitionNode) -> gql.DefinitionNode:
    """Return a definition without descriptions."""

    class Stripper(gql.Visitor):
        def enter(self, node: gql.Node, *_: object) -> gql.Node | None:
            if getattr(node, "description", None) is None:
                return None
            return dataclasses.replace(node, description=None)

    return gql.visit(item, Stripper())


def main() -> None:
    """Write the pruned schema from the package whose tarball is named."""
    with tarfile.open(sys.argv[1]) as package:
        source = package.extractfile(MEMBER).read()
    if digest(source) != DIGEST:
        raise SystemExit(f"{MEMBER} is not that of version {VERSION}: SHA-256 {digest(source)}")
    SCHEMA.write_text(header(source) + prune(source.decode()))


if __name__ == "__main__":
    main()
