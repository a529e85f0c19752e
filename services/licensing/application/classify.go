package application

import (
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Classify says which category of the Treaty a line falls under. Where the officer names none, the table of libs/refdata
// decides if it is certain, and otherwise nothing is decided: Look says what it would need. An officer who names one where the
// table is not certain, or says otherwise, gives the reason. A later classification replaces an earlier one; the same decides
// nothing.
func Classify(view ledger.View, cmd *licensingv1.ClassifyLineRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	table, assigned, err := look(a, cmd)
	if err != nil {
		return nil, err
	}
	named := cmd.GetNone() || cmd.GetCategory() != transferv1.Category_CATEGORY_UNSPECIFIED
	switch {
	case cmd.GetNone() && (cmd.GetCategory() != 0 || cmd.GetRow() != ""):
		return nil, fault.Errorf(fault.Invalid, "line %d cannot fall under no category and under one; name one or say none", cmd.GetLine())
	case cmd.GetRow() != "" && !named:
		return nil, fault.Errorf(fault.Invalid, "name the category that row %q belongs to", cmd.GetRow())
	case !named && !table.Certain:
		return nil, nil
	case named:
		if err := decideBy(assigned, table, cmd); err != nil {
			return nil, err
		}
	}
	if i := slices.IndexFunc(a.GetClassified(), func(c *licensingv1.ClassificationAssigned) bool { return c.GetLine() == cmd.GetLine() }); i >= 0 && proto.Equal(a.Classified[i], assigned) {
		return nil, nil
	}
	return []proto.Message{ledger.Beside(a, assigned)}, nil
}

// decideBy takes over what an officer decides.
func decideBy(assigned *licensingv1.ClassificationAssigned, table refdata.Classification, cmd *licensingv1.ClassifyLineRequest) error {
	agrees := table.Certain && cmd.GetCategory() == assigned.GetCategory() && (cmd.GetRow() == "" || cmd.GetRow() == assigned.GetRow())
	assigned.Reason = cmd.GetReason()
	if agrees {
		return nil
	}
	assigned.Category, assigned.Row, assigned.None = cmd.GetCategory(), cmd.GetRow(), cmd.GetNone()
	switch {
	case cmd.GetReason() != "":
		return nil
	case table.Certain:
		return fault.Errorf(fault.Invalid, "the table says otherwise of line %d (rule %d: %s); give the reason for deciding against it", cmd.GetLine(), table.Fired[0].Rule, table.Fired[0].Reason)
	}
	return fault.Errorf(fault.Invalid, "the table is not certain of line %d (%s); give the reason for your decision", cmd.GetLine(), doubt(table))
}

func doubt(table refdata.Classification) string {
	if len(table.Missing) > 0 {
		return "it does not know " + strings.Join(table.Missing, ", ")
	}
	return "several of its rules fit"
}

// Look is what the table says of a line of an application, with the parameters of a command added to the line's own: the
// rules that fired, and what is missing.
func Look(view ledger.View, cmd *licensingv1.ClassifyLineRequest) (fired []*licensingv1.FiredRule, missing []string, err error) {
	a, err := view.Application(cmd.GetApplicationId())
	if err != nil {
		return nil, nil, err
	}
	table, assigned, err := look(a, cmd)
	return assigned.GetFired(), table.Missing, err
}

// look asks the table, and returns its answer as it would be recorded.
func look(a *ledgerv1.Application, cmd *licensingv1.ClassifyLineRequest) (refdata.Classification, *licensingv1.ClassificationAssigned, error) {
	line := lineOf(a, cmd.GetLine())
	if line == nil {
		return refdata.Classification{}, nil, fault.Errorf(fault.NotFound, "application %s has no line %d", cmd.GetApplicationId(), cmd.GetLine())
	}
	parameters := maps.Clone(line.GetParameters())
	if parameters == nil {
		parameters = map[string]string{}
	}
	maps.Copy(parameters, cmd.GetParameters())
	table, assigned := byTable(a, line, parameters)
	return table, assigned, nil
}

func byTable(a *ledgerv1.Application, line *transferv1.Line, parameters map[string]string) (refdata.Classification, *licensingv1.ClassificationAssigned) {
	table := refdata.Classify(line.GetRating(), parameters)
	assigned := &licensingv1.ClassificationAssigned{
		ApplicationId: a.GetId(), Line: line.GetNumber(), Rating: line.GetRating(), Parameters: parameters, Rules: table.Version,
	}
	for _, f := range table.Fired {
		assigned.Fired = append(assigned.Fired, &licensingv1.FiredRule{Rule: uint32(f.Rule), Category: f.Category, Row: f.Row, Reason: f.Reason})
	}
	if table.Certain {
		assigned.Category, assigned.Row = table.Fired[0].Category, table.Fired[0].Row
		assigned.None = assigned.Category == transferv1.Category_CATEGORY_UNSPECIFIED
	}
	return table, assigned
}

// byItself classifies the lines without a category of which the table is certain.
func byItself(a *ledgerv1.Application) []proto.Message {
	var facts []proto.Message
	for _, line := range dossier.Unclassified(a) {
		if table, assigned := byTable(a, line, line.GetParameters()); table.Certain {
			facts = append(facts, ledger.Beside(a, assigned))
		}
	}
	return facts
}
