"""How AWS decides on a request: the logic of IAM for one account, as far as the policies of ours need it.

Source: AWS IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """What somebody asks of AWS: an action on a resource, with what conditions look at."""

    principal: str
    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict)

    def value(self, name):
        known = {"aws:PrincipalArn": self.principal, "aws:SecureTransport": "true"} | self.context
        return known.get(name)


def is_allowed(request, identity, resource):
    """Tell whether a request is allowed: denied by nobody, and allowed by one policy or the other.

    Args:
        request: the request.
        identity: the statements of the policies that its principal has.
        resource: the statements of the resource's own policy.
    """
    ours = [one for one in identity if applies(one, request)]
    theirs = [one for one in resource if names(one["Principal"], request.principal) and applies(one, request)]
    effects = {one["Effect"] for one in (*ours, *theirs)}
    return effects == {"Allow"}


def applies(statement, request):
    return (
        any(matches(one, request.action, insensitive=True) for one in several(statement["Action"]))
        and any(matches(one, request.resource) for one in several(statement["Resource"]))
        and all(
            CONDITIONS[operator](request.value(name), several(wanted))
            for operator, block in statement.get("Condition", {}).items()
            for name, wanted in block.items()
        )
    )


def names(principal, arn):
    return principal == "*" or arn in several(principal.get("AWS", []))


def several(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, text, *, insensitive=False):
    plain = re.escape(str(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(plain, text, re.IGNORECASE if insensitive else 0) is not None


def is_null(value, wanted):
    return str(value is None).lower() in wanted


def equals(value, wanted):
    return value is not None and value in map(str, wanted)


def differs(value, wanted):
    return not equals(value, wanted)  # a key that is not there is not equal


def is_less(value, wanted):
    return value is not None and float(value) < float(wanted[0])


def is_more(value, wanted):
    return value is not None and float(value) > float(wanted[0])


def is_bool(value, wanted):
    return value is not None and value in wanted


CONDITIONS = {
    "Null": is_null,
    "Bool": is_bool,
    "StringEquals": equals,
    "StringNotEquals": differs,
    "NumericLessThan": is_less,
    "NumericGreaterThan": is_more,
    "ArnNotEquals": lambda value, wanted: value is None or not any(matches(one, value) for one in wanted),
}
