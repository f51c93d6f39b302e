"""`store doctor`: what it says of a bucket, well or ill."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from counterseal.commands import _run
from counterseal.manifest.types import format_time
from counterseal.store.interface import Retention
from counterseal.store.s3 import S3Store
from simulators.bucket_template import PARAMETERS, TEMPLATE, resolved
from simulators.s3 import FakeS3, Handler, Refused, environment

SHA256_OF_Y = base64.b64encode(hashlib.sha256(b"y").digest()).decode()
LATER = Retention(retain_until=format_time(datetime.now(UTC) + timedelta(days=40)), mode="compliance")


BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
ENCRYPTED = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
    "<KMSMasterKeyID>{}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
REPLICATED = (
    "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::other"
    "</Bucket></Destination></Rule></ReplicationConfiguration>"
)
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0"


def blocked(but=""):
    inside = "".join(f"<{name}>{str(name != but).lower()}</{name}>" for name in BLOCKS)
    return f"<PublicAccessBlockConfiguration>{inside}</PublicAccessBlockConfiguration>"


def policy(server, **given):
    """The policy that `infrastructure/evidence-bucket.yml` gives a bucket."""
    given = {"RetentionMode": "COMPLIANCE", "MinimumRetentionDays": "29"} | given
    found = resolved(TEMPLATE["Resources"], PARAMETERS | {"BucketName": server.name} | given)
    return found["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"]


@pytest.fixture
def server(monkeypatch):
    """A bucket as the template makes it, replicated."""
    with FakeS3() as made, environment(monkeypatch, made):
        made.bucket.default = ("COMPLIANCE", 30)
        made.bucket.settings = {
            "encryption": ENCRYPTED.format(KEY), "publicAccessBlock": blocked(), "replication": REPLICATED,
            "policy": json.dumps(policy(made)),
        }  # fmt: skip
        yield made


def doctor(workspace, server, mode="compliance", days=30, files=()):
    kept = {"days": days, "files": list(files), **({"mode": mode} if mode else {})}
    (workspace.root / "p.json").write_text(json.dumps({"version": 1, "evidence": {"retention": kept}}))
    done = workspace.done = workspace.run("store doctor", store=f"s3://{server.name}/x", policy="p.json")
    return done.code, [one["subject"] for one in done.result["reasons"]]


def test_a_bucket_that_is_well_has_nothing_to_mend(workspace, server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    before = len([one for one in server.requests if one[0] in ("PUT", "POST", "DELETE")])
    assert doctor(workspace, server) == (0, [])
    assert len([one for one in server.requests if one[0] in ("PUT", "POST", "DELETE")]) == before


def deleted(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.delete("x/a", None, {})


def written_over(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.put("x/a", b"y", {"x-amz-checksum-sha256": SHA256_OF_Y})


def unreadable(server):
    S3Store(server.name, "x").put("a", b"x", retention=LATER)
    server.bucket.reads_lock = False


def unlocked(server):
    server.bucket.lock = False


def unversioned(server):
    server.bucket.lock, server.bucket.versioning = False, None


@pytest.mark.parametrize(
    ("spoil", "ill"),
    [
        (deleted, ["objects"]),
        (written_over, ["objects"]),
        (unreadable, ["proof"]),
        (unlocked, ["lock"]),
        (unversioned, ["versioning", "lock"]),
    ],
)
def test_what_is_ill_is_told_with_what_to_do(workspace, server, spoil, ill):
    spoil(server)
    assert doctor(workspace, server) == (13, ill)


def test_a_clock_that_is_wrong_is_told(workspace, server, monkeypatch):
    monkeypatch.setattr(_run, "now", lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert doctor(workspace, server) == (13, ["clock"])


def test_a_lock_that_nobody_wants_is_no_matter(workspace, server):
    server.bucket.lock = False
    assert doctor(workspace, server, mode=None) == (0, [])


def test_whoever_may_not_look_is_told_that_nothing_is_known(workspace, server, monkeypatch):
    def refuse(_):
        raise Refused(403, "AccessDenied")

    monkeypatch.setattr(Handler, "serve", lambda *_: refuse(_))
    code, subjects = doctor(workspace, server)
    assert (code, subjects[0]) == (14, "versioning")


def test_versioning_is_asked_for_once(workspace, server):
    doctor(workspace, server)
    assert len([one for one in server.requests if "versioning" in one[2]]) == 1


def test_an_object_with_the_very_name_of_the_prefix_is_among_what_was_written_over(workspace, server):
    for _ in range(2):
        server.bucket.put("x/", b"y", {"x-amz-checksum-sha256": SHA256_OF_Y})
    assert doctor(workspace, server) == (13, ["objects"])


def test_what_is_asked_of_people_has_no_lock_and_proves_nothing(workspace, server):
    server.bucket.default = None
    S3Store(server.name, "x").put("approvals/a", b"x")
    S3Store(server.name, "x").put("b", b"x", retention=LATER)
    assert doctor(workspace, server) == (0, ["default"])


@pytest.mark.parametrize(
    ("days", "files", "given", "refused"),
    [
        (2222, [(396, None)], {"MinimumRetentionDays": "395"}, []),
        (2222, [(396, None)], {"MinimumRetentionDays": "2221"}, ["files of sast"]),
        (2222, [(396, "governance")], {"MinimumRetentionDays": "395"}, ["files of sast"]),
        (30, [], {"MinimumRetentionDays": "30"}, ["the release"]),  # a moment of it is over when it arrives
        (4000, [], {}, ["the release"]),
        (4000, [(10, None)], {}, ["the release", "files of sast"]),
    ],
)
def test_what_the_bucket_would_refuse_of_the_policy_is_told(workspace, server, days, files, given, refused):
    server.bucket.default = ("COMPLIANCE", days)
    server.bucket.settings["policy"] = json.dumps(policy(server, **given))
    more = [{"stages": ["sast"], "days": one, **({"mode": mode} if mode else {})} for one, mode in files]
    code, _ = doctor(workspace, server, days=days, files=more)
    said = [one["message"].partition(", ")[0] for one in workspace.done.result["reasons"]]
    assert (code, said) == (13 if refused else 0, refused)


def test_a_class_in_the_mode_that_the_bucket_lets_in_is_not_refused(workspace, server):
    server.bucket.settings["policy"] = json.dumps(policy(server, RetentionMode="GOVERNANCE"))
    files = [{"stages": ["sast"], "days": 30, "mode": "governance"}]
    assert doctor(workspace, server, files=files) == (0, ["policy"])  # which does not deny the weaker mode


def test_a_directory_is_no_bucket(workspace):
    assert workspace.run("store doctor", store="dir:x").code == 2


# -- settings ----------------------------------------------------------------------------------------------


def lifecycle(*rules):
    inside = "".join(f"<Rule><ID>one</ID><Status>Enabled</Status><Filter/>{one}</Rule>" for one in rules)
    return f"<LifecycleConfiguration>{inside}</LifecycleConfiguration>"


ABORT = (
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>"
)
EXPIRY = "<Expiration><Days>10</Days></Expiration>"
OLD = "<NoncurrentVersionExpiration><NoncurrentDays>10</NoncurrentDays></NoncurrentVersionExpiration>"


@pytest.mark.parametrize(
    ("name", "told", "code", "subjects"),
    [
        ("publicAccessBlock", blocked("BlockPublicPolicy"), 13, ["public"]),
        ("publicAccessBlock", None, 13, ["public"]),
        ("publicAccessBlock", Refused(403, "AccessDenied"), 14, ["public"]),
        ("encryption", None, 0, []),
        ("encryption", Refused(403, "AccessDenied"), 14, ["encryption"]),
        ("lifecycle", lifecycle(ABORT), 0, []),
        ("lifecycle", lifecycle(ABORT, EXPIRY), 13, ["lifecycle"]),
        ("lifecycle", lifecycle(OLD), 13, ["lifecycle"]),
        ("lifecycle", lifecycle(EXPIRY).replace("Enabled", "Disabled"), 0, []),
        ("lifecycle", Refused(403, "AccessDenied"), 14, ["lifecycle"]),
        ("replication", None, 0, ["replication"]),
        ("replication", REPLICATED.replace("Enabled", "Disabled"), 0, ["replication"]),
        ("policy", None, 0, ["policy", "rights"]),
        ("policy", Refused(403, "AccessDenied"), 14, ["policy", "rights"]),
        ("policy", "no json", 0, ["policy", "rights"]),
        ("policy", '{"Statement": "x"}', 0, ["policy", "rights"]),
    ],
)
def test_settings_are_told(workspace, server, name, told, code, subjects):
    server.bucket.settings[name] = told
    assert doctor(workspace, server) == (code, subjects)


def test_a_key_that_the_bucket_does_not_have_as_its_own_is_told(workspace, server, monkeypatch):
    monkeypatch.setenv("COUNTERSEAL_S3_KMS_KEY", KEY)
    assert doctor(workspace, server) == (0, ["policy"])
    server.bucket.settings["policy"] = json.dumps(policy(server, KmsKey=KEY))
    assert doctor(workspace, server) == (0, [])
    monkeypatch.setenv("COUNTERSEAL_S3_KMS_KEY", f"{KEY}1")
    assert doctor(workspace, server) == (13, ["encryption", "policy", "promise"])


@pytest.mark.parametrize("default", [None, ("GOVERNANCE", 400), ("COMPLIANCE", 29)])
def test_a_rule_that_is_weaker_than_the_policy_is_told(workspace, server, default):
    server.bucket.default = default
    assert doctor(workspace, server) == (0, ["default"])
    assert doctor(workspace, server, mode=None)[1] == []


def narrowed(statement):
    statement["Condition"] = {"StringEquals": {"s3:prefix": "x"}}


def somebody(statement):
    statement["Principal"] = {"AWS": "arn:aws:iam::111122223333:role/one"}


def elsewhere(statement):
    statement["Resource"] = "arn:aws:s3:::another/*"


def allowed(statement):
    statement["Effect"] = "Allow"


def removed(statement):
    statement["Action"] = "s3:GetObjectTagging"


@pytest.mark.parametrize("spoil", [narrowed, somebody, elsewhere, allowed, removed])
@pytest.mark.parametrize(
    "sid",
    ["OnlyEncryptedConnections", "NobodyDeletesOrShortens", "NobodyWritesOver",
     "HoldsByTheAdministratorAlone",
     "SettingsByTheirPrincipalAlone"],
)  # fmt: skip
def test_a_denial_that_does_not_hold_for_all_is_none(workspace, server, spoil, sid):
    document = policy(server)
    (statement,) = [one for one in document["Statement"] if one["Sid"] == sid]
    spoil(statement)
    server.bucket.settings["policy"] = json.dumps(document)
    code, subjects = doctor(workspace, server)
    assert (code, subjects[0]) == (0, "policy")
    assert ("rights" in subjects) is (sid == "NobodyDeletesOrShortens")
