package writeoff_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

var day = ledgertest.Start.AddDate(0, 0, 10)

func at(t time.Time) *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(t)}
}

func suspended() proto.Message {
	return &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "looked at"}
}

// atThePost is what a post wrote off: n pieces' thousandths worth v cents.
func atThePost(n, v int64) []proto.Message {
	return by(post, declared(post+"/1"), reserved(post+"/1", n, v))
}

func TestGive(t *testing.T) {
	fact := func(q, v int64) []proto.Message {
		return []proto.Message{&customsv1.AllowanceGiven{AllowanceId: "customs/AL-2026-000001", Post: post, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)}}
	}
	abroad := registered("customs-xb", "customs", "XB", "")
	lent := given("customs", post, 1, 30, 20)
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		to      string
		line    uint32
		q, v    int64
		want    []proto.Message
		wantErr error
		code    string
	}{
		{"all of it", "customs", facts(licence()), post, 1, 100, 50, fact(100, 50), nil, ""},
		{"with the tolerance", "customs", facts(tolerant(100)), post, 1, 110, 55, fact(110, 55), nil, ""},
		{"one more than the tolerance", "customs", facts(tolerant(100)), post, 1, 111, 55, nil, fault.Precondition, "DX03"},
		{"more than there is", "customs", facts(licence()), post, 1, 101, 50, nil, fault.Precondition, "DX03"},
		{"more value than there is", "customs", facts(licence()), post, 1, 100, 51, nil, fault.Precondition, "DX04"},
		{"more than is left", "customs", facts(licence(), declared("customs/1"), reserved("customs/1", 40, 4)), post, 1, 61, 1, nil, fault.Precondition, "DX03"},
		{"what it has", "customs", facts(licence(), lent), post, 1, 30, 20, nil, nil, ""},
		{"more than it has", "customs", facts(licence(), lent), post, 1, 40, 20, fact(10, 0), nil, ""},
		{"after it used some", "customs", facts(licence(), lent, atThePost(7, 1)), post, 1, 30, 20, fact(7, 1), nil, ""},
		{"after it gave some back", "customs", facts(licence(), lent, returned(post, 1, 10, 20)), post, 1, 30, 20, fact(10, 20), nil, ""},
		{"what another post has", "customs", facts(licence(), given("customs", "customs-c", 2, 60, 1)), post, 1, 41, 1, nil, fault.Precondition, "DX03"},
		{"to another State's customs", "customs", facts(licence(), abroad), "customs-xb", 1, 5, 5,
			[]proto.Message{&customsv1.AllowanceGiven{AllowanceId: "customs/AL-2026-000001", Post: "customs-xb", LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(5), Value: euros(5)}}, nil, ""},
		{"to itself", "customs", facts(licence()), "customs", 1, 5, 5, nil, fault.Precondition, ""},
		{"to who licenses", "customs", facts(licence()), "licensing", 1, 5, 5, nil, fault.Precondition, ""},
		{"to nobody", "customs", facts(licence()), "customs-y", 1, 5, 5, nil, fault.NotFound, ""},
		{"to a suspended post", "customs", facts(licence(), suspendedAgency(post)), post, 1, 5, 5, nil, fault.Precondition, ""},
		{"by a post", post, facts(licence()), "customs-c", 1, 5, 5, nil, fault.NotAllowed, ""},
		{"with two counters", "customs", facts(licence(), registered("customs-north", "customs", "XA", "")), post, 1, 5, 5, nil, fault.Precondition, "DX13"},
		{"suspended licence", "customs", facts(licence(), suspended()), post, 1, 5, 5, nil, fault.Precondition, "DX02"},
		{"line without limits", "customs", facts(licence()), post, 2, 5, 5, nil, fault.Invalid, ""},
		{"no such line", "customs", facts(licence()), post, 3, 5, 5, nil, fault.NotFound, "DX01"},
		{"unknown licence", "customs", nil, post, 1, 5, 5, nil, fault.NotFound, "DX01"},
		{"below nothing", "customs", facts(licence()), post, 1, -5, 5, nil, fault.Invalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := writeoff.Give(view(t, tt.agency, tt.given...), &customsv1.GiveAllowanceRequest{
				Particulars: at(day), LicenceId: licenceID, Post: tt.to, LicenceLine: tt.line, Quantity: pieces(tt.q), Value: euros(tt.v),
			})
			refused(t, err, tt.wantErr, tt.code)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform(), protocmp.IgnoreFields(&customsv1.AllowanceGiven{}, "allowance_id")); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReturn(t *testing.T) {
	lent := given("customs", post, 1, 30, 20)
	fact := func(q, v int64) []proto.Message {
		return []proto.Message{&customsv1.AllowanceReturned{Giver: "customs", LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)}}
	}
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		q, v    int64 // -1: not stated
		want    []proto.Message
		wantErr error
	}{
		{"all", post, facts(licence(), lent), -1, -1, fact(30, 20), nil},
		{"all that is left", post, facts(licence(), lent, atThePost(7, 1)), -1, -1, fact(23, 19), nil},
		{"a part", post, facts(licence(), lent), 10, -1, fact(10, 0), nil},
		{"a part of the value", post, facts(licence(), lent), -1, 3, fact(0, 3), nil},
		{"the last of it", post, facts(licence(), lent, atThePost(7, 1)), 23, 19, fact(23, 19), nil},
		{"one more than is left", post, facts(licence(), lent, atThePost(7, 1)), 24, 0, nil, fault.Precondition},
		{"again", post, facts(licence(), lent, returned(post, 1, 30, 20)), -1, -1, nil, nil},
		{"what was given back", post, facts(licence(), lent, returned(post, 1, 30, 20)), 1, 0, nil, fault.Precondition},
		{"nothing", post, facts(licence(), lent), 0, 0, nil, nil},
		{"below nothing", post, facts(licence(), lent), -5, 0, nil, fault.Invalid},
		{"of a suspended licence", post, facts(licence(), lent, suspended()), -1, -1, fact(30, 20), nil},
		{"at a post that was lent nothing", post, facts(licence()), -1, -1, nil, nil},
		{"at the counter", "customs", facts(licence(), lent), 1, 0, nil, fault.Precondition},
		{"unknown licence", post, nil, -1, -1, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &customsv1.ReturnAllowanceRequest{Particulars: at(day), LicenceId: licenceID, LicenceLine: 1}
			if tt.q != -1 {
				cmd.Quantity = pieces(tt.q)
			}
			if tt.v != -1 {
				cmd.Value = euros(tt.v)
			}
			got, err := writeoff.Return(view(t, tt.agency, tt.given...), cmd)
			code := ""
			if tt.wantErr == fault.NotFound {
				code = "DX01"
			}
			refused(t, err, tt.wantErr, code)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform(), protocmp.IgnoreFields(&customsv1.AllowanceReturned{}, "return_id")); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIdle(t *testing.T) {
	const idle = 72 * time.Hour
	start := ledgertest.Start
	lent := ledgertest.At(start, given("customs", post, 1, 30, 20))
	used := func(when time.Time) []proto.Message {
		return by(post, ledgertest.At(when, declared(post+"/1")), ledgertest.At(when, reserved(post+"/1", 7, 1)))
	}
	until := func(when time.Time) *licensingv1.LicenceGranted {
		l := licence()
		l.ValidUntil = timestamppb.New(when)
		return l
	}
	tests := []struct {
		name     string
		agency   string
		given    []proto.Message
		now      time.Time
		q, v     int64 // given back; 0: nothing is
		wantNext time.Time
	}{
		{"lent", post, facts(licence(), lent), start.Add(idle - time.Second), 0, 0, start.Add(idle)},
		{"lent so long ago", post, facts(licence(), lent), start.Add(idle), 30, 20, time.Time{}},
		{"used since", post, facts(licence(), lent, used(start.Add(time.Hour))), start.Add(idle), 0, 0, start.Add(idle + time.Hour)},
		{"used, and idle since", post, facts(licence(), lent, used(start.Add(time.Hour))), start.Add(idle + time.Hour), 23, 19, time.Time{}},
		{"given more since", post, facts(licence(), lent, ledgertest.At(start.Add(time.Hour), given("customs", post, 2, 5, 0))), start.Add(idle), 0, 0, start.Add(idle + time.Hour)},
		{"given back", post, facts(licence(), lent, returned(post, 1, 30, 20)), start.Add(idle), 0, 0, time.Time{}},
		{"used up", post, facts(licence(), lent, atThePost(30, 20)), start.Add(idle), 0, 0, time.Time{}},
		{"suspended licence", post, facts(licence(), lent, suspended()), start.Add(time.Hour), 0, 0, start.Add(idle)},
		{"revoked licence", post, facts(licence(), lent, &licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "forged"}), start.Add(time.Hour), 30, 20, time.Time{}},
		{"expired licence", post, facts(until(start.Add(time.Hour)), lent), start.Add(time.Hour), 30, 20, time.Time{}},
		{"of another post", "customs-c", facts(licence(), lent), start.Add(idle), 0, 0, time.Time{}},
		{"at the counter", "customs", facts(licence(), lent), start.Add(idle), 0, 0, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := writeoff.Idle(view(t, tt.agency, tt.given...), tt.now, idle)
			if err != nil {
				t.Fatal(err)
			}
			var want []proto.Message
			if tt.q > 0 {
				want = []proto.Message{&customsv1.AllowanceReturned{ReturnId: post + "/AR-2026-000001", Giver: "customs", LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(tt.q), Value: euros(tt.v)}}
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || !next.Equal(tt.wantNext) {
				t.Errorf("the next is due %s, want %s; facts (-want +got):\n%s", next, tt.wantNext, diff)
			}
		})
	}
}
