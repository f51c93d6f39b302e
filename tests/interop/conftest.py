"""The releases, and the JavaScript verifier, that the interoperability tests share."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interop.material import Release, publish

HERE = Path(__file__).parent
MODULES = HERE / "node_modules" / "@sigstore" / "verify"

Judge = Callable[..., dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what would have to install packages first."""
    if MODULES.is_dir():
        return
    for item in items:
        if "sigstore_js" in getattr(item, "fixturenames", ()):
            item.add_marker("network")


@pytest.fixture(
    scope="session",
    params=[("ecdsa-p256-sha256", False), ("ed25519", False), ("ecdsa-p256-sha256", True), ("ed25519", True)],
    ids=["ecdsa", "ed25519", "ecdsa-stamped", "ed25519-stamped"],
)
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    algorithm, stamped = request.param
    return publish(tmp_path_factory.mktemp("release"), algorithm, stamped=stamped)


@pytest.fixture(scope="session")
def sigstore_js() -> Judge:
    """A function that lets sigstore-js judge a bundle: trusting the release's key unless told otherwise."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("not run: sigstore-js needs node and npm, and they are not installed")
    if not MODULES.is_dir():
        install = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=HERE, check=True, timeout=300)

    def judge(
        release: Release,
        bundle: bytes | None = None,
        *,
        keys: dict[str, str] | None = None,
        stampers: tuple[str, ...] | None = None,
    ) -> dict[str, Any]:
        chain = release.stampers if stampers is None else stampers
        question = {
            "bundle": (bundle or release.bundle).decode(),
            "keys": {release.key.keyid: release.key.pem} if keys is None else keys,
            "timestampAuthorities": [chain] if chain else [],
            "timestamps": 1 if release.stampers else 0,
        }
        command = [node, str(HERE / "verify.mjs")]
        answer = subprocess.run(
            command, input=json.dumps(question).encode(), capture_output=True, check=True, timeout=60
        )
        verdict: dict[str, Any] = json.loads(answer.stdout)
        return verdict

    return judge
