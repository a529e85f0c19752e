package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// hypotheses judges two of three decisions otherwise, on two pages; under an embargo on XC it breaks off after the first.
type hypotheses struct{}

func (hypotheses) WhatIf(_ context.Context, req *queryv1.WhatIfRequest, stream queryv1connect.WhatIfServiceWhatIfServerStream) error {
	decision := func(id, was, wouldBe string, needed ...string) *queryv1.WhatIfDecision {
		d := &queryv1.WhatIfDecision{ApplicationId: "licensing/A-" + id[2:], DecisionId: "licensing/" + id, DecidedAt: timestamppb.New(day.AddDate(0, 0, 9-len(needed))), Was: was, WouldBe: wouldBe, Needed: needed}
		if was != wouldBe {
			d.Reasons = []*queryv1.WhatIfReason{{Rule: "ATT 6(1)", Fact: "it reaches the deal", Event: "licensing/all/7"}, {Rule: "ATT 7(3)", Fact: "a second, \x1b[31mreason"}}
		}
		return d
	}
	first := &queryv1.WhatIfResponse{Done: 500, Total: 501, Decisions: []*queryv1.WhatIfDecision{decision("L-000002", "granted", "blocked")}}
	if req.GetUnchanged() {
		first.Decisions = append(first.Decisions, decision("L-000003", "granted", "granted"))
	}
	if err := stream.Send(first); err != nil {
		return err
	}
	for _, e := range req.GetEmbargoes() {
		if e.GetCountry() == "XC" {
			return nil
		}
	}
	return stream.Send(&queryv1.WhatIfResponse{
		Done: 501, Total: 501, Decisions: []*queryv1.WhatIfDecision{decision("N-000001", "denied", "grant possible", "signatures: 2", "a reason")},
		Totals: &queryv1.WhatIfTotals{
			Decisions: 3, Changed: 2, Changes: []*queryv1.WhatIfCount{{Was: "denied", WouldBe: "grant possible", Count: 1}, {Was: "granted", WouldBe: "blocked", Count: 1}},
			Unassessed: []*queryv1.WhatIfCount{{Criterion: "XA-9", Count: 4}}, UnknownPolicy: 1,
		},
	})
}

func TestParseEmbargo(t *testing.T) {
	t.Parallel()
	viii, ammunition, parts := transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION, transferv1.Category_CATEGORY_ARTICLE_4_PARTS
	for text, want := range map[string]*queryv1.WhatIfEmbargo{
		"XB:2025-03-01":                      {Country: "XB", From: "2025-03-01"},
		"xb:2025-03-01:2025-12-31":           {Country: "XB", From: "2025-03-01", Until: "2025-12-31"},
		"XB:2025-03-01:viii,ammunition":      {Country: "XB", From: "2025-03-01", Categories: []transferv1.Category{viii, ammunition}},
		"XB:2025-03-01::parts":               {Country: "XB", From: "2025-03-01", Categories: []transferv1.Category{parts}},
		"XB:2025-03-01:2025-12-31:VIII":      {Country: "XB", From: "2025-03-01", Until: "2025-12-31", Categories: []transferv1.Category{viii}},
		"XB:2025-03-01:i_battle_tanks":       {Country: "XB", From: "2025-03-01", Categories: []transferv1.Category{1}},
		"licensing/E-2026-000001@2025-09-01": {EmbargoId: "licensing/E-2026-000001", From: "2025-09-01"},
		"XB":                                 nil, "XB:": nil, "XBX:2025-03-01": nil, "XB:2025-02-30": nil, "XB:2025-03-01:x": nil, "XB:2025-03-01:viii:2025-12-31": nil,
		"XB:2025-03-01:2025-12-31:viii:i": nil, "licensing/E-1@": nil, "E-1@2025-09-01": nil, "XB:2025-03-01:viii,": nil, "": nil,
	} {
		got, err := parseEmbargo(text)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" && want != nil || (err == nil) != (want != nil) {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestParseCriterion(t *testing.T) {
	t.Parallel()
	high := licensingv1.Level_LEVEL_HIGH
	for text, want := range map[string]*queryv1.WhatIfCriterion{
		"7(4)=high":          {Criterion: "7(4)", OverridingFrom: high},
		"*=HIGH:unmitigated": {Criterion: "*", OverridingFrom: high, Unmitigated: true},
		"11=ignored":         {Criterion: "11"},
		"7(4)":               nil, "=high": nil, "7(4)=": nil, "7(4)=none": nil, "7(4)=unspecified": nil, "7(4)=high:": nil, "7(4)=high:x": nil, "11=ignored:unmitigated": nil,
	} {
		got, err := parseCriterion(text)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" && want != nil || (err == nil) != (want != nil) {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

// What is read is what can be sent: a day that is one, a State of two letters, and categories that there are.
func FuzzParseEmbargo(f *testing.F) {
	for _, seed := range []string{"XB:2025-03-01", "XB:2025-03-01:2025-12-31:viii", "licensing/E-1@2025-09-01", "XB:2025-03-01:viii,parts", "@", ":::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEmbargo(text)
		var wrong *failure
		if err != nil {
			if !errors.As(err, &wrong) || wrong.exit != exitUsage {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if _, err := time.Parse(time.DateOnly, e.From); err != nil || (e.Country == "") == (e.EmbargoId == "") {
			t.Errorf("%q is %v", text, e)
		}
	})
}

func FuzzParseCriterion(f *testing.F) {
	for _, seed := range []string{"7(4)=high", "*=low:unmitigated", "11=ignored", "=", "a=b:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCriterion(text)
		if err == nil && (c.Criterion == "" || c.OverridingFrom == licensingv1.Level_LEVEL_NONE || c.Unmitigated && c.OverridingFrom == 0) {
			t.Errorf("%q is %v", text, c)
		}
	})
}
