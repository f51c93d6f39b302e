# id: licences
# reason: A licence that nobody has agreed to, or that nobody can read, is a legal risk.
# clauses: ISO/IEC 27001:2022, A.5.32
# example: a component whose licence is not on the list
package counterseal

import rego.v1

deny contains {
	"rule": "licences",
	"subject": component.purl,
	"message": sprintf("%s %s: %v is not on the list", [component.name, component.version, component.licence]),
	"remedy": "replace it, or have its licence added to the settings",
} if {
	some component in input.components
	component.scope != "development"
	not component.own
	not component.licence in data.settings.licences.allow
}

deny contains {
	"rule": "licences",
	"subject": "components",
	"message": "there is no inventory on record",
	"remedy": "run sbom before this stage",
} if {
	input.components == null
}
