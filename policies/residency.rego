# id: residency
# reason: Where data may be is law and contract; where a store is, is a line of configuration.
# clauses: GDPR (EU 2016/679), article 44; DORA (EU 2022/2554), article 30(2)(b)
# example: a bucket with cards in a region that the classification does not name
package counterseal

import rego.v1

deny contains {
	"rule": "residency",
	"subject": resource.address,
	"message": sprintf("%s may be in %v, and this is in %v", [set.name, set.regions, resource.region]),
	"remedy": "deploy it where its data may be",
} if {
	some set in input.data
	not "*" in set.regions
	some at in input.index["resources-of-set"][set.name]
	resource := input.resources[at]
	resource.action != "delete"
	not resource.region in set.regions
}

deny contains {
	"rule": "residency",
	"subject": resource.address,
	"message": sprintf("%s may be in %v, and this copies them to %s", [set.name, set.regions, copy]),
	"remedy": "copy them to where they may be",
} if {
	some set in input.data
	not "*" in set.regions
	some at in input.index["resources-of-set"][set.name]
	resource := input.resources[at]
	resource.action != "delete"
	some copy in resource.replicas
	not copy in set.regions
}

deny contains {
	"rule": "residency",
	"subject": "resources",
	"message": "nothing tells what is deployed, or what the data are",
	"remedy": "state gate.data",
} if {
	null in [input.data, input.resources]
}
