package lab_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// feeding is the example's plan with a feed at customs, on a port that is free now.
func feeding(t *testing.T) *lab.Plan {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	for i := range plan.Agencies {
		if plan.Agencies[i].Name == "customs" {
			plan.Agencies[i].Feed = &feed.Settings{Listen: free.Addr().String(), JSON: true}
		}
	}
	return plan
}

func feedStatus(t *testing.T, n *node.Node) *queryv1.FeedStatusResponse {
	t.Helper()
	s, err := queryv1connect.NewFeedServiceClient(client(n, tokenOf(t, n))).FeedStatus(t.Context(), &queryv1.FeedStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// suspensions is a licence and how often it is suspended and reinstated.
func suspensions(licence, n int) (facts []proto.Message) {
	facts = append(facts, granted(licence))
	id := facts[0].(*licensingv1.LicenceGranted).LicenceId
	for i := range n {
		facts = append(facts, &licensingv1.LicenceSuspended{LicenceId: id, Reason: fmt.Sprintf("reason %d", i)}, &licensingv1.LicenceReinstated{LicenceId: id})
	}
	return facts
}

// A withdrawn event is purged from the feed of a node that publishes it, and its receipt says so.
func TestWithdrawnEventIsPurgedFromTheFeed(t *testing.T) {
	t.Parallel()
	l := startPlan(t, lab.Folder(t.TempDir()), feeding(t), lab.Options{})
	licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
	if s := feedStatus(t, licensing); s.Enabled {
		t.Errorf("a node without a feed: %v", s)
	}
	record(t, licensing, granted(1), granted(2))
	wait(t, customs, licensingAll, 2)
	published := func() bool {
		s := feedStatus(t, customs)
		return s.Streams[0].Behind == 0 && s.Streams[1].Behind == 0
	}
	eventually(t, "everything to be published", published)
	withdraw(t, licensing, "licensing/all/2")
	comesTo(t, customs, "receipt of customs", func(v ledger.View) bool {
		given, err := v.WithdrawalReceiptsWith("agency", "customs")
		return err == nil && len(given) == 1 && slices.Contains(given[0].CarriedOut.Purged, "feed")
	})
	eventually(t, "everything to be published", published)
	for _, s := range feedStatus(t, customs).Streams {
		if s.Messages != s.LastSequence-1 || s.Trouble != "" {
			t.Errorf("after one was purged: %v", s)
		}
	}
}

// An agency's system, written for Node.js with the packages of @nats-io and the .proto files, follows the feed: killed and started
// again, through a restart of the node, with nothing lost, doubled or out of order. What the feed says of itself is valid AsyncAPI.
func TestSystemInNodeFollowsTheFeed(t *testing.T) {
	t.Parallel()
	dir := nodePackages(t)
	folder, plan := lab.Folder(t.TempDir()), feeding(t)
	l, stop := startAndStop(t, folder, plan, lab.Options{})
	customs := l.Agencies["customs"].Node
	checkAsyncAPI(t, dir, customs.FeedURL())
	u := feed.User{Name: "risk"}
	credentials := feed.Credentials{URL: customs.FeedURL(), User: u.Name, Password: u.NewSecret(), Stream: u.Stream(), Consumer: u.Name}
	if err := feed.UsersFile(string(customs.Home())).Add(u); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(credentials)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "credentials.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the user to be let in", func() bool {
		s := feedStatus(t, customs)
		return len(s.Users) == 1 && s.Users[0].Trouble == ""
	})
	first := startSystem(t, dir)
	record(t, l.Agencies["licensing"].Node, suspensions(1, 20)...)
	eventually(t, "half of it to be in its store", func() bool { return len(stored(t, dir)) > 30 })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	record(t, l.Agencies["licensing"].Node, suspensions(2, 10)...)
	second := startSystem(t, dir)
	stop()
	l, _ = startAndStop(t, folder, plan, lab.Options{})
	customs = l.Agencies["customs"].Node
	record(t, l.Agencies["licensing"].Node, suspensions(3, 10)...)
	wait(t, customs, licensingAll, 41+21+21)
	var want []string
	view(t, customs, func(v ledger.View) {
		events, _, _, err := v.EventsAfter("", nil, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			want = append(want, e.Id)
		}
	})
	eventually(t, "all to be in its store", func() bool { return len(stored(t, dir)) >= len(want) })
	lines := stored(t, dir)
	var got []string
	for _, line := range lines {
		got = append(got, line.ID)
	}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Errorf("what the system stored (+) is not what the ledger has (-):\n%s", diff)
	}
	if i := slices.IndexFunc(lines, func(l storedLine) bool { return l.Type == "counterfoil.licensing.v1.LicenceSuspended" }); i < 0 || lines[i].Fact["reason"] != "reason 0" {
		t.Errorf("the first suspension in its store: %v", lines[max(i, 0)])
	}
	if err := second.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	second.Wait()
}

// nodePackages installs what the system needs in a folder.
func nodePackages(t *testing.T) (dir string) {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not on this machine: the feed is not read from Node.js", name)
		}
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "subscriber"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--silent")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm cannot install the packages, so that the feed is not read from Node.js: %v\n%s", err, out)
	}
	return dir
}

func checkAsyncAPI(t *testing.T, dir, url string) {
	t.Helper()
	doc, err := feed.AsyncAPI(url, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(doc)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "asyncapi.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), "node", "asyncapi.mjs", "asyncapi.json")
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the description of the feed is not valid AsyncAPI: %v\n%s", err, out)
	}
}

// startSystem starts the system and returns once it follows the feed.
func startSystem(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	protos, err := filepath.Abs(filepath.Join("..", "..", "proto"))
	if err != nil {
		t.Fatal(err)
	}
	system := exec.CommandContext(t.Context(), "node", "subscriber.mjs", "credentials.json", "store.jsonl", protos)
	system.Dir = dir
	var complaints bytes.Buffer
	system.Stderr = &complaints
	out, err := system.StdoutPipe()
	if err == nil {
		err = system.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line := bufio.NewScanner(out); !line.Scan() {
		system.Wait()
		t.Fatalf("the system does not follow the feed: %s", complaints.String())
	}
	return system
}

// storedLine is an event in the system's store.
type storedLine struct {
	ID, Type, Journal, Number string
	Fact                      map[string]any
}

// stored are the whole lines of the store.
func stored(t *testing.T, dir string) (lines []storedLine) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "store.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		if !strings.HasSuffix(text, "\n") {
			break
		}
		var line storedLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	return lines
}
