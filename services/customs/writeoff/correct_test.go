package writeoff_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// moved is a declaration of 40 thousandths of which 30 worth 3 moved.
func moved() []proto.Message {
	return facts(licence(), declared("customs/1"), reserved("customs/1", 40, 4), committed("customs/1", 30, 3))
}

// plain are facts without where they are to be recorded, which has to be beside the declaration.
func plain(t *testing.T, facts []proto.Message) (list []proto.Message) {
	t.Helper()
	for _, f := range facts {
		d, ok := f.(ledger.Dated)
		if !ok || d.Group != "all" {
			t.Errorf("%v is not recorded beside its entry", f)
		}
		list = append(list, d.Message)
	}
	return list
}

func TestCorrect(t *testing.T) {
	others := facts(declared("customs/2"), reserved("customs/2", 60, 40))
	tests := []struct {
		name     string
		given    []proto.Message
		entry    string
		q, v     int64
		sequence uint32
		change   [2]int64
		wantErr  error
		code     string
	}{
		{"less", moved(), "customs/1#1#2", 20, 2, 1, [2]int64{-10, -1}, nil, ""},
		{"more", moved(), "customs/1#1#2", 35, 4, 1, [2]int64{5, 1}, nil, ""},
		{"to all that is left", moved(), "customs/1#1#2", 100, 50, 1, [2]int64{70, 47}, nil, ""},
		{"to more than is left", moved(), "customs/1#1#2", 101, 50, 0, [2]int64{}, fault.Precondition, "DX03"},
		{"to more value than is left", moved(), "customs/1#1#2", 100, 51, 0, [2]int64{}, fault.Precondition, "DX04"},
		{"more, as others leave room", facts(moved(), others), "customs/1#1#2", 40, 10, 1, [2]int64{10, 7}, nil, ""},
		{"more than others leave", facts(moved(), others), "customs/1#1#2", 41, 3, 0, [2]int64{}, fault.Precondition, "DX03"},
		{"again", facts(moved(), corrected("customs/1", 1, 5, 0)), "customs/1#1#2", 35, 3, 0, [2]int64{}, nil, ""},
		{"once more", facts(moved(), corrected("customs/1", 1, 5, 0)), "customs/1#1#2", 36, 3, 2, [2]int64{1, 0}, nil, ""},
		{"to nothing", moved(), "customs/1#1#2", 0, 0, 1, [2]int64{-30, -3}, nil, ""},
		{"below nothing", moved(), "customs/1#1#2", -1, 0, 0, [2]int64{}, fault.Invalid, ""},
		{"to what came back", facts(moved(), restored("customs/1", 1, 10, 1)), "customs/1#1#2", 10, 1, 1, [2]int64{-20, -2}, nil, ""},
		{"below what came back", facts(moved(), restored("customs/1", 1, 10, 1)), "customs/1#1#2", 9, 1, 0, [2]int64{}, fault.Precondition, ""},
		{"what is only reserved", facts(licence(), declared("customs/1"), reserved("customs/1", 40, 4)), "customs/1#1#1", 30, 3, 0, [2]int64{}, fault.Precondition, ""},
		{"of another agency", facts(licence(), by(post, declared(post+"/1"), committed(post+"/1", 5, 1))), post + "/1#1#2", 4, 1, 0, [2]int64{}, fault.NotAllowed, ""},
		{"unknown", moved(), "customs/9#1#2", 4, 1, 0, [2]int64{}, fault.NotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &customsv1.CorrectWriteOffRequest{EntryId: tt.entry, Quantity: pieces(tt.q), Value: euros(tt.v), Reason: "weighed again"}
			got, err := writeoff.Correct(view(t, "customs", tt.given...), cmd)
			refused(t, err, tt.wantErr, tt.code)
			var want []proto.Message
			if tt.sequence > 0 {
				want = []proto.Message{corrected("customs/1", tt.sequence, tt.change[0], tt.change[1])}
			}
			if diff := cmp.Diff(want, plain(t, got), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := writeoff.Correct(view(t, "customs", moved()...), &customsv1.CorrectWriteOffRequest{EntryId: "customs/1#1#2", Quantity: pieces(1)}); fault.As(err) == nil {
		t.Errorf("corrected without a reason: %v", err)
	}
}

// A correction at a post stays within what the post was lent.
func TestCorrectAtAPost(t *testing.T) {
	v := view(t, post, facts(licence(), given("customs", post, 1, 30, 20), by(post, declared(post+"/1"), committed(post+"/1", 25, 2)))...)
	to := func(q int64) error {
		_, err := writeoff.Correct(v, &customsv1.CorrectWriteOffRequest{EntryId: post + "/1#1#2", Quantity: pieces(q), Reason: "weighed again"})
		return err
	}
	if err := to(30); err != nil {
		t.Errorf("corrected to all of the allowance: %v", err)
	}
	refused(t, to(31), fault.Precondition, "DX03")
}

func TestRestore(t *testing.T) {
	tests := []struct {
		name          string
		given         []proto.Message
		q, v          int64
		reason, basis string
		sequence      uint32
		back          [2]int64
		wantErr       error
	}{
		{"a part", moved(), 10, 1, "sent back", "fictional", 1, [2]int64{10, 1}, nil},
		{"all", moved(), 30, 3, "sent back", "fictional", 1, [2]int64{30, 3}, nil},
		{"more than moved", moved(), 31, 3, "sent back", "fictional", 0, [2]int64{}, fault.Precondition},
		{"more than moved, as corrected", facts(moved(), corrected("customs/1", 1, -10, 0)), 21, 3, "sent back", "fictional", 0, [2]int64{}, fault.Precondition},
		{"again", facts(moved(), restored("customs/1", 1, 10, 1)), 10, 1, "sent back", "fictional", 0, [2]int64{}, nil},
		{"more of it", facts(moved(), restored("customs/1", 1, 10, 1)), 12, 1, "sent back", "fictional", 2, [2]int64{2, 0}, nil},
		{"less than came back", facts(moved(), restored("customs/1", 1, 10, 1)), 9, 1, "sent back", "fictional", 0, [2]int64{}, fault.Conflict},
		{"without a reason", moved(), 10, 1, "", "fictional", 0, [2]int64{}, fault.Invalid},
		{"without a law", moved(), 10, 1, "sent back", "", 0, [2]int64{}, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &customsv1.RestoreWriteOffRequest{EntryId: "customs/1#1#2", Quantity: pieces(tt.q), Value: euros(tt.v), Reason: tt.reason, LegalBasis: tt.basis}
			got, err := writeoff.Restore(view(t, "customs", tt.given...), cmd)
			refused(t, err, tt.wantErr, "")
			var want []proto.Message
			if tt.sequence > 0 {
				want = []proto.Message{restored("customs/1", tt.sequence, tt.back[0], tt.back[1])}
			}
			if diff := cmp.Diff(want, plain(t, got), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
