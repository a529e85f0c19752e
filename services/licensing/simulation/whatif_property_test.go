package simulation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Judging decisions again under what they were made under changes nothing: neither the policy that was in force, nor embargoes from the
// days on which they were recorded, nor criteria as that policy weighs them. What came afterwards does not matter.
func asItWasChangesNothing(t *rapid.T, view ledger.View, p *policy.Policy, embargo *queryv1.WhatIfEmbargo) {
	for _, req := range []*queryv1.WhatIfRequest{
		{Policy: p.Terms},
		{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "*", OverridingFrom: licensingv1.Level_LEVEL_OVERRIDING}}},
		{Embargoes: []*queryv1.WhatIfEmbargo{embargo}},
		{Policy: p.Terms, Embargoes: []*queryv1.WhatIfEmbargo{{Country: "XD", From: "2020-01-01"}}},
	} {
		if got, totals := whatIf(t, view, req); totals.Decisions != 3 || len(got) > 0 {
			t.Fatalf("%d decisions; of %v these change: %v", totals.Decisions, req, lines(got))
		}
	}
}

// deal6 is a deal of one line, as Article 6 looks at it.
type deal6 struct {
	n                           int
	destination, onward, source string
	category                    transferv1.Category
	day                         int
	denied, found               bool
}

// ban is an embargo, on record from a day on or as if, with days counted from the Monday.
type ban struct {
	id, country    string
	first, last    int // last -1: none
	recorded       int // day on which it is on record; -1: as if
	categories     []transferv1.Category
	endedOn, ended int // -1: it is not
}

func iso(day int) string { return monday.AddDate(0, 0, day).Format(time.DateOnly) }

// prohibits is Article 6(1) in obvious code: whether an embargo that is known on the day of a decision is in force on it and reaches the deal.
func (b ban) prohibits(d deal6) bool {
	known := b.recorded < 0 || b.recorded <= d.day
	inForce := b.first <= d.day && (b.last < 0 || d.day <= b.last) && (b.ended < 0 || d.day < b.ended || d.day < b.endedOn)
	there := b.country == d.destination || b.country == d.onward || b.country == d.source
	return known && inForce && there && (len(b.categories) == 0 || slices.Contains(b.categories, d.category))
}

// comesOver reports whether it came to be known after a licence without an end was granted.
func (b ban) comesOver(d deal6) bool {
	from := b.recorded
	if from < 0 {
		from = b.first
	}
	b.recorded, b.first, b.last, b.ended = -1, 0, -1, -1
	return from > d.day && b.prohibits(d)
}

// naive says what every decision would have been, with a loop over all embargoes for each.
func naive(deals []deal6, onRecord, asIf []ban) map[string]string {
	out := map[string]string{}
	for _, d := range deals {
		was, now, isNew, came, comes := false, false, false, false, false
		for _, b := range onRecord {
			was = was || b.prohibits(d)
		}
		for _, b := range asIf {
			before := slices.IndexFunc(onRecord, func(o ban) bool { return o.id == b.id })
			now = now || b.prohibits(d)
			isNew = isNew || b.prohibits(d) && (before < 0 || !onRecord[before].prohibits(d))
			if b.recorded < 0 {
				came = before >= 0 && onRecord[before].comesOver(d)
				comes = comes || b.comesOver(d) && !came
			}
		}
		switch {
		case !d.denied && isNew:
			out[fmt.Sprintf("licensing/L-2026-%06d", d.n)] = "prohibited"
		case !d.denied && comes:
			out[fmt.Sprintf("licensing/L-2026-%06d", d.n)] = "reassessed"
		case d.denied && now && !was && !d.found:
			out[fmt.Sprintf("licensing/N-2026-%06d", d.n)] = "denied under article 6"
		case d.denied && !now && was && !d.found:
			out[fmt.Sprintf("licensing/N-2026-%06d", d.n)] = "to be weighed"
		}
	}
	return out
}

func (d deal6) facts() []proto.Message {
	deal := &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: d.destination}, Onward: []*licensingv1.Place{{Country: d.onward}},
		Sources: []*licensingv1.Place{{Country: d.source}}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML6.a", Category: d.category}},
	}
	c := decided{n: d.n}
	facts := []proto.Message{ledgertest.At(monday.Add(-time.Hour), &licensingv1.ApplicationSubmitted{ApplicationId: c.id("A"), Deal: deal})}
	b := &licensingv1.Basis{PolicyId: adHoc}
	if d.found {
		facts = append(facts, ledgertest.At(monday.Add(-time.Minute), &licensingv1.ProhibitionChecked{CheckId: c.id("G"), ApplicationId: c.id("A"), Result: licensingv1.GateResult_GATE_RESULT_PROHIBITED,
			Findings: []*licensingv1.ProhibitionFinding{{Paragraph: "6(3)", Result: licensingv1.GateResult_GATE_RESULT_PROHIBITED}}}))
	}
	if d.denied {
		return append(facts, ledgertest.At(after(d.day), &licensingv1.LicenceDenied{DenialId: c.id("N"), ApplicationId: c.id("A"), Deal: deal, Criteria: []string{"7"}, Basis: b}))
	}
	b.CheckId, b.AssessmentId, b.Prohibition, b.Screening = c.id("G"), c.id("V"), licensingv1.GateResult_GATE_RESULT_CLEAR, c.certificate()
	return append(facts, ledgertest.At(after(d.day), &licensingv1.LicenceGranted{LicenceId: c.id("L"), ApplicationId: c.id("A"), Deal: deal, Basis: b}))
}

var places = []string{"XB", "XC", "XD"}

func drawDeal(t *rapid.T, n int) deal6 {
	place := rapid.SampledFrom(places)
	return deal6{n: n, destination: place.Draw(t, "destination"), onward: place.Draw(t, "onward"), source: place.Draw(t, "source"),
		category: rapid.SampledFrom([]transferv1.Category{artillery, smallArms}).Draw(t, "category"), day: rapid.IntRange(0, 20).Draw(t, "decided"),
		denied: rapid.Bool().Draw(t, "denied"), found: rapid.IntRange(0, 3).Draw(t, "found") == 0}
}

func drawBan(t *rapid.T, id string) ban {
	b := ban{id: id, country: rapid.SampledFrom(places).Draw(t, "country"), first: rapid.IntRange(0, 12).Draw(t, "first"), last: -1, recorded: -1, endedOn: -1, ended: -1}
	if rapid.Bool().Draw(t, "until") {
		b.last = b.first + rapid.IntRange(0, 8).Draw(t, "days")
	}
	if rapid.Bool().Draw(t, "limited") {
		b.categories = []transferv1.Category{smallArms}
	}
	return b
}

// Which decisions embargoes change is what a loop over decisions and embargoes finds.
func TestWhatIfEmbargoesAgreeWithALoop(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		var deals []deal6
		var onRecord, asIf []ban
		type dated struct {
			day  int
			fact []proto.Message
		}
		var history []dated
		for n := range rapid.IntRange(4, 10).Draw(rt, "decisions") {
			d := drawDeal(rt, n+1)
			d.found = d.found && d.denied
			deals, history = append(deals, d), append(history, dated{d.day, d.facts()})
		}
		for n := range rapid.IntRange(1, 2).Draw(rt, "on record") {
			b := drawBan(rt, fmt.Sprintf("licensing/E-%d", n))
			b.recorded = rapid.IntRange(0, 12).Draw(rt, "recorded")
			// In the morning, before a decision of the day.
			fact := embargoFact(b.id[len("licensing/"):], b.country, iso(b.first), func(e *screeningv1.EmbargoRecorded) {
				if e.Categories = b.categories; b.last >= 0 {
					e.ValidUntil = iso(b.last)
				}
			})
			history = append(history, dated{b.recorded, []proto.Message{ledgertest.At(monday.AddDate(0, 0, b.recorded), ledgertest.By("licensing", fact))}})
			if rapid.Bool().Draw(rt, "ended") {
				b.ended = b.recorded + rapid.IntRange(1, 6).Draw(rt, "ended after")
				b.endedOn = b.first + rapid.IntRange(0, 6).Draw(rt, "ended on")
				end := &screeningv1.EmbargoEnded{EmbargoId: b.id, On: iso(b.endedOn), Reason: "lifted"}
				history = append(history, dated{b.ended, []proto.Message{ledgertest.At(monday.AddDate(0, 0, b.ended), ledgertest.By("licensing", end))}})
			}
			onRecord = append(onRecord, b)
		}
		req := &queryv1.WhatIfRequest{}
		asIf = slices.Clone(onRecord)
		for i, b := range onRecord {
			if rapid.IntRange(0, 3).Draw(rt, "moved") > 0 {
				first := rapid.IntRange(0, 20).Draw(rt, "to")
				if b.last >= 0 && first > b.last {
					continue
				}
				asIf[i].first, asIf[i].recorded = first, -1
				req.Embargoes = append(req.Embargoes, &queryv1.WhatIfEmbargo{EmbargoId: b.id, From: iso(first)})
			}
		}
		for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "as if") {
			b := drawBan(rt, "")
			e := &queryv1.WhatIfEmbargo{Country: b.country, From: iso(b.first), Categories: b.categories}
			if b.last >= 0 {
				e.Until = iso(b.last)
			}
			asIf, req.Embargoes = append(asIf, b), append(req.Embargoes, e)
		}
		if len(req.Embargoes) == 0 {
			return
		}
		facts := founding()
		for day := 0; day <= 40; day++ {
			for _, decisions := range []bool{false, true} {
				for _, h := range history {
					_, isDecision := h.fact[0].(ledger.Dated).Message.(*licensingv1.ApplicationSubmitted)
					if h.day == day && isDecision == decisions {
						facts = append(facts, h.fact...)
					}
				}
			}
		}
		got, totals := whatIf(t, ledgertest.GivenAs(t, "licensing", facts...), req)
		is := map[string]string{}
		for _, d := range got {
			is[d.DecisionId] = d.WouldBe
			seen[d.WouldBe]++
		}
		want := naive(deals, onRecord, asIf)
		if fmt.Sprint(is) != fmt.Sprint(want) || totals.Changed != uint64(len(want)) {
			rt.Fatalf("changed: %v\na loop finds: %v\ndeals: %+v\non record: %+v\nas if: %+v", is, want, deals, onRecord, asIf)
		}
	})
	for _, outcome := range []string{"prohibited", "reassessed", "denied under article 6", "to be weighed"} {
		if seen[outcome] == 0 {
			t.Errorf("no decision would have been %s", outcome)
		}
	}
}
