# id: emergency
# reason: The short way is for incidents; without one on record it becomes the habit.
# clauses: DORA (EU 2022/2554), article 17; ISO/IEC 27001:2022, A.8.32
# example: a release of the class emergency without a record of its incident
package counterseal

import rego.v1

deny contains {
	"rule": "emergency",
	"subject": "record:incident",
	"message": "an emergency needs the record of an incident that has passed",
	"remedy": "put the incident on record, or release it as an ordinary change",
} if {
	not input.release["change-class"] in data.settings.ordinary
	not incident
}

incident if {
	some at in input.index.records["record:incident"]
	input.records[at].outcome == "passed"
}
