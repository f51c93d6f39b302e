"""The demonstration: a bank releases a service, its evidence is attacked, and a stranger verifies it.

    python scripts/demo.py [--out out/demo]

Two releases and one that fails run through the example workflow; a change is judged, approved and deployed on
an offline GitHub, another is stopped by the code gates; the store is verified; copies of it are
tampered with, and each must be caught; pages for people are written, and the commands that they show are run
with openssl alone. Any surprise ends the demonstration with exit code 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import tampering
from actevents import Run
from actharness import HarnessError, Runner
from audits import Audits
from people import ForgeBank
from recipe import run_recipe
from samplebank import SampleBank

JOB = "release"
PASSED = ["0", "1", "setup", "tools", "build", "tests", "record", "sign", "verify", "seal", "publish"]
STOPPED = ["0", "1", "setup", "tools", "build", "tests", "record", "seal"]
DANA, CHRIS = "Dana Developer <dana@meridian.example>", "Chris Coder <chris@meridian.example>"
MARK = ".counterseal-demo"
SEAL_BROKEN = 12
AUDIT_GAP = 15


class Surprise(Exception):
    """Something did not happen as it must."""


def demand(holds: object, what: str, facts: object) -> None:
    """Raise `Surprise`, with all that is known, unless `holds`."""
    if not holds:
        raise Surprise(f"this does not hold: {what}\n{facts}")


def say(what: str, more: str) -> None:
    """Print one line of the demonstration."""
    print(f"  ok  {what:<54} {more}", flush=True)


def releases(bank: SampleBank) -> None:
    """Release 1.0.0; change something and release 1.1.0; break something and see 1.2.0 stopped."""
    passes(bank.release("1.0.0"), "1.0.0", sequence="1")
    message = f"PAY-142: list the transfers of an account\n\nCo-authored-by: {DANA}"
    bank.change("1-statement.patch", message, CHRIS)
    passes(bank.release("1.1.0"), "1.1.0", sequence="2")
    bank.change("2-defect.patch", "PAY-150: tidy up the check of funds", DANA)
    stops(bank.release("1.2.0"), "1.2.0", sequence="3")


def passes(run: Run, version: str, *, sequence: str) -> None:
    """Check a release that must pass: every step of the workflow ran, and it is sealed as passed."""
    demand(run.exit_code == 0 and run.ran(JOB) == dict.fromkeys(PASSED, "success"), f"{version} passes", run)
    outputs = run.step(JOB, "seal").outputs
    demand((outputs["outcome"], outputs["sequence"]) == ("passed", sequence), f"{version} is sealed", outputs)
    say(
        f"Release {version} passes",
        f"number {sequence} in the chain, manifest {outputs['manifest-digest'][:16]}…",
    )


def stops(run: Run, version: str, *, sequence: str) -> None:
    """Check a release that must fail: nothing is signed or handed over, and it is sealed as failed."""
    ran = run.ran(JOB)
    demand(run.exit_code == 1 and run.jobs == {JOB: "failure"}, f"{version} fails", run)
    demand(list(ran) == STOPPED, f"nothing of {version} is signed or handed over", ran)
    demand({ran[name] for name in ("tests", "record", "seal")} == {"failure"}, f"{version} never passes", ran)
    outputs = run.step(JOB, "seal").outputs
    demand((outputs["outcome"], outputs["sequence"]) == ("failed", sequence), f"{version} is sealed", outputs)
    say(
        f"Release {version} fails its tests, and is stopped",
        f"number {sequence} in the chain, sealed as failed",
    )


def verification(bank: SampleBank, anchor: Path) -> None:
    """Verify the whole store, and keep its newest checkpoint where the bank's people cannot write."""
    anchor.parent.mkdir()
    shutil.copyfile(max((bank.store / "checkpoints").rglob("*.json")), anchor)
    answer = bank.verify(bank.store, "--anchor", str(anchor))
    demand(answer.exit_code == 0, "the store verifies", answer)
    say(
        "The store verifies",
        f"{answer.document['outputs']['checked']} signatures, nothing changed, nothing missing",
    )


def attacks(bank: SampleBank, anchor: Path, copies: Path) -> None:
    """Tamper with a copy of the store in each way, and see it caught."""
    for attack in tampering.ATTACKS:
        copy = copies / attack.__name__
        shutil.copytree(bank.store, copy)
        attack(copy)
        answer = bank.verify(copy, "--anchor", str(anchor))
        what = (attack.__doc__ or "").rstrip(".")
        demand(answer.exit_code == SEAL_BROKEN and answer.reasons, f"{what}: and it is caught", answer)
        first = answer.reasons[0]
        say(what, f"caught, exit code {answer.exit_code}")
        print(f"          {first['rule']}: {first.get('subject', '')}\n          {first['message']}")


def pages_for_people(bank: SampleBank, anchor: Path, pages: Path) -> list[Path]:
    """Write the pages and return those of the releases, which must stand on their own."""
    words = ("--store", str(bank.store), "--trust", str(bank.trust), "--anchor", str(anchor))
    answer = bank.command("report", "release", *words, "--out", str(pages))
    demand(answer.exit_code == 0, "the pages are written", answer)
    written = [page for page in sorted(pages.rglob("*.html")) if page.name != "index.html"]
    demand(
        len(written) == 3 and (pages / "index.html").is_file(), "one page a release, and an index", written
    )
    foreign = [page for page in written for mark in ("<script", 'src="http') if mark in page.read_text()]
    demand(not foreign, "no page runs a script or loads anything", foreign)
    say("Pages for people", "one for each release, and an index; no script, nothing loaded")
    return written


def stranger(bank: SampleBank, pages: list[Path], forged: Path) -> None:
    """Run the commands that the pages show: they accept the store, and refuse one with a byte changed."""
    for page in pages:
        done = run_recipe(page, bank.store)
        demand(
            done.returncode == 0 and "Verified OK" in done.stdout, f"the commands of {page.name} pass", done
        )
    refused = run_recipe(pages[0], forged)
    demand(refused.returncode and "Verified OK" not in refused.stdout, "openssl refuses a forgery", refused)
    say(
        "A stranger verifies with openssl and a shell",
        "each page's own commands pass, and refuse one changed byte",
    )


def demonstrate(out: Path, machine: Path) -> None:
    """Do everything, in order."""
    (machine / "first").mkdir()
    (machine / "second").mkdir()
    runner = Runner(machine / "first")
    anchor, copies = out / "elsewhere" / "checkpoint.json", out / "tampered"
    bank = SampleBank(out, runner)
    bank.found()
    say("A bank: a service, two keys, a trust file", "made from nothing")
    print("\nReleases, through the example workflow\n")
    releases(bank)
    print("\nEvidence\n")
    verification(bank, anchor)
    pages = pages_for_people(bank, anchor, out / "pages")
    stranger(bank, pages, _forged(bank.store, copies / "recipe"))
    print("\nPeople, on an offline GitHub, through the example workflows\n")
    people(out / "people", machine / "second")
    print("\nTampering, each on a copy of the store, with a checkpoint that was kept elsewhere\n")
    attacks(bank, anchor, copies)
    print(f"""
  store    {bank.store}
  trust    {bank.trust}
  anchor   {anchor}
  pages    {out / "pages" / "index.html"}
  audit    {out / "people" / "audit" / "bypassed" / "reports" / "audit.html"}
  forged   {copies}""")


def people(out: Path, machine: Path) -> None:
    """Judge a change, ask for approval, refuse the wrong person, escalate, approve, deploy once."""
    bank = ForgeBank(out, machine)
    bank.found()
    with bank.sandbox:
        pull = bank.open_pull("Statement of an account")
        refused = bank.judge(pull)
        demand(refused.exit_code == 1, "a change without ticket and signature is refused", refused)
        said = refused.step("branch-policy", "judge", "run").annotations
        demand(
            {"signatures", "tickets"} <= {one.message.partition(":")[0] for one in said}, "and why", refused
        )
        say("A pull request without ticket and signature", "refused: " + said[0].message.partition(":")[0])
        bank.correct("PAY-142: Statement of an account")
        demand(bank.judge(pull).exit_code == 0, "the corrected change passes", pull)
        say("The same with a ticket, signed", "passes every rule")
        bank.merge(pull)
        asked = bank.candidate("1.1.0")
        demand(asked.exit_code == 0, "approval is asked for", asked)
        request = asked.step("candidate", "ask").outputs["request-id"]
        issue = bank.repository.issues[int(asked.step("candidate", "ask").outputs["issue"])]
        say("The release is built, and asks for approval", f"request {request}")
        bank.comment(issue, bank.dana, f"/approve {request}")
        demand("event-conflict" in issue.comments[-1].body, "the author cannot approve", issue.comments)
        say("Dana approves her own work", "refused: separation of duties")
        bank.clock(6.5)
        bank.clock(0)
        told = [one for one in issue.comments if "Escalated" in one.body]
        demand(len(told) == 1, "the deadline escalates, once", [one.body for one in issue.comments])
        say("Six hours pass, and the clock runs twice", "Mia is added; people are told once")
        bank.comment(issue, bank.mia, f"/approve {request}")
        demand(len(bank.repository.dispatches) == 1, "the deployment is started", issue.comments[-1].body)
        say("Mia approves", "the deployment is started")
        deployed = bank.deploy()
        demand(deployed.exit_code == 0 and any(bank.target.iterdir()), "it is deployed", deployed)
        say("The deployment verifies everything again", "and goes ahead, sealed with its approval")
        again = bank.deploy()
        demand(again.exit_code == 1 and "deploy" not in again.ran("deploy"), "never twice", again)
        say("The same approval, a second time", "refused; nothing is deployed")
        code(bank)
        audits(bank, out / "audit")
    answer = bank.bank.verify()
    demand(answer.exit_code == 0, "the store verifies, its decision made again", answer)
    approved = bank.bank.manifest(1)["approvals"]
    demand([one["person"]["id"] for one in approved] == [41004], "the manifest names who approved", approved)
    say("The store verifies, and its decision follows", "from what it was made of, replayed offline")


def code(bank: ForgeBank) -> None:
    """See a careless change stopped for its code, pin, licence and region; mend three, and waive one."""
    pull = bank.open_careless_pull()
    stopped = bank.scan(pull)
    demand(stopped.exit_code == 1, "a careless change is stopped", stopped)
    for step, words, what in (
        ("sast", "B324", "A weak hash in the code"),
        ("sca", "CVE-2024-6221", "A vulnerable pin"),
        ("sbom", "GPL-3.0-only", "A licence that the bank does not allow"),
        ("gate", "aws_s3_bucket.receipts", "A bucket in the wrong region, whose tag says otherwise"),
    ):
        ran = stopped.step("code", step, "run")
        said = next((one.message for one in ran.annotations if words in one.message), "")
        demand(ran.outputs.get("outcome") == "failed" and said, f"{what} stops it", ran)
        say(what, "stopped: " + said.rpartition(" (")[2].rpartition("; or")[0])
    bank.mend_careless_pull()
    passed = bank.scan(pull)
    waived = passed.step("code", "sca", "run").outputs
    demand(passed.exit_code == 0 and waived["waived"] == "1", "a waiver lets the pin through", passed)
    say(
        "Three are mended, and a waiver lets the pin through", f"on record in {waived['record-digest'][:16]}…"
    )


def audits(bank: ForgeBank, out: Path) -> None:
    """Audit a window in which all is as it must be, then one with a bypass; write the reports of both."""
    found = Audits(bank, out)
    since = found.change()
    clean = found.audit("clean", since)
    demand(clean.exit_code == 0, "the clean window is accounted for", clean)
    counts = clean.document["outputs"]
    say(
        "The audit of a clean window",
        "all accounted for: "
        + ", ".join(f"{counts[name]} {name}" for name in ("changes", "deployments", "releases")),
    )
    commit = found.bypass()
    bypassed = found.audit("bypassed", since)
    named = {(one["rule"], one["subject"]) for one in bypassed.reasons}
    demand(bypassed.exit_code == AUDIT_GAP, "a bypass is a gap", bypassed)
    demand(("pushed-past-gate", f"changes:{commit}") in named, "the audit names the commit", bypassed)
    demand(any(rule == "deployment-without-evidence" for rule, _ in named), "and its deployment", bypassed)
    say(
        "Chris pushes to main and deploys that",
        "the audit names both: pushed-past-gate, deployment-without-evidence",
    )
    scheduled = bank.audit()
    seen = scheduled.step("audit", "audit").outputs
    demand(scheduled.exit_code != 0 and seen["grade"] == "gap", "the scheduled audit fails", scheduled)
    kept = {path.name for path in bank.kept("audit")}
    demand({"answer.json", "verify.sh", "audit.html", "dora.html"} <= kept, "it keeps what it wrote", kept)
    say(
        "The workflow audit.yml, on its schedule",
        f"{seen['exceptions']} exceptions since the bank began; kept",
    )
    for name, satisfied in (("clean", True), ("bypassed", False)):
        for answer in found.report(name):
            demand(answer.exit_code == 0, "reports are written", answer)
        demand((found.states(name)["review"] == "satisfied") is satisfied, "OSCAL says the same", name)
        pack = found.verify_pack(name)
        demand(pack.returncode == 0, "the pack verifies with openssl and a shell", pack)
    say(
        "Reports as HTML, PDF, CSV and OSCAL; the auditor's pack",
        "verified by its own script, with openssl alone",
    )


def _forged(store: Path, copy: Path) -> Path:
    """Return a copy of a store in which one byte of a manifest is changed."""
    shutil.copytree(store, copy)
    tampering.change_one_byte(copy)
    return copy


def _fresh(out: Path) -> Path:
    """Return an empty folder; only what an earlier demonstration left is removed.

    Raises:
        Surprise: the folder holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise Surprise(f"{out} is not empty and was not made by this program; name another folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()
    return out


def main() -> int:
    """Run the demonstration and return the exit code: 0, or 1 after a surprise."""
    parser = argparse.ArgumentParser(description="Three releases: sealed, verified, attacked and reported.")
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="folder for all that is made")
    began = time.monotonic()
    try:
        out = _fresh(parser.parse_args().out.resolve())
        with tempfile.TemporaryDirectory() as machine:
            demonstrate(out, Path(machine))
    except (Surprise, HarnessError, RuntimeError) as surprise:
        print(f"\n  SURPRISE after {time.monotonic() - began:.1f} s\n\n{surprise}", file=sys.stderr)
        return 1
    print(f"\n  All as it must be, in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
