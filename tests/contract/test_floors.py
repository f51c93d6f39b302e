"""The house has floors: a lower one never imports a higher one, not even inside a function."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
FLOORS = {
    1: {"", "errors", "manifest"},
    2: {"seal", "policy", "host"},
    3: {"ledger", "store", "clients"},
    4: {"checks", "approval", "rollout"},
    5: {"audit", "sandbox"},
    6: {"cli", "commands", "run", "__main__"},
}
MODULES = sorted(SRC.glob("counterseal/**/*.py"))


def floor(module: str) -> int:
    """Return the floor of a module, which is that of the package right under `counterseal`."""
    part = [*module.split("."), ""][1]
    return next(number for number, parts in FLOORS.items() if part in parts)


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path):
    """Yield every module of ours that the file imports anywhere, with the line."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (
                    (whole if (SRC / whole.replace(".", "/")).with_suffix(".py").exists() else node.module),
                    node.lineno,
                )
                if node.module == "counterseal" and (SRC / "counterseal" / alias.name).is_dir():
                    yield whole, node.lineno


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_lower_floor_never_imports_a_higher_one(path):
    own = name_of(path)
    above = [
        f"line {line}: {own} (floor {floor(own)}) imports {name} (floor {floor(name)})"
        for name, line in imports(path)
        if name.split(".")[0] == "counterseal" and floor(name) > floor(own)
    ]
    assert above == []


def test_every_module_has_a_floor():
    assert len(MODULES) > 30
    assert {floor(name_of(path)) for path in MODULES} >= {1, 2, 3, 4, 6}


def test_an_import_inside_a_function_is_seen(tmp_path):
    path = tmp_path / "x.py"
    path.write_text(
        "def f():\n    from counterseal.commands import sign\n    from counterseal import audit\n"
    )
    assert ("counterseal.commands.sign", 2) in imports(path)
    assert ("counterseal.audit", 3) in imports(path)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "host" not in path.parts and path.name != "run.py"], ids=name_of
)
def test_the_names_of_the_runner_are_written_in_one_place(path):
    tree = ast.parse(path.read_text())
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [
        text for text in texts if text.startswith(("GITHUB_", "RUNNER_", "ACTIONS_")) and " " not in text
    ] == []
