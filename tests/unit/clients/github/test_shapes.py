"""What is read of an answer has to be there: GitHub promises every field that has no default of ours."""

import msgspec
import pytest

from counterseal.clients.github import shapes_rest as shapes
from github_api.description import description

REPO = "/repos/{owner}/{repo}"
ANSWERS = {
    f"{REPO}/pulls/{{pull_number}}": shapes.Pull,
    f"{REPO}/commits/{{commit_sha}}/pulls": shapes.PullOfCommit,
    f"{REPO}/pulls/{{pull_number}}/commits": shapes.AttributedCommit,
    f"{REPO}/pulls/{{pull_number}}/files": shapes.File,
    f"{REPO}/compare/{{basehead}}": shapes.Compare,
    f"{REPO}/activity": shapes.Activity,
    f"{REPO}/actions/runs/{{run_id}}": shapes.Run,
    f"{REPO}/actions/runs/{{run_id}}/attempts/{{attempt_number}}": shapes.Run,
    f"{REPO}/actions/runs/{{run_id}}/approvals": shapes.Approval,
    f"{REPO}/git/matching-refs/{{ref}}": shapes.Ref,
    f"{REPO}/git/blobs/{{file_sha}}": shapes.Blob,
    f"{REPO}/rulesets/{{ruleset_id}}": shapes.Ruleset,
    f"{REPO}/branches/{{branch}}/protection": shapes.Protection,
    f"{REPO}/branches/{{branch}}": shapes.Branch,
    f"{REPO}/environments/{{environment_name}}": shapes.Environment,
    f"{REPO}/actions/permissions/workflow": shapes.WorkflowPermissions,
    f"{REPO}/issues": shapes.Issue,
    f"{REPO}/commits/{{ref}}/check-runs": shapes.CheckRuns,
    f"{REPO}/collaborators/{{username}}/permission": shapes.Role,
}
# The live interface always tells these (a switch says what it is, an environment has a name), and an answer
# without them would be worth nothing.
STRICTER = ("enforce_admins", ".enabled", "environments[].name")


def missing(kind, schema, where):
    """Yield the fields of a structure without default that a schema does not promise."""
    schema = description().resolve(schema)
    if len(parts := schema.get("allOf", ())) == 1:
        schema = description().resolve(parts[0])
    if isinstance(kind, msgspec.inspect.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
    if isinstance(kind, msgspec.inspect.ListType):
        yield from missing(kind.item_type, schema.get("items", {}), f"{where}[]")
    elif isinstance(kind, msgspec.inspect.StructType) and "properties" in schema:
        for field in kind.fields:
            known = schema["properties"]
            place = f"{where}.{field.encode_name}"
            if field.required and field.encode_name not in schema.get("required", ()):
                yield place
            if field.encode_name in known:
                yield from missing(field.type, known[field.encode_name], place)


@pytest.mark.parametrize("template", ANSWERS)
def test_every_field_that_is_needed_is_promised(template):
    (operation,) = (each for each in description().operations if each.name == f"GET {template}")
    schema = operation.described["responses"]["200"]["content"]["application/json"]["schema"]
    schema = description().resolve(schema)
    schema = schema["items"] if schema.get("type") == "array" else schema
    kind = msgspec.inspect.type_info(ANSWERS[template])
    assert [place for place in missing(kind, schema, "") if not place.endswith(STRICTER)] == []
