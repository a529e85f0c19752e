package denial_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// sent is a notice as a file has it.
func sent() *licensingv1.DenialNotified {
	return &licensingv1.DenialNotified{State: "XB", Reference: "DN-7", RegimeReference: "REG-1", Deal: deniedDeal(), Reason: "risk", Source: "notices.csv"}
}

func TestRecord(t *testing.T) {
	record := func(notices ...*licensingv1.DenialNotified) *licensingv1.RecordDenialsRequest {
		return &licensingv1.RecordDenialsRequest{Particulars: particulars, Notices: notices}
	}
	of := func(change func(*licensingv1.DenialNotified)) *licensingv1.DenialNotified {
		return with(sent(), change)
	}
	// What is recorded first carries a digest that the test takes over.
	first, err := denial.Record(given(t), record(sent()))
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	onRecord := first[0].(*licensingv1.DenialNotified)
	if onRecord.NoticeId != receivedID || len(onRecord.Digest) != 32 {
		t.Errorf("recorded %v", onRecord)
	}
	regime := of(func(n *licensingv1.DenialNotified) { n.Reference = "" })
	second := of(func(n *licensingv1.DenialNotified) { n.Reference = "DN-8" })
	unknownState := of(func(n *licensingv1.DenialNotified) { n.State, n.Authority = "", "Country Name 3" })
	otherwise := of(func(n *licensingv1.DenialNotified) { n.Reason = "another" })
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.RecordDenialsRequest
		kinds   []string
		ids     []string
		wantErr error
	}{
		{"several", nil, record(sent(), second, unknownState), []string{"DenialNotified", "DenialNotified", "DenialNotified"},
			[]string{receivedID, "licensing/M-2026-000002", "licensing/M-2026-000003"}, nil},
		{"again, from another file", first, record(of(func(n *licensingv1.DenialNotified) { n.Source = "again.csv" })), nil, nil, nil},
		{"otherwise", first, record(otherwise), []string{"DenialNoticeAmended"}, []string{receivedID}, nil},
		{"by the group's reference alone", first, record(regime), []string{"DenialNotified"}, []string{"licensing/M-2026-000002"}, nil},
		{"the same twice", nil, record(sent(), sent()), []string{"DenialNotified"}, []string{receivedID}, nil},
		{"two of one reference", nil, record(sent(), otherwise), nil, nil, fault.Invalid},
		{"revoked here", append(first[:1:1], &licensingv1.DenialRevoked{DenialId: receivedID, Reason: "by letter"}), record(otherwise), nil, nil, fault.Conflict},
		{"revoked here, the same", append(first[:1:1], &licensingv1.DenialRevoked{DenialId: receivedID, Reason: "by letter"}), record(sent()), nil, nil, nil},
		{"no State", nil, record(of(func(n *licensingv1.DenialNotified) { n.State = "" })), nil, nil, fault.Invalid},
		{"State that is none", nil, record(of(func(n *licensingv1.DenialNotified) { n.State = "Xanadu" })), nil, nil, fault.Invalid},
		{"no reference", nil, record(of(func(n *licensingv1.DenialNotified) { n.Reference, n.RegimeReference = "", "" })), nil, nil, fault.Invalid},
		{"no destination", nil, record(of(func(n *licensingv1.DenialNotified) { n.Deal.Destination = nil })), nil, nil, fault.Invalid},
		{"nothing denied", nil, record(of(func(n *licensingv1.DenialNotified) { n.Deal.Lines = nil })), nil, nil, fault.Invalid},
		{"no deal", nil, record(of(func(n *licensingv1.DenialNotified) { n.Deal = nil })), nil, nil, fault.Invalid},
		{"date that is none", nil, record(of(func(n *licensingv1.DenialNotified) { n.DeniedAt = &timestamppb.Timestamp{Nanos: -1} })), nil, nil, fault.Invalid},
		{"an own denial", nil, record(of(func(n *licensingv1.DenialNotified) { n.DenialId = ownDenialID })), nil, nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Record(given(t, tt.given...), tt.command)
			expectKinds(t, got, err, tt.kinds, tt.ids, tt.wantErr)
		})
	}
}

func TestNotify(t *testing.T) {
	command := &licensingv1.NotifyDenialRequest{Particulars: particulars, DenialId: ownDenialID}
	withReason := with(command, func(c *licensingv1.NotifyDenialRequest) { c.WithReason = true })
	deal := deal()
	deal.Parties, deal.Lines[0].Value = deal.Parties[1:], nil // neither exporter nor price
	want := &licensingv1.DenialNotified{
		NoticeId: receivedID, DenialId: ownDenialID, State: "XA", Authority: "licensing", Reference: ownDenialID, Deal: deal,
		Criteria: []string{"7"}, DeniedAt: timestamppb.New(ledgertest.Start),
	}
	told := with(want, func(n *licensingv1.DenialNotified) { n.Reason = "risk of diversion" })
	amend := func(n *licensingv1.DenialNotified) *licensingv1.DenialNoticeAmended {
		return &licensingv1.DenialNoticeAmended{NoticeId: receivedID, Notice: n, Reason: "the denial is told anew"}
	}
	denied := []proto.Message{registered, theirs, ledgertest.At(ledgertest.Start, ownDenied)}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.NotifyDenialRequest
		want    []proto.Message
		wantErr error
	}{
		{"without the reason", denied, command, []proto.Message{want}, nil},
		{"with the reason", denied, withReason, []proto.Message{told}, nil},
		{"again", plus(denied, partners(want)), command, nil, nil},
		{"again with the reason", plus(denied, partners(want)), withReason, []proto.Message{amend(told)}, nil},
		{"again after it was amended", plus(denied, partners(want), &licensingv1.DenialAmended{DenialId: ownDenialID, Criteria: []string{"2", "7"}}), command,
			[]proto.Message{amend(with(want, func(n *licensingv1.DenialNotified) { n.Criteria = []string{"2", "7"} }))}, nil},
		{"revoked", plus(denied, &licensingv1.DenialRevoked{DenialId: ownDenialID}), command, nil, fault.Precondition},
		{"not on record", denied[:2], command, nil, fault.NotFound},
		{"another's", []proto.Message{registered, ledgertest.By("defence", with(ownDenied, func(d *licensingv1.LicenceDenied) { d.DenialId = "defence/N-2026-000001" }))},
			with(command, func(c *licensingv1.NotifyDenialRequest) { c.DenialId = "defence/N-2026-000001" }), nil, fault.NotAllowed},
		{"of no State", denied[2:], command, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Notify(ledgertest.Given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
			if _, anew := tt.given[len(tt.given)-1].(*licensingv1.DenialAmended); anew && groups(got)[0] != "partners" {
				t.Errorf("told anew to %q", groups(got))
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	revoke := func(id string) *licensingv1.RevokeDenialRequest {
		return &licensingv1.RevokeDenialRequest{Particulars: particulars, DenialId: id, Reason: "mistaken identity"}
	}
	revoked := func(id string) *licensingv1.DenialRevoked {
		return &licensingv1.DenialRevoked{DenialId: id, Reason: "mistaken identity"}
	}
	received := with(sent(), func(n *licensingv1.DenialNotified) { n.NoticeId = receivedID })
	own := with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId = receivedID, ownDenialID })
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.RevokeDenialRequest
		want    []proto.Message
		wantErr error
	}{
		{"own", []proto.Message{ownDenied}, revoke(ownDenialID), []proto.Message{revoked(ownDenialID)}, nil},
		{"received", []proto.Message{received}, revoke(receivedID), []proto.Message{revoked(receivedID)}, nil},
		{"again", []proto.Message{ownDenied, revoked(ownDenialID)}, revoke(ownDenialID), nil, nil},
		{"for another reason", []proto.Message{received, &licensingv1.DenialRevoked{DenialId: receivedID}}, revoke(receivedID), nil, fault.Conflict},
		{"what others were told", []proto.Message{ownDenied, own}, revoke(receivedID), nil, fault.Precondition},
		{"withdrawn from its register", []proto.Message{ownDenied, &licensingv1.EntryWithdrawn{Id: ownDenialID}}, revoke(ownDenialID), nil, fault.Precondition},
		{"another's", []proto.Message{toldByThem}, revoke(theirNoticeID), nil, fault.Precondition},
		{"another's denial", []proto.Message{ledgertest.By(theirAgency, with(ownDenied, func(d *licensingv1.LicenceDenied) { d.DenialId = theirDenialID }))}, revoke(theirDenialID), nil, fault.NotAllowed},
		{"no reason", []proto.Message{ownDenied}, with(revoke(ownDenialID), func(c *licensingv1.RevokeDenialRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"not on record", nil, revoke(ownDenialID), nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Revoke(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// Those who were told hear that a denial was revoked; why, only if they were told the reason.
// A revocation cites what others proposed to correct in the denial.
func TestRevokeCites(t *testing.T) {
	proposed := ledgertest.By(theirAgency, &enforcementv1.CorrectionProposed{CorrectionId: theirAgency + "/CR-1", RecordId: ownDenialID})
	got, err := denial.Revoke(given(t, ownDenied, proposed), &licensingv1.RevokeDenialRequest{Particulars: particulars, DenialId: ownDenialID, Reason: "so it is"})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if causes := got[0].(ledger.Dated).Causes; len(causes) != 1 || causes[0].GetJournal() != theirAgency+"/all" {
		t.Errorf("it cites %v; want the proposal", causes)
	}
}

func TestRevokeNotices(t *testing.T) {
	own := with(told, func(n *licensingv1.DenialNotified) { n.NoticeId, n.DenialId = receivedID, ownDenialID })
	revoked := &licensingv1.DenialRevoked{DenialId: ownDenialID, Reason: "mistaken identity"}
	got, err := denial.RevokeNotices(given(t, ownDenied, partners(own), revoked), revoked, cause)
	expect(t, got, err, []proto.Message{&licensingv1.DenialRevoked{DenialId: receivedID}}, nil)
	withReason := with(own, func(n *licensingv1.DenialNotified) { n.Reason = "risk" })
	got, err = denial.RevokeNotices(given(t, ownDenied, partners(withReason), revoked), revoked, cause)
	expect(t, got, err, []proto.Message{&licensingv1.DenialRevoked{DenialId: receivedID, Reason: "mistaken identity"}}, nil)
	if groups(got)[0] != "partners" {
		t.Errorf("told to %q", groups(got))
	}
	got, err = denial.RevokeNotices(given(t, ownDenied, revoked), revoked, cause)
	expect(t, got, err, nil, nil)
}
