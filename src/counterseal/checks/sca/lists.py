"""What makes a vulnerability urgent: the list of known exploited ones, and the odds that one will be.

Formats: CISA's Known Exploited Vulnerabilities catalogue in JSON, and FIRST's EPSS scores in CSV or CSV.gz.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Mapping

from counterseal.errors import MalformedError


def read_exploited(data: bytes, where: str) -> frozenset[str]:
    """Return the CVE ids of a catalogue.

    Raises:
        MalformedError: it is none, or says that it has more than it has.
    """
    try:
        catalogue = json.loads(data)
        listed = [str(one["cveID"]) for one in catalogue["vulnerabilities"]]
        whole = int(catalogue.get("count", len(listed))) == len(listed)
    except (ValueError, KeyError, TypeError, RecursionError) as cause:
        raise MalformedError(
            f"not a catalogue of exploited vulnerabilities: {cause!r}"[:300], where=where
        ) from cause
    if not listed or not whole:
        raise MalformedError("the catalogue is empty or cut short", where=where)
    return frozenset(listed)


def read_epss(data: bytes, mark: int, where: str) -> Mapping[str, int]:
    """Return the probabilities, in whole per cent, of the ids that reach a mark.

    Args:
        data: the scores.
        mark: the mark, in per cent.
        where: what the scores are called, for the error.

    Raises:
        MalformedError: they are none.
    """
    try:
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        lines = io.StringIO(plain.decode("utf-8"))
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        scores = {row["cve"]: float(row["epss"]) for row in rows}
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, csv.Error) as cause:
        raise MalformedError(f"not EPSS scores: {cause!r}"[:300], where=where) from cause
    if not scores or any(not 0 <= score <= 1 for score in scores.values()):
        raise MalformedError("there are no EPSS scores from 0 to 1", where=where)
    return {name: int(score * 100) for name, score in scores.items() if score * 100 >= mark}
