"""What a bucket's policy denies: every row of the table counts, and a denial that is narrowed is none."""

from __future__ import annotations

import copy
import json

import pytest

from counterseal.store.doctor_policy import denials, guards, judge
from simulators.bucket_template import ACCOUNT, BUCKET, PARAMETERS, TEMPLATE, resolved

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0"
GIVEN = PARAMETERS | {"RetentionMode": "COMPLIANCE", "KmsKey": KEY}
STATEMENTS = resolved(TEMPLATE["Resources"], GIVEN)["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"][
    "Statement"
]
SIDS = [one["Sid"] for one in STATEMENTS]
NOBODY = ("NobodyDeletesOrShortens", "NobodyWritesOver")
EXEMPTIONS = [
    ("ArnNotLike", "aws:PrincipalArn", "*"),
    ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:*"),
    ("ArnNotEquals", "aws:PrincipalArn", f"{ACCOUNT}w?iter"),
    ("ArnNotEquals", "aws:PrincipalArn", [f"{ACCOUNT}one", "arn:aws:iam::111122223333:role/*"]),
    ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:root"),
    ("StringNotLike", "aws:PrincipalArn", "*"),
    ("StringNotEquals", "aws:PrincipalAccount", "111122223333"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotLike", "aws:userId", "A*"),
    ("ArnNotEqualsIfExists", "aws:PrincipalArn", f"{ACCOUNT}one"),
]


def told(statements):
    found = denials(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return judge(found, guards("compliance", KEY), BUCKET)


def changed(sid, change):
    statements = copy.deepcopy(STATEMENTS)
    change(next(one for one in statements if one["Sid"] == sid))
    return statements


def conditioned(operator, key, value):
    def change(statement):
        block = statement.setdefault("Condition", {}).setdefault(operator, {})
        block[key] = value

    return change


def test_the_policy_of_the_template_denies_it_all_and_says_whom_it_spares():
    sign, missing = told(STATEMENTS)
    assert (sign.state, missing) == ("well", frozenset())
    assert f"{PARAMETERS['SettingsPrincipal']} is spared: settings" in sign.said
    assert (
        f"{ACCOUNT}AdministratorRole is spared: locks that are too short, legal holds by others" in sign.said
    )


@pytest.mark.parametrize("sid", SIDS)
def test_every_statement_counts(sid):
    sign, missing = told([one for one in STATEMENTS if one["Sid"] != sid])
    assert sign.state == "weak"
    assert missing


@pytest.mark.parametrize(
    ("sid", "action"),
    [
        (one["Sid"], action)
        for one in STATEMENTS
        if isinstance(one["Action"], list)
        for action in one["Action"]
        if action != "s3:DeleteBucketWebsite" and one["Sid"] != "BookOfHoldsByTheAdministratorAlone"
    ],
)
def test_every_action_counts(sid, action):
    sign, _ = told(changed(sid, lambda one: one["Action"].remove(action)))
    assert sign.state == "weak"


@pytest.mark.parametrize("exemption", EXEMPTIONS)
@pytest.mark.parametrize("sid", SIDS)
def test_an_exemption_that_could_spare_all_empties_a_denial(sid, exemption):
    assert told(changed(sid, conditioned(*exemption)))[0].state == "weak"


@pytest.mark.parametrize("sid", NOBODY)
def test_what_destroys_evidence_spares_nobody(sid):
    sparing = conditioned("ArnNotEquals", "aws:PrincipalArn", f"{ACCOUNT}WriterRole")
    assert told(changed(sid, sparing))[0].state == "weak"


def test_whoever_else_is_spared_is_named():
    sparing = conditioned("ArnNotEquals", "aws:PrincipalArn", f"{ACCOUNT}WriterRole")
    sign, _ = told(changed("NobodyOpensAnObject", sparing))
    assert sign.state == "well"
    assert f"{ACCOUNT}WriterRole is spared: access lists of objects" in sign.said


@pytest.mark.parametrize("sid", ["NobodyDeletesOrShortens", "NobodyEncryptsWithAKeyOfTheirOwn"])
def test_only_writing_over_may_leave_out_the_parts_of_an_upload(sid):
    narrowed = conditioned("Bool", "s3:ObjectCreationOperation", "true")
    assert told(changed(sid, narrowed))[0].state == "weak"


def test_a_denial_of_locks_below_nothing_is_none():
    empty = conditioned("NumericLessThan", "s3:object-lock-remaining-retention-days", "0")
    assert "locks that are too short" in told(changed("NobodyPromisesTooLittle", empty))[1]


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"Statement": "x"}', '{"Statement": [1]}'])
def test_what_is_no_policy_denies_nothing(text):
    assert denials(text) == ()
