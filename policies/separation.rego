# id: separation
# reason: Whoever can write code and stage it alone needs nobody for an error, or for a fraud.
# clauses: PCI DSS 4.0.1, 6.5.4; ISO/IEC 27001:2022, A.5.3
# example: the author of a change starts its release
package counterseal

import rego.v1

deny contains {
	"rule": "separation",
	"subject": "release",
	"message": "nobody can tell who started the release, or who took part in the change",
	"remedy": "add them to the identity map",
} if {
	null in [input.release.actor, input.release.participants]
}

deny contains {
	"rule": "separation",
	"subject": input.release.actor,
	"message": sprintf("%s started the release and took part in the change", [input.release.actor]),
	"remedy": "let somebody else start the release",
} if {
	input.release.actor in input.release.participants
}
