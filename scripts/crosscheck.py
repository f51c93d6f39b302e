"""Hold our seals against verifiers that have to be built first, and our rules in Rego against opa.

Each is taken from the PATH, else built from its Go module into `out/crosscheck/bin`. It must accept what we
sealed and refuse what was altered afterwards. What cannot be had is counted as that, and never as a pass; the
exit code is 1 when a tool that was had disagrees with us, and 77 when none could be had.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from crossrego import comparisons  # noqa: E402
from cryptography import x509  # noqa: E402 - the tests' own material
from cryptography.hazmat.primitives.serialization import Encoding  # noqa: E402

from counterseal.ledger.verdict import LEVEL  # noqa: E402
from counterseal.manifest.release import CHECKPOINT, RELEASE_MANIFEST  # noqa: E402
from counterseal.seal.vsa import VERIFIER_ID  # noqa: E402
from interop.material import CHANGES, Release, altered, other_key, publish  # noqa: E402
from simulators.tsa import authority  # noqa: E402

BINARIES = ROOT / "out" / "crosscheck" / "bin"
BUILD_SECONDS, JUDGE_SECONDS = 1500, 60
NOTHING_RUN = 77
ARTIFACT = b"whl"  # what the subject of the tests' manifest is


@dataclass(frozen=True)
class Tool:
    """A verifier, and the Go module that it is built from."""

    name: str
    package: str
    version: str


COSIGN = Tool("cosign", "github.com/sigstore/cosign/v3/cmd/cosign", "v3.1.3")
OPA = Tool("opa", "github.com/open-policy-agent/opa", "v1.22.3")
SLSA = Tool("slsa-verifier", "github.com/slsa-framework/slsa-verifier/v2/cli/slsa-verifier", "v2.7.1")


@dataclass(frozen=True)
class Case:
    """One question to a tool: its arguments, and whether it must accept."""

    name: str
    arguments: list[str]
    accept: bool


class CannotBeHad(Exception):
    """A tool is neither here nor can it be built."""


def obtain(tool: Tool) -> Path:
    """Return the tool's program, building it where it is missing."""
    built = BINARIES / tool.name
    if here := shutil.which(tool.name) or (built.is_file() and str(built)):
        return Path(here)
    if not shutil.which("go"):
        raise CannotBeHad("it is not on the PATH, and there is no Go to build it with")
    print(f"building {tool.name} {tool.version} ...", file=sys.stderr, flush=True)
    install = ["nice", "-n", "15", "go", "install", "-p", "1", f"{tool.package}@{tool.version}"]
    env = {**os.environ, "GOBIN": str(BINARIES), "CGO_ENABLED": "0"}
    try:
        done = subprocess.run(
            install, env=env, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS
        )
    except subprocess.TimeoutExpired as cause:
        raise CannotBeHad(f"its build took more than {BUILD_SECONDS} s") from cause
    if done.returncode:
        raise CannotBeHad(done.stderr.strip().splitlines()[-1].strip())
    return built


def version(program: Path) -> str:
    """Return what a tool says of its own version."""
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=False, timeout=30)
    lines = (done.stdout + done.stderr).splitlines()
    said = [
        line.split()[-1] for line in lines if line.startswith("GitVersion") and not line.endswith("devel")
    ]
    return said[0] if said else "unknown"


@dataclass(frozen=True)
class Folder:
    """Where the files of one release are written for the tools."""

    path: Path
    release: Release

    def write(self, name: str, data: bytes | str) -> str:
        """Write a file and return its path."""
        file = self.path / name.replace(" ", "-")
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(file)


def cosign_cases(folder: Folder) -> Iterator[Case]:
    """Yield what cosign is asked: to verify a manifest and a checkpoint, whole and altered."""
    release = folder.release
    artifact, other = folder.write("artifact", ARTIFACT), folder.write("other", b"another artifact")
    key = folder.write("release.pub", release.key.pem)
    impostor = folder.write("impostor.pub", other_key(release.key.algorithm).pem)
    bundle = folder.write("release.sigstore.json", release.bundle)
    checkpoint = folder.write("checkpoint.sigstore.json", release.checkpoint)

    def ask(bundle: str, *rest: str, key: str = key, kind: str = RELEASE_MANIFEST) -> list[str]:
        question = ["verify-blob-attestation", "--key", key, "--bundle", bundle, "--type", kind]
        return [*question, "--insecure-ignore-tlog", *rest]

    head = json.loads(payload(release.checkpoint))["subject"][0]["digest"]["sha256"]
    yield Case("manifest", ask(bundle, artifact), accept=True)
    digest = ["--digest", head, "--digestAlg", "sha256"]
    yield Case("checkpoint", ask(checkpoint, *digest, kind=CHECKPOINT), accept=True)
    yield Case("another artifact", ask(bundle, other), accept=False)
    yield Case("another key", ask(bundle, artifact, key=impostor), accept=False)
    yield Case("another predicate", ask(bundle, artifact, kind=CHECKPOINT), accept=False)
    for name, change in CHANGES.items():
        file = folder.write(f"changed {name}.json", altered(release.bundle, change))
        yield Case(f"changed: {name}", ask(file, artifact), accept=False)
    if release.stampers:
        stamper, root = authority(folder.path / "stranger")
        known = folder.write("root.json", trusted_root(release.stampers))
        stranger = folder.write("stranger.json", trusted_root((stamper.leaf.pem, root.pem)))
        stamps = ["--use-signed-timestamps", "--trusted-root"]
        yield Case("stamp", ask(bundle, *stamps, known, artifact), accept=True)
        yield Case("stamp of a stranger", ask(bundle, *stamps, stranger, artifact), accept=False)


def slsa_cases(folder: Folder) -> Iterator[Case]:
    """Yield what slsa-verifier is asked: to verify a verdict, whole and altered, or to expect another."""
    release = folder.release
    verdict = json.loads(payload(release.vsa))
    given = {
        "attestation-path": folder.write("release.vsa.json", release.vsa),
        "subject-digest": f"sha256:{verdict['subject'][0]['digest']['sha256']}",
        "verifier-id": VERIFIER_ID,
        "resource-uri": verdict["predicate"]["resourceUri"],
        "verified-level": LEVEL,
        "public-key-path": folder.write("release.pub", release.key.pem),
        "public-key-id": json.loads(release.vsa)["signatures"][0]["keyid"],
    }

    def ask(**changed: str) -> list[str]:
        values = given | {name.replace("_", "-"): value for name, value in changed.items()}
        return ["verify-vsa", *(word for name, value in values.items() for word in (f"--{name}", value))]

    yield Case("verdict", ask(), accept=True)
    impostor = folder.write("impostor.pub", other_key(release.key.algorithm).pem)
    yield Case("another key", ask(public_key_path=impostor), accept=False)
    yield Case("another artifact", ask(subject_digest=f"sha256:{'0' * 64}"), accept=False)
    yield Case("another verifier", ask(verifier_id="https://example.com/verifier"), accept=False)
    yield Case("another resource", ask(resource_uri="https://example.com/else@production"), accept=False)
    yield Case("another level", ask(verified_level="SLSA_BUILD_LEVEL_3"), accept=False)
    for name, change in CHANGES.items():
        if name != "two signatures":  # a plain envelope may have several, of which one has to verify
            file = folder.write(f"changed {name}.vsa.json", altered(release.vsa, change))
            yield Case(f"changed: {name}", ask(attestation_path=file), accept=False)


TOOLS = ((COSIGN, cosign_cases), (SLSA, slsa_cases))


def payload(document: bytes) -> bytes:
    """Return the payload in a bundle or a plain envelope."""
    value = json.loads(document)
    return base64.b64decode(value.get("dsseEnvelope", value)["payload"])


def trusted_root(chain: tuple[str, ...]) -> str:
    """Return a Sigstore trusted root that believes one timestamp authority."""
    certificates = [x509.load_pem_x509_certificate(pem.encode()) for pem in chain]
    raw = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in certificates]
    believed = {
        "uri": "http://127.0.0.1",
        "certChain": {"certificates": [{"rawBytes": one} for one in raw]},
        "validFor": {"start": "2000-01-01T00:00:00Z"},
    }
    kind = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
    return json.dumps({"mediaType": kind, "timestampAuthorities": [believed]})


def judge(program: Path, case: Case, home: Path) -> str:
    """Ask a tool one question; return what it said when its answer is not the right one."""
    done = subprocess.run(
        [program, *case.arguments],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=JUDGE_SECONDS,
    )
    if (done.returncode == 0) == case.accept:
        return ""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


@dataclass
class Tally:
    """What came of asking one tool; `asked` and `right` count by what the answer must be."""

    tool: Tool
    asked: Counter[bool] = field(default_factory=Counter)
    right: Counter[bool] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    missing: str = ""
    version: str = ""

    def ask(self, cases: Callable[[Folder], Iterator[Case]], folders: list[Folder], home: Path) -> None:
        """Ask the tool everything, unless it cannot be had."""
        try:
            program = obtain(self.tool)
        except CannotBeHad as reason:
            self.missing = str(reason)
            return
        self.version = version(program)
        for folder in folders:
            for case in cases(folder):
                answer = judge(program, case, home)
                self.asked[case.accept] += 1
                self.right[case.accept] += not answer
                if answer:
                    must = "accepted" if case.accept else "refused"
                    self.wrong.append(f"{folder.path.name}, {case.name}: not {must}: {answer}")

    def row(self) -> str:
        """Return the tool's line of the table."""
        if self.missing:
            return f"{self.tool.name:15} {self.tool.version:10} could not be had: {self.missing}"
        accepted, refused = (f"{self.right[kind]} of {self.asked[kind]}" for kind in (True, False))
        return f"{self.tool.name:15} {self.version:10} {accepted:12} {refused}"


def releases(home: Path) -> list[Folder]:
    """Publish one release of each algorithm, one of them with a timestamp."""
    made = []
    for algorithm, stamped in (("ecdsa-p256-sha256", True), ("ed25519", False)):
        folder = home / algorithm
        folder.mkdir()
        made.append(Folder(folder, publish(folder, algorithm, stamped=stamped)))
    return made


def rego() -> int | None:
    """Judge the same by both engines of rules in Rego; return in how many they differ, None without opa."""
    try:
        program = obtain(OPA)
    except CannotBeHad as reason:
        print(f"{OPA.name:15} {OPA.version:10} could not be had: {reason}")
        return None
    judged = list(comparisons(program))
    same = sum(agree for _, agree in judged)
    print(f"{OPA.name:15} {OPA.version:10} {same} of {len(judged)} judged as by the engine that comes along")
    for name, agree in judged:
        print(f"  differs: {name}" if not agree else "", end="" if agree else "\n")
    return len(judged) - same


def main() -> int:
    tallies = []
    with tempfile.TemporaryDirectory(prefix="counterseal-crosscheck-") as temporary:
        folders = releases(Path(temporary))
        for tool, cases in TOOLS:
            tally = Tally(tool)
            tally.ask(cases, folders, Path(temporary))
            tallies.append(tally)
    print(f"{'tool':15} {'version':10} {'accepted':12} refused")
    for tally in tallies:
        print("\n  ".join([tally.row(), *tally.wrong]))
    differing = rego()
    had = sum(not tally.missing for tally in tallies) + (differing is not None)
    disagreements = sum(len(tally.wrong) for tally in tallies) + (differing or 0)
    print(f"{had} tools run, {len(TOOLS) + 1 - had} could not be had, {disagreements} disagreements")
    return 1 if disagreements else 0 if had else NOTHING_RUN


if __name__ == "__main__":
    sys.exit(main())
