"""The classification of data: what it has to say, and what nobody can mean."""

import json

import pytest

from counterseal.errors import MalformedError
from counterseal.policy.placement.classification import load_classification

ENTRY = {
    "name": "cards",
    "class": "restricted",
    "tags": ["pci"],
    "stores": ["aws_s3_bucket.cards"],
    "regions": ["eu-west-1"],
    "owner": "payments",
    "review-by": "2027-01-31",
    "legal-basis": "contract, article 6(1)(b) GDPR",
}


def load(*entries):
    return load_classification(json.dumps({"version": 1, "sets": entries}).encode(), "data.yml").sets


def test_a_classification_is_read():
    assert [(one.name, one.class_, one.regions) for one in load(ENTRY)] == [
        ("cards", "restricted", ("eu-west-1",))
    ]


def test_only_what_is_public_or_internal_may_be_anywhere():
    assert load({**ENTRY, "class": "internal", "regions": ["*"]})
    with pytest.raises(MalformedError, match="may not be anywhere"):
        load({**ENTRY, "class": "confidential", "regions": ["eu-west-1", "*"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"class": "secret"},
        {"stores": []},
        {"stores": ["**"]},
        {"regions": []},
        {"owner": " "},
        {"legal-basis": ""},
        {"review-by": "2027-02-30"},
        {"review-by": "soon"},
        {"nmae": "x"},
        {"name": "A B"},
    ],
)
def test_what_nobody_can_mean_is_refused_with_its_place(wrong):
    with pytest.raises(MalformedError) as caught:
        load({**ENTRY, **wrong})
    assert caught.value.where.startswith("data.yml:1:")


@pytest.mark.parametrize("name", ["class", "stores", "regions", "owner", "review-by", "legal-basis"])
def test_nothing_is_taken_for_granted(name):
    with pytest.raises(MalformedError):
        load({key: value for key, value in ENTRY.items() if key != name})


def test_a_data_set_is_there_once():
    with pytest.raises(MalformedError, match="twice"):
        load(ENTRY, ENTRY)
