"""Lock files of PHP, .NET, Ruby and Gradle; built wheels; what one file asks for and another has to pin."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile

import pytest

from counterseal.checks.inventory.read import read_file, read_inventory

SHA512 = base64.b64encode(b"x" * 64).decode()
COMPOSER = {
    "content-hash": "0" * 32,
    "packages": [
        {
            "name": "monolog/monolog",
            "version": "3.5.0",
            "license": ["MIT"],
            "dist": {"type": "zip", "shasum": "ab"},
        },
        {
            "name": "acme/two",
            "version": "v1.2.0",
            "license": ["MIT", "GPL-2.0-only"],
            "source": {"type": "git"},
        },
    ],
    "packages-dev": [{"name": "phpunit/phpunit", "version": "10.5.0", "dist": {"type": "zip"}}],
}
NUGET = {
    "version": 1,
    "dependencies": {
        "net8.0": {
            "Newtonsoft.Json": {
                "type": "Direct",
                "requested": "[13.0.3, )",
                "resolved": "13.0.3",
                "contentHash": SHA512,
            },
            "Serilog": {"type": "Transitive", "resolved": "3.1.1", "contentHash": SHA512},
            "ours": {"type": "Project"},
        }
    },
}
GEMFILE = """GEM
  remote: https://gems.example/
  specs:
    nokogiri (1.16.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.3)
    rails (7.1.2)
      nokogiri (>= 1.8.5)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  rails (~> 7.1)

BUNDLED WITH
   2.5.3
"""
GRADLE = """# This is a Gradle generated file for dependency locking.
com.google.guava:guava:32.1.3-jre=compileClasspath,runtimeClasspath
org.junit.jupiter:junit-jupiter:5.10.1=testCompileClasspath,testRuntimeClasspath
empty=annotationProcessor
"""
GOOD = {
    "composer.lock": json.dumps(COMPOSER),
    "packages.lock.json": json.dumps(NUGET),
    "Gemfile.lock": GEMFILE,
    "gradle.lockfile": GRADLE,
}


def read(name, text):
    return read_file(name, text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("name", "purls"),
    [
        (
            "composer.lock",
            {
                "pkg:composer/monolog/monolog@3.5.0": "required",
                "pkg:composer/acme/two@1.2.0": "required",
                "pkg:composer/phpunit/phpunit@10.5.0": "development",
            },
        ),
        (
            "packages.lock.json",
            {
                "pkg:nuget/Newtonsoft.Json@13.0.3": "required",
                "pkg:nuget/Serilog@3.1.1": "required",
                "pkg:nuget/ours@0": "required",
            },
        ),
        (
            "Gemfile.lock",
            {
                "pkg:gem/nokogiri@1.16.0": "required",
                "pkg:gem/racc@1.7.3": "required",
                "pkg:gem/rails@7.1.2": "required",
            },
        ),
        (
            "gradle.lockfile",
            {
                "pkg:maven/com.google.guava/guava@32.1.3-jre": "required",
                "pkg:maven/org.junit.jupiter/junit-jupiter@5.10.1": "development",
            },
        ),
    ],
)
def test_a_lock_file_is_read_whole(name, purls):
    found = read(name, GOOD[name])
    assert found.findings == ()
    assert {one.purl: one.scope for one in found.components} == purls


def test_licences_digests_and_what_is_asked_for_directly_are_kept():
    composer = {one.name: one for one in read("composer.lock", GOOD["composer.lock"]).components}
    assert [composer[name].licence for name in ("monolog/monolog", "acme/two", "phpunit/phpunit")] == [
        "MIT",
        "MIT OR GPL-2.0-only",
        None,
    ]
    assert composer["monolog/monolog"].hashes == ("sha1:ab",)
    nuget = {one.name: one for one in read("packages.lock.json", GOOD["packages.lock.json"]).components}
    assert nuget["Serilog"].hashes == (f"sha512:{(b'x' * 64).hex()}",)
    assert [(name, nuget[name].direct, nuget[name].own) for name in nuget] == [
        ("Newtonsoft.Json", True, False),
        ("Serilog", False, False),
        ("ours", None, True),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "composer.lock",
            json.dumps({**COMPOSER, "packages": [{"name": "a/b", "version": "dev-main", "dist": {}}]}),
        ),
        (
            "composer.lock",
            json.dumps({**COMPOSER, "packages": [{"name": "a/b", "version": "1", "dist": {"type": "path"}}]}),
        ),
        (
            "composer.lock",
            json.dumps({key: value for key, value in COMPOSER.items() if key != "content-hash"}),
        ),
        (
            "composer.lock",
            json.dumps({key: value for key, value in COMPOSER.items() if key != "packages-dev"}),
        ),
        ("packages.lock.json", json.dumps({"version": 9, "dependencies": {}})),
        ("packages.lock.json", json.dumps({"version": 1, "dependencies": {"n": {"a": {"type": "Direct"}}}})),
        (
            "packages.lock.json",
            json.dumps(
                {
                    "version": 1,
                    "dependencies": {"n": {"a": {"type": "Direct", "resolved": "1", "contentHash": "?"}}},
                }
            ),
        ),
        ("Gemfile.lock", GEMFILE.replace("DEPENDENCIES", "dependencies")),
        ("Gemfile.lock", "GIT\n  remote: https://e.org/a.git\n  specs:\n    a (1.0)\n\n" + GEMFILE),
        ("Gemfile.lock", "PATH\n  remote: .\n  specs:\n    a (1.0)\n\n" + GEMFILE),
        ("Gemfile.lock", GEMFILE.replace("    racc (1.7.3)", "    racc 1.7.3")),
        ("gradle.lockfile", GRADLE.replace("empty=annotationProcessor\n", "")),
        ("gradle.lockfile", GRADLE + "what is this\n"),
    ],
)
def test_what_is_not_pinned_or_may_be_cut_short_is_inconclusive(name, text):
    assert {one.outcome for one in read(name, text).findings} == {"inconclusive"}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_lock_file_that_is_cut_short_never_names_less_without_saying_so(name):
    whole = len(read(name, GOOD[name]).components)
    for at in range(0, len(GOOD[name]) - 25, 5):
        found = read(name, GOOD[name][:at])
        assert found.findings or len(found.components) == whole


# -- wheels ---------------------------------------------------------------------------------------------


def wheel(members=None, *, requires=(), record=None):
    metadata = ["Metadata-Version: 2.4", "Name: Pay_Lib", "Version: 1.2", "License-Expression: MIT"]
    files = {
        "pay/__init__.py": b"x = 1\n",
        "pay_lib-1.2.dist-info/METADATA": "\n".join(
            [*metadata, *(f"Requires-Dist: {one}" for one in requires)]
        ).encode(),
        **(members or {}),
    }
    rows = {
        name: f"sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}"
        for name, data in files.items()
    }
    rows |= record or {}
    text = "".join(f"{name},{digest},\n" for name, digest in rows.items() if digest is not None)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("pay_lib-1.2.dist-info/RECORD", text)
    return buffer.getvalue()


def test_a_wheel_is_what_its_metadata_say():
    data = wheel()
    found = read("pay_lib-1.2-py3-none-any.whl", data)
    assert found.findings == ()
    (one,) = found.components
    assert (one.purl, one.own, one.licence) == ("pkg:pypi/pay-lib@1.2", True, "MIT")
    assert one.hashes == (f"sha256:{hashlib.sha256(data).hexdigest()}",)


@pytest.mark.parametrize(
    "data",
    [
        wheel(record={"pay/__init__.py": "sha256=AAAA"}),
        wheel(record={"pay/__init__.py": None}),
        wheel(record={"pay/__init__.py": "md5=AAAA"}),
    ],
)
def test_a_wheel_whose_files_are_not_what_it_says_has_failed(data):
    assert {one.outcome for one in read("a.whl", data).findings} == {"failed"}


@pytest.mark.parametrize("data", [b"", b"PK", wheel()[:-40], wheel({"other-1.dist-info/METADATA": b""})])
def test_what_is_no_wheel_is_inconclusive(data):
    assert {one.outcome for one in read("a.whl", data).findings} == {"inconclusive"}


def test_what_a_wheel_requires_has_to_be_pinned_by_another_file(tmp_path):
    data = wheel(requires=["Flask_Cors>=4", 'rich; extra == "cli"', 'x; python_version < "3"', "???"])
    (tmp_path / "a.whl").write_bytes(data)
    told = [one.reason.message for one in read_inventory(tmp_path, ["a.whl"]).findings]
    assert told == [
        "it requires '???', which cannot be read",
        "it asks for flask-cors, which nothing pins to a version",
    ]
    (tmp_path / "requirements.txt").write_text("flask-cors==5.0.0\n")
    told = [one.reason.message for one in read_inventory(tmp_path, ["a.whl", "requirements.txt"]).findings]
    assert told == ["it requires '???', which cannot be read"]


# -- what a lock file asks for and lacks ----------------------------------------------------------------


def npm(root, **packages):
    return json.dumps({"lockfileVersion": 3, "packages": {"": root, **packages}})


@pytest.mark.parametrize(
    ("root", "packages", "open_"),
    [
        ({"dependencies": {"a": "^1"}}, {"node_modules/a": {"version": "1.0.0"}}, []),
        ({"dependencies": {"a": "^1"}}, {}, ["a"]),
        ({"devDependencies": {"a": "^1"}}, {}, ["a"]),
        ({"optionalDependencies": {"a": "^1"}, "peerDependencies": {"b": "1"}}, {}, []),
        (
            {"dependencies": {"a": "npm:real@^1"}},
            {"node_modules/a": {"version": "1.0.0", "name": "real"}},
            [],
        ),
        ({"dependencies": {"a": "npm:real@^1"}}, {}, ["real"]),
        ({"dependencies": {"a": "file:../a", "b": "github:x/y", "c": "x/y"}}, {}, []),
        ({}, {"packages/ui": {"version": "1.0.0", "dependencies": {"a": "1"}}}, ["a"]),
    ],
)
def test_a_lock_file_that_lacks_what_it_asks_for_is_inconclusive(tmp_path, root, packages, open_):
    (tmp_path / "package-lock.json").write_text(npm(root, **packages))
    found = read_inventory(tmp_path, ["package-lock.json"])
    assert [one.reason.message for one in found.findings] == [
        f"it asks for {name}, which nothing pins to a version" for name in open_
    ]


def test_what_a_project_asks_for_has_to_be_pinned_by_another_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndependencies = ["Flask_Cors>=4", "x; python_version<\'3\'"]\n'
    )
    told = [one.reason.message for one in read_inventory(tmp_path, ["pyproject.toml"]).findings]
    assert told == ["it asks for flask-cors, which nothing pins to a version"]
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\n[[packages]]\nname = "flask-cors"\nversion = "5.0"\n'
    )
    assert read_inventory(tmp_path, ["*.toml"]).findings == ()


@pytest.mark.parametrize(
    "text",
    ["", "[tool.x]\n", '[project]\ndynamic = ["dependencies"]\n', '[project]\ndependencies = ["??"]\n'],
)
def test_a_project_whose_wishes_cannot_be_read_is_inconclusive(text):
    assert {one.outcome for one in read("pyproject.toml", text).findings} == {"inconclusive"}
