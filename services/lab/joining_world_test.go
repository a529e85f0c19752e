package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
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
