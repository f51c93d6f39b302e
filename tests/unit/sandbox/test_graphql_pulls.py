"""GraphQL about pull requests: commits, reviews, files and comments, page by page."""

from counterseal.sandbox.graphql.connections import cursor
from unit.sandbox.told import TIME, Told, ask, oid, within


def test_a_pull_request_says_where_it_comes_from_and_how_it_ended():
    shown = within(
        "pullRequest(number: 5) { number databaseId fullDatabaseId state merged closed isDraft title body"
        " baseRefName baseRefOid headRefName headRefOid isCrossRepository"
        " headRepository { databaseId isFork }"
        " baseRepository { databaseId } author { login __typename ... on User { databaseId } }"
        " mergedBy { __typename login ... on Bot { databaseId } } mergeCommit { oid } changedFiles }"
    )["pullRequest"]
    assert shown == {
        "number": 5,
        "databaseId": 50,
        "fullDatabaseId": "50",
        "state": "MERGED",
        "merged": True,
        "closed": False,
        "isDraft": False,
        "title": "Pay",
        "body": "text 50",
        "baseRefName": "main",
        "baseRefOid": oid(1),
        "headRefName": "pay",
        "headRefOid": oid(3),
        "isCrossRepository": True,
        "headRepository": {"databaseId": 8, "isFork": True},
        "baseRepository": {"databaseId": 7},
        "author": {"login": "anna", "__typename": "User", "databaseId": 11},
        "mergedBy": {"__typename": "Bot", "login": "renovate", "databaseId": 12},
        "mergeCommit": {"oid": oid(3)},
        "changedFiles": 2,
    }


def test_commits_are_paged_to_the_end_beyond_the_cap_of_rest_and_only_the_page_is_read():
    told, after, seen = Told(), None, []
    query = """query ($after: String) { repository(owner: "acme", name: "payments") { pullRequest(number: 5) {
      commits(first: 100, after: $after) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { commit { oid } } } } } }"""
    for _ in range(3):
        page = ask(query, told, after=after)["data"]["repository"]["pullRequest"]["commits"]
        assert page["totalCount"] == 260
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [node["commit"]["oid"] for node in page["nodes"]]
        assert told.made == seen
        after = page["pageInfo"]["endCursor"]
    assert seen == [oid(number) for number in range(1, 261)]
    assert page["pageInfo"]["hasNextPage"] is False


def test_an_empty_page_has_no_cursors():
    after = cursor(260)
    page = within(
        f'pullRequest(number: 5) {{ commits(first: 9, after: "{after}") {{ nodes {{ id }}'
        " pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"
    )["pullRequest"]["commits"]
    assert page["nodes"] == []
    expected = {"startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": True}
    assert page["pageInfo"] == expected


def test_reviews_say_what_rest_does_not():
    nodes = within(
        "pullRequest(number: 5) { reviews(first: 9) { totalCount nodes { fullDatabaseId state"
        " author { login }"
        " commit { oid } submittedAt lastEditedAt editor { login } includesCreatedEdit"
        " authorCanPushToRepository viewerDidAuthor"
        " onBehalfOf(first: 9) { nodes { combinedSlug members(first: 9) { nodes { login } } } } } } }"
    )["pullRequest"]["reviews"]["nodes"]
    lost, edited = nodes
    assert lost["author"] is None
    assert lost["commit"] is None
    assert lost["viewerDidAuthor"] is False
    assert edited["state"] == "DISMISSED"
    assert edited["commit"] == {"oid": oid(3)}
    assert edited["editor"] == {"login": "renovate"}
    assert edited["includesCreatedEdit"] is True
    assert edited["authorCanPushToRepository"] is True
    assert edited["viewerDidAuthor"] is True
    assert edited["onBehalfOf"]["nodes"] == [
        {"combinedSlug": "acme/security", "members": {"nodes": [{"login": "anna"}]}}
    ]


def test_reviews_can_be_narrowed_to_states():
    shown = within(
        "pullRequest(number: 5) { reviews(first: 9, states: [APPROVED]) { totalCount nodes { state } } }"
    )
    assert shown["pullRequest"]["reviews"] == {"totalCount": 1, "nodes": [{"state": "APPROVED"}]}


def test_files_say_what_happened_to_them_in_the_words_of_graphql():
    shown = within(
        "pullRequest(number: 5) { files(first: 9) { nodes { path changeType additions deletions } } }"
    )
    assert shown["pullRequest"]["files"]["nodes"] == [
        {"path": "a.py", "changeType": "DELETED", "additions": 0, "deletions": 3},
        {"path": "b.py", "changeType": "RENAMED", "additions": 1, "deletions": 1},
    ]


def test_comments_belong_to_an_issue_and_perhaps_to_a_pull_request():
    fields = (
        "comments(first: 9) { nodes { fullDatabaseId lastEditedAt issue { number } pullRequest { number } } }"
    )
    shown = within(f"issue(number: 6) {{ state closed {fields} }} pullRequest(number: 5) {{ {fields} }}")
    assert shown["issue"]["state"] == "CLOSED"
    assert shown["issue"]["comments"]["nodes"][0] == {
        "fullDatabaseId": "70",
        "lastEditedAt": None,
        "issue": {"number": 6},
        "pullRequest": None,
    }
    edited = shown["pullRequest"]["comments"]["nodes"][1]
    assert edited == {
        "fullDatabaseId": "71",
        "lastEditedAt": TIME,
        "issue": {"number": 5},
        "pullRequest": {"number": 5},
    }
