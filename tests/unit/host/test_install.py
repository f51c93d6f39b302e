import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from counterseal.errors import Inconclusive
from counterseal.host.install import Installer, cache_folder, find_uv, fingerprint, installer_env
from simulators.index import Index

UV = Path(sys.executable).parent / "uv"


@pytest.fixture
def index(tmp_path):
    return Index(tmp_path / "index")


@pytest.fixture
def installer(tmp_path, index, monkeypatch):
    """An installer that finds uv on the path."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")  # a uv below the working directory would not be trusted
    index.lock("core", index.add("alpha", {"alpha.py": "VALUE = 1\n"}))
    env = index.env(tmp_path / "home")
    return Installer(index.locks, tmp_path / "cache", {**env, "PATH": f"{UV.parent}:{env['PATH']}"})


def without_uv(installer):
    return Installer(installer.locks, installer.cache, {**installer.env, "PATH": os.defpath})


def left_over(installer):
    return [path.name for path in installer.cache.iterdir() if path.name.startswith(".")]


def test_a_tier_is_installed_once(installer):
    folder, cached = installer.ensure("core")
    assert ((folder / "alpha.py").read_text(), cached) == ("VALUE = 1\n", False)
    assert installer.ensure("core") == (folder, True)
    assert folder.name == f"core-{fingerprint(installer.locks / 'core.txt')}"
    assert left_over(installer) == []


def test_another_lock_is_another_folder(installer, index):
    first, _ = installer.ensure("core")
    index.lock("core", "# changed\n", (index.locks / "core.txt").read_text())
    assert installer.ensure("core")[0] != first


def test_uv_compiles_nothing(installer):
    folder, _ = installer.ensure("core")
    assert list(folder.rglob("*.pyc")) == []


def test_pip_fetches_uv_where_there_is_none(installer, index, tmp_path):
    script = f'#!/bin/sh\necho "$@" >> {tmp_path}/called\nexec {UV} "$@"\n'
    index.lock("uv", index.add("uv", {}, {"uv": script}))
    folder, _ = without_uv(installer).ensure("core")
    assert (folder / "alpha.py").is_file()
    assert "pip install" in (tmp_path / "called").read_text()
    assert {path.name[:4] for path in installer.cache.iterdir()} == {
        "core",
        "uv-" + fingerprint(index.locks / "uv.txt")[0],
    }


def test_pip_alone_will_do(installer, index):
    index.lock("uv", "uv==1.0 --hash=sha256:" + "0" * 64)
    folder, _ = without_uv(installer).ensure("core")
    assert (folder / "alpha.py").is_file()
    assert list(folder.rglob("*.pyc")) == []
    assert left_over(installer) == []


@pytest.mark.parametrize("prepare", [lambda installer: installer, without_uv])
def test_another_hash_is_refused_and_nothing_is_left(installer, index, prepare):
    index.lock("core", "alpha==1.0 --hash=sha256:" + "0" * 64)
    index.lock("uv", "uv==1.0 --hash=sha256:" + "0" * 64)
    with pytest.raises(Inconclusive) as caught:
        prepare(installer).ensure("core")
    assert caught.value.exit_code == 14
    assert "hash" in caught.value.message.lower()
    assert list(installer.cache.iterdir()) == []


@pytest.mark.parametrize("prepare", [lambda installer: installer, without_uv])
def test_a_package_without_a_hash_is_refused(installer, index, prepare):
    index.lock("core", "alpha==1.0\n")
    index.lock("uv", "uv==1.0 --hash=sha256:" + "0" * 64)
    with pytest.raises(Inconclusive):
        prepare(installer).ensure("core")


def test_what_the_installer_said_is_harmless(installer, tmp_path):
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\nprintf '\\033[31m::error::x\\n##[error]y\\n'\nexit 1\n")
    uv.chmod(0o755)
    broken = Installer(installer.locks, installer.cache, {**installer.env, "PATH": str(uv.parent)})
    with pytest.raises(Inconclusive) as caught:
        broken.ensure("core")
    assert "\\x1b[31m::error::x | ##\\[error]y" in caught.value.message


def test_whoever_comes_second_uses_what_is_there(installer):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: installer.ensure("core"), range(4)))
    assert len({folder for folder, _ in found}) == 1
    assert (found[0][0] / "alpha.py").is_file()
    assert left_over(installer) == []


def test_settings_that_lead_elsewhere_do_not(installer, index, tmp_path):
    index.lock("uv", "uv==1.0 --hash=sha256:" + "0" * 64)
    env = {
        **installer.env,
        **{f"{tool}_TARGET": str(tmp_path / "elsewhere") for tool in ("PIP", "UV")},
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "UV_SYSTEM_PYTHON": "1",
        "PIP_CONSTRAINT": "/nowhere",
    }
    folder, _ = Installer(installer.locks, installer.cache, env).ensure("core")
    assert (folder / "alpha.py").is_file()
    folder, _ = Installer(installer.locks, tmp_path / "other", {**env, "PATH": os.defpath}).ensure("core")
    assert (folder / "alpha.py").is_file()
    assert not (tmp_path / "elsewhere").exists()


def test_an_installer_sees_no_secret():
    secrets = {
        "COUNTERSEAL_SIGNING_KEY": "x",
        "GITHUB_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PYTHONPATH": "x",
    }
    kept = {"PATH": "/bin", "https_proxy": "http://proxy", "PIP_INDEX_URL": "y", "UV_CACHE_DIR": "z"}
    passed = installer_env({**secrets, **kept})
    assert kept.items() <= passed.items()
    assert secrets.keys().isdisjoint(passed)


def test_a_developers_habits_are_no_obstacle():
    habits = {"PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"}
    assert installer_env(habits) == dict.fromkeys(habits, "0")


def test_a_uv_of_the_checkout_is_not_used(tmp_path, monkeypatch):
    for name in ("checkout", "workspace", "trusted"):
        uv = tmp_path / name / "bin" / "uv"
        uv.parent.mkdir(parents=True)
        uv.touch(0o755)
    monkeypatch.chdir(tmp_path / "checkout")
    entries = ["bin", "", str(tmp_path / "checkout" / "bin"), str(tmp_path / "workspace" / "bin")]
    env = {"PATH": os.pathsep.join(entries), "GITHUB_WORKSPACE": str(tmp_path / "workspace")}
    assert find_uv(env) is None
    env["PATH"] += f":{tmp_path}/trusted/bin"
    assert find_uv(env) == tmp_path / "trusted" / "bin" / "uv"
    (tmp_path / "trusted" / "bin" / "uv").chmod(0o644)
    assert find_uv(env) is None


def test_where_installations_are_kept(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert cache_folder({"RUNNER_TEMP": "/tmp/r", "XDG_CACHE_HOME": "/x"}) == Path("/tmp/r/counterseal")
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/counterseal")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path("/home/ann/.cache/counterseal")
    assert cache_folder({}) == Path("/home/ann/.cache/counterseal")
