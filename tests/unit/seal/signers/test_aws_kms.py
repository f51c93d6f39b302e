from __future__ import annotations

import sys

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from moto import mock_aws
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey

from counterseal.errors import Inconclusive, UsageError
from counterseal.seal.dsse import pae
from counterseal.seal.sealer import Sealer
from counterseal.seal.signer import open_signer
from counterseal.seal.signers import aws_kms
from counterseal.seal.verify import open_bundle

_REGION = {"AWS_REGION": "eu-central-1"}


@pytest.fixture
def kms(monkeypatch):
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    _sign_digests(monkeypatch)
    with mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


def _sign_digests(monkeypatch):
    """moto ignores `MessageType: DIGEST` and hashes again; make it sign the digest as AWS KMS does."""

    def answer(self):
        assert self._get_param("MessageType") == "DIGEST"
        return original(self)

    def sign(self, message, signing_algorithm):
        assert signing_algorithm == "ECDSA_SHA_256"
        return self.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))

    original = KmsResponse.sign
    monkeypatch.setattr(KmsResponse, "sign", answer)
    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign)


def _key(kms, spec="ECC_NIST_P256"):
    return kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]


def test_a_bundle_signed_by_kms_verifies_here_and_with_cryptography(kms, trust_in):
    signer = open_signer(f"aws-kms:{_key(kms)['KeyId']}", env=_REGION)
    sealed = Sealer(signer).seal(b'{"a":1}')
    verified = open_bundle(sealed, trust_in(signer), role="release", where="bundle")
    assert (verified.payload, verified.keyid) == (b'{"a":1}', signer.public_key.keyid)
    data = pae("application/vnd.in-toto+json", b'{"a":1}')
    key = load_pem_public_key(signer.public_key.pem.encode())
    key.verify(signer.sign(data), data, ec.ECDSA(hashes.SHA256()))


def test_an_alias_and_an_arn_name_the_same_key(kms):
    metadata = _key(kms)
    kms.create_alias(AliasName="alias/release", TargetKeyId=metadata["KeyId"])
    by_alias = open_signer("aws-kms:alias/release", env=_REGION)
    by_arn = open_signer(f"aws-kms:{metadata['Arn']}", env={})  # the ARN has the region
    assert by_alias.public_key == by_arn.public_key
    assert by_alias.arn.endswith(metadata["KeyId"])  # the key itself, not its alias


def test_an_alias_that_moves_does_not_move_an_open_signer(kms):
    first, second = _key(kms)["KeyId"], _key(kms)["KeyId"]
    kms.create_alias(AliasName="alias/release", TargetKeyId=first)
    signer = open_signer("aws-kms:alias/release", env=_REGION)
    kms.update_alias(AliasName="alias/release", TargetKeyId=second)
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


@pytest.mark.parametrize("spec", ["ECC_NIST_P384", "RSA_2048", "ECC_SECG_P256K1"])
def test_other_kinds_of_keys_are_refused(kms, spec):
    key = _key(kms, spec)["KeyId"]
    with pytest.raises(UsageError, match="not an accepted kind") as caught:
        open_signer(f"aws-kms:{key}", env=_REGION)
    assert "ECC_NIST_P256" in caught.value.remedy


def test_an_unknown_key_is_the_callers_fault(kms):
    with pytest.raises(UsageError, match="NotFoundException") as caught:
        open_signer("aws-kms:11111111-2222-3333-4444-555555555555", env=_REGION)
    assert caught.value.where == "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("uri", ["aws-kms:", "aws-kms:alias/x"])
def test_a_missing_key_or_region_is_the_callers_fault(kms, uri):
    with pytest.raises(UsageError):
        open_signer(uri, env={})


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException"]
)
def test_a_service_in_trouble_is_inconclusive(code):
    def fail(**_):
        raise ClientError({"Error": {"Code": code}}, "Sign")

    with pytest.raises(Inconclusive, match=code):
        aws_kms._call(fail, "key")


def test_no_answer_is_inconclusive():
    def fail(**_):
        raise EndpointConnectionError(endpoint_url="https://kms.example")

    with pytest.raises(Inconclusive, match="did not answer"):
        aws_kms._call(fail, "key")


def test_the_extra_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UsageError) as caught:
        open_signer("aws-kms:alias/release", env=_REGION)
    assert "counterseal[aws]" in caught.value.remedy


@pytest.mark.parametrize(
    "given",
    [
        "MHcCAQEEIJ1yPV0vYq8Zk5Wm3n7rT2sXb9cD4eF6gH8iJ0kLmNoPqRsTuVwXyZ",
        "-----BEGIN PRIVATE KEY-----\\nMIGHAgEA",
        "arn:x:y:MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
        "arn:aws:kms:eu-central-1:111122223333:key/MIGHAgEAMBMGByqGSM49AgEG",
        "alias/a b",
        "alias/" + "a" * 121,
        "11111111-2222-3333-4444-555555555555\n",
    ],
)
def test_what_is_no_name_of_a_kms_key_is_not_repeated(given):
    with pytest.raises(UsageError, match="not the name of a KMS key") as caught:
        open_signer(f"aws-kms:{given}", env=_REGION)
    assert given[:12] not in caught.value.diagnosis().replace("alias/NAME", "")


@pytest.mark.parametrize(
    "name",
    [
        "mrk-0123456789abcdef0123456789abcdef",
        "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/team/release_1",
        "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    ],
)
def test_every_way_to_name_a_kms_key_is_taken(name):
    assert aws_kms._KEY.fullmatch(name)
