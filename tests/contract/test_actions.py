"""What action.yml files, READMEs and examples promise is what the commands declare."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from counterseal.commands import REGISTRY, load
from counterseal.commands._publication import STAGES
from counterseal.policy.demanded import demanded
from counterseal.policy.file import load_policy

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
ACTIONS = {name: ROOT / "actions" / name / "action.yml" for name, entry in REGISTRY.items() if entry.action}
ACTIONS["stages"] = ROOT / "action.yml"
EXAMPLES = sorted((ROOT / "workflows-examples").glob("*.yml"))
READMES = sorted(path for path in (ROOT / "actions").rglob("README.md"))
_USES = re.compile(r"counterseal/counterseal(?:/actions/([\w-]+))?@")
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_OUTPUT = re.compile(r"steps\.([\w-]+)\.outputs\.([\w-]+)")
_RESERVED = {"format", "help", "version"}


def document(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


def run(*command):
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def steps_of(path: Path):
    """Return the steps of a workflow, or of the examples in a README."""
    if path.suffix == ".md":
        return [step for block in _BLOCK.findall(path.read_text()) for step in yaml.safe_load(block)]
    return [step for job in document(path)["jobs"].values() for step in job["steps"]]


def test_every_file_is_what_the_declarations_say():
    done = run(sys.executable, "scripts/actions.py", "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_every_action_of_the_registry_has_its_folder_and_no_other():
    folders = {path.name for path in (ROOT / "actions").iterdir() if path.is_dir()}
    assert folders == set(ACTIONS) - {"stages"}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_declares_what_its_command_declares(name):
    action, command = document(ACTIONS[name]), load(name)
    assert list(action.get("inputs", {})) == [item.name for item in command.inputs]
    assert list(action["outputs"]) == [item.name for item in command.outputs]
    for item in command.inputs:
        declared = action["inputs"][item.name]
        assert declared["required"] is item.required
        assert declared.get("default", "") == item.default
        assert isinstance(declared.get("default", ""), str)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_one_step_that_hands_everything_over_as_data(name):
    path, action = ACTIONS[name], document(ACTIONS[name])
    assert action["runs"]["using"] == "composite"
    (step,) = action["runs"]["steps"]
    assert step.keys() == {"name", "id", "shell", "run", "env"}
    assert (step["id"], step["shell"]) == ("run", "bash")
    assert step["env"] == {"COUNTERSEAL_INPUTS": "${{ toJSON(inputs) }}"}
    assert "${{" not in step["run"]
    start, script, command = re.fullmatch(
        r'(python3 -I -S) "\$GITHUB_ACTION_PATH/(.*)" (\S+)', step["run"]
    ).groups()
    assert (start, command) == ("python3 -I -S", name)
    assert (path.parent / script).resolve() == ROOT / "src" / "counterseal" / "run.py"
    for output, declared in action["outputs"].items():
        assert declared["value"] == f"${{{{ steps.run.outputs.{output} }}}}"


@pytest.mark.parametrize("name", REGISTRY)
def test_a_declaration_is_complete(name):
    command = load(name)
    names = [item.name for item in command.inputs]
    assert command.name == name
    assert len(set(names)) == len(names)
    assert _RESERVED.isdisjoint(names)
    for item in [*command.inputs, *command.outputs]:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", item.name)
        assert item.help.endswith((".", ")")), item
        assert len(item.help.splitlines()) == 1
        assert not re.search(r"[<`]|\$\{\{", item.help), item
    assert not any(item.required and item.default for item in command.inputs)
    assert not any(item.multiple and item.flag for item in command.inputs)


@pytest.mark.parametrize("path", [*ACTIONS.values(), *EXAMPLES], ids=lambda path: str(path.relative_to(ROOT)))
def test_other_peoples_code_is_pinned_and_the_callers_is_never_used(path):
    for uses in re.findall(r"^\s*(?:- )?uses:\s*(\S+)", path.read_text(), re.MULTILINE):
        assert _PINNED.fullmatch(uses), uses


@pytest.mark.parametrize("path", [*EXAMPLES, *READMES], ids=lambda path: str(path.relative_to(ROOT)))
def test_an_example_uses_what_there_is(path):
    outputs = {}
    for step in steps_of(path):
        if not (used := _USES.match(step.get("uses", ""))):
            continue
        command = load(used[1] or "stages")
        given = step.get("with", {})
        assert given.keys() <= {item.name for item in command.inputs}, step
        assert {item.name for item in command.inputs if item.required} <= given.keys(), step
        outputs[step.get("id")] = {item.name for item in command.outputs}
    for step, output in _OUTPUT.findall(path.read_text()):
        assert step not in outputs or output in outputs[step], f"{step}.{output}"


CANDIDATES = {"deploy.yml": ("release-approved.yml",)}
"""The workflows that hand their evidence to another one, which seals it."""

SEALING = [path for path in EXAMPLES if "expect: |" in path.read_text()]


def stages_run(path: Path) -> set[str]:
    """Return the stages that a workflow runs and that leave a record."""
    found = set()
    for step in steps_of(path):
        if used := _USES.match(step.get("uses", "")):
            found |= {used[1]} if used[1] else set(step["with"]["stages"].split())
    return found & set(STAGES)


def stages_expected(path: Path) -> set[str]:
    """Return the stages whose records the step that seals expects."""
    lists = [step["with"]["expect"] for step in steps_of(path) if "expect" in step.get("with", {})]
    return {name.partition(":")[0] for one in lists for name in one.split()}


@pytest.mark.parametrize("path", SEALING, ids=lambda path: path.name)
def test_an_example_expects_the_records_of_all_that_it_runs(path):
    others = [path.with_name(name) for name in CANDIDATES.get(path.name, ())]
    assert stages_expected(path) == set.union(*(stages_run(one) for one in (path, *others)))


def test_every_example_that_seals_is_looked_at():
    assert {path.name for path in SEALING} == {
        path.name for path in EXAMPLES if "evidence-upload" in path.read_text()
    }


def test_the_policy_of_the_example_expects_what_its_sections_demand_and_its_workflows_run():
    policy = load_policy((ROOT / "examples/people/counterseal.yml").read_bytes(), where="policy")
    expected = {name.partition(":")[0] for name in policy.evidence.expect}
    assert expected == stages_expected(ROOT / "workflows-examples" / "deploy.yml")
    assert {name.partition("@")[0].partition(":")[0] for name in demanded(policy)} <= expected


def test_there_are_examples_of_every_action():
    texts = "".join(path.read_text() for path in READMES)
    assert {name or "stages" for name in _USES.findall(texts)} == set(ACTIONS)


@pytest.mark.parametrize("schema", ["github-actions", "github-workflows"])
def test_the_schemas_of_the_forge_accept_them(schema):
    paths = ACTIONS.values() if schema == "github-actions" else EXAMPLES
    done = run(TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)
    assert done.returncode == 0, done.stdout


def zizmor(*paths):
    flags = (
        "--strict-collection",
        "--offline",
        "--persona",
        "pedantic",
        "--format",
        "plain",
    )
    return run(TOOLS / "zizmor", *flags, *paths)


def test_the_linter_for_actions_finds_nothing():
    done = zizmor(*ACTIONS.values(), *EXAMPLES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(str(path.relative_to(ROOT)) in done.stderr for path in [*ACTIONS.values(), *EXAMPLES])


def test_the_linter_would_find_something(tmp_path):
    path = tmp_path / "action.yml"
    text = ACTIONS["sign"].read_text().replace('run.py" sign', 'run.py" ${{ inputs.key }}')
    path.write_text(text)
    assert "template-injection" in zizmor(path).stdout
    path.write_text("name: x\nruns: {using: composite, steps: [{run: x}]}\n")
    assert zizmor(path).returncode != 0


@pytest.mark.parametrize("page", ["README.md", "actions/README.md", "workflows-examples/README.md"])
def test_a_page_that_lists_lists_all(page):
    text = (ROOT / page).read_text()
    names = (
        [path.name for path in EXAMPLES]
        if page.startswith("workflows")
        else sorted(set(ACTIONS) - {"stages"})
    )
    assert [
        name for name in names if not re.search(rf"^\| \[`?{re.escape(name)}`?\]", text, re.MULTILINE)
    ] == []
