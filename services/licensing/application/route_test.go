package application_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

func routed(parts ...*licensingv1.RoutedPart) *licensingv1.ApplicationRouted {
	return &licensingv1.ApplicationRouted{ApplicationId: applicationID, Parts: parts}
}

func part(decider, policy string, lines ...uint32) *licensingv1.RoutedPart {
	return &licensingv1.RoutedPart{Decider: decider, PolicyId: policy, Lines: lines}
}

func TestProceed(t *testing.T) {
	single2 := policy("joint/1", `{name: joint, version: 1, title: Heavy arms jointly, legal_basis: fictional, valid_from: 2026-01-01, decider: licensing, precedence: 2, mixed: joint,
scope: 'categories.exists(c, c in ["i"])'}`)
	imports := policy("imports/1", `{name: imports, version: 1, title: Imports, legal_basis: fictional, valid_from: 2026-01-01, decider: imports, precedence: 5, scope: 'kind == "import"'}`)
	tomorrow := policy("single/2", `{name: single, version: 2, title: All arms, legal_basis: fictional, valid_from: 2026-03-11, decider: small-arms}`)
	onlySmall := func(d *licensingv1.Deal) {
		d.Lines[0].Rating, d.Lines[0].Category, d.Lines[1].Category = "ML1.a", small, small
	}
	onlyTanks := func(d *licensingv1.Deal) {
		d.Lines[0].Category, d.Lines[1].Rating, d.Lines[1].Category = tanks, "ML6.a", tanks
	}
	describedRifles := func(d *licensingv1.Deal) { d.Lines[1].Parameters = rifle }
	rifles := beside(assigned(2, "ML1.a", small, "VIII small arms 4", isRifle))
	none := func(number uint32) proto.Message {
		return beside(assigned(number, "ML6.a", 0, "", func(c *licensingv1.ClassificationAssigned) { c.None = true }))
	}
	withoutReader := &directoryv1.GroupDefined{Group: "cases", Members: []string{"licensing"}}
	tests := []struct {
		name  string
		given []proto.Message
		want  []proto.Message
		waits string // what for
	}{
		{"one agency decides everything", []proto.Message{single, submitted()}, nil, ""},
		{"the table is certain of one line", []proto.Message{heavy, light, submitted(describedRifles)},
			[]proto.Message{assigned(2, "ML1.a", small, "VIII small arms 4", isRifle)}, "depends on what line 1 is"},
		{"and it was classified", []proto.Message{heavy, light, submitted(describedRifles), rifles}, nil, "depends on what line 1 is"},
		{"two deciders", []proto.Message{heavy, light, submitted(classified)},
			[]proto.Message{routed(part("licensing", "heavy/1", 1), part("small-arms", "light/1", 2))}, ""},
		{"two deciders, one of the lines is none", []proto.Message{heavy, light, submitted(func(d *licensingv1.Deal) { d.Lines[1].Category = tanks }), none(1)},
			[]proto.Message{routed(part("small-arms", "light/1", 1), part("licensing", "heavy/1", 2))}, ""},
		{"another decides", []proto.Message{heavy, light, submitted(onlySmall)}, []proto.Message{routed(part("small-arms", "light/1", 1, 2))}, ""},
		{"this agency decides", []proto.Message{heavy, light, submitted(onlyTanks)}, nil, ""},
		{"jointly, this agency first", []proto.Message{single2, light, submitted(classified)}, nil, ""},
		{"jointly, another first", []proto.Message{single2, light, submitted(func(d *licensingv1.Deal) {
			classified(d)
			d.Lines[0].Category, d.Lines[1].Category = small, tanks
		})}, []proto.Message{routed(part("small-arms", "light/1 joint/1", 1, 2))}, ""},
		{"by kind, whatever the lines are", []proto.Message{imports, heavy, light, submitted(func(d *licensingv1.Deal) {
			d.Kind, d.Destination, d.Sources = transferv1.Kind_KIND_IMPORT, &licensingv1.Place{Country: "XA"}, []*licensingv1.Place{{Country: "XB"}}
		})}, []proto.Message{routed(part("imports", "imports/1", 1, 2))}, ""},
		{"no policy", []proto.Message{submitted()}, nil, "no decision policy was adopted"},
		{"no policy for it", []proto.Message{imports, submitted()}, nil, "no policy in force is for line 1"},
		{"no policy for some categories", []proto.Message{heavy, submitted()}, nil, "depends on what line 1 is"},
		{"a later policy is not in force", []proto.Message{single, tomorrow, submitted()}, nil, ""},
		{"a decider that does not read it", []proto.Message{withoutReader, heavy, light, submitted(classified)}, nil, "small-arms decides lines of application licensing/A-2026-000001 and does not read licensing/cases"},
		{"heard again when another policy is in force", []proto.Message{single, tomorrow, submitted(),
			ledgertest.At(now.AddDate(0, 0, 1), beside(&licensingv1.DocumentFiled{ApplicationId: applicationID, Document: document("2")}))},
			[]proto.Message{routed(part("small-arms", "single/2", 1, 2))}, ""},
		{"routed already", []proto.Message{heavy, light, submitted(classified), beside(routed(part("small-arms", "light/1", 1, 2)))}, nil, ""},
		{"came by a route", []proto.Message{heavy, light, beside(&licensingv1.ApplicationSubmitted{
			ApplicationId: applicationID, RoutedFrom: othersApplicationID, PolicyId: "light/1", Deal: with(deal(), classified),
		})}, nil, ""},
		{"came by a route, and is classified by itself", []proto.Message{heavy, light, beside(&licensingv1.ApplicationSubmitted{
			ApplicationId: applicationID, RoutedFrom: othersApplicationID, PolicyId: "light/1", Deal: with(deal(), describedRifles),
		})}, []proto.Message{assigned(2, "ML1.a", small, "VIII small arms 4", isRifle)}, ""},
		{"decided", []proto.Message{heavy, light, submitted(classified), denied}, nil, ""},
		{"never submitted", nil, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := given(t, tt.given...)
			got, err := application.Proceed(view, applicationID, now)
			expect(t, got, err, tt.want, nil)
			a, err := view.Application(applicationID)
			if err != nil || a == nil {
				return
			}
			_, err = application.Route(view, a, now)
			if tt.waits == "" && err != nil || tt.waits != "" && (fault.As(err) == nil || !strings.Contains(err.Error(), tt.waits)) {
				t.Errorf("it waits for %v, want %q", err, tt.waits)
			}
		})
	}
}

func TestOpenCase(t *testing.T) {
	const caseID = "small-arms/A-2026-000001"
	both := routed(part("licensing", "heavy/1", 1), part("small-arms", "light/1", 2))
	opened := &licensingv1.ApplicationSubmitted{ApplicationId: caseID, RoutedFrom: applicationID, PolicyId: "light/1", Deal: with(deal(), func(d *licensingv1.Deal) {
		d.Lines = []*transferv1.Line{line(1, "ML1.a", 100)}
		d.Lines[0].Category, d.ShipmentId = small, applicationID
	})}
	origin := []proto.Message{submitted(classified), beside(both)}
	tests := []struct {
		name   string
		given  []proto.Message
		routed *licensingv1.ApplicationRouted
		want   []proto.Message
	}{
		{"its part", origin, both, []proto.Message{opened}},
		{"heard again", append(origin[:2:2], ledgertest.By("small-arms", opened)), both, nil},
		{"another's case of it is there", append(origin[:2:2], ledgertest.By("imports", with(opened, func(a *licensingv1.ApplicationSubmitted) { a.ApplicationId = "imports/A-1" }))), both, []proto.Message{opened}},
		{"no part", origin, routed(part("licensing", "heavy/1", 1, 2)), nil},
		{"the application did not come", nil, both, nil},
		{"lines that there are not", origin, routed(part("small-arms", "light/1", 7)), nil},
		{"with what it was classified by, and its shipment", []proto.Message{submitted(func(d *licensingv1.Deal) { d.ShipmentId = "UCR-1" }),
			beside(assigned(1, "ML6.a", tanks, "I")), beside(assigned(2, "ML1.a", small, "VIII small arms 4", isRifle)), beside(both)}, both,
			[]proto.Message{with(opened, func(a *licensingv1.ApplicationSubmitted) {
				a.Deal.ShipmentId, a.Deal.Lines[0].Row, a.Deal.Lines[0].Parameters = "UCR-1", "VIII small arms 4", rifle
			})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.OpenCase(ledgertest.GivenAs(t, "small-arms", tt.given...), tt.routed, now)
			expect(t, got, err, tt.want, nil)
		})
	}
}

// A policy that is adopted later is what an application waited for; what is decided or another's stays as it is.
func TestProceedAll(t *testing.T) {
	const second, third = "licensing/A-2026-000002", "licensing/A-2026-000003"
	other := func(id string) *licensingv1.ApplicationSubmitted {
		return &licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: with(deal(), classified)}
	}
	before := []proto.Message{submitted(classified), other(second), other(third),
		&licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: third, Deal: deal()},
		ledgertest.By("small-arms", ledgertest.In("cases", other(othersApplicationID))),
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "small-arms"}}}
	got, err := application.ProceedAll(given(t, before...), now)
	expect(t, got, err, nil, nil)
	got, err = application.ProceedAll(given(t, append(before, heavy, light)...), now)
	if err != nil || len(got) != 2 {
		t.Fatalf("it decides %v, %v", got, err)
	}
	if d := got[1].(ledger.Dated); d.Group != "all" || d.Message.(*licensingv1.ApplicationRouted).ApplicationId != second {
		t.Errorf("the second is %v, in %q", d.Message, d.Group)
	}
	expect(t, got[:1], nil, []proto.Message{routed(part("licensing", "heavy/1", 1), part("small-arms", "light/1", 2))}, nil)
}
