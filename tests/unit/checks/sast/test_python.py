from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from counterseal.checks.sast import bandit_run, python
from counterseal.checks.sast.bandit_run import Options, scan
from counterseal.checks.sast.python import scan_python
from counterseal.checks.sast.sources import Sources, find_sources
from counterseal.clients.git import GitRepository
from counterseal.clients.git_tree import CommitFiles
from counterseal.errors import MalformedError
from counterseal.policy.code.sast import Sast
from counterseal.policy.file import load_policy

SHELL = "import subprocess\ndef f(x):\n    subprocess.call(x, shell=True)\n"
TREE = {
    "a.py": SHELL,
    "b/weak.py": "import hashlib\nhashlib.md5(b'')\nassert True\n",
    "b/quiet.py": "import hashlib\nhashlib.md5(b'')  # nosec\nhashlib.sha1(b'')  # nosec B324\n",
    "c/many.py": "import pickle\n" + "pickle.loads(x)\n" * 30,
    "c/broken.py": "def f(:\n",
    "c/latin.py": "x = '\xe9'\n",
    "empty.py": "",
    "d/xml.py": "import xml.etree.ElementTree as E\nE.parse('x')\nexec('1')\n",
}


def plant(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
    return root


def scanned(root, options=Options(), before=None, cache=None, paths=(".",), exclude=()):  # noqa: B008
    return scan_python(root, find_sources(root, paths, exclude), options, before, cache)


def plain(root, *words):
    """Return what the plain tool says, as it is started by anybody."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", ".", "-f", "json", *words]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    return json.loads(done.stdout)


def comparable(found):
    issue = ("issue_severity", "issue_confidence", "issue_text")
    keys = ("filename", "line_number", "test_id", "test_name", *issue)
    return sorted(tuple(str(one[key]).removeprefix("./") for key in keys) for one in found["results"])


def ours(found, *, heeding):
    return sorted(
        (path, str(hit.line), hit.test, hit.name, hit.severity, hit.confidence, hit.text)
        for path, one in found.items()
        for hit in one.hits
        if not (heeding and hit.nosec)
    )


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_findings_are_those_of_the_plain_tool(tmp_path, workers):
    root = plant(tmp_path, TREE)
    paths = find_sources(root, ["."], ()).files
    found = scan(root, paths, Options(), workers)
    assert ours(found, heeding=True) == comparable(plain(root))
    assert ours(found, heeding=False) == comparable(plain(root, "--ignore-nosec"))
    errors = {one["filename"].removeprefix("./") for one in plain(root)["errors"]}
    assert {path for path, one in found.items() if one.error} == errors == {"c/broken.py", "c/latin.py"}


def test_a_comment_that_suppresses_is_told_beside_the_problem(tmp_path):
    problems = scanned(plant(tmp_path, TREE)).problems
    assert [one.suppressed for one in problems if one.subject == "b/quiet.py"] == ["# nosec", "# nosec"]
    assert {one.suppressed for one in problems if one.subject != "b/quiet.py"} == {None}


def test_what_the_scanned_tree_configures_is_not_read(tmp_path):
    root = plant(tmp_path, {"a.py": SHELL})
    before = scanned(root).problems
    (root / ".bandit").write_text("[bandit]\nskips: B602,B404\nexclude: /\n")
    (root / "pyproject.toml").write_text('[tool.bandit]\nskips = ["B602", "B404"]\n')
    (root / "setup.cfg").write_text("[bandit]\nskips: B602\n")
    assert scanned(root).problems == before
    assert "B602" in {one.rule for one in before}


def test_what_cannot_be_parsed_is_inconclusive_and_names_the_file(tmp_path):
    found = scanned(plant(tmp_path, TREE))
    told = {one.reason.subject: one for one in found.findings}
    assert set(told) == {"c/broken.py", "c/latin.py"}
    assert {one.outcome for one in told.values()} == {"inconclusive"}
    assert "newer than" in told["c/broken.py"].reason.remedy


def test_syntax_that_is_newer_than_this_python_is_inconclusive_and_hides_nothing_silently(tmp_path):
    newer = "type A = int\n" if sys.version_info < (3, 12) else "def f(:\n"
    found = scanned(plant(tmp_path, {"a.py": newer + SHELL}))
    assert [one.outcome for one in found.findings] == ["inconclusive"]


@pytest.mark.parametrize("path", ["none", "../x", "/etc", "none.py"])
def test_a_path_that_is_not_there_is_inconclusive(tmp_path, path):
    root = plant(tmp_path / "root", {"a.py": SHELL})
    assert [one.outcome for one in find_sources(root, [path], ()).findings] == ["inconclusive"]


def test_of_a_checkout_the_files_of_the_commit_are_looked_at(repository):
    root = repository.root
    plant(root, {"a.py": SHELL, "b/c.py": SHELL, "notes.txt": "x"})
    repository.git("add", "-A")
    repository.commit("code")
    plant(root, {"left.py": SHELL})
    assert find_sources(root, ["."], ()).files == ("a.py", "b/c.py")
    assert find_sources(root, ["b"], ()).files == ("b/c.py",)
    assert find_sources(root, ["left.py"], ()).files == ("left.py",)
    assert [one.outcome for one in find_sources(root, [".git"], ()).findings] == ["inconclusive"]
    (root / "a.py").unlink()
    gone = scanned(root)
    assert [(one.outcome, one.reason.subject) for one in gone.findings] == [("inconclusive", "a.py")]


def test_a_link_is_followed_nowhere(tmp_path):
    root = plant(tmp_path / "root", {"a.py": SHELL})
    (tmp_path / "out.py").write_text(SHELL)
    (root / "inside.py").symlink_to("a.py")
    (root / "outside.py").symlink_to(tmp_path / "out.py")
    found = find_sources(root, ["."], ())
    assert found.files == ("a.py",)
    assert [one.reason.subject for one in found.findings] == ["outside.py"]


@pytest.mark.parametrize("name", [b"\xff.py", b"a\nb.py", b"a\x1b[31m.py", "a\u202e.py".encode()])
def test_a_file_whose_name_is_no_plain_text_is_inconclusive(tmp_path, name):
    (tmp_path / os.fsdecode(name)).write_text(SHELL)
    found = find_sources(tmp_path, ["."], ())
    assert (found.files, [one.outcome for one in found.findings]) == ((), ["inconclusive"])
    assert found.findings[0].reason.subject.isprintable()


def test_what_the_policy_leaves_out_is_counted(tmp_path):
    found = scanned(plant(tmp_path, {"a.py": SHELL, "tests/t.py": SHELL}), exclude=["tests/**"])
    assert {one.subject for one in found.problems} == {"a.py"}
    assert "leaves out 1 Python files" in found.findings[0].reason.message


def test_only_what_the_change_brought_in_is_new(repository):
    root = repository.root
    plant(root, {"a.py": SHELL, "b.py": SHELL})
    repository.git("add", "-A")
    base = repository.commit("before")
    plant(root, {"a.py": "# moved\n" + SHELL + "    subprocess.call(x, shell=True)\n", "c.py": SHELL})
    found = scanned(root, before=CommitFiles(GitRepository(root), base), paths=["a.py", "b.py", "c.py"])
    told = [(one.subject, one.line, one.introduced) for one in found.problems if one.rule == "B602"]
    assert told == [("a.py", 4, False), ("a.py", 5, True), ("b.py", 3, False), ("c.py", 3, True)]


def test_a_planted_problem_that_is_not_found_makes_the_scan_worthless(tmp_path, monkeypatch):
    monkeypatch.setattr(python, "_CANARY", "x = 1\n")
    (finding,) = scanned(plant(tmp_path, {"a.py": "x = 1\n"})).findings
    assert (finding.outcome, "planted" in finding.reason.message) == ("inconclusive", True)


def test_a_test_of_bandits_that_fails_inside_is_told(tmp_path, monkeypatch):
    root = plant(tmp_path, {"a.py": SHELL})
    bandit_run._manager.cache_clear()
    tests = bandit_run._manager(Options(), True)[0].b_ts
    some = tests.get_tests("Call")[0]
    monkeypatch.setattr(tests, "get_tests", lambda kind: [_failing(some)] if kind == "Call" else [])
    found = scan(root, ["a.py"], Options(), 1)["a.py"]
    bandit_run._manager.cache_clear()
    assert "failed" in found.error


def _failing(test):
    def failing(_):
        raise RuntimeError("inside")

    failing.__name__, failing._test_id = "failing", test._test_id
    return failing


def _die(*_):
    os._exit(9)


def test_a_worker_that_dies_leaves_its_files_inconclusive(tmp_path, monkeypatch):
    root = plant(tmp_path, {f"{at}.py": SHELL for at in range(8)})
    monkeypatch.setattr(bandit_run, "scan_share", _die)
    found = scan(root, [f"{at}.py" for at in range(8)], Options(), 2)
    assert {one.error is not None for one in found.values()} == {True}


def test_a_test_that_bandit_does_not_have_is_told(tmp_path):
    found = scanned(plant(tmp_path, {"a.py": SHELL}), Options(skips=("B999",)))
    assert [one.reason.message for one in found.findings] == ["Bandit has no test B999"]


# -- the cache ------------------------------------------------------------------------------------------


def test_what_is_known_is_not_looked_at_again_and_says_the_same(tmp_path, monkeypatch):
    root, cache = plant(tmp_path / "root", TREE), tmp_path / "cache"
    cold = scanned(root, cache=cache)
    calls = []
    real = python.scan
    monkeypatch.setattr(
        python, "scan", lambda root, paths, *more: calls.append(paths) or real(root, paths, *more)
    )
    warm = scanned(root, cache=cache)
    assert (warm.problems, warm.findings) == (cold.problems, cold.findings)
    assert calls[0] == ["c/broken.py", "c/latin.py"]
    assert warm.counts["files-known"] == len(TREE) - 2


@pytest.mark.parametrize("spoil", [b"", b"{", b'{"hits": 3}', b"[]", b"\xff"])
def test_an_entry_that_cannot_be_read_is_one_that_is_not_there(tmp_path, spoil):
    root, cache = plant(tmp_path / "root", {"a.py": SHELL}), tmp_path / "cache"
    cold = scanned(root, cache=cache)
    for entry in cache.iterdir():
        entry.write_bytes(spoil)
    assert scanned(root, cache=cache).problems == cold.problems


def test_another_content_path_or_configuration_is_another_entry(tmp_path):
    root, cache = plant(tmp_path / "root", {"a.py": SHELL}), tmp_path / "cache"
    scanned(root, cache=cache)
    assert scanned(root, Options(skips=("B404",)), cache=cache).counts["files-known"] == 0
    plant(root, {"b.py": SHELL})
    assert scanned(root, cache=cache).counts["files-known"] == 1
    plant(root, {"a.py": SHELL + "\n"})
    assert scanned(root, cache=cache, paths=["a.py"]).counts["files-known"] == 0


# -- the policy -----------------------------------------------------------------------------------------


def one_problem(tmp_path, source=SHELL, rule="B602"):
    found = scanned(plant(tmp_path, {"a.py": source})).problems
    return next(one for one in found if one.rule == rule)


def test_severity_confidence_and_weakness_decide_together(tmp_path):
    high = one_problem(tmp_path)
    low = one_problem(tmp_path, "assert x\n", "B101")
    assert (high.rating.severity, high.confidence, high.cwe) == ("high", "high", (78,))
    assert Sast().blocks(high)
    assert not Sast().blocks(low)
    assert Sast(cwe=(703,)).blocks(low)
    assert Sast(block="low").blocks(low)
    assert not Sast(block="low", confidence="high").blocks(
        one_problem(tmp_path, "x.execute('select a from t where b = %s' % y)\n", "B608")
    )


def test_a_comment_lets_nothing_through_unless_the_policy_accepts_it(tmp_path):
    quiet = one_problem(tmp_path, SHELL.replace("True)", "True)  # nosec"))
    assert Sast().blocks(quiet)
    assert not Sast(nosec="accept").blocks(quiet)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{tests: [B602], skips: [B602]}", "is to be run and left out"),
        ("{scanners: [{name: other}]}", "needs a lock and a command"),
        ("{scanners: [{name: zizmor}, {name: zizmor}]}", "there twice"),
        ("{scanners: [{name: checkov, lock: l.txt, command: [checkov]}]}", "comes with counterseal"),
        ("{skips: [X1]}", "skips"),
        ("{block: none}", "block"),
    ],
)
def test_what_nobody_can_mean_is_refused(text, message):
    with pytest.raises(MalformedError, match=message):
        load_policy(f"version: 1\ncode: {{sast: {text}}}".encode(), where="p.yml")


def test_no_file_at_all_is_a_scan_of_nothing(tmp_path):
    assert scan_python(tmp_path, Sources(()), Options(), None, None).counts["files"] == 0
