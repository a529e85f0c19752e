package delivery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

const (
	allAccounted  = customsv1.CheckOutcome_CHECK_OUTCOME_ALL_ACCOUNTED
	notAccounted  = customsv1.CheckOutcome_CHECK_OUTCOME_NOT_ACCOUNTED
	accessRefused = customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED
	siteUnsafe    = customsv1.CheckOutcome_CHECK_OUTCOME_SITE_UNSAFE
	postponed     = customsv1.CheckOutcome_CHECK_OUTCOME_POSTPONED
)

var (
	tomorrow = timestamppb.New(now.AddDate(0, 0, 1))
	planned  = &customsv1.PostDeliveryCheckPlanned{
		CheckId: checkID, LicenceId: licenceID, DeliveryId: deliveryID, LegalBasis: "U6", PlannedFor: tomorrow, Site: "depot of XB",
	}
	done = &customsv1.PostDeliveryCheckDone{
		CheckId: checkID, Outcome: allAccounted, At: by.OccurredAt, Seen: []*customsv1.DeliveredItem{rifles}, SerialsChecked: 2, SerialsTotal: 2, Storage: "locked",
	}
	refused = &customsv1.PostDeliveryCheckObstructed{CheckId: checkID, Outcome: accessRefused, Reason: "nobody opened"}
)

func TestPlan(t *testing.T) {
	type command = customsv1.PlanCheckRequest
	ofDelivery := &command{Particulars: by, DeliveryId: deliveryID, LegalBasis: "U6", PlannedFor: tomorrow, Site: "depot of XB"}
	ofLicence := with(ofDelivery, func(c *command) { c.LicenceId, c.DeliveryId = licenceID, "" })
	alone := with(planned, func(p *customsv1.PostDeliveryCheckPlanned) { p.DeliveryId = "" })
	next := func(p *customsv1.PostDeliveryCheckPlanned) { p.CheckId = "licensing/PD-2026-000002" }
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1"}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *command
		want    *customsv1.PostDeliveryCheckPlanned
		wantErr error
	}{
		{"of a delivery", ofLicensing(asked), ofDelivery, planned, nil},
		{"of a licence", nil, ofLicence, alone, nil},
		{"on another basis", nil, with(ofLicence, func(c *command) { c.LegalBasis = "agreement of 2020" }), with(alone, func(p *customsv1.PostDeliveryCheckPlanned) { p.LegalBasis = "agreement of 2020" }), nil},
		{"because of an alert", []proto.Message{alert}, with(ofLicence, func(c *command) { c.AlertId = alert.AlertId }), with(alone, func(p *customsv1.PostDeliveryCheckPlanned) { p.AlertId = alert.AlertId }), nil},
		{"again", ofLicensing(asked, planned), ofDelivery, nil, nil},
		{"again, after it was done", ofLicensing(asked, planned, done), ofDelivery, with(planned, next), nil},
		{"elsewhere", ofLicensing(alone), with(ofLicence, func(c *command) { c.Site = "range" }), with(alone, func(p *customsv1.PostDeliveryCheckPlanned) { next(p); p.Site = "range" }), nil},
		{"an undertaking that nobody gave", nil, with(ofLicence, func(c *command) { c.LegalBasis = "U2" }), nil, fault.Precondition},
		{"an unknown alert", nil, with(ofLicence, func(c *command) { c.AlertId = alert.AlertId }), nil, fault.NotFound},
		{"an unknown delivery", nil, ofDelivery, nil, fault.NotFound},
		{"an unknown licence", nil, with(ofLicence, func(c *command) { c.LicenceId = otherLicence }), nil, fault.NotFound},
		{"a delivery of another licence", ofLicensing(asked), with(ofDelivery, func(c *command) { c.LicenceId = otherLicence }), nil, fault.Invalid},
		{"of nothing", nil, with(ofLicence, func(c *command) { c.LicenceId = "" }), nil, fault.Invalid},
		{"no site", nil, with(ofLicence, func(c *command) { c.Site = "" }), nil, fault.Invalid},
		{"no date", nil, with(ofLicence, func(c *command) { c.PlannedFor = nil }), nil, fault.Invalid},
		{"no basis", nil, with(ofLicence, func(c *command) { c.LegalBasis = "" }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.Plan(given(t, "licensing", append(on(), tt.given...)), tt.cmd)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
		})
	}
}

func TestRecord(t *testing.T) {
	type command = customsv1.RecordCheckRequest
	cmd := &command{
		Particulars: by, CheckId: checkID, Outcome: allAccounted, Seen: []*customsv1.DeliveredItem{rifles}, SerialsChecked: 2, SerialsTotal: 2, Storage: "locked",
	}
	missing := with(cmd, func(c *command) { c.Outcome, c.Findings = notAccounted, "both rifles are gone" })
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *command
		want    *customsv1.PostDeliveryCheckDone
		wantErr error
	}{
		{"all is there", ofLicensing(planned), cmd, done, nil},
		{"nothing is there", ofLicensing(planned), missing, with(done, func(d *customsv1.PostDeliveryCheckDone) { d.Outcome, d.Findings = notAccounted, "both rifles are gone" }), nil},
		{"after it was refused", ofLicensing(planned, refused), cmd, done, nil},
		{"again", ofLicensing(planned, done), cmd, nil, nil},
		{"otherwise", ofLicensing(planned, done), missing, nil, fault.Conflict},
		{"not done", ofLicensing(planned), with(cmd, func(c *command) { c.Outcome = accessRefused }), nil, fault.Invalid},
		{"more than there are", ofLicensing(planned), with(cmd, func(c *command) { c.SerialsChecked = 3 }), nil, fault.Invalid},
		{"missing, and not said what", ofLicensing(planned), with(missing, func(c *command) { c.Findings = "" }), nil, fault.Invalid},
		{"tomorrow", ofLicensing(planned), with(cmd, func(c *command) { c.At = tomorrow }), nil, fault.Invalid},
		{"unknown", nil, cmd, nil, fault.NotFound},
		{"of another agency", []proto.Message{with(planned, func(p *customsv1.PostDeliveryCheckPlanned) { p.CheckId = "customs/PD-1" })}, with(cmd, func(c *command) { c.CheckId = "customs/PD-1" }), nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.Record(given(t, "licensing", append(on(), tt.given...)), tt.cmd)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
		})
	}
}

func TestObstruct(t *testing.T) {
	type command = customsv1.ObstructCheckRequest
	cmd := &command{Particulars: by, CheckId: checkID, Outcome: accessRefused, Reason: "nobody opened"}
	later := with(cmd, func(c *command) { c.Outcome, c.Again = postponed, tomorrow })
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *command
		want    *customsv1.PostDeliveryCheckObstructed
		wantErr error
	}{
		{"refused", ofLicensing(planned), cmd, refused, nil},
		{"again", ofLicensing(planned, refused), cmd, nil, nil},
		{"then put off", ofLicensing(planned, refused), later, with(refused, func(o *customsv1.PostDeliveryCheckObstructed) { o.Outcome, o.Again = postponed, tomorrow }), nil},
		{"unsafe", ofLicensing(planned), with(cmd, func(c *command) { c.Outcome = siteUnsafe }), with(refused, func(o *customsv1.PostDeliveryCheckObstructed) { o.Outcome = siteUnsafe }), nil},
		{"put off for ever", ofLicensing(planned), with(later, func(c *command) { c.Again = nil }), nil, fault.Invalid},
		{"put off to yesterday", ofLicensing(planned), with(later, func(c *command) { c.Again = timestamppb.New(exit) }), nil, fault.Invalid},
		{"no reason", ofLicensing(planned), with(cmd, func(c *command) { c.Reason = "" }), nil, fault.Invalid},
		{"accounted for", ofLicensing(planned), with(cmd, func(c *command) { c.Outcome = allAccounted }), nil, fault.Invalid},
		{"done", ofLicensing(planned, done), cmd, nil, fault.Precondition},
		{"unknown", nil, cmd, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.Obstruct(given(t, "licensing", append(on(), tt.given...)), tt.cmd)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
		})
	}
}

func TestIndicators(t *testing.T) {
	late := delivery.Indicator{Code: "RF26", Subject: deliveryID, Reason: "proof of delivery " + deliveryID + " was due on 2026-05-09"}
	closed := delivery.Indicator{Code: "RF19", Subject: checkID, Reason: "access was refused to check " + checkID}
	for name, tt := range map[string]struct {
		facts []proto.Message
		want  []delivery.Indicator
	}{
		"asked and planned":    {[]proto.Message{asked, planned}, nil},
		"overdue and refused":  {[]proto.Message{asked, overdue, planned, refused}, []delivery.Indicator{late, closed}},
		"overdue and disputed": {[]proto.Message{asked, overdue, isShort}, []delivery.Indicator{late}},
		"verified, and done":   {[]proto.Message{asked, overdue, verified(proof), planned, refused, done}, []delivery.Indicator{closed}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := delivery.Indicators(given(t, "licensing", append(on(), ofLicensing(tt.facts...)...)), licenceID)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("Indicators: %v\n%s", err, diff)
			}
		})
	}
}
