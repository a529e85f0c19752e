package annual

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Hide says what of a row stays out of editions for others (docs/reports.md); with nothing hidden the row is shown again. rows are
// those of the report as its facts stand. What is frozen stays as it is: the next draft has it. The same again decides nothing.
func Hide(view ledger.View, rows []*reportingv1.Row, cmd *reportingv1.HideRowRequest) ([]proto.Message, error) {
	row, err := rowOf(rows, cmd.GetRowId(), cmd.GetReport(), cmd.GetYear())
	if err != nil {
		return nil, err
	}
	hidden := cmd.GetHidden()
	any := hidden.GetRow() || hidden.GetQuantity() || hidden.GetValue() || hidden.GetDescription()
	switch {
	case !any && hidden.GetReason() != reportingv1.HiddenReason_HIDDEN_REASON_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say what of row %s is hidden: the row, its quantity, value or description; to show it again, leave the reason out", row.GetId())
	case any && hidden.GetReason() == reportingv1.HiddenReason_HIDDEN_REASON_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say why row %s is hidden: commercial or national_security (Article 13(3))", row.GetId())
	case hidden == nil:
		hidden = &reportingv1.Hidden{}
	}
	fact := &reportingv1.RowHidden{
		MarkId: markID(view, cmd, row), Report: cmd.GetReport(), Year: cmd.GetYear(), RowId: row.GetId(), Table: row.GetTable(), Keys: row.GetKeys(),
		Hidden: hidden, Text: cmd.GetText(),
	}
	mark, err := view.RowMark(fact.MarkId)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read mark %s: %w", fact.MarkId, err)
	case proto.Equal(mark.GetHidden(), fact), mark.GetHidden() == nil && !any:
		return nil, nil
	}
	return marked(mark, fact), nil
}

// Note sets the remarks of a row, in place of what they were. rows are those of the report as its facts stand. The same again decides
// nothing.
func Note(view ledger.View, rows []*reportingv1.Row, cmd *reportingv1.NoteRowRequest) ([]proto.Message, error) {
	row, err := rowOf(rows, cmd.GetRowId(), cmd.GetReport(), cmd.GetYear())
	if err != nil {
		return nil, err
	}
	fact := &reportingv1.RowNoted{
		MarkId: markID(view, cmd, row), Report: cmd.GetReport(), Year: cmd.GetYear(), RowId: row.GetId(), Table: row.GetTable(), Keys: row.GetKeys(),
		Comment: cmd.GetComment(), Description: cmd.GetDescription(),
	}
	mark, err := view.RowMark(fact.MarkId)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read mark %s: %w", fact.MarkId, err)
	case proto.Equal(mark.GetNoted(), fact), mark.GetNoted() == nil && fact.Comment == "" && fact.Description == "":
		return nil, nil
	}
	return marked(mark, fact), nil
}

func markID(view ledger.View, cmd interface {
	GetReport() string
	GetYear() uint32
}, row *reportingv1.Row) string {
	return report.MarkID(view.Agency(), cmd.GetReport(), int(cmd.GetYear()), row.GetId())
}

// marked is what is recorded of a row: beside what was said of it before.
func marked(before *ledgerv1.RowMark, fact proto.Message) []proto.Message {
	if before == nil {
		return []proto.Message{fact}
	}
	return []proto.Message{ledger.Beside(before, fact)}
}
