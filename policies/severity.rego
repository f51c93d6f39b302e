# id: severity
# reason: Stages have thresholds of their own; a release is judged as a whole.
# clauses: PCI DSS 4.0.1, 6.3.1 and 6.3.3; ISO/IEC 27001:2022, A.8.8
# example: a critical advisory in a dependency that nobody waived
package counterseal

import rego.v1

deny contains {
	"rule": "severity",
	"subject": problem.subject,
	"message": sprintf("%s: %s (%s) in %s", [problem.stage, problem.rule, problem.severity, problem.subject]),
	"remedy": "mend it, or have a waiver granted for it in its own stage",
} if {
	some severity in data.settings.severity.block
	some at in input.index["problems-by-severity"][severity]
	problem := input.problems[at]
	not problem.waived
}
