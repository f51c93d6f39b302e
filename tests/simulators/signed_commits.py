"""A repository with signed commits, the keys of its people, and the two programs that are the oracle."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from counterseal.clients.git_objects import object_name

SIGNED = "-----BEGIN SSH SIGNATURE-----"


@dataclass
class Signing:
    """A repository whose commits are signed with SSH keys.

    Attributes:
        root: the repository.
        home: a folder for keys.
        identity: the committer's name and address.
    """

    root: Path
    home: Path
    identity: tuple[str, str] = ("Carl", "carl@example.com")
    _keys: dict[str, Path] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True, stdin: bytes = b"") -> subprocess.CompletedProcess:
        """Run a program without any setting of this machine."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": self.identity[0],
            "GIT_COMMITTER_EMAIL": self.identity[1],
            "GIT_COMMITTER_DATE": self.date,
        }
        return subprocess.run(command, env=env, check=check, capture_output=True, input=stdin, cwd=self.root)

    date = "2026-11-24T10:00:00Z"

    def key(self, kind: str = "ed25519", bits: str = "", name: str = "carl") -> Path:
        """Return a private key, made at first use."""
        label = f"{name}-{kind}{bits}"
        if label not in self._keys:
            path = self.home / label
            more = ("-b", bits) if bits else ()
            self.run("ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-C", label, "-f", str(path))
            self._keys[label] = path
        return self._keys[label]

    def public(self, key: Path) -> str:
        """Return `type base64` of a key."""
        return " ".join(key.with_suffix(".pub").read_text().split()[:2])

    def fingerprint(self, key: Path) -> str:
        """Return what ssh-keygen calls a key."""
        return self.run("ssh-keygen", "-lf", f"{key}.pub").stdout.decode().split()[1]

    def commit(self, key: Path | None, message: str = "change") -> str:
        """Commit, signed where a key is given, and return the commit's name."""
        sign = ("-S",) if key else ("--no-gpg-sign",)
        settings = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
        self.run("git", *settings, "commit", "-q", "--allow-empty", *sign, "-m", message)
        return self.run("git", "rev-parse", "HEAD").stdout.decode().strip()

    def raw(self, commit: str) -> bytes:
        """Return a commit object."""
        return self.run("git", "cat-file", "commit", commit).stdout

    def write(self, data: bytes) -> str:
        """Write a commit object as it is, and return its name."""
        done = self.run("git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=data)
        name = done.stdout.decode().strip()
        assert name == object_name("commit", data, len(name))
        return name

    def sign_raw(self, payload: bytes, key: Path, namespace: str = "git", *options: str) -> bytes:
        """Return a commit object with a signature of ssh-keygen's in its header."""
        done = self.run(
            "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, *options, "-f", str(key), stdin=payload
        )
        return with_signature(payload, done.stdout)

    def git_accepts(self, commit: str, allowed: str) -> bool:
        """Tell what git itself says of a commit."""
        path = self.home / "allowed"
        path.write_text(allowed)
        setting = f"gpg.ssh.allowedSignersFile={path}"
        return self.run("git", "-c", setting, "verify-commit", commit, check=False).returncode == 0

    def ssh_accepts(self, commit: str, allowed: str, who: str, now: str = "20261124100000Z") -> bool:
        """Tell what ssh-keygen says of a commit's signature, for an address and a moment."""
        payload, signature = without_signature(self.raw(commit))
        (self.home / "allowed").write_text(allowed)
        (self.home / "sig").write_bytes(signature)
        words = ("-Y", "verify", "-n", "git", "-I", who, f"-Overify-time={now}")
        files = ("-f", str(self.home / "allowed"), "-s", str(self.home / "sig"))
        return self.run("ssh-keygen", *words, *files, check=False, stdin=payload).returncode == 0


def with_signature(payload: bytes, armoured: bytes) -> bytes:
    """Return a commit object with a signature in its header."""
    head, _, message = payload.partition(b"\n\n")
    header = b"gpgsig " + armoured.rstrip(b"\n").replace(b"\n", b"\n ")
    return head + b"\n" + header + b"\n\n" + message


def without_signature(data: bytes) -> tuple[bytes, bytes]:
    """Return what was signed of a commit object, and the signature."""
    before, _, rest = data.partition(b"gpgsig ")
    armoured, _, message = rest.partition(b"-----END SSH SIGNATURE-----")
    signature = (armoured + b"-----END SSH SIGNATURE-----\n").replace(b"\n ", b"\n")
    return before + message.removeprefix(b"\n"), signature
