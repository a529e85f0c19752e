package lab_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// Newcomers get of the past just what the history rule gives them, the copy is verified to its beginning, and two that
// have the same rights have equal rows. (Challenges of the UNIDIR report: newcomers without history.)
func TestNewcomerHoldsWhatItsHistoryRuleGives(t *testing.T) {
	t.Parallel()
	events := 100_000
	if testing.Short() {
		events = 10_000
	}
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	licensing := l.Agencies["licensing"].Node
	half := uint64(events / 2)
	history(t, licensing, 0, events/2)
	day := timestamppb.New(time.Now())
	history(t, licensing, events/2, events/2)
	rule := func(rule directoryv1.HistoryRule, from *timestamppb.Timestamp) *directoryv1.Membership {
		return &directoryv1.Membership{Group: "all", History: rule, HistoryFrom: from}
	}
	tests := []struct {
		name       string
		membership *directoryv1.Membership
		// after is how many events are withheld; more are recorded once all have joined.
		after uint64
	}{
		{"from-start", rule(directoryv1.HistoryRule_HISTORY_RULE_FROM_START, nil), 0},
		{"by-the-group", &directoryv1.Membership{Group: "all"}, 0},
		{"from-date", rule(directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE, day), half},
		{"from-date-too", rule(directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE, day), half},
		{"from-joining", rule(directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, nil), uint64(events)},
		{"from-joining-too", rule(directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, nil), uint64(events)},
	}
	nodes := map[string]*node.Node{"observer": l.Agencies["observer"].Node}
	for _, tt := range tests {
		c := invite(t, l, tt.name, tt.membership)
		c.join(t)
		nodes[tt.name], _ = c.serve(t)
		level(t, nodes[tt.name])
	}
	record(t, licensing, granted(events), granted(events+1))
	last := uint64(events + 2)
	for _, tt := range tests {
		n := nodes[tt.name]
		wait(t, n, licensingAll, last)
		if begins, ends := stands(t, n, licensingAll); begins != tt.after || ends != last {
			t.Errorf("%s: its copy is of events %d to %d; want %d to %d", tt.name, begins+1, ends, tt.after+1, last)
		}
		if all, early := holds(t, n, licensingAll, tt.after); uint64(all) != last-tt.after || early != 0 {
			t.Errorf("%s: it has %d events, %d of them withheld ones; want %d and none", tt.name, all, early, last-tt.after)
		}
	}
	wait(t, nodes["observer"], licensingAll, last)
	for _, pair := range [][2]string{{"from-start", "observer"}, {"by-the-group", "observer"}, {"from-date", "from-date-too"}, {"from-joining", "from-joining-too"}} {
		if rows(t, nodes[pair[0]], licensingAll) != rows(t, nodes[pair[1]], licensingAll) {
			t.Errorf("%s and %s have the same rights and other rows", pair[0], pair[1])
		}
	}
	if rows(t, nodes["from-date"], licensingAll) == rows(t, nodes["from-start"], licensingAll) {
		t.Error("who was given half of the history has the same rows as who was given all")
	}
	sound(t, nodes["from-date"])
}

// verified reads every block of a node again and returns what is wrong.
func verified(t *testing.T, n *node.Node) (findings []string) {
	t.Helper()
	stream, err := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n))).Verify(t.Context(), &queryv1.VerifyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Findings {
			findings = append(findings, fmt.Sprintf("%s block %d: %s", f.Journal, f.Block, f.What))
		}
		if res.Done {
			return findings
		}
	}
}

// A directory may begin with nobody but the authority: every agency joins by a kit, those that record too.
func TestEveryAgencyJoins(t *testing.T) {
	t.Parallel()
	plan, err := lab.ReadPlan("../../deploy/kubernetes/hub/plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := startPlan(t, lab.Folder(t.TempDir()), plan, lab.Options{})
	nodes := map[string]*node.Node{}
	for _, name := range []string{"licensing", "customs", "enforcement"} {
		c := inviteTo(t, l, node.Profile{Agency: name, Service: name}, &directoryv1.Membership{Group: "all"}, &directoryv1.Membership{Group: "border"})
		c.join(t)
		nodes[name], _ = c.serve(t)
		level(t, nodes[name])
	}
	record(t, nodes["licensing"], granted(1))
	record(t, nodes["customs"], accepted(1))
	record(t, nodes["enforcement"], raised(1))
	wait(t, nodes["customs"], licensingAll, 1)
	wait(t, nodes["licensing"], customsBorder, 1)
	wait(t, nodes["enforcement"], customsBorder, 1)
	if rows(t, nodes["licensing"], customsBorder) != rows(t, nodes["enforcement"], customsBorder) {
		t.Error("licensing and enforcement have other rows of customs/border")
	}
}

// A publisher that leaves its consent to a person is asked: until it agrees the newcomer has nothing of it, and one that it
// refuses gets nothing at all, neither blocks nor keys.
func TestPublisherMayRefuse(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	for i := range plan.Agencies {
		if plan.Agencies[i].Name == "licensing" {
			plan.Agencies[i].Consent = "ask"
		}
	}
	l := startPlan(t, folder, plan, lab.Options{})
	licensing := l.Agencies["licensing"].Node
	record(t, licensing, granted(1))
	c := invite(t, l, "audit", &directoryv1.Membership{Group: "all"})
	c.join(t)
	n, _ := c.serve(t)
	level(t, n)
	if _, end := stands(t, n, licensingAll); end != 0 {
		t.Errorf("%d events of licensing were delivered before it agreed", end)
	}
	say(t, licensing, func(v ledger.View) ([]proto.Message, error) {
		return licensing.Keeper.Refuse(v, "all", "audit", "no legal basis")
	})
	record(t, licensing, granted(2))
	for _, r := range l.Hub.Releases() {
		if r.Reader == "audit" && r.Journal == licensingAll {
			t.Error("the hub delivers what was refused")
		}
	}
	say(t, licensing, func(v ledger.View) ([]proto.Message, error) { return licensing.Keeper.Agree(v, "all", "audit") })
	wait(t, n, licensingAll, 2)
	sound(t, n)
}

func say(t *testing.T, n *node.Node, decide func(ledger.View) ([]proto.Message, error)) {
	t.Helper()
	receipt, err := n.Desk.Record(t.Context(), &eventv1.Particulars{}, decide)
	if err != nil || receipt.Events == 0 {
		t.Fatalf("%s recorded %v, %v", n.Agency, receipt, err)
	}
}

// A kit is for one agency, one use and a while, and joins only what rehearsed.
func TestKitIsForOneUse(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	c := invite(t, l, "audit", &directoryv1.Membership{Group: "all"})
	kit, err := joining.OpenKit(c.home(), bytes.NewReader(c.kit), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := joining.OpenKit(c.home(), bytes.NewReader(c.kit), kit.Expires); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("open an expired kit: %v", err)
	}
	stranger := newcomer{name: "audit", folder: lab.Folder(t.TempDir())}
	if _, err := joining.Ask(stranger.home(), node.Profile{Agency: "audit", State: "XA", Service: "observer", Listen: "127.0.0.1:0"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := joining.OpenKit(stranger.home(), bytes.NewReader(c.kit), time.Now()); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("open somebody else's kit: %v", err)
	}
	damaged := bytes.Clone(c.kit)
	damaged[len(damaged)-1] ^= 1
	if _, err := joining.OpenKit(c.home(), bytes.NewReader(damaged), time.Now()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("open a damaged kit: %v", err)
	}
	if err := joining.Join(t.Context(), c.home(), kit, [32]byte{1}, nil); err == nil || !strings.Contains(err.Error(), "rehearsal") {
		t.Errorf("join with another root: %v", err)
	}
	copied := node.Home(t.TempDir())
	if err := os.CopyFS(string(copied), os.DirFS(string(c.home()))); err != nil {
		t.Fatal(err)
	}
	seed := readFile(t, filepath.Join(string(copied), "join.seed"))
	c.join(t)
	if err := joining.Join(t.Context(), copied, kit, joining.Root, nil); err == nil || !strings.Contains(err.Error(), "used") {
		t.Errorf("join twice with one kit: %v", err)
	}
	// A node that was killed when the hub had heard it, and before it had put its request away.
	writeFile(t, filepath.Join(string(c.home()), "join.seed"), seed)
	if err := joining.Join(t.Context(), c.home(), kit, joining.Root, nil); err != nil {
		t.Errorf("join again after a kill: %v", err)
	}
}
