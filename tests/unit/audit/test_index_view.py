from __future__ import annotations

from dataclasses import replace

import pytest

from counterseal.audit.facts import Finding
from counterseal.audit.index_view import index_row, index_view
from counterseal.audit.release_view import release_view
from unit.audit.release_facts import release_facts


def row(stream="one", sequence=1, **facts):
    return index_row(replace(release_view(release_facts(**facts)), stream=stream, sequence=sequence))


def finding(stream="one", sequence=1):
    return Finding("chain-gap", "streams/x", "an entry is missing", stream, sequence)


def test_streams_are_apart_and_the_newest_release_comes_first():
    view = index_view([row("one", 1), row("one", 2), row("two", 1)], ())
    assert [(one.id, [each.sequence for each in one.rows]) for one in view.streams] == [
        ("one", [2, 1]),
        ("two", [1]),
    ]
    assert view.extent == "3 releases in 2 streams"
    assert view.evidence.state == "passed"
    assert view.streams[0].title == "acme/payments to production"


def test_one_broken_release_breaks_the_verdict_and_is_counted():
    broken = row("one", 2, findings=(finding("one", 2),))
    view = index_view([row(), broken], (finding("one", 2),))
    assert view.evidence.state == "failed"
    assert "1 of 2 releases does not verify" in view.evidence.sentence
    assert view.findings == ()


def test_findings_without_a_page_are_listed():
    view = index_view([row()], (finding("one", 9), Finding("object-unknown", "streams/x", "foreign")))
    assert view.evidence.state == "failed"
    assert len(view.findings) == 2
    assert "2 findings outside" in view.evidence.sentence


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ({}, "Every signature, file and link of the chains was checked"),
        ({"stream": "one"}, "Other streams were not read."),
        ({"sequence": 1}, "The records and files of other releases were not read."),
        ({"stream": "one", "sequence": 1}, "Every link of the stream one, and every signature and file of"),
    ],
)
def test_the_verdict_says_what_was_read(which, said):
    assert said in index_view([row()], (), **which).evidence.sentence


def test_no_release_is_no_pass():
    assert index_view([], ()).evidence.state == "failed"


def test_a_release_that_does_not_verify_has_no_commit_and_no_time():
    lost = index_row(release_view(replace(release_facts(), manifest=None, seal=None)))
    assert (lost.commit, lost.created_at) == ("", "")
    assert index_view([lost], ()).streams[0].title == lost.stream
