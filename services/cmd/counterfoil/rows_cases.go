package main

import (
	"fmt"
	"strings"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// caseHeads is heads for what is on file of a case on its way to a decision and after it.
func caseHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_CONSULTATIONS:
		return []string{"consultation", "application", "asked", "opened", "due", "silence", "state"}
	case queryv1.Table_TABLE_OPINIONS:
		return []string{"opinion", "consultation", "agency", "in place of", "view", "at", "signed by", "reason"}
	case queryv1.Table_TABLE_CONDITIONS:
		return []string{"condition", "application", "asked by", "asked", "state", "text"}
	case queryv1.Table_TABLE_OBLIGATIONS:
		return []string{"obligation", "kind", "subject", "owner", "due", "state", "text"}
	case queryv1.Table_TABLE_PROPOSALS:
		return []string{"proposal", "application", "outcome", "at", "signatures", "state", "reason"}
	case queryv1.Table_TABLE_APPEALS:
		return []string{"appeal", "decision", "lodged", "outcome", "grounds"}
	case queryv1.Table_TABLE_PROHIBITION_CHECKS:
		return []string{"check", "application", "at", "result", "findings"}
	case queryv1.Table_TABLE_ASSESSMENTS:
		return []string{"assessment", "application", "at", "findings", "mitigations"}
	}
	return screeningHeads(table)
}

// caseCells returns a row as caseHeads names it.
func caseCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Consultation:
		c, o := r.Consultation, r.Consultation.GetOpened()
		var asked []string
		for _, a := range o.GetAddressees() {
			asked = append(asked, a.Agency+" ("+a.Part+")")
		}
		return []string{c.Id, o.GetApplicationId(), strings.Join(asked, ", "), date(o.GetOpenedAt()), date(c.Due), o.GetSilence(), consultationState(c)}
	case *queryv1.Row_Opinion:
		o, g := r.Opinion, r.Opinion.GetGiven()
		view := enum(g.GetView())
		if g.GetRecused() {
			view = "recused"
		}
		return []string{o.Id, o.ConsultationId, o.Agency, g.GetInPlaceOf(), view, date(o.At), signedBy(g.GetSigner()), g.GetReason()}
	case *queryv1.Row_Condition:
		k := r.Condition
		return []string{k.Id, k.ApplicationId, k.Agency, date(k.AskedAt), conditionState(k), k.Text}
	case *queryv1.Row_Obligation:
		o, s := r.Obligation, r.Obligation.GetSet()
		state := "open"
		if o.Met != nil {
			state = "met"
		}
		return []string{o.Id, s.GetKind(), s.GetSubject(), s.GetOwner(), obligationDue(s), state, s.GetText()}
	case *queryv1.Row_Proposal:
		p, e := r.Proposal, r.Proposal.GetProposed()
		state := "proposed"
		if p.Dropped != "" {
			state = "taken back"
		}
		return []string{p.Id, e.GetApplicationId(), enum(e.GetOutcome()), date(p.At), fmt.Sprintf("%d of %d", len(p.Signatures), e.GetNeeded()), state, e.GetReason()}
	case *queryv1.Row_Appeal:
		a := r.Appeal
		outcome := "open"
		if a.Decided != nil {
			outcome = enum(a.Decided.GetOutcome())
		}
		return []string{a.Id, a.Lodged.GetDecisionId(), date(a.LodgedAt), outcome, a.Lodged.GetGrounds()}
	case *queryv1.Row_ProhibitionCheck:
		p, e := r.ProhibitionCheck, r.ProhibitionCheck.GetChecked()
		var findings []string
		for _, f := range e.GetFindings() {
			findings = append(findings, f.Paragraph+" "+enum(f.Result))
		}
		return []string{p.Id, e.GetApplicationId(), date(p.At), enum(e.GetResult()), strings.Join(findings, ", ")}
	case *queryv1.Row_Assessment:
		a, e := r.Assessment, r.Assessment.GetAssessed()
		var findings []string
		for _, f := range e.GetFindings() {
			findings = append(findings, risk(f))
		}
		return []string{a.Id, e.GetApplicationId(), date(a.At), strings.Join(findings, ", "), count(len(e.GetMitigations()))}
	}
	return screeningCells(row)
}

func consultationState(c *ledgerv1.Consultation) string {
	n := len(c.Stops)
	switch {
	case c.Closed.GetMayGrant():
		return "closed, may grant"
	case c.Closed != nil:
		return "closed, may not grant"
	case n > 0 && c.Stops[n-1].Until == nil:
		return "clock stopped"
	}
	return "open"
}

// signedBy names a role and person, and whom a deputy stands in for.
func signedBy(s *licensingv1.Signer) string {
	text := strings.TrimSpace(s.GetRole() + " " + s.GetPerson())
	if s.GetForRole() != "" {
		text += " for " + s.GetForRole()
	}
	return text
}

// obligationDue is the date, or what it runs from as long as that has not happened.
func obligationDue(s *licensingv1.ObligationSet) string {
	switch {
	case s.GetDue() != nil || s.GetAfter() == "":
		return date(s.GetDue())
	case s.GetDays() > 0:
		return fmt.Sprintf("%d days after %s", s.GetDays(), s.GetAfter())
	}
	return s.GetAfter()
}

// risk is a criterion with its level, and what is left of it after mitigation where that is less.
func risk(f *licensingv1.RiskFinding) string {
	text := f.Criterion + " " + enum(f.Level)
	if f.Mitigated != licensingv1.Level_LEVEL_UNSPECIFIED && f.Mitigated != f.Level {
		text += " (mitigated " + enum(f.Mitigated) + ")"
	}
	return text
}
