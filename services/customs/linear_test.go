package customs_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs"
)

// licensed is how many pieces the licence is for.
const licensed = 40

// place is a customs agency whose node can be killed and started again while it is asked things.
type place struct {
	*desktest.Agency
	mu      sync.RWMutex
	service *customs.Service
	// life ends when the node has been started again; dying: it is being killed, and what it shows is not looked at.
	life  chan struct{}
	dying atomic.Bool
}

func (p *place) serve(t *testing.T) {
	s, err := customs.New(customs.Config{Node: &node.Node{Agency: p.Name, Ledger: p.Ledger, Desk: p.Desk}})
	if err != nil {
		t.Error(err)
	}
	p.service, p.life = s, make(chan struct{})
	p.dying.Store(false)
}

// kill ends a node with what it is doing, and starts it again, now and then without its ledger.
func (p *place) kill(t *testing.T, forget bool) {
	p.dying.Store(true)
	p.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.life
	defer func() { close(ended) }()
	if forget {
		p.Forget()
	}
	p.Open()
	p.Start()
	p.serve(t)
}

// trial is a run of offices, and what was seen of it.
type trial struct {
	t       *testing.T
	world   *desktest.World
	counter *place
	post    *place
	ask     asking
	began   time.Time

	mu      sync.Mutex
	history []porcupine.Operation
	// unanswered is how many attempts had no answer.
	unanswered int
	// heard is up to which block each place has certainly heard the other.
	heard map[*place]int
}

// asking puts a call to a node, as the API does or a mutant of it.
type asking func(ctx context.Context, p *place, c call) (*eventv1.Receipt, error)

// begin grants the licence and has both hear of it.
func begin(t *testing.T, ask asking) *trial {
	t.Helper()
	w := desktest.New(t, "licensing", "customs", "customs-b")
	tr := &trial{t: t, world: w, counter: &place{Agency: w.Agency("customs")}, post: &place{Agency: w.Agency("customs-b")}, ask: ask, heard: map[*place]int{}}
	receipt := w.Agency("licensing").Record(desktest.Facts(&licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_TRANSIT, Destination: &licensingv1.Place{Country: "XB"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Quantity: pieces(licensed)}},
	}}))
	for _, p := range []*place{tr.counter, tr.post} {
		w.Carry(w.Agency("licensing"), p.Agency, "all")
		p.Wait(journal.ID{Agency: "licensing", Group: "all"}, receipt.FirstEvent)
		p.serve(t)
	}
	w.Carry(tr.counter.Agency, tr.post.Agency, "directory")
	w.Carry(tr.post.Agency, tr.counter.Agency, "directory")
	tr.began = time.Now()
	return tr
}

func (tr *trial) now() int64 { return time.Since(tr.began).Nanoseconds() }

func (tr *trial) saw(client int, c call, asked int64, a answer) answer {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	at := tr.now()
	if a.unknown {
		at = math.MaxInt64
	}
	tr.history = append(tr.history, porcupine.Operation{ClientId: client, Input: c, Call: asked, Output: a, Return: at})
	return a
}

// do asks until there is an answer, under the same key: the caller loses patience, and nodes are killed. It is one call from the
// first attempt to the answer.
func (tr *trial) do(client int, r *rand.Rand, c call) answer {
	p := tr.counter
	if c.node == tr.post.Name {
		p = tr.post
	}
	for asked := tr.now(); ; {
		patience := time.Minute
		if r.IntN(3) == 0 {
			patience = time.Duration(r.IntN(2000)) * time.Microsecond
		}
		if c.kind == "balance" {
			asked = tr.now() // one that had no answer did nothing
		}
		ctx, cancel := context.WithTimeout(tr.t.Context(), patience)
		p.mu.RLock()
		life := p.life
		receipt, err := tr.ask(ctx, p, c)
		if c.kind == "balance" && p.dying.Load() {
			err = fault.Errorf(fault.Unavailable, "the node is going down")
		}
		p.mu.RUnlock()
		cancel()
		switch refusal := fault.As(err); {
		case err == nil && c.kind == "balance":
			return tr.saw(client, c, asked, answer{pieces: int64(receipt.GetEvents())})
		case err == nil && c.kind == "give":
			return tr.saw(client, c, asked, answer{pieces: tr.given(p, receipt)})
		case err == nil:
			return tr.saw(client, c, asked, answer{})
		case refusal != nil && refusal.Code != "":
			return tr.saw(client, c, asked, answer{code: refusal.Code})
		case errors.Is(err, fault.Unavailable): // the node is going down
			<-life
		case refusal != nil:
			return tr.saw(client, c, asked, answer{code: "refused"})
		case tr.t.Context().Err() != nil:
			return answer{}
		}
		tr.mu.Lock()
		tr.unanswered++
		tr.mu.Unlock()
	}
}

// given is what a receipt says was given, in pieces.
func (tr *trial) given(p *place, r *eventv1.Receipt) (n int64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if err := p.Ledger.View(func(v ledger.View) error {
		row, err := v.Allowance(r.GetSubject())
		n = row.GetGiven().GetQuantity().GetThousandths() / 1000
		return err
	}); err != nil {
		tr.t.Error(err)
	}
	return n
}

// office accepts declarations and has them leave, in part, or cancelled.
func (tr *trial) office(client int, node string, calls int) {
	r := rand.New(rand.NewPCG(uint64(client), 1))
	for n := 0; n < calls; n++ {
		id := fmt.Sprintf("26XA%d-%d", client, n)
		c := call{node: node, kind: "accept", declaration: id, pieces: 1 + r.Int64N(5), key: id + " accept"}
		if a := tr.do(client, r, c); a.code == "" && r.IntN(2) == 0 {
			next := call{node: node, kind: "exit", declaration: id, pieces: 1 + r.Int64N(c.pieces), key: id + " exit"}
			if r.IntN(2) == 0 {
				next.kind, next.pieces = "cancel", 0
			}
			tr.do(client, r, next)
		}
		switch {
		case r.IntN(4) == 0:
			tr.do(client, r, call{node: node, kind: "balance"})
		case node == tr.post.Name && r.IntN(3) == 0:
			tr.do(client, r, call{node: node, kind: "return", pieces: 1 + r.Int64N(3), key: id + " return"})
		case client == 1:
			tr.do(client, r, call{node: node, kind: "give", pieces: 3 + r.Int64N(6), key: id + " give"})
		}
	}
}

// carry has one place hear what the other recorded, late and some of it again. It hears block after block; what each comes to is
// filled in afterwards.
func (tr *trial) carry(client int, from, to *place, group string) {
	blocks := from.Blocks(group)
	asked := tr.now()
	var calls []call
	for i, data := range blocks {
		b, err := journal.Parse(data)
		if err != nil {
			tr.t.Error(err)
			return
		}
		to.Deliver(journal.ID{Agency: from.Name, Group: group}, data)
		if i >= tr.heard[to] {
			calls = append(calls, call{node: to.Name, kind: "hear", heard: b.Header.FirstEvent + uint64(b.Header.Count) - 1})
		}
	}
	if len(calls) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(tr.t.Context(), 5*time.Second)
	defer cancel()
	to.mu.RLock()
	err := to.Ledger.Wait(ctx, journal.ID{Agency: from.Name, Group: group}, calls[len(calls)-1].heard)
	to.mu.RUnlock()
	if err == nil {
		tr.heard[to] = len(blocks)
	}
	for i, c := range calls {
		tr.saw(client+i, c, asked, answer{unknown: err != nil})
	}
}

// comesTo fills in what was heard, from the ledgers of those who said it.
func (tr *trial) comesTo() {
	for i, op := range tr.history {
		c := op.Input.(call)
		if c.kind != "hear" {
			continue
		}
		from, group := tr.counter, "border"
		if c.node == tr.counter.Name {
			from, group = tr.post, "all"
		}
		err := from.Ledger.View(func(v ledger.View) error {
			open := map[string]int64{}
			for number := uint64(1); number <= c.heard; number++ {
				e, err := v.Event(journal.ID{Agency: from.Name, Group: group}, number)
				if err != nil {
					return err
				}
				fact, err := e.GetFact().UnmarshalNew()
				if err != nil {
					return err
				}
				c.enter(fact, open)
			}
			return nil
		})
		if err != nil {
			tr.t.Error(err)
		}
		tr.history[i].Input = c
	}
}

// enter adds what somebody said; open is what their declarations have reserved.
func (c *call) enter(fact proto.Message, open map[string]int64) {
	whole := func(q *transferv1.Quantity) int64 { return q.GetThousandths() / 1000 }
	switch f := fact.(type) {
	case *customsv1.AllowanceGiven:
		c.given += whole(f.Quantity)
	case *customsv1.AllowanceReturned:
		c.returned += whole(f.Quantity)
	case *customsv1.LicenceQuantityReserved:
		open[f.DeclarationId] = whole(f.Quantity)
		c.taken += whole(f.Quantity)
	case *customsv1.LicenceQuantityReleased:
		c.taken -= open[f.DeclarationId]
	case *customsv1.LicenceQuantityCommitted:
		c.taken += whole(f.Quantity) - open[f.DeclarationId]
	}
}

// run has two offices of the counter and one of the post at work at once, the line between them cut but for now and then, and
// nodes killed under them. It reports whether what was seen could have happened one after the other.
func run(t *testing.T, ask asking, calls int) (porcupine.CheckResult, int) {
	t.Helper()
	tr := begin(t, ask)
	var offices, others sync.WaitGroup
	offices.Go(func() { tr.office(1, tr.counter.Name, calls) })
	offices.Go(func() { tr.office(2, tr.counter.Name, calls) })
	offices.Go(func() { tr.office(3, tr.post.Name, calls) })
	closed := make(chan struct{})
	others.Go(func() {
		r := rand.New(rand.NewPCG(4, 1))
		for client := 4; ; client += 1000 {
			select {
			case <-closed:
				return
			default:
			}
			switch r.IntN(6) {
			case 0:
				tr.counter.kill(t, r.IntN(3) == 0)
			case 1:
				tr.post.kill(t, r.IntN(3) == 0)
			case 2, 3:
				tr.carry(client, tr.counter, tr.post, "border")
			default:
				tr.carry(client, tr.post, tr.counter, "all")
			}
		}
	})
	offices.Wait()
	close(closed)
	others.Wait()
	tr.comesTo()
	result := porcupine.CheckOperationsTimeout(linear, tr.history, time.Minute)
	t.Logf("%d calls, %d more that had no answer: %s", len(tr.history), tr.unanswered, result)
	return result, tr.unanswered
}

// asks is a call as the API does it.
func asks(ctx context.Context, p *place, c call) (*eventv1.Receipt, error) {
	particulars := &eventv1.Particulars{IdempotencyKey: c.key}
	id := p.Name + "/" + c.declaration
	switch c.kind {
	case "accept":
		d := declaration(c.declaration, c.pieces)
		d.Particulars = particulars
		res, err := p.service.AcceptDeclaration(ctx, d)
		return res.GetReceipt(), err
	case "exit":
		res, err := p.service.ConfirmExit(ctx, &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: id, Moved: []*customsv1.Moved{{Item: 1, Quantity: pieces(c.pieces)}}})
		return res.GetReceipt(), err
	case "cancel":
		res, err := p.service.CancelDeclaration(ctx, &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: id, Reason: "sale fell through"})
		return res.GetReceipt(), err
	case "give":
		res, err := p.service.GiveAllowance(ctx, &customsv1.GiveAllowanceRequest{Particulars: particulars, LicenceId: licenceID, Post: "customs-b", LicenceLine: 1, Quantity: pieces(c.pieces)})
		return res.GetReceipt(), err
	case "return":
		res, err := p.service.ReturnAllowance(ctx, &customsv1.ReturnAllowanceRequest{Particulars: particulars, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(c.pieces)})
		return res.GetReceipt(), err
	}
	res, err := p.service.Balance(ctx, &customsv1.BalanceRequest{LicenceId: licenceID})
	if err != nil {
		return nil, err
	}
	return &eventv1.Receipt{Events: uint32(res.Lines[0].LeftHere.GetThousandths() / 1000)}, nil
}

// What offices at a counter and at a post see of a licence could have happened one after the other, though they ask at once,
// again and again, and nodes are killed and built anew under them.
func TestWriteOffIsLinearizable(t *testing.T) {
	result, unknown := run(t, asks, 25)
	if result != porcupine.Ok {
		t.Errorf("the history is %s", result)
	}
	if unknown == 0 {
		t.Error("every call had an answer, so that none was asked again")
	}
}
