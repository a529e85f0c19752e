package lab_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// The same end user asks for more. Screening comes upon the alert, nothing can be granted, and two persons deny it.
func (s *story) isDenied() {
	application := s.applies(purchase(brigade, "EUC-4600", 4))
	against := s.screened("licensing", application, 1)
	if len(against) != 1 || against[0].GetId() != s.alert || against[0].GetAgainst() != screeningv1.Against_AGAINST_ALERT {
		s.Errorf("it is screened against %v; want alert %s", against, s.alert)
	}
	api := licensingv1connect.NewLicensingServiceClient(s.at("licensing"))
	_, err := api.GrantLicence(s.Context(), grantOf(application))
	s.refused(err, "cannot be granted")
	proposed, err := api.DenyLicence(s.Context(), &licensingv1.DenyLicenceRequest{
		ApplicationId: application, Criteria: []string{"7"}, Reason: "the end user's last certificate was forged; " + s.alert,
	})
	s.must(err)
	s.denial = s.signs(proposed.ProposalId)
	s.has(s.denial, "licensing", "customs", "enforcement", "reporting", "observer")
}

// screened are the hits of an application's screening, once it was screened so many times.
func (s *story) screened(agency, application string, times int) (hits []*screeningv1.Hit) {
	s.Helper()
	comesTo(s.T, s.node(agency), application+" is screened", func(v ledger.View) bool {
		rows, err := v.ScreeningsWith("subject", application)
		if err != nil || len(rows) < times {
			return false
		}
		hits = rows[times-1].GetHits()
		return true
	})
	return hits
}

// XA tells XB of the denial, without its reason, the exporter or papers. When the same end user asks in XB, screening comes upon the
// notice; XB asks XA, which says that the denial stands, and denies too.
func (s *story) partnerIsWarned() {
	xb := s.authority("xb-licensing")
	told, err := s.authority("licensing").denials.NotifyDenial(s.Context(), &licensingv1.NotifyDenialRequest{DenialId: s.denial})
	s.must(err)
	s.has(told.NoticeId, "licensing", "xb-licensing")
	s.looks("xb-licensing", func(v ledger.View) error {
		n, err := v.DenialNotice(told.NoticeId)
		if n := n.GetNotice(); n.GetReason() != "" || len(n.GetDeal().GetDocuments()) > 0 || strings.Contains(n.GetDeal().String(), maker.Name) || !slices.Equal(n.GetCriteria(), []string{"7"}) {
			s.Errorf("XB is told %v", n)
		}
		return err
	})
	submitted, err := xb.licensing.SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{Deal: purchase(brigade, "EUC-4700", 5)})
	s.must(err)
	s.has(submitted.ApplicationId, "xb-licensing")
	if against := s.screened("xb-licensing", submitted.ApplicationId, 1); !slices.ContainsFunc(against, func(h *screeningv1.Hit) bool {
		return h.GetId() == told.NoticeId && h.GetRole() == transferv1.Role_ROLE_END_USER && h.GetName() == brigade.Name
	}) {
		s.Errorf("in XB it is screened against %v; want notice %s", against, told.NoticeId)
	}
	undercut := xb.undercut(submitted.ApplicationId, isCandidate).Id
	xb.confirmAndAsk(undercut)
	xa := s.authority("licensing")
	xa.undercut(submitted.ApplicationId, isConsulting)
	_, err = xa.denials.ReplyToConsultation(s.Context(), &licensingv1.ReplyToConsultationRequest{UndercutId: undercut, Identical: true, Text: "it stands"})
	s.must(err)
	xb.undercut(submitted.ApplicationId, isReplied)
	denied, err := xb.licensing.DenyLicence(s.Context(), &licensingv1.DenyLicenceRequest{ApplicationId: submitted.ApplicationId, Criteria: []string{"7"}, Reason: "XA denied the same"})
	s.must(err)
	s.has(denied.DenialId, "xb-licensing")
	xa.undercut(submitted.ApplicationId, isDecided)
	s.has(undercut, "xb-licensing", "licensing")
}

func (s *story) authority(agency string) authority {
	client := s.at(agency)
	return authority{s.T, s.node(agency), licensingv1connect.NewLicensingServiceClient(client), licensingv1connect.NewDenialServiceClient(client)}
}

// The police closes the alert for the report. The reporting office asks for returns, and has in its own ledger what was authorized,
// what left, what was denied and what was diverted; licensing counts what was asked about denials.
func (s *story) isReported() {
	_, err := enforcementv1connect.NewEnforcementServiceClient(s.at("enforcement")).CloseAlert(s.Context(), &enforcementv1.CloseAlertRequest{
		AlertId: s.alert, Outcome: "two of four rifles recovered", Lessons: "ask the ministry, not the paper", ForReport: true,
	})
	s.must(err)
	s.comes(s.alert, "is closed for the report", func(r *queryv1.Row) bool {
		a := r.GetAlert()
		return a.GetClosed().GetForReport() && a.GetFinding() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED && a.GetRaised().GetStage() == d1
	}, "reporting", "xb-police", "customs", "licensing")

	reports := reportingv1connect.NewReportingServiceClient(s.at("reporting"))
	asked, err := reports.RequestReturn(s.Context(), &reportingv1.RequestReturnRequest{
		Year: 2026, Form: "att-annual-exports", Agencies: []string{"customs", "licensing"}, Due: timestamppb.New(s.now.Now().AddDate(1, 0, 0)),
	})
	s.must(err)
	s.has(asked.RequestId, "reporting", "customs", "licensing", "enforcement", "observer")
	figure := func(lines uint64, euros int64) []*reportingv1.Figure {
		return []*reportingv1.Figure{{Row: "VIII", Destination: "XC", Lines: lines, Value: euros * 100, Currency: "EUR"}}
	}
	for agency, figures := range map[string][]*reportingv1.Figure{"customs": figure(1, 6_000), "licensing": figure(3, 90_000)} {
		duties(s.T, s.folder, agency, "submit "+asked.RequestId)
		_, err := reportingv1connect.NewReturnServiceClient(s.at(agency)).SubmitReturn(s.Context(), &reportingv1.SubmitReturnRequest{RequestId: asked.RequestId, Figures: figures})
		s.must(err)
		row := s.comes(agency+"/"+asked.RequestId, "has come", func(*queryv1.Row) bool { return true }, "reporting")
		if got := row.GetReturnSubmission().GetSubmitted().GetFigures(); !slices.EqualFunc(got, figures, func(a, b *reportingv1.Figure) bool { return proto.Equal(a, b) }) {
			s.Errorf("the return of %s is %v", agency, got)
		}
	}
	by := []reportingv1.Dimension{reportingv1.Dimension_DIMENSION_CATEGORY, reportingv1.Dimension_DIMENSION_DESTINATION}
	for _, tt := range []struct {
		refused bool
		lines   uint64
		cents   int64
	}{{false, 3, 90_000_00}, {true, 1, 30_000_00}} {
		res, err := reports.Totals(s.Context(), &reportingv1.TotalsRequest{By: by, Year: 2026, Refused: tt.refused})
		if err != nil || len(res.Totals) != 1 || res.Totals[0].Keys[1] != "XC" || res.Totals[0].Lines != tt.lines || res.Totals[0].Values[0].Minor != tt.cents {
			s.Errorf("refused %t: %v, %v", tt.refused, res, err)
		}
	}
	s.writtenOff(s.forged, 4)
	figures, err := s.authority("licensing").denials.ConsultationFigures(s.Context(), &licensingv1.ConsultationFiguresRequest{Year: 2026})
	want := []*licensingv1.ConsultationFigure{{Year: 2026, State: "XB", Initiated: 1}, {Year: 2026, State: "XA", Received: 1}, {Year: 2026, Destination: "XC", Concerning: 1}}
	if err != nil || len(figures.Figures) != len(want) || !slices.ContainsFunc(figures.Figures, func(f *licensingv1.ConsultationFigure) bool { return proto.Equal(f, want[1]) }) {
		s.Errorf("asked about denials: %v, %v", figures, err)
	}
}

// nobodyElseHasIt looks for every record of the story at everybody who is not to have it, and for words of it in all files.
func (s *story) nobodyElseHasIt() {
	for id, readers := range s.readers {
		for _, agency := range whole {
			s.looks(agency, func(v ledger.View) error {
				_, row, err := v.Find(id)
				if (row != nil) != slices.Contains(readers, agency) {
					s.Errorf("%s, which %q are to have: %s has %v", id, readers, agency, row)
				}
				return err
			})
		}
	}
	border := []string{"licensing", "customs", "enforcement", "reporting"}
	for word, readers := range map[string][]string{
		"KA-50012": append(border, "xb-police"), certificate: append(border, "xb-police", "observer"), "not to the applicant": append(border, "xb-police"),
		"EUC-4600": append(border, "observer"), "EUC-4700": {"xb-licensing"},
	} {
		for _, place := range append(whole, "hub", directory.Authority) {
			found := filesWith(s.T, filepath.Join(string(s.folder), place), []byte(word))
			if (len(found) > 0) != slices.Contains(readers, place) {
				s.Errorf("%q, which %q are to have: at %s it is in %q", word, readers, place, found)
			}
		}
	}
}

// copied is an agency's copy of a journal: how far it is, and the root over its rows.
type copied struct {
	events uint64
	root   [32]byte
}

// copies are an agency's copies of the journals, but for what agencies say of themselves, which goes on.
func (s *story) copies(agency string) map[journal.ID]copied {
	s.Helper()
	all := map[journal.ID]copied{}
	s.looks(agency, func(v ledger.View) error {
		_, roots, err := v.Root(s.Context())
		if err != nil {
			return err
		}
		positions, err := v.Positions()
		for _, p := range positions {
			id, _ := journal.ParseID(p.GetJournal())
			if id.Group != directory.Group {
				all[id] = copied{p.GetEvents(), roots[id]}
			}
		}
		return err
	})
	return all
}

// settled waits until everybody has all of every journal that it reads, and returns the copies.
func (s *story) settled() map[string]map[journal.ID]copied {
	s.Helper()
	all := map[string]map[journal.ID]copied{}
	until(s.T, func() bool {
		latest := map[journal.ID]copied{}
		for _, agency := range whole {
			all[agency] = s.copies(agency)
			for id, c := range all[agency] {
				if id.Agency == agency {
					latest[id] = c
				}
			}
		}
		for _, agency := range whole {
			for id, c := range all[agency] {
				if c != latest[id] {
					return false
				}
			}
		}
		return true
	}, func() string { return "copies differ" })
	return all
}

// ledgersAreBuiltAnew deletes every ledger. What the nodes build from the journals has the roots that it had, everywhere.
func (s *story) ledgersAreBuiltAnew() {
	before := s.settled()
	if n := len(before["customs"]); n != 7 {
		s.Errorf("customs has copies of %d journals: %v", n, before["customs"])
	}
	s.stop()
	for _, agency := range whole {
		s.must(os.Remove(filepath.Join(string(s.folder), agency, "ledger.db")))
	}
	s.lab, s.stop = startAndStop(s.T, s.folder, s.plan, lab.Options{Now: s.now.Now})
	for _, agency := range whole {
		for id, was := range before[agency] {
			wait(s.T, s.node(agency), id, was.events)
		}
		for id, is := range s.copies(agency) {
			if is != before[agency][id] {
				s.Errorf("%s at %s is %v, built anew, and was %v", id, agency, is, before[agency][id])
			}
		}
		sound(s.T, s.node(agency))
	}
}
