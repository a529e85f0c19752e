package annual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// event is where an event stands.
type event struct {
	journal string
	number  uint64
}

// record is what is known by now of what a contribution was read from.
type record struct {
	// Events that made it, then those that made what it rests on.
	events []event
	// Of an entry against a licence line: what it belongs to, the entry that it corrects, and the first event of the licence.
	declaration        string
	corrected, granted event
}

// made adds the events that made a row of the ledger.
func (r *record) made(row interface {
	GetJournal() string
	GetEvents() []uint64
}) {
	for _, n := range row.GetEvents() {
		r.events = append(r.events, event{row.GetJournal(), n})
	}
}

// recordOf finds what a subject is: an entry against a licence line, which rests on its declaration or usage and on the licence; a
// denial, or a licence's or denial's line, whose number comes after the "#"; or a return, which counts while no later request asks for
// another.
func recordOf(view ledger.View, subject string) (record, error) {
	var r record
	entry, err := view.WriteOff(subject)
	if err != nil {
		return r, fmt.Errorf("read entry %s: %w", subject, err)
	}
	if entry != nil {
		err := r.ofEntry(view, entry)
		return r, err
	}
	for _, id := range []string{subject, strings.SplitN(subject, "#", 2)[0]} {
		_, row, err := view.Find(id)
		if err != nil {
			return r, fmt.Errorf("read %s: %w", id, err)
		}
		switch row := row.GetRow().(type) {
		case *queryv1.Row_Licence:
			r.made(row.Licence)
			return r, nil
		case *queryv1.Row_Denial:
			r.made(row.Denial)
			return r, nil
		case *queryv1.Row_ReturnSubmission:
			err := r.ofReturn(view, row.ReturnSubmission)
			return r, err
		}
	}
	return r, nil
}

func (r *record) ofEntry(view ledger.View, entry *ledgerv1.WriteOff) error {
	r.declaration = entry.GetDeclarationId()
	r.made(entry)
	if entry.GetEffect() == ledgerv1.Effect_EFFECT_CORRECTED {
		others, err := view.WriteOffsWith("declaration", r.declaration)
		if err != nil {
			return fmt.Errorf("read entries of %s: %w", r.declaration, err)
		}
		for _, o := range others {
			if o.GetItem() == entry.GetItem() && o.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED {
				r.corrected = event{o.GetJournal(), o.GetEvents()[0]}
			}
		}
	}
	for _, id := range []string{entry.GetDeclarationId(), entry.GetLicenceId()} {
		_, row, err := view.Find(id)
		if err != nil {
			return fmt.Errorf("read %s: %w", id, err)
		}
		switch row := row.GetRow().(type) {
		case *queryv1.Row_Declaration:
			r.made(row.Declaration)
		case *queryv1.Row_Usage:
			r.made(row.Usage)
		case *queryv1.Row_Licence:
			r.made(row.Licence)
			r.granted = event{row.Licence.GetJournal(), row.Licence.GetEvents()[0]}
		}
	}
	return nil
}

func (r *record) ofReturn(view ledger.View, s *ledgerv1.ReturnSubmission) error {
	r.made(s)
	request, err := view.ReturnRequest(s.GetRequestId())
	if request == nil || err != nil {
		return err
	}
	asked := request.GetRequested()
	others, err := view.RequestsWith("form", asked.GetForm())
	if err != nil {
		return fmt.Errorf("read requests for returns to %s: %w", asked.GetForm(), err)
	}
	for _, other := range others {
		if o := other.GetRequested(); o.GetYear() == asked.GetYear() && slices.Contains(o.GetAgencies(), s.GetAgency()) {
			r.made(other)
		}
	}
	return nil
}
