package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// AlertFile returns an alert with all that agencies said of it and did about it, as far as this node has it.
func (s *service) AlertFile(ctx context.Context, req *queryv1.AlertFileRequest) (*queryv1.AlertFileResponse, error) {
	f := &alertFile{res: &queryv1.AlertFileResponse{}}
	err := s.Ledger.View(func(v ledger.View) (err error) {
		f.view = v
		f.res.Alert, err = v.Alert(req.AlertId)
		switch {
		case err != nil:
			return fmt.Errorf("read alert %s: %w", req.AlertId, err)
		case f.res.Alert == nil:
			return fault.Errorf(fault.NotFound, "alert %s is not on record at %s; it may not be released to it, or not have arrived", req.AlertId, s.Agency)
		}
		f.res.Version = uint32(len(f.res.Alert.Events))
		f.add(&queryv1.Row{Row: &queryv1.Row_Alert{Alert: f.res.Alert}})
		for _, part := range []func() error{f.standings, f.addressees, f.actions, f.consequences, f.audiences} {
			if err := part(); err != nil {
				return err
			}
		}
		f.res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f.res, s.accessed(ctx, &queryv1.Access{Call: "AlertFile", Id: req.AlertId, Table: queryv1.Table_TABLE_ALERTS, Rows: uint64(len(f.rows))}, f.rows...)
}

// alertFile is an answer in the making, and the rows that it is made of.
type alertFile struct {
	view ledger.View
	res  *queryv1.AlertFileResponse
	rows []*queryv1.Row
}

func (f *alertFile) add(row *queryv1.Row) { f.rows = append(f.rows, row) }

// standings puts the views of all agencies side by side: that of the agency that raised it is where the alert stands.
func (f *alertFile) standings() error {
	a, raised := f.res.Alert, f.res.Alert.GetRaised()
	agency, _, _ := strings.Cut(a.GetId(), "/")
	reason, at, err := f.because(a)
	if err != nil {
		return err
	}
	status := cmp.Or(a.GetFinding(), a.GetStatus())
	f.res.Standings = append(f.res.Standings, &queryv1.AlertStanding{
		Agency: agency, Verdict: word(status.String(), "ALERT_STATUS_"), Stage: raised.GetStage(), DetectedStage: raised.GetDetectedStage(), Type: raised.GetType(),
		Confidence: raised.GetConfidence(), Indicators: a.GetIndicators(), Reason: reason, At: at,
	})
	views, err := f.view.AlertViewsWith("alert", a.GetId())
	if err != nil {
		return fmt.Errorf("read the views of alert %s: %w", a.GetId(), err)
	}
	slices.SortFunc(views, func(x, y *ledgerv1.AlertView) int { return strings.Compare(x.GetAgency(), y.GetAgency()) })
	for _, r := range views {
		f.add(&queryv1.Row{Row: &queryv1.Row_AlertView{AlertView: r}})
		c := r.GetClassified()
		f.res.Standings = append(f.res.Standings, &queryv1.AlertStanding{
			Agency: r.GetAgency(), Verdict: word(c.GetVerdict().String(), "VERDICT_"), Stage: c.GetStage(), DetectedStage: c.GetDetectedStage(), Type: c.GetType(),
			Confidence: c.GetConfidence(), Indicators: c.GetIndicators(), Reason: c.GetReason(), At: r.GetAt(),
		})
	}
	return nil
}

// because is what the agency that raised an alert rests its view on, and since when: its last event before it was closed.
func (f *alertFile) because(a *ledgerv1.Alert) (reason string, at *timestamppb.Timestamp, err error) {
	reason = a.GetRaised().GetSummary()
	events, err := f.view.EventsOf(a)
	if err != nil {
		return "", nil, fmt.Errorf("read the events of alert %s: %w", a.GetId(), err)
	}
	for _, e := range events {
		fact, err := e.Fact.UnmarshalNew()
		if err != nil {
			return "", nil, fmt.Errorf("read event %d of %s: %w", e.Number, e.Journal, err)
		}
		switch fact := fact.(type) {
		case *enforcementv1.DiversionAlertRaised:
			at = e.OccurredAt
		case *enforcementv1.AlertRefuted:
			reason, at = fact.GetReason(), e.OccurredAt
		case interface{ GetEvidence() string }: // corroborated or confirmed
			reason, at = fact.GetEvidence(), e.OccurredAt
		}
	}
	return reason, at, nil
}

// addressees says who of those that must has acknowledged, and how long each took.
func (f *alertFile) addressees() error {
	a := f.res.Alert
	for _, agency := range a.GetRaised().GetAddressees() {
		given, err := f.view.Acknowledgement(agency + "/" + a.GetId())
		if err != nil {
			return fmt.Errorf("read acknowledgement of %s by %s: %w", a.GetId(), agency, err)
		}
		one := &queryv1.AlertAddressee{
			Agency:    agency,
			Escalated: slices.ContainsFunc(a.GetEscalated(), func(e *enforcementv1.AlertEscalated) bool { return e.GetAddressee() == agency }),
		}
		if given != nil {
			f.add(&queryv1.Row{Row: &queryv1.Row_Acknowledgement{Acknowledgement: given}})
			one.AcknowledgedAt, one.Note = given.GetAt(), given.GetNote()
			one.TookSeconds = uint64(max(0, given.GetAt().AsTime().Sub(a.GetRaisedAt().AsTime()).Seconds()))
		}
		f.res.Addressees = append(f.res.Addressees, one)
	}
	return nil
}

func (f *alertFile) actions() (err error) {
	f.res.Actions, err = f.view.AlertActionsWith("alert", f.res.Alert.GetId())
	for _, r := range f.res.Actions {
		f.add(&queryv1.Row{Row: &queryv1.Row_AlertAction{AlertAction: r}})
	}
	return err
}

func (f *alertFile) consequences() (err error) {
	f.res.Consequences, err = f.view.ConsequenceOffersWith("alert", f.res.Alert.GetId())
	for _, r := range f.res.Consequences {
		f.add(&queryv1.Row{Row: &queryv1.Row_ConsequenceOffer{ConsequenceOffer: r}})
	}
	return err
}

// audiences counts how much of an own alert each group has that it stands in; all should have as much.
func (f *alertFile) audiences() error {
	a := f.res.Alert
	if !f.view.Owns(a.GetId()) {
		return nil
	}
	_, group, _ := strings.Cut(a.GetJournal(), "/")
	counts := map[string]uint32{group: uint32(len(a.GetEvents()))}
	events, err := f.view.EventsOf(a)
	if err != nil {
		return err
	}
	for _, e := range events {
		repeats, err := f.view.RepeatsOf(e)
		if err != nil {
			return err
		}
		for _, r := range repeats {
			_, group, _ := strings.Cut(r.GetJournal(), "/")
			counts[group]++
		}
	}
	for group, n := range counts {
		f.res.Audiences = append(f.res.Audiences, &queryv1.AlertAudience{Group: group, Events: n})
	}
	slices.SortFunc(f.res.Audiences, func(x, y *queryv1.AlertAudience) int { return strings.Compare(x.Group, y.Group) })
	return nil
}

// word is an enum's value in lower case without its prefix.
func word(value, prefix string) string { return strings.ToLower(strings.TrimPrefix(value, prefix)) }
