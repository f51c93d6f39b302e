"""The classification of a firm's data: what there is, how it has to be treated, and where it may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.types import Name, Slug, Text
from counterseal.policy.base import Section, is_day
from counterseal.policy.fact import Fact
from counterseal.policy.located import read_document

Class: TypeAlias = Literal["public", "internal", "confidential", "restricted"]

CLASSES: tuple[Class, ...] = ("public", "internal", "confidential", "restricted")
"""The classes of data, from the least to the most sensitive."""

ANYWHERE = "*"
"""The region of data that may be anywhere; only for what is public or internal."""


class DataSet(Fact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data of one sort.

    Attributes:
        name: what they are called.
        class: how sensitive they are.
        tags: what else they are, such as `pci` or `pii`.
        stores: where they are kept: addresses or deployed names of resources; `*` stands for anything.
        regions: where they may be, in the cloud provider's words; `*` for anywhere.
        owner: who answers for them.
        review_by: the day by which this entry has to be looked at again, YYYY-MM-DD.
        legal_basis: on which legal basis they are kept.
    """

    name: Slug
    class_: Class = msgspec.field(name="class")
    tags: tuple[Slug, ...] = ()
    stores: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    regions: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    owner: Name
    review_by: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    legal_basis: Text


class ClassificationFile(Section, frozen=True, kw_only=True):
    """The file of the classification.

    Attributes:
        version: the version of this format.
        sets: the data sets.
    """

    version: Literal[1]
    sets: Annotated[tuple[DataSet, ...], msgspec.Meta(min_length=1)]


def load_classification(data: bytes, where: str) -> ClassificationFile:
    """Read a classification.

    Args:
        data: the file's bytes.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    document = read_document(data, ClassificationFile, where)
    seen: set[str] = set()
    for at, one in enumerate(document.value.sets):
        for field, message in _problems(one, seen):
            raise MalformedError(message, where=document.place(f"$.sets[{at}].{field}"))
        seen.add(one.name)
    return document.value


def _problems(one: DataSet, seen: set[str]) -> Iterator[tuple[str, str]]:
    if one.name in seen:
        yield "name", f"{one.name!r} is there twice"
    if not is_day(one.review_by):
        yield "review-by", f"{one.review_by} is not a day of the calendar"
    if ANYWHERE in one.regions and one.class_ not in ("public", "internal"):
        yield "regions", f"{one.class_} data may not be anywhere: name the regions"
    if not one.legal_basis.strip() or not one.owner.strip():
        yield "owner", "owner and legal basis have to be named"
    for store in one.stores:
        if not store.strip("*"):
            yield "stores", f"{store!r} stands for every store"
