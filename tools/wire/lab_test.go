package wire

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/counterfoil/counterfoil/libs/clients" // the whole contract is linked in
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/lab"
)

// peer is a node as another system knows it: an address and a token. Calls go through another address where there is one.
type peer struct{ agency, address, token, through string }

func (p peer) reached() string { return cmp.Or(p.through, p.address) }

func peerOf(t testing.TB, n *node.Node) peer {
	t.Helper()
	token, err := os.ReadFile(n.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	return peer{agency: n.Agency, address: n.Addr(), token: strings.TrimSpace(string(token))}
}

// start runs the example's lab until the test ends, and returns its nodes, the authority's among them, by agency.
func start(t *testing.T) (*lab.Lab, []peer) {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := lab.Start(ctx, lab.Folder(t.TempDir()), plan, lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("lab ended: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the lab: %v", err)
		}
	})
	if err := l.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	peers := []peer{peerOf(t, l.Hub.Authority())}
	for _, a := range l.Agencies {
		peers = append(peers, peerOf(t, a.Node))
	}
	slices.SortFunc(peers, func(a, b peer) int { return strings.Compare(a.agency, b.agency) })
	return l, peers
}

func named(peers []peer, agency string) peer {
	return peers[slices.IndexFunc(peers, func(p peer) bool { return p.agency == agency })]
}

// contract is every method that the contract has, by its path.
var contract = sync.OnceValue(func() map[string]protoreflect.MethodDescriptor {
	all := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				if strings.HasPrefix(string(s.FullName()), "counterfoil.") {
					all["/"+string(s.FullName())+"/"+string(s.Methods().Get(j).Name())] = s.Methods().Get(j)
				}
			}
		}
		return true
	})
	return all
})
