"""Whatever a stranger can choose, the branch, file names, test reports, commit messages and the files of the
checkout, is text: it runs nothing, and forges no output, annotation, command or line of a summary.
"""

from __future__ import annotations

import json

from gitrepo import commit_all

from runner.steps import action, seal, shell, sign, verify

JOB = "job"
FORGED = "FORGED"
COMMANDS = (
    f"::set-output name=outcome::{FORGED}",
    f"::error title={FORGED}::{FORGED}",
    f"::add-path::/tmp/{FORGED}",
    f"##[error]{FORGED}",
    f"# {FORGED}",
    f"| {FORGED} | passed |",
    f"[{FORGED}](https://{FORGED}.example) <img src=https://{FORGED}.example> <!-- @{FORGED}",
)
LINES = "\n".join(["", *COMMANDS, ""])
# Modules that an interpreter would find first if it looked into the checkout.
MODULES = (
    "json.py",
    "typing.py",
    "sitecustomize.py",
    "usercustomize.py",
    "counterseal/__init__.py",
    "cryptography.py",
)
BRANCH = "refs/heads/$(touch${IFS}PWNED)`touch${IFS}PWNED`;touch${IFS}PWNED;'\"<b>|"


def test_hostile_text_is_text(tmp_path, bank, play):
    pwned = tmp_path / "PWNED"
    quiet = (
        shell("notes", "echo fine > notes.txt"),
        action("record", name="n", outcome="passed", files="notes.txt"),
    )
    assert play(*quiet, seal()).exit_code == 0, "the release before, from which changes are counted"
    _plant(bank.repository, pwned)
    commit_all(bank.repository, f"{FORGED} {LINES}", author=f"::error::{FORGED} <eve@meridian.example>")
    branch = BRANCH.replace("PWNED", str(pwned))
    build = (
        "import pathlib; root = pathlib.Path('dist'); root.mkdir(); "
        "[(root / name).write_text(name) for name in __import__('json').load(open('names.txt'))]"
    )
    run = play(
        shell("build", f'python3 -I -c "{build}"'),
        action("record", name="unit-tests", read_as="junit", files="reports/*", step="record"),
        {**sign(), "if": "${{ always() }}"},
        {**verify(), "if": "${{ always() }}"},
        seal(expect="record:unit-tests"),
        shell("look", "test ! -e PWNED", **{"if": "${{ always() }}"}),
        ref=branch,
        payload={"ref": branch, "head_commit": {"message": LINES}},
    )
    results = dict.fromkeys(["checkout", "build"], "success")
    results |= {
        "record": "failure",
        "sign": "success",
        "verify": "success",
        "seal": "failure",
        "look": "success",
    }
    assert run.ran(JOB) == results, run.log()

    assert not pwned.exists()
    for name in ("record", "sign", "verify", "seal"):
        _check_step(run.step(JOB, name), run.step(JOB, name, "run"))
    assert run.step(JOB, "record").outputs["outcome"] == "failed"
    assert run.step(JOB, "seal").outputs["outcome"] == "failed"

    candidate = bank.manifest(2)["candidate"]
    assert len(candidate["changes"]["commits"]) == 2
    assert candidate["source"]["ref"] == branch, "evidence keeps the text as it is"
    assert sorted(one["name"] for one in candidate["artifacts"]) == sorted(_names())
    assert bank.verify().exit_code == 0


def _plant(repository, pwned):
    """Put everything that is hostile into the checkout."""
    for module in MODULES:
        path = repository / module
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(pwned)!r}, 'w').close()\n")
    (repository / "names.txt").write_text(json.dumps(_names()))
    reports = repository / "reports"
    reports.mkdir()
    (repository / ".gitignore").write_text("")
    for number, name in enumerate(_names()):
        (reports / f"{name}.xml").write_text(_report(number), encoding="utf-8")


def _names():
    """Return names of files that are shell, a workflow command, Markdown and several lines."""
    return [
        "$(touch PWNED)",
        "-rf",
        f"::error::{FORGED}",
        f"a{LINES}b".replace("/", "%2F"),
        "| b |",
        "<script>",
    ]


def _report(number):
    from xml.sax.saxutils import escape, quoteattr

    name = quoteattr(f"{number} {LINES} $(touch PWNED)")
    return (
        f"<testsuite name={name}><testcase classname={name} name={name}>"
        f"<failure message={name} type={name}>{escape(LINES)}</failure>"
        f"<system-out>{escape(LINES)}</system-out></testcase></testsuite>"
    )


def _check_step(step, inner):
    """Nothing that the strangers wrote was obeyed by the runner or by the reader of a summary."""
    assert inner.commands == []
    assert FORGED not in step.outputs["outcome"]
    assert all("\n" not in value for value in step.outputs.values())
    for annotation in inner.annotations:
        assert annotation.properties["title"].partition(":")[0] in {"record", "evidence-upload"}
        assert set(annotation.properties) == {"title"}
        assert not annotation.message.startswith(FORGED)
    for line in step.summary.splitlines():
        assert not line.lstrip().startswith((f"# {FORGED}", f"| {FORGED}", "::", "##["))
    assert "<img" not in step.summary
    assert "<!--" not in step.summary
    assert "](http" not in step.summary
