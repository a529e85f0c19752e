package report

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// ID is the id of a revision of a report of a year, by the agency that makes it.
func ID(agency, report string, year, revision int) string {
	return fmt.Sprintf("%s/%s-%d.%d", agency, report, year, revision)
}

// Recorded is a draft that is on record, as it was drafted.
type Recorded struct {
	Report  *ledgerv1.Report
	Draft   uint32 // from 1
	Drafted *reportingv1.ReportDrafted
	// With contributions.
	Content *reportingv1.Content
}

// Frozen reports whether the draft is the report.
func (r Recorded) Frozen() bool { return r.Report.GetFrozen().GetDraft() == r.Draft }

// Read returns a draft of a report on record, 0 for its last. It is refused where there is none, and where a part of it is not in this
// ledger. One that is not what its digest says is an error: nothing of it is given out.
func Read(view ledger.View, id string, draft uint32) (Recorded, error) {
	r, err := view.Report(id)
	switch {
	case err != nil:
		return Recorded{}, fmt.Errorf("read report %s: %w", id, err)
	case r == nil:
		return Recorded{}, fault.Errorf(fault.NotFound, "report %s is not on record here; see: counterfoil list reports", id)
	case len(r.GetDrafts()) == 0:
		return Recorded{}, fault.Errorf(fault.Precondition, "%s has no draft yet; make one: counterfoil report circulate %s/%d", id, r.GetOpened().GetReport(), r.GetOpened().GetYear())
	case int(draft) > len(r.GetDrafts()):
		return Recorded{}, fault.Errorf(fault.NotFound, "%s has drafts 1 to %d and no draft %d; see: counterfoil get reports %s", id, len(r.GetDrafts()), draft, id)
	case draft == 0:
		draft = uint32(len(r.GetDrafts()))
	}
	drafted := r.GetDrafts()[draft-1]
	rows, err := rowsOf(view, id, draft, drafted.GetParts())
	if err != nil {
		return Recorded{}, err
	}
	c := &reportingv1.Content{Title: drafted.GetTitle(), Tables: drafted.GetTables(), Rows: rows}
	digest, err := Digest(c)
	if err != nil {
		return Recorded{}, err
	}
	if !bytes.Equal(digest, drafted.GetDigest()) {
		return Recorded{}, fmt.Errorf("draft %d of %s on record has digest %x, not the %x that was recorded with it", draft, id, digest, drafted.GetDigest())
	}
	return Recorded{Report: r, Draft: draft, Drafted: drafted, Content: c}, nil
}

// rowsOf are the rows in the parts of a draft, those that went on in the next part in one piece again.
func rowsOf(view ledger.View, id string, draft, parts uint32) (rows []*reportingv1.Row, err error) {
	for part := uint32(1); part <= parts; part++ {
		kept, err := view.DraftRows(id, draft, part)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read part %d of draft %d of %s: %w", part, draft, id, err)
		case kept == nil:
			return nil, fault.Errorf(fault.Precondition, "part %d of draft %d of %s is not in this ledger, or its content was withdrawn; see how far each journal was read: counterfoil status", part, draft, id)
		}
		if n := len(rows); n > 0 && rows[n-1].GetId() == kept[0].GetId() && rows[n-1].GetTable() == kept[0].GetTable() {
			rows[n-1].Contributions = append(rows[n-1].Contributions, kept[0].GetContributions()...)
			kept = kept[1:]
		}
		rows = append(rows, kept...)
	}
	return rows, nil
}

// maxPart is how many bytes of rows go into one part: well below what a block's body may hold.
const maxPart = 300 << 10

// Parts cuts rows into parts that fit a block each. A row with more contributions than go into one goes on in the next, under its id and
// with nothing else.
func Parts(rows []*reportingv1.Row) (parts [][]*reportingv1.Row) {
	var part []*reportingv1.Row
	size := 0
	end := func() { parts, part, size = append(parts, part), nil, 0 }
	for _, r := range rows {
		piece := withoutContributions(r)
		n := proto.Size(piece) + overhead
		if size > 0 && size+n > maxPart {
			end()
		}
		part, size = append(part, piece), size+n
		for _, c := range r.GetContributions() {
			n := proto.Size(c) + overhead
			if size+n > maxPart {
				end()
				piece = &reportingv1.Row{Id: r.GetId(), Table: r.GetTable()}
				part, size = []*reportingv1.Row{piece}, proto.Size(piece)+overhead
			}
			piece.Contributions, size = append(piece.Contributions, c), size+n
		}
	}
	if len(part) > 0 {
		end()
	}
	return parts
}

// overhead is the most that a field of a part adds to what it holds.
const overhead = 8

// withoutContributions is a row without what it is made of. It shares what it has with the row.
func withoutContributions(r *reportingv1.Row) *reportingv1.Row {
	return &reportingv1.Row{Id: r.Id, Table: r.Table, Keys: r.Keys, Amounts: r.Amounts, Comment: r.Comment, Description: r.Description, Hidden: r.Hidden}
}
