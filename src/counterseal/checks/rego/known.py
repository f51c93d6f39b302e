"""The functions in which the embedded engine is known to answer as Open Policy Agent does.

Each was held against a binary of OPA (`make crosscheck`); any other is refused before it runs. Not among them
are `semver.compare`, for one, which takes 1.10 for older than 1.9, `object.union`, which does not merge what
is nested, and `sort`, which gives a set back for a set.
"""

from __future__ import annotations

from typing import Final

BYTEWISE: Final = frozenset(
    {
        "glob.match", "lower", "regex.find_n",
        "regex.match", "regex.split", "upper",
    }
)  # fmt: skip
"""Functions that look at bytes where OPA looks at characters: they agree only where all text is ASCII."""

KNOWN: Final = BYTEWISE | {
    "abs", "array.concat", "array.reverse", "array.slice", "base64.encode",
    "base64url.encode", "base64url.encode_no_pad", "bits.and", "bits.lsh", "bits.negate", "bits.or",
    "bits.rsh", "bits.xor", "concat", "contains", "count", "crypto.hmac.sha256", "crypto.md5",
    "crypto.sha1", "crypto.sha256", "endswith", "glob.quote_meta", "graph.reachable",
    "hex.decode", "intersection", "is_array", "is_boolean", "is_null",
    "is_number", "is_object", "is_set", "is_string", "json.is_valid", "json.patch",
    "json.unmarshal", "numbers.range", "numbers.range_step",
    "object.filter", "object.get", "object.keys", "object.remove", "object.union_n",
    "replace", "round", "split", "sprintf", "startswith",
    "strings.any_prefix_match", "strings.any_suffix_match", "strings.count", "strings.reverse",
    "substring", "time.add_date", "time.clock", "time.date",
    "time.weekday", "trim", "trim_left", "trim_prefix", "trim_right", "trim_space",
    "trim_suffix", "type_name", "union", "units.parse", "units.parse_bytes", "walk",
}  # fmt: skip
"""Functions that may be called."""
