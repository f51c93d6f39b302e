"""Checkpoints: what is sealed is read back, and nothing else is taken for one."""

from __future__ import annotations

import pytest

import factories
from counterseal.errors import MalformedError
from counterseal.ledger.checkpoint import checkpoint_payload, read_checkpoint
from counterseal.manifest.check import read_statement
from counterseal.manifest.statement import subject_of_file

HEAD = "a" * 64


def test_a_checkpoint_says_what_was_the_head_of_which_stream_and_when():
    statement = read_statement(checkpoint_payload(factories.STREAM, 7, HEAD, factories.NOW), where="x")
    checkpoint = read_checkpoint(statement, where="x")
    assert (checkpoint.stream, checkpoint.sequence) == (factories.STREAM, 7)
    assert (checkpoint.head.sha256, checkpoint.created_at) == (HEAD, factories.NOW)
    assert statement.subject == (subject_of_file("release 7", HEAD),)


def test_another_statement_is_not_taken_for_a_checkpoint():
    with pytest.raises(MalformedError, match="not a checkpoint"):
        read_checkpoint(factories.record_statement(), where="x")


def test_a_checkpoint_of_nothing_cannot_be_made():
    with pytest.raises(MalformedError):
        checkpoint_payload(factories.STREAM, 0, HEAD, factories.NOW)
