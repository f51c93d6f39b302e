# id: freezes
# reason: While a system is moved, or a year ends, a change is a greater risk than waiting.
# clauses: ISO/IEC 27001:2022, A.8.32; DORA (EU 2022/2554), article 9(4)(e)
# example: an ordinary release on Christmas Eve
package counterseal

import rego.v1

deny contains {
	"rule": "freezes",
	"subject": freeze.name,
	"message": sprintf("nothing is deployed from %s until %s", [freeze.begins, freeze.ends]),
	"remedy": "wait for its end, or ask for a class of change that it lets through",
} if {
	some freeze in input.freezes
	not input.release["change-class"] in freeze.excepts
	is_number(freeze["begins-ns"])
	is_number(freeze["ends-ns"])
	freeze["begins-ns"] <= input.now.ns
	input.now.ns < freeze["ends-ns"]
}

deny contains {
	"rule": "freezes",
	"subject": "environment",
	"message": "nobody said where this goes, so it is not known which freezes concern it",
	"remedy": "give the input environment",
} if {
	input.freezes == null
}
