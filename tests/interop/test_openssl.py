"""openssl, with a few lines of shell around it, accepts our seals: the recipes of docs/interop.md, run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from interop.material import CHANGES, Release, altered, other_key

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"


def recipe(name: str) -> str:
    """Return the block of the page that begins with the comment `# name`."""
    blocks = re.findall(r"^```sh\n(# .*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(f"# {name}\n")]
    return str(block)


def judge(folder: Path, document: bytes, pem: str, algorithm: str) -> str:
    """Return what openssl prints about a bundle or envelope."""
    (folder / "sealed.json").write_bytes(document + b"\n")
    (folder / "release.pub").write_text(pem)
    names = {"ecdsa-p256-sha256": "openssl, ECDSA P-256", "ed25519": "openssl, Ed25519"}
    script = recipe("the bytes that are signed") + recipe(names[algorithm])
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode == 0) == ("success" in done.stdout.lower() or "OK" in done.stdout), done
    return done.stdout if done.returncode == 0 else ""


@pytest.mark.parametrize("line", ["bundle", "vsa", "checkpoint"])
def test_accepts(tmp_path: Path, release: Release, line: str) -> None:
    assert judge(tmp_path, getattr(release, line), release.key.pem, release.key.algorithm)


@pytest.mark.parametrize("change", ["payload", "payloadType", "signature", "no signature"])
@pytest.mark.parametrize("line", ["bundle", "vsa"])
def test_refuses_an_altered_envelope(tmp_path: Path, release: Release, line: str, change: str) -> None:
    document = altered(getattr(release, line), CHANGES[change])
    assert not judge(tmp_path, document, release.key.pem, release.key.algorithm)


def test_refuses_another_key(tmp_path: Path, release: Release) -> None:
    impostor = other_key(release.key.algorithm)
    assert not judge(tmp_path, release.bundle, impostor.pem, impostor.algorithm)
