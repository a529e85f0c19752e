package directory

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// RuleWords says what a sharing rule names and where it sends that.
func RuleWords(r *directoryv1.SharingRule) string {
	what := "every event"
	if r.Kind != "" {
		what = "every " + string(protoreflect.FullName(r.Kind).Name())
	}
	if r.Agency != "" {
		what += " of " + r.Agency
	}
	marked := "unmarked"
	if r.Marking != "" {
		marked = "marked " + r.Marking
	}
	return fmt.Sprintf("%s, %s, goes to group %s", what, marked, r.Group)
}

// RuleBehind says in words which sharing rule in force sends events of a kind to the group whose journal they stand in. An
// event does not keep its marking: the rule for unmarked ones is named where it fits, one for a marking otherwise.
func RuleBehind(view ledger.View, id journal.ID, kind protoreflect.FullName) (string, error) {
	if id.Group == Group {
		return "what is said in the directory goes to group " + Group, nil
	}
	rules, err := view.SharingRules()
	if err != nil {
		return "", err
	}
	markings := []string{""}
	for _, r := range rules.GetRules() {
		if r.Marking != "" {
			markings = append(markings, r.Marking)
		}
	}
	for _, marking := range markings {
		rule, err := view.SharingRule(kind, marking, id.Agency)
		if err == nil && rule.Group == id.Group {
			return RuleWords(rule), nil
		}
	}
	return fmt.Sprintf("no rule in force sends %s of %s to group %s: it was recorded under an earlier one, or for a group that was asked for", kind.Name(), id.Agency, id.Group), nil
}
