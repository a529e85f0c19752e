package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// operator speaks to the coordinating authority of a lab.
func operator(t *testing.T, l *lab.Lab) directoryv1connect.AuthorityServiceClient {
	t.Helper()
	n := l.Hub.Authority()
	return directoryv1connect.NewAuthorityServiceClient(client(n, tokenOf(t, n)))
}

// newcomer is an agency on its way in, in a folder of its own.
type newcomer struct {
	name   string
	folder lab.Folder
	kit    []byte
}

func (c newcomer) home() node.Home { return c.folder.Home(c.name) }

// invite takes an agency to the kit that it joins with.
func invite(t *testing.T, l *lab.Lab, name string, memberships ...*directoryv1.Membership) newcomer {
	t.Helper()
	return inviteTo(t, l, node.Profile{Agency: name, Service: "observer"}, memberships...)
}

func inviteTo(t *testing.T, l *lab.Lab, p node.Profile, memberships ...*directoryv1.Membership) newcomer {
	t.Helper()
	name := p.Agency
	p.Title, p.State, p.Listen = name, "XA", "127.0.0.1:0"
	c := newcomer{name: name, folder: lab.Folder(t.TempDir())}
	request, err := joining.Ask(c.home(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operator(t, l).AddAgency(t.Context(), &directoryv1.AddAgencyRequest{Request: request, Memberships: memberships}); err != nil {
		t.Fatal(err)
	}
	res, err := operator(t, l).MakeKit(t.Context(), &directoryv1.MakeKitRequest{Agency: name})
	if err != nil {
		t.Fatal(err)
	}
	c.kit = res.Kit
	return c
}

// join rehearses and has the hub let the agency in.
func (c newcomer) join(t *testing.T) {
	t.Helper()
	kit, err := joining.OpenKit(c.home(), bytes.NewReader(c.kit), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	root, err := kit.Rehearsal.Rehearse(t.Context(), c.home(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := joining.Join(t.Context(), c.home(), kit, root, nil); err != nil {
		t.Fatal(err)
	}
}

// serve runs the agency's node until the test ends or stop is called.
func (c newcomer) serve(t *testing.T) (n *node.Node, stop func()) {
	t.Helper()
	return serve(t, c.folder, c.name)
}

// serve runs an agency's node until the test ends or stop is called, and returns once it is ready.
func serve(t *testing.T, folder lab.Folder, agency string) (n *node.Node, stop func()) {
	t.Helper()
	return serveWith(t, folder, agency, lab.Options{})
}

func serveWith(t *testing.T, folder lab.Folder, agency string, o lab.Options) (n *node.Node, stop func()) {
	t.Helper()
	s, err := lab.StartAgency(t.Context(), folder, agency, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Errorf("%s ended: %v", agency, err)
		}
	}
	t.Cleanup(stop)
	select {
	case <-s.Node.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("%s did not start: %v", agency, err)
	}
	return s.Node, stop
}

// level waits until the newcomer has all that there was when it was let in.
func level(t *testing.T, n *node.Node) {
	t.Helper()
	var p joining.Progress
	until(t, func() bool {
		err := n.Ledger.View(func(v ledger.View) (err error) {
			p, err = joining.ProgressOf(v, n.Agency)
			return err
		})
		return err == nil && p.Level()
	}, func() string { return fmt.Sprintf("%s is at %+v, stopped: %v", n.Agency, p, n.Stopped()) })
}

// until waits for something to come about, for as long as patience.
func until(t *testing.T, met func() bool, now func() string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("it did not come about: %s", now())
		}
	}
}

// history records licences in blocks of a thousand, from the number on.
func history(t *testing.T, n *node.Node, from, events int) {
	t.Helper()
	const perBlock = 1000
	for first := from; first < from+events; first += perBlock {
		facts := make([]proto.Message, perBlock)
		for i := range facts {
			facts[i] = granted(first + i)
		}
		record(t, n, facts...)
	}
}

// stands is where the node's copy of a journal begins and ends.
func stands(t *testing.T, n *node.Node, id journal.ID) (start, end uint64) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(id)
		start, end = p.GetStartEvents(), p.GetEvents()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return start, end
}

// holds counts the events of a journal that a node has, and of them those up to a number.
func holds(t *testing.T, n *node.Node, id journal.ID, upto uint64) (all, early int) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) error {
		entries, err := v.EntriesOfKind(id, "counterfoil.licensing.v1.LicenceGranted", 0, 1<<20)
		for _, e := range entries {
			all++
			if e.Number <= upto {
				early++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, early
}

// sound has a node read everything again, and fails the test when something is wrong.
func sound(t *testing.T, n *node.Node) {
	t.Helper()
	if findings := verified(t, n); len(findings) > 0 {
		t.Errorf("verify of %s finds %v", n.Agency, findings)
	}
}

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
