from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterseal.manifest.digest import sha256


def test_artifacts_are_sealed_and_listed(workspace):
    done = workspace.sign()
    assert done.code == 0
    (subject,) = json.loads(done.outputs["subjects"])
    assert subject == {"name": "payments-1.0.0.whl", "size": 5, "sha256": sha256(b"wheel")}
    checked = workspace.run(
        "verify", trust=str(workspace.trust), bundles="counterseal-evidence/bundles/*", artifacts="dist/*"
    )
    assert (checked.code, checked.outputs["checked"]) == (0, "2")


def test_the_bundle_goes_where_it_is_wanted(workspace):
    done = workspace.run("sign", artifacts="dist/*", key=workspace.key, bundle="out/provenance.json")
    assert Path(done.outputs["bundle"]).read_bytes().startswith(b'{"dsseEnvelope"')


def test_a_changed_artifact_is_refused(workspace):
    workspace.sign()
    (workspace.root / "dist" / "payments-1.0.0.whl").write_bytes(b"whee1")
    done = workspace.run(
        "verify", trust=str(workspace.trust), bundles="counterseal-evidence/bundles/*", artifacts="dist/*"
    )
    assert (done.code, done.rules) == (12, ["artifact"])


def test_altered_tracked_files_fail_the_signature_stage(workspace):
    (workspace.root / "file.txt").write_text("altered")
    done = workspace.sign()
    assert (done.code, done.rules) == (10, ["clean-tree"])
    assert done.result["reasons"][0]["subject"] == "file.txt"
    assert done.outputs["bundle"] == ""
    assert not (workspace.root / "counterseal-evidence" / "statements").exists()


def test_nothing_built_is_nothing_to_sign(workspace):
    assert workspace.run("sign", artifacts="build/*", key=workspace.key).code == 3


def test_a_key_from_the_environment(workspace, monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", (workspace.home / "release.pem").read_text())
    assert workspace.run("sign", artifacts="dist/*", key="env:SIGNING_KEY").code == 0


@pytest.mark.parametrize("prefix", ["", "env:", "pem:"])
def test_key_material_in_the_wrong_place_is_never_repeated(workspace, prefix):
    secret = (workspace.home / "release.pem").read_text().splitlines()[1]
    done = workspace.run("sign", artifacts="dist/*", key=prefix + secret)
    assert done.code == 2
    assert secret not in done.errors + json.dumps(done.result)


def test_a_link_where_the_bundle_should_go_is_not_followed(workspace):
    victim = workspace.home / "victim"
    victim.write_text("precious")
    (workspace.root / "link.json").symlink_to(victim)
    assert workspace.run("sign", artifacts="dist/*", key=workspace.key, bundle="link.json").code == 0
    assert victim.read_text() == "precious"
