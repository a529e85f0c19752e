package delivery_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

const (
	alertID = "enforcement/AL-2026-000001"
	offerID = "licensing/CO-2026-000001"
)

var (
	because = &eventv1.Cause{Journal: "licensing/all", Number: 9}
	alerted = &enforcementv1.DiversionAlertRaised{AlertId: alertID}
	offered = &enforcementv1.ConsequenceOffered{
		OfferId: offerID, AlertId: alertID, Subject: licenceID, Consequence: enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK,
	}
)

func TestPlanTaken(t *testing.T) {
	check := &customsv1.PostDeliveryCheckPlanned{
		CheckId: checkID, LicenceId: licenceID, AlertId: alertID, LegalBasis: "U6", PlannedFor: timestamppb.New(now.AddDate(0, 0, 14)), Site: "with the end user in XB",
	}
	done := &customsv1.PostDeliveryCheckDone{CheckId: checkID, Outcome: allAccounted}
	other := with(check, func(c *customsv1.PostDeliveryCheckPlanned) { c.AlertId = "" })
	bare := with(licence, func(l *licensingv1.LicenceGranted) { l.Deal.Documents, l.Deal.Destination = nil, nil })
	by := func(agency string, fact proto.Message) proto.Message { return ledgertest.By(agency, fact) }
	for name, tt := range map[string]struct {
		given []proto.Message
		want  *customsv1.PostDeliveryCheckPlanned
	}{
		"an end user who lets it be done": {[]proto.Message{licence, alerted}, check},
		"nobody undertook it": {[]proto.Message{bare, alerted}, with(check, func(c *customsv1.PostDeliveryCheckPlanned) {
			c.LegalBasis, c.Site = "ATT Article 11(4)", "with the end user"
		})},
		"planned already":            {[]proto.Message{licence, alerted, by("licensing", check)}, nil},
		"planned and done":           {[]proto.Message{licence, alerted, by("licensing", check), by("licensing", done)}, nil},
		"planned for something else": {[]proto.Message{licence, alerted, by("licensing", other)}, with(check, func(c *customsv1.PostDeliveryCheckPlanned) { c.CheckId = "licensing/PD-2026-000002" })},
		"planned by others": {[]proto.Message{licence, alerted, by("customs", with(check, func(c *customsv1.PostDeliveryCheckPlanned) {
			c.CheckId = "customs/PD-2026-000001"
		}))}, check},
		"no licence on record": {[]proto.Message{alerted}, nil},
		"no alert on record":   {[]proto.Message{licence}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := delivery.PlanTaken(given(t, "licensing", tt.given), &ledgerv1.ConsequenceOffer{Id: offerID, Offered: offered}, now, because)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, nil)
			if len(got) > 0 && !proto.Equal(got[0].(ledger.Dated).Causes[0], because) {
				t.Errorf("it names %v as its cause", got[0].(ledger.Dated).Causes)
			}
		})
	}
}

func TestAnswerPlanned(t *testing.T) {
	own := func(fact proto.Message) proto.Message { return ledgertest.By("licensing", fact) }
	check := &customsv1.PostDeliveryCheckPlanned{CheckId: checkID, LicenceId: licenceID, AlertId: alertID}
	answered := &enforcementv1.ConsequenceAnswered{OfferId: offerID, Taken: true, Reason: checkID + " was planned"}
	reassess := with(offered, func(o *enforcementv1.ConsequenceOffered) {
		o.Consequence = enforcementv1.Consequence_CONSEQUENCE_REASSESS
	})
	for name, tt := range map[string]struct {
		given   []proto.Message
		planned *customsv1.PostDeliveryCheckPlanned
		by      string
		want    []proto.Message
	}{
		"open":                   {[]proto.Message{own(offered)}, check, "licensing", []proto.Message{answered}},
		"answered":               {[]proto.Message{own(offered), own(answered)}, check, "licensing", nil},
		"of something else":      {[]proto.Message{own(reassess)}, check, "licensing", nil},
		"of another licence":     {[]proto.Message{own(offered)}, with(check, func(c *customsv1.PostDeliveryCheckPlanned) { c.LicenceId = otherLicence }), "licensing", nil},
		"planned without alert":  {[]proto.Message{own(offered)}, with(check, func(c *customsv1.PostDeliveryCheckPlanned) { c.AlertId = "" }), "licensing", nil},
		"planned by another one": {[]proto.Message{own(offered)}, check, "customs", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := delivery.AnswerPlanned(given(t, "licensing", append([]proto.Message{licence, alerted}, tt.given...)), tt.by, tt.planned, because)
			expect(t, got, err, tt.want, nil)
		})
	}
}
