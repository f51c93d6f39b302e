"""Templates held against the classification, good and bad."""

from __future__ import annotations

import json

import pytest

from unit.checks.placement.cards import OPEN, SHUT, said, template

RDS = {"StorageEncrypted": True, "PubliclyAccessible": False}
YAML = """
AWSTemplateFormatVersion: 2010-09-09
Parameters: {Place: {Type: String, Default: eu-west-1}}
Resources:
  Cards:
    Type: AWS::RDS::DBInstance
    Properties:
      StorageEncrypted: true
      PubliclyAccessible: %s
      AvailabilityZone: %s
"""


@pytest.mark.parametrize(
    ("content", "region", "words"),
    [
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), "eu-west-1", []),
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), "us-east-1", ["residency Cards"]),
        (template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT), None, ["? Cards"]),
        (
            template(
                "AWS::S3::Bucket",
                PublicAccessBlockConfiguration=SHUT,
                Tags=[{"Key": "region", "Value": "eu-west-1"}],
            ),
            "us-east-1",
            ["residency Cards"],
        ),
        (template("AWS::S3::Bucket"), "eu-west-1", ["? Cards"]),
        (template("AWS::S3::Bucket", AccessControl="PublicRead"), "eu-west-1", ["public-access Cards"]),
        (template("AWS::S3::Bucket", AccessControl={"Ref": "Acl"}), "eu-west-1", ["? Cards"]),
        (
            {
                "Resources": {
                    **template("AWS::S3::Bucket")["Resources"],
                    "P": {
                        "Type": "AWS::S3::BucketPolicy",
                        "Properties": {"Bucket": {"Ref": "Cards"}, "PolicyDocument": json.loads(OPEN)},
                    },
                }
            },
            "eu-west-1",
            ["public-access Cards"],
        ),
        (template("AWS::RDS::DBInstance", **RDS), "eu-west-1", []),
        (
            template("AWS::RDS::DBInstance", **{**RDS, "StorageEncrypted": "false"}),
            "eu-west-1",
            ["encryption Cards"],
        ),
        (
            template("AWS::RDS::DBInstance", **{**RDS, "StorageEncrypted": {"Ref": "Secret"}}),
            "eu-west-1",
            ["? Cards"],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": "us-east-1"}]),
            "eu-west-1",
            ["residency Cards"],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": {"Ref": "AWS::Region"}}]),
            "eu-west-1",
            [],
        ),
        (
            template("AWS::DynamoDB::GlobalTable", Replicas=[{"Region": {"Ref": "Other"}}]),
            "eu-west-1",
            ["? Cards"],
        ),
        (template("AWS::Timestream::Database"), "eu-west-1", ["? Cards"]),
        (
            {"Transform": "AWS::Serverless-2016-10-31", **template("AWS::S3::Bucket")},
            "eu-west-1",
            ["? t.yml", "? cards"],
        ),
        (YAML % ("false", "eu-west-1a"), "eu-west-1", []),
        (YAML % ("false", "us-east-1a"), "eu-west-1", ["residency Cards"]),
        (YAML % ("false", "!Sub '${AWS::Region}a'"), "us-east-1", ["residency Cards"]),
        (YAML % ("!Ref Open", "eu-west-1b"), "eu-west-1", ["? Cards"]),
        (YAML % ("false", "!Ref Place"), "eu-west-1", []),
        ("Resources: &a {Cards: *a}", "eu-west-1", ["? t.yml", "? cards"]),
        ("Resources: {A: {Type: x}, A: {Type: y}}", "eu-west-1", ["? t.yml", "? cards"]),
        ("a: 1", "eu-west-1", ["? t.yml", "? cards"]),
    ],
)
def test_a_template_is_held_against_the_classification(tmp_path, content, region, words):
    source = {"region": region} if region else {}
    assert said(tmp_path, content, "cloudformation", "t.yml", source=source) == words


@pytest.mark.parametrize("kind", ["AWS::CloudFormation::Stack", "Acme::Store::MODULE", "Custom::Bucket"])
def test_what_deploys_something_that_the_template_does_not_show_is_inconclusive(tmp_path, kind):
    content = {
        "Resources": {
            **template("AWS::S3::Bucket", PublicAccessBlockConfiguration=SHUT)["Resources"],
            "Nested": {"Type": kind, "Properties": {}},
        }
    }
    assert said(tmp_path, content, "cloudformation", "t.json", source={"region": "eu-west-1"}) == ["? Nested"]
