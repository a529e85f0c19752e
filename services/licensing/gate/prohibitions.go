package gate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

const (
	resultClear      = licensingv1.GateResult_GATE_RESULT_CLEAR
	resultProhibited = licensingv1.GateResult_GATE_RESULT_PROHIBITED
	resultRefer      = licensingv1.GateResult_GATE_RESULT_REFER
)

// measures is the paragraph on measures of the Security Council, embargoes above all.
const measures = "6(1)"

// paragraphs of Article 6; each is found on in every check.
var paragraphs = []string{measures, "6(2)", "6(3)"}

// CheckProhibitions is the gate of Article 6, for every kind of transfer: an officer's finding on each of its paragraphs, and a
// look at the embargoes on record. Where one reaches the deal, the finding on 6(1) is that it is prohibited, unless its reason
// names an exemption of that embargo. The check is prohibited if any finding is, else referred if any is, else clear. It says
// what was known (6(3)) and which deal was looked at. The same findings decide nothing while nothing else came to be known.
func CheckProhibitions(view ledger.View, cmd *licensingv1.CheckProhibitionsRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	findings, err := checkFindings(cmd.GetFindings())
	if err != nil {
		return nil, err
	}
	when := cmd.GetParticulars().GetOccurredAt().AsTime()
	if err := lookAtEmbargoes(view, a, findings[0], when); err != nil {
		return nil, err
	}
	checked := &licensingv1.ProhibitionChecked{ApplicationId: a.GetId(), Findings: findings, Result: resultOf(findings)}
	if checked.Knowledge, err = dossier.Knowledge(view, cmd.GetExternal()); err != nil {
		return nil, err
	}
	if checked.Deal, err = dossier.DealDigest(a.GetDeal()); err != nil {
		return nil, err
	}
	last, err := LatestCheck(view, a)
	if err != nil {
		return nil, err
	}
	if last != nil && nothingNew(view, last.GetChecked(), checked) {
		return nil, nil
	}
	if checked.CheckId, err = view.NextID("G-" + when.UTC().Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{checked}, nil
}

// checkFindings returns a copy of the findings in the order of the paragraphs, once there is one with a reason on each.
func checkFindings(given []*licensingv1.ProhibitionFinding) ([]*licensingv1.ProhibitionFinding, error) {
	findings := make([]*licensingv1.ProhibitionFinding, len(paragraphs))
	for _, f := range given {
		i := slices.Index(paragraphs, f.GetParagraph())
		switch {
		case i < 0:
			return nil, fault.Errorf(fault.Invalid, "Article 6 has no paragraph %q; find on %s", f.GetParagraph(), strings.Join(paragraphs, ", "))
		case findings[i] != nil:
			return nil, fault.Errorf(fault.Invalid, "there are two findings on %s; give one", f.GetParagraph())
		case f.GetResult() != resultClear && f.GetResult() != resultProhibited && f.GetResult() != resultRefer:
			return nil, fault.Errorf(fault.Invalid, "say of %s whether it is clear, prohibited, or referred to others", f.GetParagraph())
		case f.GetReason() == "":
			return nil, fault.Errorf(fault.Invalid, "give the reason for the finding on %s", f.GetParagraph())
		}
		findings[i] = &licensingv1.ProhibitionFinding{Paragraph: f.GetParagraph(), Result: f.GetResult(), Reason: f.GetReason()}
	}
	for i, f := range findings {
		if f == nil {
			return nil, fault.Errorf(fault.Invalid, "there is no finding on %s; each paragraph of Article 6 needs one", paragraphs[i])
		}
	}
	return findings, nil
}

// resultOf is what findings come to. None outweighs another.
func resultOf(findings []*licensingv1.ProhibitionFinding) licensingv1.GateResult {
	result := resultClear
	for _, f := range findings {
		switch f.GetResult() {
		case resultProhibited:
			return resultProhibited
		case resultRefer:
			result = resultRefer
		}
	}
	return result
}

// nothingNew reports whether a check finds what the last one did, of the same deal, and no other agency or paper has said
// anything since.
func nothingNew(view ledger.View, last, now *licensingv1.ProhibitionChecked) bool {
	return slices.EqualFunc(last.GetFindings(), now.GetFindings(), func(a, b *licensingv1.ProhibitionFinding) bool { return proto.Equal(a, b) }) &&
		sameKnowledge(view, last.GetKnowledge(), now.GetKnowledge())
}

// sameKnowledge leaves out the agency's own journals, in which it records what it finds.
func sameKnowledge(view ledger.View, a, b *eventv1.Knowledge) bool {
	others := func(k *eventv1.Knowledge) []*eventv1.Reach {
		return slices.DeleteFunc(slices.Clone(k.GetJournals()), func(r *eventv1.Reach) bool { return view.Owns(r.GetJournal()) })
	}
	return slices.Equal(a.GetExternal(), b.GetExternal()) &&
		slices.EqualFunc(others(a), others(b), func(x, y *eventv1.Reach) bool { return proto.Equal(x, y) })
}

// LatestCheck returns the last check of Article 6 of an application's deal as it is stated now; nil when there is none.
func LatestCheck(view ledger.View, a *ledgerv1.Application) (last *ledgerv1.ProhibitionCheck, err error) {
	rows, err := view.ProhibitionChecksWith("application", a.GetId())
	if err != nil {
		return nil, fmt.Errorf("read checks of application %s: %w", a.GetId(), err)
	}
	digest, err := dossier.DealDigest(a.GetDeal())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if bytes.Equal(r.GetChecked().GetDeal(), digest) {
			last = r
		}
	}
	return last, nil
}
