package gate_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

func TestInForce(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tt := range []struct {
		from, until, ended string
		on                 time.Time
		want               bool
	}{
		{"", "", "", day("2026-01-01"), true},
		{"2026-01-02", "", "", day("2026-01-02").Add(-1), false},
		{"2026-01-02", "", "", day("2026-01-02"), true},
		{"", "2026-01-02", "", day("2026-01-03").Add(-1), true},
		{"", "2026-01-02", "", day("2026-01-03"), false},
		{"", "", "2026-01-02", day("2026-01-02").Add(-1), true},
		{"", "", "2026-01-02", day("2026-01-02"), false},
		{"soon", "9", "x", day("2026-01-02"), true},
	} {
		e := &ledgerv1.Embargo{Recorded: &screeningv1.EmbargoRecorded{ValidFrom: tt.from, ValidUntil: tt.until}}
		if tt.ended != "" {
			e.Ended = &screeningv1.EmbargoEnded{On: tt.ended}
		}
		if got := gate.InForce(e, tt.on); got != tt.want {
			t.Errorf("from %q until %q, ended %q: in force on %s: %t", tt.from, tt.until, tt.ended, tt.on, got)
		}
	}
}

func TestReach(t *testing.T) {
	place := func(c string) []*licensingv1.Place { return []*licensingv1.Place{{Country: "XZ"}, {Country: c}} }
	limited := []transferv1.Category{transferv1.Category_CATEGORY_I_BATTLE_TANKS}
	for name, tt := range map[string]struct {
		deal       *licensingv1.Deal
		country    string
		categories []transferv1.Category
		want       string
	}{
		"destination":      {deal(), "XB", nil, "its destination"},
		"onward":           {deal(func(d *licensingv1.Deal) { d.Onward = place("XC") }), "XC", nil, "a further destination"},
		"source":           {deal(func(d *licensingv1.Deal) { d.Sources = place("XC") }), "XC", nil, "where its goods come from"},
		"route":            {deal(func(d *licensingv1.Deal) { d.Route = place("XC") }), "XC", nil, "its route"},
		"a party":          {deal(), "XA", nil, "its exporter"},
		"nowhere":          {deal(), "XC", nil, ""},
		"a group":          {deal(func(d *licensingv1.Deal) { d.Parties[0].Country = "" }), "", nil, ""},
		"other categories": {deal(), "XB", limited, ""},
		"one of several":   {deal(), "XB", append(limited, small), "its destination"},
		"not classified":   {deal(func(d *licensingv1.Deal) { d.Lines[0].Category = 0 }), "XB", limited, "its destination"},
		"known to be a rifle": {deal(func(d *licensingv1.Deal) {
			d.Lines[0] = &transferv1.Line{Number: 1, Rating: "ML1.a", Parameters: map[string]string{"type": "rifle", "part": "no"}}
		}), "XB", limited, ""},
		"no deal": {nil, "XB", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &ledgerv1.Embargo{Recorded: &screeningv1.EmbargoRecorded{Country: tt.country, Categories: tt.categories}}
			if got := gate.Reach(e, tt.deal); got != tt.want {
				t.Errorf("it reaches the deal by %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProhibited(t *testing.T) {
	exempted := func(reason string) *licensingv1.ProhibitionChecked {
		return checked(clear, findings(clear, clear, clear, func(all []*licensingv1.ProhibitionFinding) {
			all[0].Reason, all[0].Embargoes = reason, []string{embargoID}
		}))
	}
	const by = "embargo licensing/E-1 on XB (resolution 9001) reaches the deal by its destination"
	onTanks := func(e *screeningv1.EmbargoRecorded) {
		e.Categories = []transferv1.Category{transferv1.Category_CATEGORY_I_BATTLE_TANKS}
	}
	unclassified := with(submitted, func(s *licensingv1.ApplicationSubmitted) { s.Deal.Lines[0].Category = 0 })
	none := &licensingv1.ClassificationAssigned{ApplicationId: applicationID, Line: 1, None: true, Reason: "a toy"}
	tests := []struct {
		name  string
		given []proto.Message
		deal  *licensingv1.Deal
		want  string
	}{
		{"nothing", []proto.Message{submitted, isClear()}, deal(), ""},
		{"recorded after the check", []proto.Message{submitted, isClear(), embargo("XB")}, deal(), by},
		{"without a check", []proto.Message{embargo("XB")}, deal(), by},
		{"not in force yet", []proto.Message{embargo("XB", func(e *screeningv1.EmbargoRecorded) { e.ValidFrom = "2026-03-11" })}, deal(), ""},
		{"ended", []proto.Message{embargo("XB"), ledgertest.By("licensing", &screeningv1.EmbargoEnded{EmbargoId: embargoID, On: "2026-03-10"})}, deal(), ""},
		{"exempted", []proto.Message{submitted, exempted("see paragraph 5(a)."), embargo("XB")}, deal(), ""},
		{"named in other case and spacing", []proto.Message{submitted, exempted("PARAGRAPH\n 5(A)"), embargo("XB")}, deal(), ""},
		{"an exemption of another embargo", []proto.Message{submitted, exempted("see paragraph 5(b)"), embargo("XB")}, deal(), by},
		{"part of another word", []proto.Message{submitted, exempted("see subparagraph 5(a) of no resolution"), embargo("XB")}, deal(), by},
		{"the embargo has none", []proto.Message{submitted, exempted("see paragraph 5(a)"), embargo("XB", func(e *screeningv1.EmbargoRecorded) { e.Exemptions = []string{"", " "} })}, deal(), by},
		{"the check had not seen it", []proto.Message{submitted, checked(clear, findings(clear, clear, clear, func(all []*licensingv1.ProhibitionFinding) {
			all[0].Reason = "paragraph 5(a) of something else"
		})), embargo("XB")}, deal(), by},
		{"of other goods", []proto.Message{submitted, isClear(), embargo("XB", onTanks)}, deal(), ""},
		{"of goods that are not classified", []proto.Message{unclassified, isClear(), embargo("XB", onTanks)}, unclassified.Deal, by},
		{"of goods that are found to be none", []proto.Message{unclassified, none, isClear(), embargo("XB", onTanks)}, unclassified.Deal, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			check, err := view.ProhibitionCheck(checkID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := gate.Prohibited(view, tt.deal, check, now)
			if err != nil || strings.Join(got, "; ") != tt.want {
				t.Errorf("it is prohibited by %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
