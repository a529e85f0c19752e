package directory_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// A consent that is given can be refused from then on or taken back, once; one that was not given cannot be taken back.
func TestConsentsAreRefusedAndTakenBack(t *testing.T) {
	groups := []proto.Message{
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs"}},
		&directoryv1.GroupDefined{Group: "police", Members: []string{"licensing", "customs"}, Publishers: []string{"customs"}},
	}
	by := func(fact proto.Message) proto.Message { return ledgertest.By("licensing", fact) }
	agreed := by(&directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"})
	refused := &directoryv1.ReleaseRefused{Group: "all", Reader: "customs", Reason: "no basis"}
	ended := &directoryv1.ReleaseEnded{Group: "all", Reader: "customs", Reason: "no basis"}
	tests := []struct {
		name                  string
		given                 []proto.Message
		group, reader         string
		refuse, end           []proto.Message
		refuseError, endError error
	}{
		{"undecided", nil, "all", "customs", []proto.Message{refused}, nil, nil, fault.Precondition},
		{"agreed", []proto.Message{agreed}, "all", "customs", []proto.Message{refused}, []proto.Message{ended}, nil, nil},
		{"refused", []proto.Message{by(refused)}, "all", "customs", nil, nil, nil, fault.Precondition},
		{"ended", []proto.Message{agreed, by(ended)}, "all", "customs", []proto.Message{refused}, nil, nil, nil},
		{"no member", nil, "all", "observer", nil, nil, fault.Precondition, fault.Precondition},
		{"group of others", nil, "police", "customs", nil, nil, fault.Precondition, fault.Precondition},
		{"no group", nil, "nobody", "customs", nil, nil, fault.Precondition, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view, keeper := ledgertest.Given(t, append(groups, tt.given...)...), directory.Keeper{Agency: "licensing"}
			got, err := keeper.Refuse(view, tt.group, tt.reader, "no basis")
			if diff := cmp.Diff(tt.refuse, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.refuseError) {
				t.Errorf("Refuse: %v\n%s", err, diff)
			}
			got, err = keeper.End(view, tt.group, tt.reader, "no basis")
			if diff := cmp.Diff(tt.end, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.endError) {
				t.Errorf("End: %v\n%s", err, diff)
			}
		})
	}
}
