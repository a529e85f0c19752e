package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// contributing is a procedure by which agencies contribute to the annual report.
func contributing(agencies ...string) *reportingv1.Procedure {
	return &reportingv1.Procedure{Procedure: "XA", Version: 1, State: "XA", Reports: []*reportingv1.ReportTerms{{Report: report.Annual, Contributors: agencies}}}
}

func asked(id string, agencies ...string) proto.Message {
	return in(2026, &reportingv1.AgencyReturnRequested{RequestId: "reporting/" + id, Form: report.Annual, Year: 2025, Agencies: agencies})
}

func says(agency, id string, r *reportingv1.AgencyReturnSubmitted) proto.Message {
	r.RequestId = "reporting/" + id
	return in(2026, ledgertest.By(agency, r))
}

func isNil() *reportingv1.AgencyReturnSubmitted { return &reportingv1.AgencyReturnSubmitted{Nil: true} }

// figure is of tanks to XB, in pieces, of which the agency's own journals had some.
func figure(pieces, prefilled int64, reason string) *reportingv1.Figure {
	f := &reportingv1.Figure{
		Table: report.Exports, Row: "I", Basis: "authorized", Destination: "XB", Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}, Reason: reason,
	}
	if prefilled > 0 {
		f.Prefilled = &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: prefilled * 1000}}}
	}
	return f
}

// Silence is not nil: a table is nil when it has no rows and every agency that contributes has said so, whether it was asked by the
// procedure or beside it (rule R4).
func TestNilIsConfirmedByEveryContributor(t *testing.T) {
	for _, tt := range []struct {
		name      string
		facts     []proto.Message
		isNil     bool
		confirmed string
		awaited   string
	}{
		{"nobody asked", nil, false, "", "customs licensing"},
		{"asked", []proto.Message{asked("Q-1", "customs", "licensing")}, false, "", "customs licensing"},
		{"one is silent", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil())}, false, "customs", "licensing"},
		{"both", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()), says("licensing", "Q-1", isNil())}, true, "customs licensing", ""},
		{"one for this table alone", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()),
			says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{NilTables: []string{report.Exports}})}, true, "customs licensing", ""},
		{"one for the other table", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()),
			says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{NilTables: []string{report.Imports}})}, false, "customs", ""},
		{"one takes it back", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()), says("licensing", "Q-1", isNil()),
			says("customs", "Q-1", &reportingv1.AgencyReturnSubmitted{NilTables: []string{report.Imports}, Figures: []*reportingv1.Figure{figure(2, 0, "seized and sold")}})}, false, "licensing", ""},
		{"a row of nobody's", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()), says("licensing", "Q-1", isNil()),
			in(2025, granted("1", export, "XB", goods("ML6", tanks, "I", 2, 1_00)))}, false, "customs licensing", ""},
		{"asked once more", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()), says("licensing", "Q-1", isNil()), asked("Q-2", "customs")},
			false, "licensing", "customs"},
		{"another is asked too", []proto.Message{asked("Q-1", "customs", "licensing", "enforcement"), says("customs", "Q-1", isNil()), says("licensing", "Q-1", isNil())},
			false, "customs licensing", "enforcement"},
		{"its rows are stated as nothing", []proto.Message{asked("Q-1", "customs", "licensing"), says("customs", "Q-1", isNil()),
			in(2025, granted("1", export, "XB", &transferv1.Line{Rating: "ML6", Category: tanks, Row: "I", Quantity: &transferv1.Quantity{Thousandths: 2000, Unit: "H87"}})),
			says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{NilTables: []string{report.Exports, report.Imports}, Figures: []*reportingv1.Figure{figure(0, 2, "a museum piece")}})},
			true, "customs licensing", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := built(t, report.Annual, 2025, contributing("licensing", "customs"), tt.facts...)
			h := c.Tables[0]
			if h.Nil != tt.isNil || strings.Join(h.NilConfirmedBy, " ") != tt.confirmed || strings.Join(h.Awaited, " ") != tt.awaited {
				t.Errorf("exports: %v", h)
			}
			public, err := report.Edition(c, reportingv1.Audience_AUDIENCE_PUBLIC)
			if err != nil || tt.isNil && len(public.Rows) > 0 {
				t.Errorf("the public reads of a nil table %v, %v", public.GetRows(), err)
			}
		})
	}
	if _, c := built(t, report.Annual, 2025, nil); c.Tables[0].Nil {
		t.Error("a table is nil though nobody was to be asked")
	}
}

// What a return states otherwise is a contribution of its own, that names the return's event.
func TestReturnContributes(t *testing.T) {
	_, c := built(t, report.Annual, 2025, contributing("licensing"), asked("Q-1", "licensing"), asked("Q-2", "licensing"),
		in(2025, granted("1", export, "XB", &transferv1.Line{Rating: "ML6", Category: tanks, Row: "I", Quantity: &transferv1.Quantity{Thousandths: 10_000, Unit: "H87"}})),
		says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{Figures: []*reportingv1.Figure{figure(7, 10, "an earlier count")}}),
		says("licensing", "Q-2", &reportingv1.AgencyReturnSubmitted{Figures: []*reportingv1.Figure{figure(8, 10, "two were not built")}}),
	)
	if len(c.Rows) != 1 || c.Rows[0].Amounts.Quantities[0].Thousandths != 8_000 || len(c.Rows[0].Contributions) != 2 {
		t.Fatalf("rows are %v", c.Rows)
	}
	by := c.Rows[0].Contributions[1]
	if c.Rows[0].Contributions[0].Subject != "licensing/1#1" || by.Subject != "licensing/reporting/Q-2" || by.Journal != "licensing/all" || !slices.Equal(by.Events, []uint64{3}) ||
		by.Figure != 1 || by.Amounts.Quantities[0].Thousandths != -2_000 {
		t.Errorf("the row is made of %v", c.Rows[0].Contributions)
	}
}

// A return with the State settles that a row names none, and one in pieces that it was in kilograms.
func TestReturnSettlesProblems(t *testing.T) {
	line := &transferv1.Line{Rating: "ML6", Category: tanks, Row: "I", Quantity: &transferv1.Quantity{Thousandths: 10_000, Unit: "KGM"}}
	moved := figure(0, 0, "it is XB")
	moved.Destination, moved.Quantity.Unit, moved.Prefilled = "", "KGM", &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: "KGM", Thousandths: 10_000}}}
	facts := []proto.Message{asked("Q-1", "licensing"), in(2025, granted("1", export, "", line))}
	codes := func(facts ...proto.Message) (codes string) {
		d, _ := built(t, report.Annual, 2025, nil, facts...)
		for _, p := range d.Problems() {
			codes += p.Code + " "
		}
		return codes
	}
	if got := codes(facts...); got != "no-counterpart other-unit " {
		t.Errorf("before the return: %s", got)
	}
	if got := codes(append(facts, says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{Figures: []*reportingv1.Figure{moved, figure(4, 0, "it is XB")}}))...); got != "" {
		t.Errorf("after the return: %s", got)
	}
}

// What stands between a report and its freezing: agencies that are silent, and returns that began with what is not so any more.
func TestReturnProblems(t *testing.T) {
	line := func(pieces int64) *transferv1.Line {
		return &transferv1.Line{Rating: "ML6", Category: tanks, Row: "I", Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}}
	}
	begun := []proto.Message{asked("Q-1", "licensing"), in(2025, granted("1", export, "XB", line(2))),
		says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{NilTables: []string{report.Imports}, Figures: []*reportingv1.Figure{figure(2, 2, "")}})}
	for _, tt := range []struct {
		name  string
		facts []proto.Message
		want  string
	}{
		{"nobody was asked", nil, "awaited-return customs,licensing counterfoil return request --form att-annual --year 2025"},
		{"one is silent", append(begun[:3:3], asked("Q-2", "customs")), "awaited-return customs counterfoil return list --year 2025"},
		{"none is", append(begun[:3:3], asked("Q-2", "customs"), says("customs", "Q-2", isNil())), ""},
		{"more was granted since", append(begun[:3:3], asked("Q-2", "customs"), says("customs", "Q-2", isNil()), in(2025, granted("2", export, "XB", line(1)))),
			"outdated-return licensing/reporting/Q-1 counterfoil return prepare at that agency"},
		{"another row came since", append(begun[:3:3], asked("Q-2", "customs"), says("customs", "Q-2", isNil()), in(2025, granted("2", export, "XC", line(1)))),
			"outdated-return licensing/reporting/Q-1 counterfoil return prepare at that agency"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "reporting", tt.facts...)
			spec, err := report.NewSpec("", contributing("licensing", "customs"), report.Annual, 2025)
			if err != nil {
				t.Fatal(err)
			}
			d, err := report.Build(view, spec)
			if err != nil {
				t.Fatal(err)
			}
			problems, err := d.ReturnProblems(view)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				if !p.Blocks {
					t.Errorf("%s does not block", p.Code)
				}
				got = append(got, p.Code+" "+strings.Join(p.Subjects, ",")+" "+p.Next)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Facts in journals that the reader does not read are in no figure, and are told of.
func TestOwnLeavesOutWhatTheReaderDoesNotRead(t *testing.T) {
	view := ledgertest.GivenAs(t, "licensing",
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "reporting"}}, &directoryv1.GroupDefined{Group: "secret", Members: []string{"licensing"}},
		in(2025, granted("1", export, "XB", goods("ML6", tanks, "I", 2, 1_00))), ledgertest.In("secret", in(2025, granted("2", export, "XC", goods("ML6", tanks, "I", 3, 1_00)))),
	)
	spec, err := report.NewSpec("", nil, report.Annual, 2025)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Build(view, spec)
	if err != nil {
		t.Fatal(err)
	}
	rows, problems, err := d.OwnOf(view, "licensing", "reporting")
	if err != nil || len(rows) != 1 || rows[0].Keys[2] != "XB" || len(problems) != 1 || problems[0].Code != report.Unshared || problems[0].Subjects[0] != "licensing/2#1" {
		t.Errorf("reporting reads %v, %v, %v", rows, problems, err)
	}
	if rows, problems, err := d.Own(view); err != nil || len(rows) != 2 || len(problems) != 0 {
		t.Errorf("licensing has %v, %v, %v", rows, problems, err)
	}
}
