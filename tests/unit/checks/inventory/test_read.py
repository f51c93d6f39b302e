"""Every format of lock file: what it names, what it does not pin, and what is cut short or none at all."""

from __future__ import annotations

import json
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.checks.inventory.environment import licence_of, read_environment
from counterseal.checks.inventory.found import Inventory, component, merged, purl_of
from counterseal.checks.inventory.read import read_file, read_inventory

SHA = "ab" * 32
REQUIREMENTS = f"""# pinned
-i https://index.example/simple
Django==4.2.1 \\
    --hash=sha256:{SHA} \\
    --hash=sha256:{SHA[:-1]}0
requests[socks] == 2.31.0 ; python_version >= "3.8"   # why
""".encode()
PYLOCK = f"""lock-version = "1.0"
created-by = "tool"
[[packages]]
name = "django"
version = "4.2.1"
wheels = [{{name = "d.whl", hashes = {{sha256 = "{SHA}"}}}}]
dependencies = [{{name = "asgiref"}}]
[[packages]]
name = "asgiref"
version = "3.7.2"
""".encode()
UV = f"""version = 1
[[package]]
name = "payments"
version = "1.0.0"
source = {{ editable = "." }}
dependencies = [{{ name = "django" }}]
[[package]]
name = "django"
version = "4.2.1"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.example/d.tar.gz", hash = "sha256:{SHA}" }}
""".encode()
POETRY = f"""[[package]]
name = "Django"
version = "4.2.1"
optional = false
groups = ["main"]
files = [{{file = "d.whl", hash = "sha256:{SHA}"}}]
[package.dependencies]
pytest = ">=8"
[[package]]
name = "pytest"
version = "8.3.4"
groups = ["dev"]
files = []
[metadata]
lock-version = "2.1"
""".encode()
PIPFILE = json.dumps(
    {
        "_meta": {},
        "default": {"django": {"version": "==4.2.1", "hashes": [f"sha256:{SHA}"]}},
        "develop": {"pytest": {"version": "==8.3.4"}},
    }
).encode()
NPM = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "web", "version": "1.0.0"},
            "packages/ui": {"name": "ui", "version": "0.1.0"},
            "node_modules/ui": {"resolved": "packages/ui", "link": True},
            "node_modules/left-pad": {
                "version": "1.3.0",
                "license": "WTFPL",
                "integrity": "sha512-q83vEg==",
                "resolved": "https://registry.example/left-pad-1.3.0.tgz",
            },
            "node_modules/@scope/a": {"version": "2.0.0", "dev": True},
            "node_modules/@scope/a/node_modules/left-pad": {"version": "1.2.0"},
        },
    }
).encode()
NPM1 = json.dumps(
    {
        "lockfileVersion": 1,
        "dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0", "dev": True}}}},
    }
).encode()
CARGO = f"""version = 4
[[package]]
name = "service"
version = "0.1.0"
[[package]]
name = "serde"
version = "1.0.200"
source = "registry+https://index.example"
checksum = "{SHA}"
""".encode()
GO = b"""module example.org/pay
go 1.22
require (
\tgolang.org/x/crypto v0.17.0
\tgithub.com/pkg/errors v0.9.1 // indirect
)
require example.org/one v1.0.0+incompatible
"""
CYCLONEDX = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {
                "type": "library",
                "name": "django",
                "version": "4.2.1",
                "purl": "pkg:pypi/django@4.2.1",
                "bom-ref": "d",
                "licenses": [{"license": {"id": "BSD-3-Clause"}}],
                "hashes": [{"alg": "SHA-256", "content": SHA}],
                "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/%40s/x@1"}],
            },
            {"type": "operating-system", "name": "debian"},
        ],
        "dependencies": [{"ref": "d", "dependsOn": ["pkg:npm/%40s/x@1"]}],
    }
).encode()
GOOD = {
    "requirements.txt": (REQUIREMENTS, {"pkg:pypi/django@4.2.1", "pkg:pypi/requests@2.31.0"}),
    "pylock.toml": (PYLOCK, {"pkg:pypi/django@4.2.1", "pkg:pypi/asgiref@3.7.2"}),
    "uv.lock": (UV, {"pkg:pypi/django@4.2.1", "pkg:pypi/payments@1.0.0"}),
    "poetry.lock": (POETRY, {"pkg:pypi/django@4.2.1", "pkg:pypi/pytest@8.3.4"}),
    "Pipfile.lock": (PIPFILE, {"pkg:pypi/django@4.2.1", "pkg:pypi/pytest@8.3.4"}),
    "package-lock.json": (
        NPM,
        {"pkg:npm/left-pad@1.3.0", "pkg:npm/left-pad@1.2.0", "pkg:npm/%40scope/a@2.0.0", "pkg:npm/ui@0.1.0"},
    ),
    "npm-shrinkwrap.json": (NPM1, {"pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"}),
    "Cargo.lock": (CARGO, {"pkg:cargo/service@0.1.0", "pkg:cargo/serde@1.0.200"}),
    "go.mod": (
        GO,
        {
            "pkg:golang/golang.org/x/crypto@v0.17.0",
            "pkg:golang/github.com/pkg/errors@v0.9.1",
            "pkg:golang/example.org/one@v1.0.0",
        },
    ),
    "bom.json": (CYCLONEDX, {"pkg:pypi/django@4.2.1", "pkg:npm/%40s/x@1"}),
}


def by_purl(found: Inventory):
    return {one.purl: one for one in found.components}


@pytest.mark.parametrize("name", GOOD)
def test_a_lock_file_is_read_whole(name):
    data, purls = GOOD[name]
    found = read_file(f"deep/{name}", data)
    assert (set(by_purl(found)), found.findings) == (purls, ())
    assert {one.source for one in found.components} == {f"deep/{name}"}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "bom.json"]
)
def test_the_digests_of_files_are_kept(name):
    assert f"sha256:{SHA}" in by_purl(read_file(name, GOOD[name][0]))["pkg:pypi/django@4.2.1"].hashes


def test_what_only_builds_or_belongs_to_the_project_is_told_apart():
    poetry = by_purl(read_file("poetry.lock", POETRY))
    assert {purl: one.scope for purl, one in poetry.items()} == {
        "pkg:pypi/django@4.2.1": "required",
        "pkg:pypi/pytest@8.3.4": "development",
    }
    assert poetry["pkg:pypi/django@4.2.1"].requires == ("pkg:pypi/pytest@8.3.4",)
    assert [purl for purl, one in by_purl(read_file("uv.lock", UV)).items() if one.own] == [
        "pkg:pypi/payments@1.0.0"
    ]
    npm = by_purl(read_file("package-lock.json", NPM))
    assert [purl for purl, one in npm.items() if one.own] == ["pkg:npm/ui@0.1.0"]
    assert npm["pkg:npm/%40scope/a@2.0.0"].scope == "development"
    assert npm["pkg:npm/left-pad@1.3.0"].hashes == ("sha512:abcdef12",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "django>=4\n"),
        ("requirements.txt", "django==4.*\n"),
        ("requirements.txt", "django\n"),
        ("requirements.txt", "django==4.2,!=4.3\n"),
        ("requirements.txt", "-e .\n"),
        ("requirements.txt", "./local\n"),
        ("requirements.txt", "git+https://example.org/x\n"),
        ("requirements.txt", "x @ https://example.org/x.whl\n"),
        ("requirements.txt", "-r other.txt\n"),
        ("requirements.txt", "\xff\xfe"),
        (
            "uv.lock",
            'version = 1\n[[package]]\nname = "x"\nversion = "1"\nsource = {git = "https://e.org"}\n',
        ),
        (
            "pylock.toml",
            'lock-version = "1.0"\n[[packages]]\nname = "x"\nversion = "1"\n[packages.vcs]\ntype="git"\n',
        ),
        ("poetry.lock", '[[package]]\nname="x"\nversion="1"\n[package.source]\ntype="git"\n[metadata]\n'),
        ("Pipfile.lock", '{"_meta":{},"default":{"x":{"git":"https://e.org"}}}'),
        (
            "package-lock.json",
            '{"lockfileVersion":3,"packages":{"node_modules/x":{"version":"git+ssh://e"}}}',
        ),
        ("Cargo.lock", '[[package]]\nname="x"\nversion="1"\nsource="git+https://e.org"\n'),
        ("go.mod", "module m\nreplace a => ../b\n"),
        (
            "bom.json",
            '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"x"}]}',
        ),
    ],
)
def test_what_is_not_pinned_or_comes_from_no_index_is_inconclusive(name, text):
    found = read_file(name, text.encode("latin-1"))
    assert [one.outcome for one in found.findings] == ["inconclusive"]


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("requirements.txt", "go.mod")])
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"x = 1", b"\xff", b'{"packages": 3}', b"null"])
def test_what_is_no_lock_file_is_inconclusive_and_no_error(name, data):
    found = read_file(name, data)
    assert {one.outcome for one in found.findings} == {"inconclusive"}
    assert found.components == ()


@pytest.mark.parametrize("name", ["package-lock.json", "Pipfile.lock", "bom.json", "npm-shrinkwrap.json"])
def test_a_lock_file_that_is_cut_short_is_inconclusive(name):
    data = GOOD[name][0]
    for at in range(0, len(data) - 1, 7):
        assert "inconclusive" in {one.outcome for one in read_file(name, data[:at]).findings}


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2000), st.binary(max_size=4))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_make_a_reader_fail(name, at, noise):
    data = GOOD[name][0]
    place = at % len(data)
    read_file(name, data[:place] + noise + data[place + 1 :])


def test_a_name_twice_in_an_object_is_no_lock_file():
    assert read_file("Pipfile.lock", PIPFILE.replace(b'"develop"', b'"default"')).components == ()


def test_a_file_that_no_reader_knows_is_inconclusive():
    assert [one.outcome for one in read_file("pom.xml", b"<project/>").findings] == ["inconclusive"]


def test_included_files_are_read_once_and_only_below_the_root(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "out.txt").write_text("outside==1\n")
    (root / "requirements.txt").write_text("-r sub/more.txt\n-c ../out.txt\na==1\n")
    (root / "sub" / "more.txt").write_text("-r ../requirements.txt\nb==2\n")
    found = read_inventory(root, ["requirements.txt"])
    assert set(by_purl(found)) == {"pkg:pypi/a@1", "pkg:pypi/b@2"}
    assert ["../out.txt" in one.reason.message for one in found.findings] == [True]


def test_a_pattern_that_fits_nothing_is_inconclusive(tmp_path):
    (tmp_path / "requirements.txt").write_text("a==1\n")
    found = read_inventory(tmp_path, ["*.txt", "none/*.lock"])
    assert (len(found.components), [one.outcome for one in found.findings]) == (1, ["inconclusive"])


def test_two_files_that_pin_different_content_of_one_version_have_failed():
    one = Inventory((component("PyPI", "a", "1", hashes=("sha256:1",), source="x"),))
    two = Inventory((component("PyPI", "A", "1", hashes=("sha256:2",), source="y"),))
    assert [one.outcome for one in merged([one, two]).findings] == ["failed"]
    same = merged([one, one])
    assert (len(same.components), same.findings) == (1, ())


def test_names_are_written_as_their_ecosystem_does():
    assert purl_of("PyPI", "Ruamel.YAML_x", "1") == "pkg:pypi/ruamel-yaml-x@1"
    assert purl_of("npm", "@a/b", None) == "pkg:npm/%40a/b"
    assert purl_of("Maven", "org.x:y", "1") == "pkg:maven/org.x/y@1"


# -- environments ---------------------------------------------------------------------------------------


def test_an_installation_names_everything_that_is_installed():
    folder = Path(sysconfig.get_path("purelib"))
    found = by_purl(read_environment(folder))
    names = {path.name.partition("-")[0].replace("_", "-").lower() for path in folder.glob("*.dist-info")}
    assert {one.name.replace(".", "-") for one in found.values()} == {
        name.replace(".", "-") for name in names
    }
    assert any(one.requires for one in found.values())
    assert sys.version_info


def test_a_folder_that_is_not_there_is_inconclusive(tmp_path):
    assert [one.outcome for one in read_environment(tmp_path / "none").findings] == ["inconclusive"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: GPL\n", ("MIT OR Apache-2.0", "expression")),
        ("Classifier: License :: OSI Approved :: MIT License\nLicense: x\n", ("MIT License", "classifier")),
        ("Classifier: License :: OSI Approved\nLicense: Apache 2\n", ("Apache 2", "text")),
        ("License: UNKNOWN\n", (None, None)),
        ("Name: x\n", (None, None)),
    ],
)
def test_the_licence_comes_from_where_pep_639_looks_first(lines, expected):
    from email import message_from_string

    assert licence_of(message_from_string(lines)) == expected
