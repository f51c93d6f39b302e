# id: retention
# reason: Evidence that is gone when the question comes was never evidence.
# clauses: PCI DSS 4.0.1, 10.5.1; SEC rule 17a-4(f)
# example: a policy that keeps evidence for a month
package counterseal

import rego.v1

deny contains {
	"rule": "retention",
	"subject": "evidence.retention",
	"message": sprintf("evidence must be kept for %d days, under a lock", [data.settings.retention.days]),
	"remedy": "raise evidence.retention in the policy",
} if {
	not kept
}

kept if {
	is_number(input.retention.days)
	is_number(data.settings.retention.days)
	input.retention.days >= data.settings.retention.days
	input.retention.mode == "compliance"
}
