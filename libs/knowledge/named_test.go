package knowledge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/knowledge"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A decision is named by its record, by its place in the record's journal, by its place, or by its id.
func TestNaming(t *testing.T) {
	w := suspended(t)
	id, err := uuid.FromBytes(w.causes["decision"].Id)
	if err != nil {
		t.Fatal(err)
	}
	raised, err := uuid.FromBytes(w.causes["cited"].Id)
	if err != nil {
		t.Fatal(err)
	}
	view := w.view("licensing")
	for _, tt := range []struct {
		id      string
		event   uint64
		want    string // kind of the decision, or what the refusal says
		refusal error
	}{
		{licence, 0, "LicenceSuspended", nil},
		{licence, 4, "LicenceSuspended", nil},
		{licence, 2, "LicenceGranted", nil},
		{licence, 3, "no decision on licensing/L-1", fault.NotFound},
		{id.String(), 0, "LicenceSuspended", nil},
		{"licensing/all/2", 0, "LicenceGranted", nil},
		{"licensing/all/1", 0, "is application submitted, which decides nothing", fault.Invalid},
		{raised.String(), 0, "is diversion alert raised, which decides nothing", fault.Invalid},
		{"enforcement/D-1", 0, "nothing has been decided on enforcement/D-1 yet", fault.Precondition},
		{"licensing/A-1", 0, "counterfoil knew licensing/L-1", fault.Precondition},
		{"licensing/L-9", 0, "nothing called licensing/L-9", fault.NotFound},
		{"licensing/L-9", 1, "no record called licensing/L-9", fault.NotFound},
		{"licensing/all/99", 0, "nothing called", fault.NotFound},
	} {
		res, table, err := knowledge.Review(view, tt.id, tt.event)
		switch {
		case tt.refusal != nil:
			if !errors.Is(err, tt.refusal) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, event %d: %v; want … %s …", tt.id, tt.event, err, tt.want)
			}
		case err != nil || !strings.HasSuffix(res.Decision.Kind, "."+tt.want) || table != queryv1.Table_TABLE_LICENCES || res.Decision.RecordId != licence:
			t.Errorf("%s, event %d: %v of table %s, %v", tt.id, tt.event, res.GetDecision(), table, err)
		}
	}
}

// An event that was shared with the agency only later existed before, and came with the block that repeats it. One that it was given
// in either journal it had.
func TestSharedLater(t *testing.T) {
	w := newWorld(t)
	repeat := func(name string, of said, written int, also bool) {
		of.name = name
		b := w.tell(of)
		e := proto.CloneOf(b.Entries[0].Event)
		e.Origin = &eventv1.Cause{Journal: b.ID.String(), Number: b.Header.FirstEvent, Id: e.Id}
		if !also {
			w.blocks = w.blocks[:len(w.blocks)-1] // licensing is not given that journal
		}
		w.put(journal.ID{Agency: "enforcement", Group: "all"}, e, written, written)
	}
	in := func(group string, n int) proto.Message { return ledgertest.In(group, alert(n, licence)) }
	w.tell(said{written: 1, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence}})
	repeat("shared before", said{written: 2, fact: in("police-1", 1)}, 3, false)
	repeat("shared later", said{written: 4, fact: in("police-2", 2)}, 14, false)
	repeat("given twice", said{written: 5, received: 6, fact: in("police-3", 3)}, 15, true)
	w.tell(said{written: 10, name: "decision", fact: &licensingv1.LicenceSuspended{LicenceId: licence}})
	res := review(t, w.view("licensing"), licence)
	want := `used ["granted"], unused ["given twice" "shared before"], not arrived ["shared later"]`
	if got := w.lists(res); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if k := res.NotArrived[0]; !k.SharedLater || k.StatedLater || k.WrittenAt != nil || k.CameAfterSeconds != 4*3600 {
		t.Errorf("shared later: %v", k)
	}
}

// What a decision cites and is not here is said; so is that it was decided long before it was written, and what was not looked at.
func TestWhatDoesNotFit(t *testing.T) {
	w := newWorld(t)
	w.tell(said{written: 1, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence}})
	for n := range 203 {
		w.tell(said{written: 2, fact: sighting(n, licence)})
	}
	w.tell(said{written: 3, name: "withheld", fact: &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1"}})
	w.blocks = w.blocks[:len(w.blocks)-1]
	w.tell(said{occurred: -40, written: 10, name: "decision", cites: []string{"withheld"}, fact: &licensingv1.LicenceSuspended{LicenceId: licence}})
	res := review(t, w.view("licensing"), licence)
	if len(res.LeftOut) != 1 || res.LeftOut[0].Records != 3 || len(res.Received) != 201 {
		t.Errorf("%d received, left out %v", len(res.Received), res.LeftOut)
	}
	said := fmt.Sprint(res.Findings)
	for _, want := range []string{"cites event 1 of enforcement/all, which is not on record here", "written down 2 d later"} {
		if !strings.Contains(said, want) {
			t.Errorf("findings do not say %q: %s", want, said)
		}
	}
	if len(res.Findings) != 2 || !strings.Contains(res.Summary, "2 things do not fit together.") || !strings.Contains(res.Summary, "what was left out is listed") {
		t.Errorf("%d findings: %s", len(res.Findings), res.Summary)
	}
}
