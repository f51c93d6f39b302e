"""The GraphQL queries, whole. What varies is a variable, so that nothing has to be escaped."""

from __future__ import annotations

from typing import Final

_ACTOR: Final = """
fragment actor on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
}
"""

_PERSON: Final = """
fragment person on GitActor { name email user { login databaseId } }
"""

# Who commits with 50 authors or 20 parents is refused, rather than half seen (see `commits`).
_COMMIT: Final = (
    _PERSON
    + """
fragment commit on Commit {
  oid
  message
  tree { oid }
  parents(first: 20) { totalCount nodes { oid } }
  author { ...person }
  committer { ...person }
  authors(first: 50) { totalCount nodes { ...person } }
  committedViaWeb
  signature {
    isValid
    state
    wasSignedByGitHub
    verifiedAt
    ... on GpgSignature { keyId }
    ... on SshSignature { keyFingerprint }
  }
}
"""
)

_REVIEW: Final = (
    _ACTOR
    + """
fragment review on PullRequestReview {
  fullDatabaseId
  state
  body
  submittedAt
  lastEditedAt
  author { ...actor }
  commit { oid }
}
"""
)

_COMMENT: Final = """
fragment comment on IssueComment {
  fullDatabaseId
  body
  createdAt
  lastEditedAt
  viewerDidAuthor
  author { ...actor }
}
"""

_PAGE: Final = "pageInfo { hasNextPage endCursor }"

REPOSITORY: Final = """
query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    databaseId
    url
    nameWithOwner
    isPrivate
    defaultBranchRef { name target { __typename oid ... on Commit { tree { oid } } } }
  }
}
"""

# The members of child teams are among them ("membership: ALL" is what the forge takes for granted).
TEAM: Final = f"""
query ($organization: String!, $team: String!, $after: String) {{
  organization(login: $organization) {{
    team(slug: $team) {{
      members(first: 100, after: $after) {{ totalCount {_PAGE} nodes {{ login databaseId }} }}
    }}
  }}
}}
"""

REF: Final = """
query ($owner: String!, $name: String!, $ref: String!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) {
      target {
        __typename
        oid
        ... on Commit { tree { oid } }
        ... on Tag {
          target {
            __typename
            oid
            ... on Commit { tree { oid } }
            ... on Tag { target { __typename oid ... on Commit { tree { oid } } } }
          }
        }
      }
    }
  }
}
"""

OBJECT: Final = """
query ($owner: String!, $name: String!, $oid: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    object(oid: $oid) {
      __typename
      oid
      ... on Commit { tree { oid } }
      ... on Tag {
        target {
          __typename
          oid
          ... on Commit { tree { oid } }
          ... on Tag { target { __typename oid ... on Commit { tree { oid } } } }
        }
      }
    }
  }
}
"""

FILE: Final = """
query ($owner: String!, $name: String!, $commit: GitObjectID!, $expression: String!) {
  repository(owner: $owner, name: $name) {
    commit: object(oid: $commit) { __typename oid }
    file: object(expression: $expression) {
      __typename
      oid
      ... on Blob { byteSize isTruncated text }
    }
  }
}
"""

PULL: Final = (
    _COMMIT
    + _REVIEW
    + _COMMENT
    + f"""
query ($owner: String!, $name: String!, $number: Int!) {{
  repository(owner: $owner, name: $name) {{
    databaseId
    url
    pullRequest(number: $number) {{
      headRefOid
      headRefName
      headRepository {{ databaseId nameWithOwner }}
      changedFiles
      mergeCommit {{ ...commit }}
      commits(first: 100) {{ totalCount {_PAGE} nodes {{ commit {{ ...commit }} }} }}
      reviews(first: 100) {{ totalCount {_PAGE} nodes {{ ...review }} }}
      comments(first: 100) {{ totalCount {_PAGE} nodes {{ ...comment }} }}
      files(first: 100) {{ totalCount {_PAGE} nodes {{ path changeType }} }}
    }}
  }}
}}
"""
)


def _more(fragments: str, connection: str, nodes: str) -> str:
    """Return the query for one page of one connection of a pull request."""
    return (
        fragments
        + f"""
query ($owner: String!, $name: String!, $number: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      page: {connection}(first: 100, after: $after) {{ totalCount {_PAGE} nodes {{ {nodes} }} }}
    }}
  }}
}}
"""
    )


PULL_COMMITS: Final = _more(_COMMIT, "commits", "commit { ...commit }")
PULL_REVIEWS: Final = _more(_REVIEW, "reviews", "...review")
PULL_COMMENTS: Final = _more(_ACTOR + _COMMENT, "comments", "...comment")
PULL_FILES: Final = _more("", "files", "path changeType")
PULL_COMMIT_IDS: Final = _more("", "commits", "commit { oid }")

ISSUE_COMMENTS: Final = (
    _ACTOR
    + _COMMENT
    + f"""
query ($owner: String!, $name: String!, $number: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    issue(number: $number) {{
      page: comments(first: 100, after: $after) {{ totalCount {_PAGE} nodes {{ ...comment }} }}
    }}
  }}
}}
"""
)

ISSUE_OWN: Final = """
query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { issue(number: $number) { body viewerDidAuthor } }
}
"""

HISTORY: Final = (
    _COMMIT
    + f"""
query ($owner: String!, $name: String!, $oid: GitObjectID!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    object(oid: $oid) {{
      ... on Commit {{
        page: history(first: 100, after: $after) {{ totalCount {_PAGE} nodes {{ ...commit }} }}
      }}
    }}
  }}
}}
"""
)
