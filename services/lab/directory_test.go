package lab_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// authorityOf speaks to the coordinating authority's node of a lab.
func authorityOf(t *testing.T, folder lab.Folder) directoryv1connect.AuthorityServiceClient {
	t.Helper()
	contexts := config.Contexts{Home: string(folder)}
	at, err := contexts.Load(directory.Authority)
	if err != nil {
		t.Fatal(err)
	}
	token, err := contexts.Token(at)
	if err != nil {
		t.Fatal(err)
	}
	return directoryv1connect.NewAuthorityServiceClient(clientAt(at.URL, token))
}

// recordedAt is when a node's ledger says that the event of a receipt was recorded, once it has it.
func recordedAt(t *testing.T, n *node.Node, r *eventv1.Receipt) time.Time {
	t.Helper()
	wait(t, n, directory.Journal, r.FirstEvent)
	var at time.Time
	err := n.Ledger.View(func(v ledger.View) error {
		e, err := v.Event(directory.Journal, r.FirstEvent)
		at = e.GetRecordedAt().AsTime()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// untilReleased returns once a node knows that a publisher's consent to a reader is in a state.
func untilReleased(t *testing.T, n *node.Node, id string, state ledgerv1.ReleaseState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		changed := n.Ledger.Changed()
		var is ledgerv1.ReleaseState
		err := n.Ledger.View(func(v ledger.View) error {
			r, err := v.Release(id)
			is = r.GetState()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if is == state {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%s is %v at %s, want %v", id, is, n.Agency, state)
		}
	}
}

// The authority adopts a policy, suspends an agency and takes another out of a group. Every agency can say what was in force
// at each of these moments; and who has what was shared before says so still.
func TestDirectoryAsOfOnRealNodes(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{ReceiptEvery: often})
	customs, licensing := l.Agencies["customs"].Node, l.Agencies["licensing"].Node
	authority := authorityOf(t, folder)
	record(t, customs, accepted(1))
	untilReceipts(t, customs, "customs/D-1", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 3 })

	adopt := &directoryv1.AdoptPolicyRequest{Policy: &directoryv1.PolicyAdopted{
		Content: []byte("name: export-standard\nversion: 1\ntitle: Export standard\nlegal_basis: ATT 7\nvalid_from: 2026-01-01\ndecider: licensing\n"),
	}}
	rehearsal := proto.CloneOf(adopt)
	rehearsal.Particulars = &eventv1.Particulars{DryRun: true}
	said, err := authority.AdoptPolicy(t.Context(), rehearsal)
	if err != nil || said.Receipt.DryRun.GetJournal() != directory.Journal.String() || len(said.Receipt.DryRun.Readers) != 6 {
		t.Fatalf("a dry run at the authority: %v, %v", said, err)
	}
	adopted, err := authority.AdoptPolicy(t.Context(), adopt)
	if err != nil {
		t.Fatal(err)
	}
	suspended, err := authority.SuspendAgency(t.Context(), &directoryv1.SuspendAgencyRequest{Agency: "observer", Reason: "review"})
	if err != nil {
		t.Fatal(err)
	}
	members := []string{"customs", "enforcement", "licensing"}
	defined, err := authority.DefineGroup(t.Context(), &directoryv1.DefineGroupRequest{Group: &directoryv1.GroupDefined{
		Group: "border", Purpose: "declarations and write-offs", Members: members, History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START,
	}})
	if err != nil {
		t.Fatal(err)
	}
	moments := []time.Time{recordedAt(t, customs, adopted.Receipt), recordedAt(t, customs, suspended.Receipt), recordedAt(t, customs, defined.Receipt)}
	for _, n := range []*node.Node{customs, licensing} {
		untilReleased(t, n, "customs/border>reporting", ledgerv1.ReleaseState_RELEASE_STATE_ENDED)
		query := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n)))
		for i, at := range append([]time.Time{moments[0].Add(-1)}, moments...) {
			res, err := query.Directory(t.Context(), &queryv1.DirectoryRequest{AsOf: timestamppb.New(at)})
			if err != nil {
				t.Fatal(err)
			}
			policies, suspended, inBorder := len(res.Policies), 0, 0
			for _, a := range res.Agencies {
				if a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED {
					suspended++
				}
			}
			for _, g := range res.Groups {
				if g.Id == "border" {
					inBorder = len(g.Members)
				}
			}
			want := [][3]int{{1, 0, 4}, {2, 0, 4}, {2, 1, 4}, {2, 1, 3}}[i] // one policy is the plan's
			if got := [3]int{policies, suspended, inBorder}; got != want || len(res.Agencies) != 6 {
				t.Errorf("%s at moment %d: policies, suspended, members of border %v, want %v", n.Agency, i, got, want)
			}
		}
	}
	res := untilReceipts(t, customs, "customs/D-1", func(*queryv1.ReceiptsResponse) bool { return true })
	if h := held(res)["reporting"]; h.State != queryv1.HolderState_HOLDER_STATE_ARRIVED || !strings.HasPrefix(h.Reason, "it has left since") {
		t.Errorf("reporting, which had it before it left the group: %v", h)
	}
	record(t, customs, accepted(2))
	res = untilReceipts(t, customs, "customs/D-2", func(res *queryv1.ReceiptsResponse) bool { return res.Arrived == 2 })
	if h := held(res)["reporting"]; h.State != queryv1.HolderState_HOLDER_STATE_WITHHELD || h.Reason != "it is not a member of group border" {
		t.Errorf("reporting, of what was recorded after it left: %v", h)
	}
	audience, err := queryv1connect.NewQueryServiceClient(client(customs, tokenOf(t, customs))).Audience(t.Context(), &queryv1.AudienceRequest{Kind: "DeclarationAccepted"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range audience.Audiences[0].Readers {
		if member := strings.Contains(strings.Join(members, " "), r.Agency); r.Reads != member {
			t.Errorf("%s reads declarations: %v, %s", r.Agency, r.Reads, r.Rule)
		}
	}
}
