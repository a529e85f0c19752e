package inquiry

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	"github.com/counterfoil/counterfoil/libs/report/redact"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Answer records what was answered to a request of this agency, once. Reports that are enclosed have to be frozen, and have a public
// edition where a citizen or the press asks. What is hidden in them, when they were frozen or since, stands nowhere in the answer; the
// refusal names each row. The same answer again decides nothing.
func Answer(view ledger.View, cmd *reportingv1.AnswerPublicRequestRequest) ([]proto.Message, error) {
	r, err := view.PublicRequest(cmd.GetRequestId())
	answered := &reportingv1.PublicRequestAnswered{
		RequestId: cmd.GetRequestId(), Text: cmd.GetText(), ReportIds: cmd.GetReportIds(), Redactions: cmd.GetRedactions(), Files: cmd.GetFiles(),
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read request %s: %w", cmd.GetRequestId(), err)
	case r == nil:
		return nil, fault.Errorf(fault.NotFound, "request %s is not on record: counterfoil report request list --open", cmd.GetRequestId())
	case !view.Owns(r.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "request %s was made to %s, which answers it", r.GetId(), ledger.AgencyOf(r.GetJournal()))
	case proto.Equal(r.GetAnswered(), answered):
		return nil, nil
	case r.GetAnswered() != nil:
		return nil, fault.Errorf(fault.Conflict, "request %s was answered; what more there is to say answers another: counterfoil report request open", r.GetId())
	case strings.TrimSpace(cmd.GetText()) == "":
		return nil, fault.Errorf(fault.Invalid, "say what was answered to request %s", r.GetId())
	}
	for _, red := range cmd.GetRedactions() {
		if strings.TrimSpace(red.GetWhat()) == "" || strings.TrimSpace(red.GetGround()) == "" {
			return nil, fault.Errorf(fault.Invalid, "say of everything that is left out what it is and on what legal ground")
		}
	}
	var told []string
	for _, id := range cmd.GetReportIds() {
		leaks, err := enclosed(view, r, id, texts(cmd))
		if err != nil {
			return nil, err
		}
		told = append(told, leaks...)
	}
	if len(told) > 0 {
		return nil, fault.Errorf(fault.Invalid, "the answer tells what is hidden: %s; leave it out, and write numbers that only look like it otherwise", strings.Join(told, ", "))
	}
	return []proto.Message{ledger.Beside(r, answered)}, nil
}

// texts are all words of an answer, those about what was left out and the names of files too.
func texts(cmd *reportingv1.AnswerPublicRequestRequest) []string {
	list := []string{cmd.GetText()}
	for _, r := range cmd.GetRedactions() {
		list = append(list, r.GetWhat(), r.GetGround())
	}
	for name := range cmd.GetFiles() {
		list = append(list, name)
	}
	return list
}

// mostNamed is how many rows of a report a refusal names.
const mostNamed = 20

// enclosed checks a report that goes with the answer, and says which hidden values of it the texts tell.
func enclosed(view ledger.View, r *ledgerv1.PublicRequest, id string, texts []string) (told []string, err error) {
	p, err := view.Report(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read report %s: %w", id, err)
	case p == nil:
		return nil, fault.Errorf(fault.NotFound, "report %s is not on record: counterfoil list reports", id)
	case frozen(p) == nil:
		return nil, fault.Errorf(fault.Precondition, "report %s is not frozen, and what is not final is not handed out; freeze it first, or leave it out: counterfoil report freeze", id)
	}
	drafted := frozen(p)
	if slices.Contains([]string{"citizen", "press"}, r.GetOpened().GetFrom()) && !slices.ContainsFunc(drafted.GetTables(), isPublic) {
		return nil, fault.Errorf(fault.Precondition, "report %s has no table that is for the public; leave it out", id)
	}
	rows, err := rowsOf(view, p, drafted)
	if err != nil {
		return nil, err
	}
	for _, l := range redact.Find(rows, texts...) {
		if told = append(told, fmt.Sprintf("the %s of row %s of %s", l.What, l.Row, id)); len(told) == mostNamed {
			break
		}
	}
	return told, nil
}

// frozen is the draft that a report was frozen as; nil of one that was not.
func frozen(p *ledgerv1.Report) *reportingv1.ReportDrafted {
	if n := int(p.GetFrozen().GetDraft()); n > 0 && n <= len(p.GetDrafts()) {
		return p.GetDrafts()[n-1]
	}
	return nil
}

func isPublic(t *reportingv1.TableHead) bool {
	return t.GetAudience() == reportingv1.Audience_AUDIENCE_PUBLIC
}

// rowsOf are the rows of a frozen report, each with what was hidden in it then or since.
func rowsOf(view ledger.View, p *ledgerv1.Report, drafted *reportingv1.ReportDrafted) (rows []*reportingv1.Row, err error) {
	for part := range drafted.GetParts() {
		some, err := view.DraftRows(p.GetId(), drafted.GetDraft(), part+1)
		if err != nil {
			return nil, fmt.Errorf("read report %s: %w", p.GetId(), err)
		}
		rows = append(rows, some...)
	}
	if len(rows) != int(drafted.GetRows()) {
		return nil, fault.Errorf(fault.Precondition, "%d of %d rows of report %s are here, so that nobody can say what is hidden in it; leave it out", len(rows), drafted.GetRows(), p.GetId())
	}
	for _, row := range rows {
		id := report.MarkID(ledger.AgencyOf(p.GetJournal()), p.GetOpened().GetReport(), int(p.GetOpened().GetYear()), row.GetId())
		mark, err := view.RowMark(id)
		if err != nil {
			return nil, fmt.Errorf("read what was said of row %s: %w", row.GetId(), err)
		}
		row.Hidden = either(row.GetHidden(), mark.GetHidden().GetHidden())
	}
	return rows, nil
}

// either is what one or the other hides.
func either(a, b *reportingv1.Hidden) *reportingv1.Hidden {
	return &reportingv1.Hidden{
		Row: a.GetRow() || b.GetRow(), Quantity: a.GetQuantity() || b.GetQuantity(), Value: a.GetValue() || b.GetValue(),
		Description: a.GetDescription() || b.GetDescription(),
	}
}
