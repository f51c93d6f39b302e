# id: evidence
# reason: What was shown once wears out: penetration tests after a year, recovery drills after half of one.
# clauses: PCI DSS 4.0.1, 11.4.2 and 11.4.3; DORA (EU 2022/2554), articles 11(6)(a) and 24(6)
# example: a penetration test of thirteen months ago
package counterseal

import rego.v1

deny contains {
	"rule": "evidence",
	"subject": name,
	"message": sprintf("there is no record %s", [name]),
	"remedy": "put it on record before this stage",
} if {
	some name, _ in data.settings.evidence
	not input.index.records[name]
}

deny contains {
	"rule": "evidence",
	"subject": name,
	"message": sprintf("%s is %s, and %d days old; %d are allowed", [name, record.outcome, record["age-days"], days]),
	"remedy": "produce the evidence again",
} if {
	some name, days in data.settings.evidence
	some at in input.index.records[name]
	record := input.records[at]
	stale(record, days)
}

stale(record, days) if {
	is_number(record["age-days"])
	is_number(days)
	record["age-days"] > days
}

stale(_, days) if not is_number(days)

stale(record, _) if record.outcome != "passed"

stale(record, _) if {
	is_number(record["not-after-ns"])
	record["not-after-ns"] < input.now.ns
}
