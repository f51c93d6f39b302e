from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from counterseal.approval.grammar import Command, parse_command, write_command

ID = "0123456789abcdef"
LINE = f"/approve {ID}"
ACTIONS = st.sampled_from(["approve", "deny", "withdraw"])
IDS = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
STAGES = st.none() | st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
EXAMPLES = settings(max_examples=2000)
_EXACT = re.compile(
    r"/(approve|deny|withdraw) [0-9a-f]{16}( stage=[a-z0-9][a-z0-9._-]{0,99})?\r?\Z", re.ASCII
)


@EXAMPLES
@given(ACTIONS, IDS, STAGES, TEXTS)
def test_what_is_written_is_read_again(action, request, stage, reason):
    body = f"{write_command(action, request, stage)}\n{reason}"
    command = parse_command(body)
    assert (command.action, command.request, command.stage) == (action, request, stage)
    assert parse_command(body.split("\n", 1)[0]) == Command(action, request, stage)


@EXAMPLES
@given(ACTIONS, IDS, STAGES, st.integers(0, 60), TEXTS.filter(bool))
@example("approve", ID, None, 0, " ")
@example("approve", ID, None, 8, "\u200b")
@example("approve", ID, None, 25, "\u2028")
@example("approve", ID, None, 25, "\r")
def test_whatever_is_put_into_the_line_makes_it_nothing_or_the_exact_line(
    action, request, stage, place, text
):
    line = write_command(action, request, stage)
    body = line[:place] + text + line[place:]
    expected = _EXACT.match(body.split("\n")[0]) is not None
    assert (parse_command(body) is not None) == expected


@EXAMPLES
@given(TEXTS)
def test_prose_decides_nothing(text):
    assert parse_command(text) is None
    assert parse_command(f"{text}\n{LINE}") is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "approve",
        "lgtm",
        "/approve",
        f"not {LINE}",
        f"> {LINE}",
        f"`{LINE}`",
        f"```\n{LINE}\n```",
        f"    {LINE}",
        f" {LINE}",
        f"\n{LINE}",
        f"\ufeff{LINE}",
        f"\u200b{LINE}",
        f"{LINE}\u200b",
        f"{LINE} ",
        f"{LINE}.",
        f"{LINE} please",
        f"{LINE} not",
        f"{LINE} stage=",
        f"{LINE} stage=Security",
        f"{LINE} stage=a b",
        f"{LINE}  stage=a",
        f"{LINE} Stage=a",
        f"{LINE}\tstage=a",
        f"/Approve {ID}",
        f"/APPROVE {ID}",
        f"/approve {ID.upper()}",
        f"/approve  {ID}",
        f"/approve\u00a0{ID}",
        f"/approve {ID[:-1]}",
        f"/approve {ID}0",
        f"/disapprove {ID}",
        "/approve " + "\uff10" * 16,
        f"/approved {ID}",
        f"{LINE}\u2028more",
        f"{LINE}\x0bmore",
        f"{LINE}\rmore",
        f"<!-- -->{LINE}",
        f"*{LINE}*",
        f"/approve {ID} {ID}",
    ],
)
def test_nothing_but_the_exact_line_decides(body):
    assert parse_command(body) is None


def test_the_lines_that_follow_are_the_reason():
    command = parse_command(f"/deny {ID} stage=security\r\n\r\nThe scan is red.\r\n/approve {ID}\r\n")
    assert command == Command("deny", ID, "security", f"The scan is red.\n/approve {ID}")


def test_a_reason_is_no_longer_than_evidence_may_hold():
    assert len(parse_command(f"{LINE}\n{'x' * 60000}").reason) == 16384
