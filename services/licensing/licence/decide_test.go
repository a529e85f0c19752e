package licence_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

func TestGrant(t *testing.T) {
	later := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(d)) }
	command := &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID}
	of := func(change func(*licensingv1.GrantLicenceRequest)) *licensingv1.GrantLicenceRequest {
		return with(command, change)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.GrantLicenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"valid from the decision", []proto.Message{submitted}, command, []proto.Message{granted}, nil},
		{"valid for a time, under conditions", []proto.Message{submitted},
			of(func(c *licensingv1.GrantLicenceRequest) {
				c.ValidFrom, c.ValidUntil, c.Conditions = later(time.Hour), later(2*time.Hour), []string{"proof of arrival within 3 months"}
			}),
			[]proto.Message{with(granted, func(g *licensingv1.LicenceGranted) {
				g.ValidFrom, g.ValidUntil, g.Conditions = later(time.Hour), later(2*time.Hour), []string{"proof of arrival within 3 months"}
			})}, nil},
		{"decided in the last second of a year", []proto.Message{submitted},
			of(func(c *licensingv1.GrantLicenceRequest) {
				c.Particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC))}
			}),
			[]proto.Message{with(granted, func(g *licensingv1.LicenceGranted) {
				g.LicenceId, g.ValidFrom = "licensing/L-2025-000001", timestamppb.New(time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC))
			})}, nil},
		{"ends as it begins", []proto.Message{submitted},
			of(func(c *licensingv1.GrantLicenceRequest) { c.ValidUntil = later(0) }), nil, fault.Invalid},
		{"ends before it begins", []proto.Message{submitted},
			of(func(c *licensingv1.GrantLicenceRequest) {
				c.ValidFrom, c.ValidUntil = later(time.Hour), later(time.Minute)
			}), nil, fault.Invalid},
		{"never submitted", nil, command, nil, fault.NotFound},
		{"submitted to another agency", []proto.Message{othersApplication},
			of(func(c *licensingv1.GrantLicenceRequest) { c.ApplicationId = othersApplicationID }), nil, fault.NotAllowed},
		{"granted already", []proto.Message{submitted, granted}, command, nil, fault.Conflict},
		{"granted and revoked", []proto.Message{submitted, granted, revoked}, command, nil, fault.Conflict},
		{"denied already", []proto.Message{submitted, denied}, command, nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Grant(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestDeny(t *testing.T) {
	command := &licensingv1.DenyLicenceRequest{Particulars: particulars, ApplicationId: applicationID, Criteria: []string{"7"}, Reason: "risk of diversion"}
	of := func(change func(*licensingv1.DenyLicenceRequest)) *licensingv1.DenyLicenceRequest {
		return with(command, change)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.DenyLicenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"open application", []proto.Message{submitted}, command, []proto.Message{denied}, nil},
		{"no criteria", []proto.Message{submitted}, of(func(c *licensingv1.DenyLicenceRequest) { c.Criteria = nil }), nil, fault.Invalid},
		{"no reason", []proto.Message{submitted}, of(func(c *licensingv1.DenyLicenceRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"never submitted", nil, command, nil, fault.NotFound},
		{"submitted to another agency", []proto.Message{othersApplication},
			of(func(c *licensingv1.DenyLicenceRequest) { c.ApplicationId = othersApplicationID }), nil, fault.NotAllowed},
		{"granted already", []proto.Message{submitted, granted}, command, nil, fault.Conflict},
		{"denied already", []proto.Message{submitted, denied}, command, nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Deny(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
