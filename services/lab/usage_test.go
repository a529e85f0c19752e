package lab_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

// asking is a lab in which licensing decides on opinions of customs.
type asking struct {
	*testing.T
	folder lab.Folder
	lab    *lab.Lab
	now    *clock
}

// grants has customs say that it concurs, and licensing grant a licence on that.
func (s *asking) grants() {
	s.Helper()
	licensing := caller(s.T, s.folder, "licensing", "officer")
	api := licensingv1connect.NewLicensingServiceClient(licensing)
	applied, err := api.SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{Deal: transfer(transferv1.Kind_KIND_EXPORT, "Border Guard of XB")})
	if err != nil {
		s.Fatal(err)
	}
	comesTo(s.T, s.lab.Agencies["licensing"].Node, "the application is screened", func(v ledger.View) bool {
		rows, err := v.ScreeningsWith("subject", applied.ApplicationId)
		return err == nil && len(rows) > 0
	})
	licensingtest.Ready(s.T, licensing, applied.ApplicationId)
	req := openOn(applied.ApplicationId)
	req.With = []*licensingv1.Addressee{{Agency: "customs"}}
	opened, err := licensingv1connect.NewConsultationServiceClient(licensing).OpenConsultation(s.Context(), req)
	if err != nil {
		s.Fatal(err)
	}
	comesTo(s.T, s.lab.Agencies["customs"].Node, "customs is asked", func(v ledger.View) bool {
		c, err := v.Consultation(opened.ConsultationId)
		return err == nil && c != nil
	})
	_, err = licensingv1connect.NewOpinionServiceClient(caller(s.T, s.folder, "customs", "officer")).GiveOpinion(s.Context(), &licensingv1.GiveOpinionRequest{
		ConsultationId: opened.ConsultationId, View: concurs,
	})
	if err != nil {
		s.Fatal(err)
	}
	comesTo(s.T, s.lab.Agencies["licensing"].Node, "licensing has the opinion", func(v ledger.View) bool {
		o, err := v.Opinion(ledger.OpinionID("customs", opened.ConsultationId, ""))
		return err == nil && o != nil
	})
	if _, err := api.GrantLicence(s.Context(), grantOf(applied.ApplicationId)); err != nil {
		s.Fatal(err)
	}
}

// report waits until customs was told of a month that ended on a day, and returns what.
func (s *asking) report(day string) (told *ledgerv1.FactsUsed) {
	s.Helper()
	comesTo(s.T, s.lab.Agencies["customs"].Node, "it is told of the month to "+day, func(v ledger.View) bool {
		row, err := v.FactsUsed("licensing/use-" + day)
		told = row
		return err == nil && row != nil
	})
	return told
}

// Customs learns after each month how often licences were granted on its opinions, once there were three, and never which.
func TestCustomsLearnsHowItsOpinionsWereUsed(t *testing.T) {
	t.Parallel()
	s := &asking{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)}}
	s.lab = start(t, s.folder, lab.Options{Now: s.now.Now})
	for range 4 {
		s.grants()
	}
	s.now.move(27 * 24 * time.Hour) // 1 April
	s.grants()
	uses := func(count uint32) []*reportingv1.FactUse {
		return []*reportingv1.FactUse{{
			Publisher: "customs", Kind: "counterfoil.licensing.v1.OpinionGiven", Decision: "counterfoil.licensing.v1.LicenceGranted", Count: count,
		}}
	}
	march := s.report("2026-03-31").GetUsed()
	if diff := cmp.Diff(uses(4), march.GetUses(), protocmp.Transform()); diff != "" {
		t.Errorf("told of March (-want +got):\n%s", diff)
	}
	s.grants()
	s.now.move(30 * 24 * time.Hour) // 1 May: of April there are two
	s.grants()
	s.grants()
	s.now.move(31 * 24 * time.Hour) // 1 June: they are four by now
	s.grants()
	may := s.report("2026-05-31").GetUsed()
	if diff := cmp.Diff(uses(4), may.GetUses(), protocmp.Transform()); diff != "" {
		t.Errorf("told of April and May (-want +got):\n%s", diff)
	}
	comesTo(t, s.lab.Agencies["customs"].Node, "it has no report of April", func(v ledger.View) bool {
		rows, err := v.AllFactsUsedWith("owner", "customs")
		return err == nil && len(rows) == 2
	})
	query := queryv1connect.NewQueryServiceClient(caller(t, s.folder, "customs", "analyst"))
	for name, tt := range map[string]struct {
		req  *queryv1.UsageRequest
		want []uint64
	}{
		"all":                  {&queryv1.UsageRequest{}, []uint64{8}},
		"by decision":          {&queryv1.UsageRequest{By: queryv1.UsageBy_USAGE_BY_DECISION}, []uint64{8}},
		"after March":          {&queryv1.UsageRequest{Since: march.GetUntil()}, []uint64{4}},
		"by enforcement, none": {&queryv1.UsageRequest{Agency: "enforcement"}, nil},
	} {
		res, err := query.Usage(t.Context(), tt.req)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, u := range res.Uses {
			got = append(got, u.Count)
		}
		if !slices.Equal(got, tt.want) || res.Least != 3 {
			t.Errorf("%s: %v, at least %d; want %v", name, got, res.Least, tt.want)
		}
	}
}
