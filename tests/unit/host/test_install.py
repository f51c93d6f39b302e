import os
import subprocess
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
    kept = {
        "PATH": "/bin",
        "https_proxy": "http://proxy",
        "PIP_INDEX_URL": "y",
        "UV_INDEX_CORP_PASSWORD": "z",
    }
    passed = installer_env({**secrets, **kept})
    assert kept.items() <= passed.items()
    assert secrets.keys().isdisjoint(passed)


def test_mirrors_of_an_organisation_pass_and_other_settings_do_not():
    mirrors = {"UV_DEFAULT_INDEX": "a", "UV_INDEX_URL": "b", "PIP_INDEX_URL": "c", "PIP_CONFIG_FILE": "d"}
    others = {"UV_CONFIG_FILE": "x", "UV_CACHE_DIR": "x", "UV_LINK_MODE": "x", "UV_NO_BINARY": "x"}
    passed = installer_env({**mirrors, **others, "PIP_REQUIREMENT": "x", "PIP_CACHE_DIR": "x"})
    assert passed == {**mirrors, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def test_a_cache_that_was_tampered_with_changes_nothing(installer, tmp_path):
    home = {**os.environ, **installer.env, "UV_CACHE_DIR": str(tmp_path / "home" / ".cache" / "uv")}
    lock = installer.locks / "core.txt"
    fill = [UV, "pip", "install", "--python", sys.executable, "--target", tmp_path / "first", "-r", lock]
    subprocess.run([*fill, "--require-hashes"], env=home, check=True, capture_output=True)
    (kept,) = Path(home["UV_CACHE_DIR"]).glob("archive-v0/*/alpha.py")
    kept.write_text("VALUE = 'evil'\n")
    subprocess.run([*fill[:-3], tmp_path / "second", "-r", lock], env=home, check=True, capture_output=True)
    assert "evil" in (tmp_path / "second" / "alpha.py").read_text()  # so this is what must not happen

    for number, env in enumerate(({**installer.env, "UV_CACHE_DIR": home["UV_CACHE_DIR"]}, installer.env)):
        folder, _ = Installer(installer.locks, tmp_path / f"cache{number}", env).ensure("core")
        assert (folder / "alpha.py").read_text() == "VALUE = 1\n"


@pytest.mark.parametrize("prepare", [lambda installer: installer, without_uv])
def test_an_installation_shares_its_files_with_nobody(installer, index, prepare):
    index.lock("uv", "uv==1.0 --hash=sha256:" + "0" * 64)
    folder, _ = prepare(installer).ensure("core")
    assert (folder / "alpha.py").stat().st_nlink == 1


def test_a_configuration_above_the_runners_folder_is_not_read(installer, tmp_path):
    settings = 'no-index = true\nfind-links = ["/nowhere"]\n'
    (tmp_path / "uv.toml").write_text(settings)
    (tmp_path / "pyproject.toml").write_text(f"[tool.uv]\n{settings}")
    env = {name: value for name, value in installer.env.items() if name != "UV_FIND_LINKS"}
    links = {"UV_FIND_LINKS": installer.env["UV_FIND_LINKS"]}
    command = [UV, "pip", "install", "--python", sys.executable, "--target", tmp_path / "x", "alpha"]
    (tmp_path / "work").mkdir()
    seen = subprocess.run(
        command, cwd=tmp_path / "work", env=env, capture_output=True, text=True, check=False
    )
    assert "/nowhere" in seen.stderr  # so uv would read it
    folder, _ = Installer(installer.locks, tmp_path / "cache", env | links).ensure("core")
    assert (folder / "alpha.py").is_file()


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


def test_a_uv_of_the_checkout_is_not_used_by_a_detour(tmp_path, monkeypatch):
    for name in ("elsewhere", "workspace/bin", "trusted"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "workspace" / "bin" / "uv").touch(0o755)
    (tmp_path / "elsewhere" / "linked").symlink_to(tmp_path / "workspace" / "bin")
    (tmp_path / "trusted" / "uv").symlink_to(tmp_path / "workspace" / "bin" / "uv")
    (tmp_path / "alias").symlink_to(tmp_path / "workspace")
    monkeypatch.chdir(tmp_path / "elsewhere")
    entries = [
        f"{tmp_path}/elsewhere/../workspace/bin",
        f"{tmp_path}/elsewhere/linked",
        f"{tmp_path}/alias/bin",
        f"{tmp_path}/trusted",
    ]
    for workspace in ("workspace", "alias"):
        for entry in entries:
            assert find_uv({"PATH": entry, "GITHUB_WORKSPACE": str(tmp_path / workspace)}) is None


def test_where_installations_are_kept(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert cache_folder({"RUNNER_TEMP": "/tmp/r", "XDG_CACHE_HOME": "/x"}) == Path("/tmp/r/counterseal")
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/counterseal")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path("/home/ann/.cache/counterseal")
    assert cache_folder({}) == Path("/home/ann/.cache/counterseal")
