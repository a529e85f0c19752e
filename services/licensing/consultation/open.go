package consultation

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Open asks everybody whom the policies of a case name, and those chosen for it. There is one open consultation on an
// application; everybody asked has to be able to read it, since silence may mean consent.
func Open(view ledger.View, cmd *licensingv1.OpenConsultationRequest) ([]proto.Message, error) {
	at, err := moment(cmd)
	if err != nil {
		return nil, err
	}
	emergency := cmd.GetEmergency() != ""
	f, err := dossier.Open(view, cmd.GetApplicationId(), at, emergency)
	if err != nil {
		return nil, err
	}
	if err := noneOpen(view, cmd.GetApplicationId()); err != nil {
		return nil, err
	}
	addressees, err := whom(view, f, cmd)
	if err != nil {
		return nil, err
	}
	due, err := deadline(view, f, at, emergency, nil)
	if err != nil {
		return nil, err
	}
	id, err := view.NextID("C-" + at.Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.ConsultationOpened{
		ConsultationId: id,
		ApplicationId:  f.Application.GetId(),
		PolicyId:       f.PolicyID(),
		Addressees:     addressees,
		Question:       cmd.GetQuestion(),
		OpenedAt:       timestamppb.New(at),
		Due:            due,
		Silence:        silenceOf(f, emergency),
		Emergency:      cmd.GetEmergency(),
		Deal:           f.Application.GetDeal(),
	}}, nil
}

func noneOpen(view ledger.View, application string) error {
	rows, err := view.ConsultationsWith("application", application)
	if err != nil {
		return fmt.Errorf("read consultations on %s: %w", application, err)
	}
	for _, r := range rows {
		if r.GetClosed() == nil && view.Owns(r.GetId()) {
			return fault.Errorf(fault.Conflict, "consultation %s on application %s is open; close it before another is opened: counterfoil consult close %s", r.GetId(), application, r.GetId())
		}
	}
	return nil
}

// deadline is by when opinions are to be given under all policies of a case: the latest that one of them sets, and none
// where one sets none.
func deadline(view ledger.View, f *dossier.File, asked time.Time, emergency bool, stops []policy.Interval) (*timestamppb.Timestamp, error) {
	var latest time.Time
	for _, p := range f.Policies {
		cal, err := dossier.Calendar(view, p)
		if err != nil {
			return nil, err
		}
		due := p.Due(cal, asked, emergency, stops)
		if due.IsZero() {
			return nil, nil
		}
		if due.After(latest) {
			latest = due
		}
	}
	return timestamppb.New(latest), nil
}

// silences are what no answer may mean, the one that stands most against a grant last.
var silences = []string{"concurs", "no_view", "escalates", "objects"}

// silenceOf is what no answer will mean under all policies of a case.
func silenceOf(f *dossier.File, emergency bool) string {
	var words []string
	for _, p := range f.Policies {
		word := p.Terms.GetSilence()
		if e := p.Terms.GetEmergency(); emergency && e != nil {
			word = e.GetSilence()
		}
		words = append(words, word)
	}
	return gravest(words...)
}

func gravest(words ...string) string {
	return slices.MaxFunc(words, func(a, b string) int { return slices.Index(silences, a) - slices.Index(silences, b) })
}
