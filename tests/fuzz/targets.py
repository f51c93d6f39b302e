"""What is spoilt, and which command gets to see it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import yaml

from fuzz.mutations import DEPTH, same_shape
from fuzz.people import people_targets
from fuzz.plausible import plausible_statement
from fuzz.target import Target, placed
from fuzz.world import EVENT, JUNIT, POLICY, Call, World, read_event


def targets(world: World) -> list[Target]:
    """Return every target, made from the world's documents."""
    return [*_sealed(world), *_stored(world), *_configured(world), *_observed(world), *people_targets(world)]


def _sealed(world: World) -> Iterator[Target]:
    """Yield bundles, and statements that were spoilt before a believed key sealed them."""
    manifest = (world.home / "out" / "release-2.sigstore.json").read_bytes()
    checkpoint = _newest(world.store, "checkpoints").read_bytes()
    verdict = (world.home / "out" / "release-2.vsa.json").read_bytes()
    file = world.checkout / "spoilt.json"
    call = world.verify("--bundles", file.name)
    record = next(one for one in _records(world.case) if b'"stage":"record"' in one)

    def seal(payload: bytes) -> Any:
        return placed(file, world.sealer.seal(payload), call)

    yield Target("bundle", 1200, manifest, checkpoint, lambda data: placed(file, data, call), file.name)
    yield Target(
        "envelope as bundle", 300, verdict, manifest, lambda data: placed(file, data, call), file.name
    )
    payloads = {"manifest": payload(manifest), "record": record, "checkpoint": payload(checkpoint)}
    for name, valid in payloads.items():
        other = payloads["record" if name == "manifest" else "manifest"]

        def harmless(data: bytes, valid: bytes = valid) -> bool:
            return plausible_statement(data, valid)

        yield Target(f"{name} statement", 700, valid, other, seal, file.name, harmless)


def _stored(world: World) -> Iterator[Target]:
    """Yield the objects of a store, each spoilt in its place."""
    entry, checkpoint = _newest(world.store, "streams"), _newest(world.store, "checkpoints")
    blobs = sorted((world.store / "blobs").rglob("*"), key=lambda path: path.stat().st_size)
    sealed = next(path for path in reversed(blobs) if path.is_file())
    report = next(path for path in blobs if path.is_file() and path.read_bytes() == JUNIT)
    call = world.verify("--store", str(world.store))
    bundle, verdict = entry.read_bytes().splitlines()

    def inside(data: bytes) -> Any:
        return placed(entry, bundle + b"\n" + data + b"\n", call)

    yield Target("verdict in an entry", 600, verdict, bundle, inside, entry.name)
    for name, share, path in (
        ("entry", 800, entry),
        ("checkpoint", 500, checkpoint),
        ("sealed record in a store", 400, sealed),
        ("evidence in a store", 300, report),
    ):

        def put(data: bytes, path: Path = path) -> Any:
            return placed(path, data, call)

        yield Target(name, share, path.read_bytes(), bundle, put, path.name)

    def foreign(data: bytes) -> Any:
        name = os.fsdecode(data.replace(b"/", b"_").replace(b"\0", b"_")[:200])
        return placed(entry.parent / f"{name}.jsonl", b"{}", call)

    pages = ["report", "release", "--store", str(world.store), "--trust", str(world.trust)]
    pages += ["--out", str(world.home / "pages"), "--format", "json"]

    def shown(data: bytes) -> Any:
        return placed(entry, data, Call(pages))

    yield Target("entry, for its report", 100, entry.read_bytes(), bundle, shown, entry.name)
    key = entry.name.encode()
    yield Target("name in a store", 200, key, key, foreign, str(entry.parent.name))


def _configured(world: World) -> Iterator[Target]:
    """Yield what a person or a runner hands over: trust file, policy, inputs."""
    trust = world.home / "spoilt-trust.json"
    bundle = world.checkout / "good.sigstore.json"
    shutil.copyfile(world.home / "out" / "release-2.sigstore.json", bundle)
    check = world.verify("--bundles", bundle.name, trust=trust)
    valid = world.trust.read_bytes()
    yield Target(
        "trust file",
        1000,
        valid,
        EVENT,
        lambda data: placed(trust, data, check),
        (trust.name, bundle.name),  # one that believes nobody is well-formed; then the bundle is refused
        lambda data: same_shape(data, valid, {"keys[].comment"}),
    )
    policy = world.checkout / "spoilt.yml"
    upload = world.upload(world.home / "uploads", world.case, "--policy", policy.name)

    def put(data: bytes) -> Any:
        shutil.rmtree(world.home / "uploads", ignore_errors=True)  # what is published is not judged again
        return placed(policy, data, upload)

    yield Target(
        "policy file",
        400,
        POLICY,
        valid,
        put,
        policy.name,
        _plausible_policy,
        _HOSTILE_YAML,
    )
    pem = world.checkout / "spoilt.pem"
    show = Call(["keys", "show", "--path", pem.name, "--format", "json"])
    public = json.loads(valid)["keys"][0]["publicKey"].encode()

    def same_key(data: bytes) -> bool:
        return _der(data) == _der(public)

    yield Target("public key", 200, public, valid, lambda data: placed(pem, data, show), pem.name, same_key)
    yield _inputs(world, bundle)


def _inputs(world: World, bundle: Path) -> Target:
    given = json.dumps({"trust": str(world.trust), "bundles": bundle.name, "store": ""}).encode()
    files = {name: str(world.home / name).encode() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}

    @contextmanager
    def put(data: bytes) -> Iterator[Call]:
        for path in files.values():
            Path(os.fsdecode(path)).write_bytes(b"")
        yield Call(action="verify", env={**files, "COUNTERSEAL_INPUTS": data.replace(b"\0", b"\1")})

    def harmless(data: bytes) -> bool:
        return same_shape(data, given)

    return Target("inputs", 800, given, world.trust.read_bytes(), put, "", harmless)


def _observed(world: World) -> Iterator[Target]:
    """Yield what stages read: test reports, the case file, the event."""
    report = world.checkout / "spoilt.xml"
    folder = world.home / "spoilt-case"
    words = ["record", "--name", "unit-tests", "--files", report.name, "--read-as", "junit"]
    report_it = Call([*words, "--evidence-dir", str(folder), "--format", "json"])

    @contextmanager
    def junit(data: bytes) -> Iterator[Call]:
        with placed(report, data, report_it) as call:
            yield call
        shutil.rmtree(folder, ignore_errors=True)

    yield Target("JUnit report", 700, JUNIT, EVENT, junit, report.name, _plausible_report, _HOSTILE_XML)
    filed = next((world.case / "records" / "record").iterdir())
    record = filed.read_bytes()
    upload = world.upload(world.home / "uploads", world.case)
    yield Target(
        "case file",
        400,
        record,
        payload((world.home / "out" / "release-2.sigstore.json").read_bytes()),
        lambda data: placed(filed, data, upload),
        (filed.name, "evidence file junit.xml", "record:unit-tests: the record belongs to"),
        lambda data: plausible_statement(data, record),
    )
    event = world.home / "spoilt-event.json"
    yield Target(
        "event file",
        400,
        EVENT,
        POLICY,
        lambda data: placed(event, data, Call()),
        "",
        _plausible_event,
        driver=lambda _: read_event(event),
    )


def payload(document: bytes) -> bytes:
    """Return the payload in a bundle."""
    return base64.b64decode(json.loads(document)["dsseEnvelope"]["payload"])


def _newest(store: Path, prefix: str) -> Path:
    return max(path for path in (store / prefix).rglob("*") if path.is_file())


def _records(case: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((case / "records").rglob("*.json"))]


def _plausible_policy(data: bytes) -> bool:
    """Tell whether YAML is a policy that the case file satisfies: one that was cut short may well be."""
    try:
        policy = yaml.safe_load(data)
        evidence = policy.get("evidence", {})
        missing = set(evidence.get("expect", [])) - {"record", "record:unit-tests", "sign", "sign:artifacts"}
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError):
        return False
    return policy.get("version") == 1 and not missing


def _der(pem: bytes) -> bytes:
    """Return what lies between the lines of the first PEM block."""
    block = re.search(rb"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", pem, re.DOTALL)
    return base64.b64decode(block[1]) if block else b""


def _plausible_report(data: bytes) -> bool:
    """Tell whether XML is a report of at least one case, as Python's own parser sees it."""
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):
        return False
    suites = {"testsuite", "testsuites"}
    return root.tag in suites and any(True for _ in root.iter("testcase")) and b"<!DOCTYPE" not in data


def _plausible_event(data: bytes) -> bool:
    """Tell whether JSON is an event, or null, which stands for one that says nothing."""
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError):
        return False
    return value is None or isinstance(value, dict)


_HOSTILE_XML = (
    b"<testsuite>" * DEPTH + b"<testcase/>" + b"</testsuite>" * DEPTH,
    b'<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite><testcase/></testsuite>',
    b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&e;"/>',
    b'<?xml version="1.0" encoding="utf-7"?><testsuite><testcase/></testsuite>',
    b'<?xml version="1.0" encoding="nonsense"?><testsuite><testcase/></testsuite>',
    b'<?xml version="1.0" encoding="utf-16"?><testsuite><testcase/></testsuite>',
    b'<testsuite tests="9"><testcase/></testsuite>',
    b'<testsuite tests="1" tests="1"><testcase/></testsuite>',
    b'<testsuite failures="-1"><testcase/></testsuite>',
    b'<testsuite tests="' + b"9" * 5000 + b'"><testcase/></testsuite>',
    b"<testsuite/>",
    b"<testsuites></testsuites>",
    b"<testsuite><testcase></testsuite>",
    b"<html><testcase/></html>",
)

_HOSTILE_YAML = (
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    b"&a [" + b"[" * 1000 + b"]" * 1000 + b", *a]",
    b"[" * DEPTH,
    b"a: " * DEPTH,
    b"- " * DEPTH,
    b"!!python/object/apply:os.system ['true']\n",
    b"version: !!python/name:os.system\n",
    b"version: 1\nversion: 1\n",
    b"version: 1\n<<: {evidence: 1}\n",
    b"version: 2026-01-01\n",
    b"version: 0x10\n",
    b"version: 1e400\n",
    b"--- 1\n--- 2\n",
    b"%YAML 9.9\n---\nversion: 1\n",
    b"version: 1\n\tevidence: {}\n",
    b"? {version: 1}\n: 1\n",
    b"evidence: *nowhere\n",
    b"version: 1\nevidence: {expect: [&a x, *a]}\nunknown: 1\n",
)
