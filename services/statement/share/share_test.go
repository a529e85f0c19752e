package share_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/statement/share"
)

const (
	licence     = "licensing/L-1"
	declaration = "customs/D-1"
)

// given is a licence and a declaration in group border, which has fewer members than all, and more than these two.
func given() []proto.Message {
	border := func(fact proto.Message) proto.Message { return ledgertest.In("border", fact) }
	return []proto.Message{
		&directoryv1.GroupDefined{Group: "border", Members: []string{"licensing", "customs"}},
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "observer"}},
		&directoryv1.GroupDefined{Group: "police", Members: []string{"enforcement", "licensing", "customs"}, Publishers: []string{"enforcement"}},
		&directoryv1.GroupDefined{Group: "two", Members: []string{"licensing", "customs"}},
		border(&licensingv1.LicenceGranted{LicenceId: licence}),
		border(&licensingv1.LicenceGranted{LicenceId: "licensing/L-2"}),
		border(&licensingv1.LicenceSuspended{LicenceId: licence, Reason: "forged"}),
		border(&customsv1.DeclarationAccepted{DeclarationId: declaration, LicenceId: licence}),
		border(&customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: licence}),
		border(&customsv1.DeclarationCancelled{DeclarationId: declaration, Reason: "withdrawn"}),
		border(&customsv1.LicenceQuantityReleased{DeclarationId: declaration, Item: 1, LicenceId: licence}),
	}
}

// origins are the places that what was decided repeats, all of them for one group.
func origins(t *testing.T, facts []proto.Message, group string) (numbers []uint64) {
	t.Helper()
	for _, f := range facts {
		dated, ok := f.(ledger.Dated)
		if !ok || dated.Group != group || dated.Repeats == nil || dated.Repeats.Kind != string(dated.Message.ProtoReflect().Descriptor().FullName()) {
			t.Fatalf("%v does not repeat an event for group %s", f, group)
		}
		numbers = append(numbers, dated.Origin.Number)
	}
	return numbers
}

func TestShare(t *testing.T) {
	tests := []struct {
		name, agency, id, group string
		want                    []uint64
		wantErr                 error
	}{
		{"licence", "licensing", licence, "all", []uint64{1, 3}, nil},
		{"declaration with its write-offs", "customs", declaration, "all", []uint64{1, 2, 3, 4}, nil},
		{"of another agency", "customs", licence, "all", nil, fault.NotAllowed},
		{"never heard of", "licensing", "licensing/L-9", "all", nil, fault.NotFound},
		{"group that is not", "licensing", licence, "nobody", nil, fault.NotFound},
		{"directory", "licensing", licence, "directory", nil, fault.NotFound},
		{"group of others", "licensing", licence, "police", nil, fault.Precondition},
		{"group that it is shared with", "licensing", licence, "border", nil, fault.Precondition},
		{"group with nobody else in it", "licensing", licence, "two", nil, fault.Precondition},
		{"part", "customs", declaration + "#1#1", "all", nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts, err := share.Share(ledgertest.GivenAs(t, tt.agency, given()...), &directoryv1.ShareRequest{Id: tt.id, Group: tt.group})
			if !errors.Is(err, tt.wantErr) {
				t.Errorf("refused with %v, want %v", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, origins(t, facts, tt.group)); diff != "" {
				t.Errorf("repeated (-want +got):\n%s", diff)
			}
		})
	}
}

// A newcomer whose copy of a group begins after a row reads what is repeated for another group that it is in.
func TestShareWithANewcomer(t *testing.T) {
	late := append(given(), ledgertest.By("licensing", &directoryv1.ReleaseAgreed{Group: "border", Reader: "customs", Start: &directoryv1.JournalStart{Block: 2, Events: 2}}))
	for _, tt := range []struct {
		id, group string
		want      []uint64
	}{
		{licence, "two", []uint64{1, 3}}, {licence, "border", nil}, {"licensing/L-3", "two", nil},
	} {
		after := append(slices.Clone(late), ledgertest.In("border", &licensingv1.LicenceGranted{LicenceId: "licensing/L-3"}))
		facts, err := share.Share(ledgertest.GivenAs(t, "licensing", after...), &directoryv1.ShareRequest{Id: tt.id, Group: tt.group})
		if tt.want == nil != errors.Is(err, fault.Precondition) {
			t.Errorf("%s for %s: %v", tt.id, tt.group, err)
		}
		if diff := cmp.Diff(tt.want, origins(t, facts, tt.group)); diff != "" {
			t.Errorf("%s for %s, repeated (-want +got):\n%s", tt.id, tt.group, diff)
		}
	}
}

// What was shared is not shared again, and what came since is.
func TestShareAgain(t *testing.T) {
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"), given()...)
	cmd := &directoryv1.ShareRequest{Id: licence, Group: "all"}
	facts, err := share.Share(tx.View, cmd)
	if err != nil {
		t.Fatal(err)
	}
	all := journal.ID{Agency: "licensing", Group: "all"}
	first := facts[0].(ledger.Dated)
	repeat := proto.CloneOf(first.Repeats)
	repeat.Origin = first.Origin
	b := ledgertest.NewWriter().Block(all, repeat)
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		t.Fatal(err)
	}
	facts, err = share.Share(tx.View, cmd)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{3}, origins(t, facts, "all")); diff != "" {
		t.Errorf("repeated (-want +got):\n%s", diff)
	}
}
