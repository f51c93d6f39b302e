"""Manifests of a cluster held against the classification, good and bad."""

from __future__ import annotations

import pytest

from unit.checks.placement.cards import said

CLASS = (
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n"
    "provisioner: %s\nparameters: {%s}\n"
)
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: cards}\nspec: {storageClassName: fast}\n"
)
SET = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger, namespace: pay}
spec:
  volumeClaimTemplates:
    - metadata: {name: cards}
      spec: {storageClassName: fast}
"""
VOLUME = """apiVersion: v1
kind: PersistentVolume
metadata: {name: cards}
spec:
  storageClassName: fast
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [%s]}]
"""
LIST = """apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: cards}}]
"""
EBS = CLASS % ("ebs.csi.aws.com", 'encrypted: "true"')


@pytest.mark.parametrize(
    ("content", "region", "words"),
    [
        (EBS + "---\n" + CLAIM, "eu-west-1", []),
        (EBS + "---\n" + CLAIM, "us-east-1", ["residency default/PersistentVolumeClaim/cards"]),
        (EBS + "---\n" + CLAIM, None, ["? default/PersistentVolumeClaim/cards"]),
        (
            CLASS % ("ebs.csi.aws.com", 'encrypted: "false"') + "---\n" + CLAIM,
            "eu-west-1",
            ["encryption default/PersistentVolumeClaim/cards"],
        ),
        (
            CLASS % ("ebs.csi.aws.com", "") + "---\n" + CLAIM,
            "eu-west-1",
            ["? default/PersistentVolumeClaim/cards"],
        ),
        (
            CLASS % ("example.com/disk", "") + "---\n" + CLAIM,
            "eu-west-1",
            ["? default/PersistentVolumeClaim/cards"],
        ),
        (CLAIM, "eu-west-1", ["? default/PersistentVolumeClaim/cards"]),
        (CLASS % ("pd.csi.storage.gke.io", "") + "---\n" + SET, "europe-west3", []),
        (EBS + "---\n" + VOLUME % "us-east-1a", "eu-west-1", ["residency PersistentVolume/cards"]),
        (EBS + "---\n" + VOLUME % "eu-west-1a, eu-west-1b", "us-east-1", []),
        (EBS + "---\n" + VOLUME % "eu-west-1a, us-east-1b", "eu-west-1", ["? PersistentVolume/cards"]),
        (
            LIST,
            "us-east-1",
            ["residency default/PersistentVolumeClaim/cards", "? default/PersistentVolumeClaim/cards"],
        ),
        ("kind: x", "eu-west-1", ["? k.yml", "? cards"]),
    ],
)
def test_manifests_are_held_against_the_classification(tmp_path, content, region, words):
    source = {"region": region} if region else {}
    assert said(tmp_path, content, "kubernetes", "k.yml", source=source) == words
