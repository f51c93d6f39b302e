"""Who asks and where: logins that are missing or refused, buckets and regions."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError

from counterseal.errors import Inconclusive, KeyMissing, UsageError
from counterseal.store.s3 import S3Store


def test_a_missing_key_is_told_apart_from_a_bucket_that_is_not_there(server):
    with pytest.raises(KeyMissing):
        S3Store(server.name, pause=lambda _: None).get("a")
    with pytest.raises(UsageError, match="no such bucket"):
        S3Store("another", pause=lambda _: None).get("a")


def test_whoever_is_not_logged_in_learns_nothing_and_is_told_what_to_do(server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(Inconclusive, match="nobody is logged in") as caught:
        S3Store(server.name).get("a")
    assert "AWS_ACCESS_KEY_ID" in caught.value.remedy


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_a_login_that_is_not_taken_is_none(code):
    def refuse(**_):
        raise ClientError({"Error": {"Code": code}}, "ListObjectVersions")

    with pytest.raises(Inconclusive, match="nobody is logged in"):
        list(S3Store("evidence", client=SimpleNamespace(list_object_versions=refuse)).versions(""))


def test_a_role_that_is_refused_is_no_login():
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRoleWithWebIdentity")

    with pytest.raises(Inconclusive, match="nobody is logged in"):
        list(S3Store("evidence", client=SimpleNamespace(list_object_versions=refuse)).versions(""))


def test_a_place_that_cannot_be_reached_says_nothing_of_the_store(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Inconclusive, match="cannot be reached"):
        S3Store(server.name, pause=lambda _: None).get("a")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_the_one_that_the_environment_names(server, monkeypatch, name):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv(name, "eu-south-2")
    assert S3Store(server.name).client.meta.region_name == "eu-south-2"
