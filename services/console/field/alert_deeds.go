package field

import (
	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

const (
	enforcing = "/counterfoil.enforcement.v1.EnforcementService/"
	incidents = "/counterfoil.enforcement.v1.IncidentService/"
	raising   = enforcing + "RaiseAlert"
)

var (
	reasonAsk     = ask{Name: "reason", As: "text", Needed: true}
	evidenceAsk   = ask{Name: "evidence", As: "text", Needed: true}
	indicatorsAsk = ask{Name: "indicators", As: "some", Options: codes(refdata.Indicators)}
	stageAsk      = ask{Name: "stage", As: "one", Options: enum(enforcementv1.Stage(0)), Needed: true}
	typeAsk       = ask{Name: "type", As: "one", Options: diversions()}
	confidenceAsk = ask{Name: "confidence", As: "one", Options: enum(enforcementv1.Confidence(0)), Needed: true}
)

// diversions are the types of diversion, each with its stage.
func diversions() (all []option) {
	for _, c := range refdata.Codes(refdata.DiversionKinds).Codes {
		all = append(all, option{Value: c.Code, Key: "code." + c.Code})
	}
	return all
}

func stageOf(name string) enforcementv1.Stage {
	return enforcementv1.Stage(number(enforcementv1.Stage(0), name))
}

func confidenceOf(name string) enforcementv1.Confidence {
	return enforcementv1.Confidence(number(enforcementv1.Confidence(0), name))
}

// Commands on an alert.
var (
	acknowledge = deed{Name: "acknowledge", procedure: "/counterfoil.enforcement.v1.AlertAnswerService/AcknowledgeAlert",
		Asks: []ask{{Name: "note", As: "text"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.AlertAnswer.AcknowledgeAlert(v.R.Context(), &enforcementv1.AcknowledgeAlertRequest{Particulars: with, AlertId: id, Note: said(v, "note")})
			return err
		}}
	takeOffer = deed{Name: "take", procedure: incidents + "AnswerConsequence",
		Asks: []ask{{Name: "offer", As: "one", Needed: true}, {Name: "why", As: "text"}}, do: answerOffer(true)}
	declineOffer = deed{Name: "decline", procedure: incidents + "AnswerConsequence", Class: "secondary",
		Asks: []ask{{Name: "offer", As: "one", Needed: true}, {Name: "why", As: "text", Needed: true}}, do: answerOffer(false)}
	corroborate = deed{Name: "corroborate", procedure: enforcing + "CorroborateAlert",
		Asks: []ask{evidenceAsk, indicatorsAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Enforcement.CorroborateAlert(v.R.Context(), &enforcementv1.CorroborateAlertRequest{Particulars: with, AlertId: id, Evidence: said(v, "evidence"), Indicators: chosen(v, "indicators")})
			return err
		}}
	confirm = deed{Name: "confirm", procedure: enforcing + "ConfirmAlert", Class: "warning",
		Asks: []ask{evidenceAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Enforcement.ConfirmAlert(v.R.Context(), &enforcementv1.ConfirmAlertRequest{Particulars: with, AlertId: id, Evidence: said(v, "evidence")})
			return err
		}}
	refute = deed{Name: "refute", procedure: enforcing + "RefuteAlert", Class: "secondary",
		Asks: []ask{reasonAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Enforcement.RefuteAlert(v.R.Context(), &enforcementv1.RefuteAlertRequest{Particulars: with, AlertId: id, Reason: said(v, "reason")})
			return err
		}}
	closeAlert = deed{Name: "close", procedure: enforcing + "CloseAlert",
		Asks: []ask{{Name: "outcome", As: "text", Needed: true}, {Name: "lessons", As: "text"}, {Name: "for_report", As: "tick"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Enforcement.CloseAlert(v.R.Context(), &enforcementv1.CloseAlertRequest{Particulars: with, AlertId: id, Outcome: said(v, "outcome"), Lessons: said(v, "lessons"), ForReport: ticked(v, "for_report")})
			return err
		}}
	act = deed{Name: "act", procedure: incidents + "ActOnAlert",
		Asks: []ask{{Name: "action", As: "one", Needed: true, Options: valuesOf("licence_suspended", "licence_revoked", "goods_held", "goods_examined", "goods_seized", "states_alerted", "investigation", "prosecution", "check_planned", "mitigation", "other")},
			{Name: "text", As: "text"}, {Name: "records", As: "line"}, {Name: "cases", As: "line"}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Incident.ActOnAlert(v.R.Context(), &enforcementv1.ActOnAlertRequest{Particulars: with, AlertId: id, Action: said(v, "action"), Text: said(v, "text"), Records: several(said(v, "records")), Cases: several(said(v, "cases"))})
			return err
		}}
	classify = deed{Name: "classify", procedure: incidents + "ClassifyAlert",
		Asks: []ask{{Name: "verdict", As: "one", Options: enum(enforcementv1.Verdict(0)), Needed: true}, confidenceAsk, {Name: "stage", As: "one", Options: stageAsk.Options}, typeAsk, reasonAsk},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Incident.ClassifyAlert(v.R.Context(), &enforcementv1.ClassifyAlertRequest{
				Particulars: with, AlertId: id, Verdict: enforcementv1.Verdict(number(enforcementv1.Verdict(0), said(v, "verdict"))), Confidence: confidenceOf(said(v, "confidence")),
				Stage: stageOf(said(v, "stage")), Type: said(v, "type"), Reason: said(v, "reason"),
			})
			return err
		}}
	sighting = deed{Name: "sighting", procedure: incidents + "AddSighting", Class: "secondary",
		Asks: []ask{{Name: "seen", As: "text", Needed: true}, {Name: "place", As: "line"}, {Name: "country", As: "line"}, {Name: "seen_at", As: "moment"}, {Name: "serials", As: "line"}},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			at, err := when(v, "seen_at")
			if err != nil {
				return err
			}
			_, err = v.API.Incident.AddSighting(v.R.Context(), &enforcementv1.AddSightingRequest{
				Particulars: with, Text: said(v, "seen"), Place: said(v, "place"), Country: country(v, "country"), SeenAt: at, Serials: serials(v), Records: []string{id},
			})
			return err
		}}
	propose = deed{Name: "propose", procedure: incidents + "ProposeCorrection", Class: "secondary",
		Asks: []ask{{Name: "record", As: "line", Needed: true}, {Name: "field", As: "line", Needed: true}, {Name: "value", As: "line"}, {Name: "reason", As: "text", Needed: true}},
		do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			_, err := v.API.Incident.ProposeCorrection(v.R.Context(), &enforcementv1.ProposeCorrectionRequest{Particulars: with, RecordId: said(v, "record"), Field: said(v, "field"), Value: said(v, "value"), Reason: said(v, "reason")})
			return err
		}}
	answerCorrection = deed{Name: "answer-correction", procedure: incidents + "AnswerCorrection",
		Asks: []ask{{Name: "correction", As: "one", Needed: true}, {Name: "accepted", As: "tick"}, {Name: "why", As: "text"}}, do: func(v *web.Visit, _ string, with *eventv1.Particulars) error {
			_, err := v.API.Incident.AnswerCorrection(v.R.Context(), &enforcementv1.AnswerCorrectionRequest{Particulars: with, CorrectionId: said(v, "correction"), Accepted: ticked(v, "accepted"), Reason: said(v, "why")})
			return err
		}}
	alertDeeds = []deed{acknowledge, takeOffer, declineOffer, corroborate, confirm, refute, closeAlert, act, classify, sighting, propose, answerCorrection}
)

func answerOffer(taken bool) func(*web.Visit, string, *eventv1.Particulars) error {
	return func(v *web.Visit, _ string, with *eventv1.Particulars) error {
		_, err := v.API.Incident.AnswerConsequence(v.R.Context(), &enforcementv1.AnswerConsequenceRequest{Particulars: with, OfferId: said(v, "offer"), Taken: taken, Reason: said(v, "why")})
		return err
	}
}
