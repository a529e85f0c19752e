package report_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
)

// A draft that was brought further than a view is, by a caller who came first, is for this view what the view has.
func TestUpdateOfAnOlderView(t *testing.T) {
	facts := []proto.Message{
		in(2025, granted("1", export, "XB", goods("ML6", tanks, "I", 1, 1_00))), in(2025, granted("2", export, "XC", goods("ML6", tanks, "I", 2, 2_00))),
	}
	spec, err := report.NewSpec("", nil, report.Annual, 2025)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Build(ledgertest.GivenAs(t, "reporting", facts...), spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2} {
		var view ledger.View = ledgertest.GivenAs(t, "reporting", facts[:n]...)
		fresh, err := report.Build(view, spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Update(view); err != nil {
			t.Fatal(err)
		}
		if err := sameDraft(view, fresh, d); err != nil {
			t.Errorf("a view of %d events: %v", n, err)
		}
	}
}
