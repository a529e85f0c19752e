package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// asOf asks a ledger in a folder for its directory, and checks that nothing is left behind and nothing in it changed.
func asOf(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, l *ledger.Ledger, at time.Time) *queryv1.DirectoryResponse {
	now := func() time.Time { return ledgertest.Start.AddDate(1, 0, 0) }
	past, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(filepath.Dir(l.Path()), "past"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Config: Config{Agency: "licensing", Ledger: l, Now: now, Past: past}}
	res, err := s.Directory(context.Background(), &queryv1.DirectoryRequest{AsOf: timestamppb.New(at)})
	if err != nil {
		t.Fatal(err)
	}
	if err := past.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(l.Path()), "*", "ledger.db"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, %v", left, err)
	}
	return res
}

// saying is what a directory says, a line for each agency, member, consent and policy.
func saying(res *queryv1.DirectoryResponse) map[string]string {
	said := map[string]string{}
	for _, a := range res.Agencies {
		said["agency "+a.Id] = a.Status.String()
	}
	for _, g := range res.Groups {
		members := slices.Clone(g.Members)
		slices.Sort(members)
		said["group "+g.Id] = strings.Join(members, " ")
	}
	for _, r := range res.Releases {
		said["release "+r.Id] = r.State.String()
	}
	for _, p := range res.Policies {
		said["policy "+p.Id] = p.Adopted.Title
	}
	return said
}

func TestDirectoryAsOf(t *testing.T) {
	second := func(n int) time.Time { return ledgertest.Start.Add(time.Duration(n) * time.Second) }
	l := ledgertest.Open(t, "licensing")
	facts := []proto.Message{ // one a second
		0: &directoryv1.AgencyRegistered{Agency: "licensing"},
		1: &directoryv1.AgencyRegistered{Agency: "customs"},
		2: &directoryv1.GroupDefined{Group: "border", Members: []string{"customs", "licensing"}},
		3: &directoryv1.PolicyAdopted{PolicyId: "export-standard/1", Title: "first"},
		4: ledgertest.By("customs", &directoryv1.ReleaseAgreed{Group: "border", Reader: "licensing"}),
		5: &licensingv1.LicenceGranted{LicenceId: "licensing/L-1"},
		6: &directoryv1.AgencyRemoved{Agency: "customs", Reason: "merged"},
		7: &directoryv1.GroupDefined{Group: "border", Members: []string{"licensing"}},
		8: ledgertest.By("customs", &directoryv1.ReleaseEnded{Group: "border", Reader: "licensing"}),
		9: &directoryv1.PolicyAdopted{PolicyId: "export-standard/2", Title: "second"},
	}
	if err := ledgertest.Begin(t, l, facts...).Commit(); err != nil {
		t.Fatal(err)
	}
	const taking, removed = "AGENCY_STATUS_UNSPECIFIED", "AGENCY_STATUS_REMOVED"
	before := rootOf(t, l)
	for name, tt := range map[string]struct {
		at   time.Time
		want map[string]string
	}{
		"before it all": {second(-1), map[string]string{}},
		"founded": {second(3), map[string]string{
			"agency licensing": taking, "agency customs": taking, "group border": "customs licensing", "policy export-standard/1": "first",
		}},
		"agreed": {second(5), map[string]string{
			"agency licensing": taking, "agency customs": taking, "group border": "customs licensing", "policy export-standard/1": "first",
			"release customs/border>licensing": "RELEASE_STATE_AGREED",
		}},
		"removed": {second(7), map[string]string{
			"agency licensing": taking, "agency customs": removed, "group border": "licensing", "policy export-standard/1": "first",
			"release customs/border>licensing": "RELEASE_STATE_AGREED",
		}},
		"a moment before the second policy": {second(9).Add(-time.Nanosecond), map[string]string{
			"agency licensing": taking, "agency customs": removed, "group border": "licensing", "policy export-standard/1": "first",
			"release customs/border>licensing": "RELEASE_STATE_ENDED",
		}},
		"to the end": {second(9), map[string]string{
			"agency licensing": taking, "agency customs": removed, "group border": "licensing", "policy export-standard/1": "first",
			"policy export-standard/2": "second", "release customs/border>licensing": "RELEASE_STATE_ENDED",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			res := asOf(t, l, tt.at)
			if got := saying(res); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("it said\n%v, want\n%v", got, tt.want)
			}
			for _, p := range res.Basis.GetPositions() {
				if !strings.HasSuffix(p.Journal, "/directory") || p.RecordedAt.AsTime().After(tt.at) {
					t.Errorf("it rests on %v", p)
				}
			}
		})
	}
	if rootOf(t, l) != before {
		t.Error("the live ledger changed")
	}
	s := &service{Config: Config{Ledger: l, Now: func() time.Time { return second(20) }}}
	if _, err := s.Directory(context.Background(), &queryv1.DirectoryRequest{AsOf: timestamppb.New(second(21))}); fault.As(err) == nil {
		t.Errorf("the directory as of tomorrow: %v, want a refusal", err)
	}
	now, err := s.Directory(context.Background(), &queryv1.DirectoryRequest{})
	if err != nil || fmt.Sprint(saying(now)) != fmt.Sprint(saying(asOf(t, l, second(9)))) {
		t.Errorf("now it says %v, %v", saying(now), err)
	}
}

// Whatever is recorded, the directory as of each moment is what a plain loop over the facts until then says.
func TestDirectoryAsOfAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "asof-test-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		l, err := ledger.Open(filepath.Join(dir, "ledger"), ledger.Options{Agency: "licensing"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		w := ledgertest.NewWriter()
		said := []map[string]string{{}}
		for n := range rapid.IntRange(1, 30).Draw(t, "facts") {
			now := map[string]string{}
			for k, v := range said[n] {
				now[k] = v
			}
			for _, b := range w.Blocks(anyFact(t, n, now)) {
				if err := tx.Apply(b.ID, b.Entries...); err != nil {
					t.Fatal(err)
				}
				if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
					t.Fatal(err)
				}
			}
			said = append(said, now)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, len(said)-1).Draw(t, "moment")
		at := ledgertest.Start.Add(time.Duration(n-1) * time.Second)
		if got := saying(asOf(t, l, at)); fmt.Sprint(got) != fmt.Sprint(said[n]) {
			t.Fatalf("after %d facts it said\n%v, want\n%v", n, got, said[n])
		}
	})
}

// anyFact draws a fact that can be applied after the others, and notes what it says.
func anyFact(t *rapid.T, n int, said map[string]string) proto.Message {
	agency := rapid.SampledFrom([]string{"licensing", "customs", "observer"}).Draw(t, "agency")
	switch {
	case said["agency "+agency] == "":
		said["agency "+agency] = "AGENCY_STATUS_UNSPECIFIED"
		return &directoryv1.AgencyRegistered{Agency: agency}
	case rapid.IntRange(0, 5).Draw(t, "move") == 0 && said["agency "+agency] == "AGENCY_STATUS_UNSPECIFIED":
		said["agency "+agency] = "AGENCY_STATUS_SUSPENDED"
		return &directoryv1.AgencySuspended{Agency: agency}
	case said["agency "+agency] == "AGENCY_STATUS_SUSPENDED":
		said["agency "+agency] = "AGENCY_STATUS_UNSPECIFIED"
		return &directoryv1.AgencyResumed{Agency: agency}
	}
	switch group := rapid.SampledFrom([]string{"all", "border"}).Draw(t, "group"); rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		members := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"customs", "licensing", "observer"}), rapid.ID).Draw(t, "members")
		slices.Sort(members)
		said["group "+group] = strings.Join(members, " ")
		return &directoryv1.GroupDefined{Group: group, Members: members}
	case 1:
		said["release "+agency+"/"+group+">observer"] = "RELEASE_STATE_AGREED"
		return ledgertest.By(agency, &directoryv1.ReleaseAgreed{Group: group, Reader: "observer"})
	case 2:
		said["release "+agency+"/"+group+">observer"] = "RELEASE_STATE_REFUSED"
		return ledgertest.By(agency, &directoryv1.ReleaseRefused{Group: group, Reader: "observer"})
	default:
		id := fmt.Sprintf("standard/%d", n)
		said["policy "+id] = id
		return &directoryv1.PolicyAdopted{PolicyId: id, Title: id}
	}
}

func rootOf(t *testing.T, l *ledger.Ledger) (root [32]byte) {
	t.Helper()
	err := l.View(func(v ledger.View) (err error) {
		root, _, err = v.Root(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}
