from __future__ import annotations

import os

import pytest

from counterseal.audit import report as report_module
from counterseal.audit.report import write_report
from counterseal.errors import NothingToJudge, UsageError
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import Outcome
from unit.audit.pages import Page
from unit.audit.stores import NAME, make_evidence

AT = "2026-11-24T09:30:00Z"


def write(evidence, folder, **which):
    return write_report(evidence.store, evidence.trust, folder, generated_at=AT, **which)


def test_one_page_a_release_and_one_of_all(tmp_path):
    evidence = make_evidence(tmp_path, releases=1)
    evidence.release(2, Outcome.FAILED)
    report = write(evidence, tmp_path / "deep" / "out")
    assert report.findings == ()
    assert [Page(path.read_bytes()).answers for path in report.pages] == [
        ["Verifies", "Passed"],
        ["Verifies", "Failed"],
    ]
    index = Page(report.index.read_bytes())
    assert index.answers == ["Verifies"]
    linked = [one.attributes["href"] for one in index.all("a")[1:]]
    assert linked == [path.name for path in reversed(report.pages)]
    assert sorted(path.name for path in report.index.parent.iterdir()) == sorted(
        ["index.html", *(path.name for path in report.pages)]
    )


def test_the_same_store_gives_the_same_bytes(tmp_path):
    evidence = make_evidence(tmp_path)
    first, second = write(evidence, tmp_path / "a"), write(evidence, tmp_path / "b")
    for one, other in zip((first.index, *first.pages), (second.index, *second.pages), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_tampered_store_says_so_at_the_top(tmp_path):
    evidence = make_evidence(tmp_path)
    digest = sha256(b"<testsuite name='2'/>")
    evidence.damage(evidence.blob(digest))
    report = write(evidence, tmp_path / "out")
    first, second = (Page(path.read_bytes()) for path in report.pages)
    assert first.answers == ["Verifies", "Passed"]
    assert "1 finding in the rest of the store" in first.text
    assert second.answers == ["Does not verify", "Passed (claimed)"]
    assert digest in second.all("ol", class_="findings")[0].text
    assert second.text.index("does not verify") < second.text.index("Repository")
    assert Page(report.index.read_bytes()).answers == ["Does not verify"]
    assert len(report.findings) == 1


def test_an_end_that_was_cut_off_is_told_although_no_page_is_left_for_it(tmp_path):
    evidence = make_evidence(tmp_path)
    evidence.entry(2).unlink()
    report = write(evidence, tmp_path / "out")
    assert len(report.pages) == 1
    index = Page(report.index.read_bytes())
    assert index.answers == ["Does not verify"]
    assert "checkpoint-beyond-head" in index.text


def test_a_stream_that_was_removed_as_a_whole_leaves_its_checkpoints(tmp_path):
    evidence = make_evidence(tmp_path, releases=1)
    evidence.entry(1).unlink()
    report = write(evidence, tmp_path / "out")
    assert report.pages == ()
    assert Page(report.index.read_bytes()).answers == ["Does not verify"]


def test_one_release_can_be_chosen(tmp_path):
    evidence = make_evidence(tmp_path, releases=3)
    report = write(evidence, tmp_path / "out", stream=NAME, sequence=2)
    (page,) = report.pages
    assert page.name == f"{NAME}-000000000002.html"
    assert Page(page.read_bytes()).all("nav", class_="turn")[0].text.split() == ["All", "releases"]


@pytest.mark.parametrize("which", [{}, {"stream": "nowhere"}])
def test_nothing_to_report_is_no_report(tmp_path, which):
    evidence = make_evidence(tmp_path, releases=0 if not which else 1)
    with pytest.raises(NothingToJudge):
        write(evidence, tmp_path / "out", **which)
    assert not (tmp_path / "out").exists()


def test_a_release_that_is_not_there_is_a_finding(tmp_path):
    evidence = make_evidence(tmp_path)
    report = write(evidence, tmp_path / "out", sequence=9)
    assert [finding.code for finding in report.findings] == ["entry-missing"]
    assert "entry-missing" in Page(report.index.read_bytes()).text


def test_the_list_claims_no_more_than_what_was_read(tmp_path):
    evidence = make_evidence(tmp_path)
    evidence.damage(evidence.blob(sha256(b"<testsuite name='1'/>")))
    report = write(evidence, tmp_path / "out", sequence=2)
    assert report.findings == ()
    index = Page(report.index.read_bytes()).text
    assert "Every signature, file and link" not in index
    assert "every signature and file of release 2" in index
    assert "The records and files of other releases were not read." in index


def test_a_link_where_a_page_should_go_is_replaced_and_never_followed(tmp_path):
    evidence = make_evidence(tmp_path, releases=1)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").symlink_to(victim)
    (tmp_path / "out" / f".index.html.{os.getpid()}").symlink_to(victim)
    report = write(evidence, tmp_path / "out")
    assert victim.read_text() == "mine"
    assert not report.index.is_symlink()


def test_a_temporary_name_that_is_taken_is_never_written_through(tmp_path, monkeypatch):
    evidence = make_evidence(tmp_path, releases=1)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(report_module.os, "urandom", lambda count: b"\0" * count)
    (tmp_path / "out" / f".index.html-{'00' * 8}").symlink_to(victim)
    with pytest.raises(UsageError, match="cannot be written"):
        write(evidence, tmp_path / "out")
    assert victim.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    evidence = make_evidence(tmp_path)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        write(evidence, tmp_path / "out")
