# id: classification
# reason: Of a store that nobody has classified, nobody knows how it has to be kept.
# clauses: ISO/IEC 27001:2022, A.5.12 and A.5.13
# example: a database that no data set names; an entry that was to be looked at last month
package counterseal

import rego.v1

deny contains {
	"rule": "classification",
	"subject": resource.address,
	"message": sprintf("no data set names this %s", [resource.type]),
	"remedy": "name it in the classification",
} if {
	some resource in input.resources
	resource.kind == "store"
	resource.action != "delete"
	count(resource.sets) == 0
}

deny contains {
	"rule": "classification",
	"subject": set.name,
	"message": sprintf("its entry was to be looked at by %s", [set["review-by"]]),
	"remedy": "look at it, and set review-by",
} if {
	some set in input.data
	is_number(set["review-by-ns"])
	set["review-by-ns"] < input.now.ns
}
