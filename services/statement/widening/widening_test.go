package widening_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/statement/widening"
)

const id = "licensing/widening-000001"

// at is a number of minutes after the first fact given.
func at(minutes int) time.Time { return ledgertest.Start.Add(time.Duration(minutes) * time.Minute) }

func stamp(minutes int) *timestamppb.Timestamp { return timestamppb.New(at(minutes)) }

func on(minutes int) *eventv1.Particulars { return &eventv1.Particulars{OccurredAt: stamp(minutes)} }

// say is a fact of licensing at a time, for a group.
func say(minutes int, group string, fact proto.Message) proto.Message {
	return ledgertest.By("licensing", ledgertest.In(group, ledgertest.At(at(minutes), fact)))
}

func groups() []proto.Message {
	return []proto.Message{
		&directoryv1.GroupDefined{Group: "border", Members: []string{"licensing", "customs"}},
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "observer"}},
		&directoryv1.GroupDefined{Group: "police", Members: []string{"enforcement"}},
	}
}

func widened(kinds ...string) *directoryv1.AudienceWidened {
	return &directoryv1.AudienceWidened{WideningId: id, Kinds: kinds, ToGroup: "all", Until: stamp(70), ReviewBy: timestamppb.New(at(70).AddDate(0, 0, 14)), Reason: "sweep"}
}

func TestWiden(t *testing.T) {
	const suspended = "counterfoil.licensing.v1.LicenceSuspended"
	cmd := func(group string, kinds ...string) *directoryv1.WidenRequest {
		return &directoryv1.WidenRequest{Particulars: on(10), ToGroup: group, Kinds: kinds, Seconds: 3600, Reason: "sweep"}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *directoryv1.WidenRequest
		want    []proto.Message
		wantErr error
	}{
		{"some kinds", groups(), cmd("all", suspended), []proto.Message{widened(suspended)}, nil},
		{"every kind", groups(), cmd("all"), []proto.Message{widened()}, nil},
		{"what is no kind", groups(), cmd("all", "LicenceSuspended"), nil, fault.Invalid},
		{"what everybody reads", groups(), cmd("all", "counterfoil.directory.v1.GroupDefined"), nil, fault.Invalid},
		{"to a group of others", groups(), cmd("police"), nil, fault.Precondition},
		{"to no group", groups(), cmd("nobody"), nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := widening.Widen(ledgertest.Given(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || !errors.Is(err, wantErr) {
		t.Errorf("%v; want %v\n%s", err, wantErr, diff)
	}
}

func TestEnd(t *testing.T) {
	ended := &directoryv1.WideningEnded{WideningId: id, Reason: "found"}
	tests := []struct {
		name    string
		given   []proto.Message
		minutes int
		want    []proto.Message
		wantErr error
	}{
		{"in force", []proto.Message{say(10, "directory", widened())}, 20, []proto.Message{ended}, nil},
		{"ended already", []proto.Message{say(10, "directory", widened()), say(15, "directory", ended)}, 20, nil, nil},
		{"over", []proto.Message{say(10, "directory", widened())}, 70, nil, fault.Precondition},
		{"of another agency", []proto.Message{ledgertest.By("customs", &directoryv1.AudienceWidened{WideningId: "customs/widening-1"})}, 20, nil, fault.NotFound},
		{"never heard of", nil, 20, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := widening.End(ledgertest.Given(t, tt.given...), &directoryv1.EndWideningRequest{Particulars: on(tt.minutes), WideningId: id, Reason: "found"})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	others := ledgertest.By("customs", &directoryv1.AudienceWidened{WideningId: "customs/widening-1"})
	_, err := widening.End(ledgertest.Given(t, others), &directoryv1.EndWideningRequest{Particulars: on(1), WideningId: "customs/widening-1"})
	if !errors.Is(err, fault.NotAllowed) {
		t.Errorf("End of another agency's widening: %v", err)
	}
}

func TestReview(t *testing.T) {
	opened := say(10, "directory", widened())
	reviewed := &directoryv1.WideningReviewed{WideningId: id, Outcome: "in order", Note: "all needed"}
	tests := []struct {
		name    string
		given   []proto.Message
		minutes int
		want    []proto.Message
		wantErr error
	}{
		{"over", []proto.Message{opened}, 70, []proto.Message{reviewed}, nil},
		{"in force", []proto.Message{opened}, 69, nil, fault.Precondition},
		{"ended before its time", []proto.Message{opened, say(20, "directory", &directoryv1.WideningEnded{WideningId: id})}, 30, []proto.Message{reviewed}, nil},
		{"again", []proto.Message{opened, say(80, "directory", reviewed)}, 90, nil, nil},
		{"again with another outcome", []proto.Message{opened, say(80, "directory", &directoryv1.WideningReviewed{WideningId: id, Outcome: "too wide"})}, 90, nil, fault.Conflict},
		{"before everything is shared", []proto.Message{opened, say(20, "border", &licensingv1.LicenceGranted{LicenceId: "licensing/L-1"})}, 90, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := append(groups(), tt.given...)
			cmd := &directoryv1.ReviewWideningRequest{Particulars: on(tt.minutes), WideningId: id, Outcome: "in order", Note: "all needed"}
			got, err := widening.Review(ledgertest.Given(t, given...), cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// Events of the named kinds are due that were written while the widening was in force, each after what its row rests on.
func TestDueAndSeen(t *testing.T) {
	licence := func(n string) *licensingv1.LicenceGranted {
		return &licensingv1.LicenceGranted{LicenceId: "licensing/" + n}
	}
	suspended := func(n string) *licensingv1.LicenceSuspended {
		return &licensingv1.LicenceSuspended{LicenceId: "licensing/" + n}
	}
	given := append(groups(),
		say(1, "directory", &directoryv1.ReleaseAgreed{Group: "border", Reader: "customs"}),
		say(1, "directory", &directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"}),
		say(1, "directory", &directoryv1.ReleaseAgreed{Group: "all", Reader: "observer"}),
		say(2, "border", licence("L-1")),   // 1
		say(3, "border", licence("L-2")),   // 2
		say(9, "border", suspended("L-2")), // 3
		say(10, "directory", widened("counterfoil.licensing.v1.LicenceSuspended")),
		say(11, "border", licence("L-3")),   // 4: of another kind
		say(12, "border", suspended("L-1")), // 5
		say(13, "all", licence("L-4")),
		say(14, "all", suspended("L-4")),    // for the wider group as it is
		say(69, "border", suspended("L-3")), // 6
		say(70, "border", &licensingv1.LicenceReinstated{LicenceId: "licensing/L-3"}),
		say(71, "border", suspended("L-3")), // too late
	)
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"), given...)
	facts, reached, err := widening.Due(tx.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint64
	var repeats []*eventv1.Event
	for _, f := range facts {
		dated := f.(ledger.Dated)
		if dated.Repeats.WideningId != id || dated.Group != "all" || dated.Origin.Journal != "licensing/border" {
			t.Errorf("due: %v", dated)
		}
		repeat := proto.CloneOf(dated.Repeats)
		repeat.Origin = dated.Origin
		numbers, repeats = append(numbers, dated.Origin.Number), append(repeats, repeat)
	}
	if diff := cmp.Diff([]uint64{1, 5, 4, 6}, numbers); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(widening.Looked{id + " border": 6}, reached); diff != "" {
		t.Errorf("reached (-want +got):\n%s", diff)
	}
	w := ledgertest.NewWriter()
	wide := journal.ID{Agency: "licensing", Group: "all"}
	w.Block(wide, repeats[0]) // the numbers of the two that are there already
	w.Block(wide, repeats[0])
	b := w.Block(wide, repeats...)
	b.Header.RecordedAt = stamp(72)
	b.HeaderBytes, err = proto.Marshal(b.Header)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		t.Fatal(err)
	}
	for _, looked := range []widening.Looked{nil, reached} {
		if facts, _, err := widening.Due(tx.View, looked); len(facts) > 0 || err != nil {
			t.Errorf("due again: %v, %v", facts, err)
		}
	}
	events, readers, err := widening.Seen(tx.View, id)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range events {
		seen = append(seen, e.Subject+" "+e.Kind[len("counterfoil.licensing.v1."):])
	}
	want := []string{"licensing/L-1 LicenceGranted", "licensing/L-1 LicenceSuspended", "licensing/L-3 LicenceGranted", "licensing/L-3 LicenceSuspended"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"observer"}, readers); diff != "" {
		t.Errorf("readers (-want +got):\n%s", diff)
	}
}
