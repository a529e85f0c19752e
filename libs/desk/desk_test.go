package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var licensingAll = journal.ID{Agency: "licensing", Group: "all"}

func granted(id string) *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Harbour Trading XB"}},
		Lines:   []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}}
}

// suspend decides as licensing's own rule does: it looks before it records.
func suspend(id string) desk.Decide {
	return func(v ledger.View) ([]proto.Message, error) {
		l, err := v.Licence(id)
		switch {
		case err != nil:
			return nil, err
		case l == nil:
			return nil, fault.Errorf(fault.NotFound, "licence %s has not been issued", id)
		case l.Status == ledgerv1.Status_STATUS_SUSPENDED:
			return nil, nil
		}
		return []proto.Message{&licensingv1.LicenceSuspended{LicenceId: id, Reason: "forged end-user certificate"}}, nil
	}
}

func status(t *testing.T, l *ledger.Ledger, id string) ledgerv1.Status {
	t.Helper()
	var s ledgerv1.Status
	err := l.View(func(v ledger.View) error {
		row, err := v.Licence(id)
		s = row.GetStatus()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsRecordedIsReadAtOnce(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	receipt := a.Record(desktest.Facts(granted("licensing/L-1")))
	if receipt.Journal != "licensing/all" || receipt.Block != 1 || receipt.FirstEvent != 1 || receipt.Subject != "licensing/L-1" {
		t.Errorf("receipt is %v", receipt)
	}
	a.Record(suspend("licensing/L-1"))
	if got := status(t, a.Ledger, "licensing/L-1"); got != ledgerv1.Status_STATUS_SUSPENDED {
		t.Errorf("licence is %s after it was suspended", got)
	}
	if again := a.Record(suspend("licensing/L-1")); again.Events != 0 {
		t.Errorf("suspending twice recorded %v", again)
	}
	_, err := a.Desk.Record(t.Context(), &eventv1.Particulars{}, suspend("licensing/L-9"))
	if !errors.Is(err, fault.NotFound) {
		t.Errorf("suspending what is not there: %v", err)
	}
	if n := len(a.Blocks("all")); n != 2 {
		t.Errorf("%d blocks were stored; want 2", n)
	}
}

func TestIdempotencyKey(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	req := func(reason string) *licensingv1.SuspendLicenceRequest {
		return &licensingv1.SuspendLicenceRequest{
			Particulars: &eventv1.Particulars{IdempotencyKey: "k-1"}, LicenceId: "licensing/L-1", Reason: reason,
		}
	}
	decide := desktest.Facts(granted("licensing/L-1"), &licensingv1.LicenceSuspended{LicenceId: "licensing/L-1"})
	first, err := a.Desk.Execute(t.Context(), req("a"), decide)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.Desk.Execute(t.Context(), req("a"), decide)
	if err != nil {
		t.Fatal(err)
	}
	want := proto.Clone(first).(*eventv1.Receipt)
	want.Repeated = true
	if !proto.Equal(again, want) {
		t.Errorf("the second receipt is %v; want %v", again, want)
	}
	if _, err := a.Desk.Execute(t.Context(), req("b"), decide); !errors.Is(err, fault.Conflict) {
		t.Errorf("the key with another request: %v", err)
	}
	if n := len(a.Blocks("all")); n != 1 {
		t.Errorf("%d blocks were stored; want 1", n)
	}
}

// Commands that come together share blocks; every one is recorded once, without gaps.
func TestConcurrentCommandsShareBlocks(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	const callers, each = 32, 8
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("licensing/L-%d-%d", c, i)
				if _, err := a.Desk.Record(t.Context(), &eventv1.Particulars{}, desktest.Facts(granted(id))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var position *ledgerv1.Position
	if err := a.Ledger.View(func(v ledger.View) (err error) { position, err = v.Position(licensingAll); return err }); err != nil {
		t.Fatal(err)
	}
	blocks := len(a.Blocks("all"))
	if position.Events != callers*each || position.Block != uint64(blocks) {
		t.Errorf("ledger is at block %d, event %d; want %d, %d", position.Block, position.Events, blocks, callers*each)
	}
	if blocks >= callers*each/2 {
		t.Errorf("%d commands took %d blocks: they did not share any", callers*each, blocks)
	}
}

// Requests that are sent twice at once, with one key each, are recorded once and get one receipt.
func TestSameKeyInOneBatch(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	const keys = 60
	var wg sync.WaitGroup
	receipts := make([][4]*eventv1.Receipt, keys)
	for k := range keys {
		for i := range receipts[k] {
			wg.Go(func() {
				id := fmt.Sprintf("licensing/L-%d", k)
				req := &licensingv1.SuspendLicenceRequest{Particulars: &eventv1.Particulars{IdempotencyKey: id}, LicenceId: id}
				var err error
				if receipts[k][i], err = a.Desk.Execute(t.Context(), req, desktest.Facts(granted(id))); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for k, of := range receipts {
		for _, r := range of {
			if r.GetFirstEvent() != of[0].GetFirstEvent() || r.GetBlock() != of[0].GetBlock() {
				t.Errorf("key %d has the receipts %v", k, of)
			}
		}
	}
}

// lossy is a JetStream that stores what is published and loses the acknowledgement, as often as it is told to.
type lossy struct {
	jetstream.JetStream
	mu   sync.Mutex
	lose int
	// before stores the message as well; otherwise it is lost on the way there.
	stored bool
}

func (l *lossy) PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	l.mu.Lock()
	lose := l.lose > 0
	if lose {
		l.lose--
	}
	l.mu.Unlock()
	if !lose {
		return l.JetStream.PublishMsg(ctx, msg, opts...)
	}
	if l.stored {
		if _, err := l.JetStream.PublishMsg(ctx, msg, opts...); err != nil {
			return nil, err
		}
	}
	return nil, nats.ErrTimeout
}

func TestLostAcknowledgementRecordsOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		lose   int
		stored bool
	}{"acknowledgement lost": {1, true}, "message lost": {1, false}, "both tries lost": {2, false}, "both acknowledgements lost": {2, true}} {
		t.Run(name, func(t *testing.T) {
			a := desktest.New(t, "licensing").Agency("licensing")
			js := &lossy{JetStream: a.Server.JetStream(), lose: tt.lose, stored: tt.stored}
			d := a.DeskOn(a.Ledger, a.Follower, js)
			desktest.Run(t, d.Run)
			req := &licensingv1.SuspendLicenceRequest{Particulars: &eventv1.Particulars{IdempotencyKey: "k"}, LicenceId: "licensing/L-1"}
			receipt, err := d.Execute(t.Context(), req, desktest.Facts(granted("licensing/L-1")))
			if err != nil {
				t.Fatal(err)
			}
			if receipt.Block != 1 || len(a.Blocks("all")) != 1 {
				t.Errorf("receipt is %v, %d blocks are stored; want block 1, once", receipt, len(a.Blocks("all")))
			}
			if got := status(t, a.Ledger, "licensing/L-1"); got != ledgerv1.Status_STATUS_GRANTED {
				t.Errorf("licence is %s", got)
			}
		})
	}
}

// A block that was appended and whose ledger transaction was not committed is folded at the next start.
func TestAppendedAndNotCommitted(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	a.Open()
	a.Start()
	var head journal.Head
	err := a.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(licensingAll)
		if err != nil {
			return err
		}
		head, err = journal.HeadAt(licensingAll, p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fact := granted("licensing/L-1")
	event, err := journal.NewEvent(fact, time.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.Record(1, event, fact)
	if err != nil {
		t.Fatal(err)
	}
	epoch, key, err := a.Keys.Newest(journal.ID{Agency: a.Name, Group: "all"})
	if err != nil {
		t.Fatal(err)
	}
	data, _, _, err := journal.Sealer{Signer: a.Signer, Key: key, Epoch: epoch}.Write(&head, []journal.Entry{e}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Append(t.Context(), a.Server.JetStream(), a.Own.CachedInfo().Config.Name, licensingAll, data, 0); err != nil {
		t.Fatal(err)
	}
	receipt := a.Record(suspend("licensing/L-1")) // decided on a ledger without it at first, if need be
	if receipt.Block != 2 || receipt.FirstEvent != 2 {
		t.Errorf("receipt is %v; want block 2, event 2", receipt)
	}
}

func TestBadParticularsAreRefused(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	req := &licensingv1.SuspendLicenceRequest{Particulars: &eventv1.Particulars{Marking: "nobody-reads-this", OccurredAt: nil}}
	_, err := a.Desk.Execute(t.Context(), req, func(ledger.View) ([]proto.Message, error) {
		return []proto.Message{granted("customs/L-1")}, nil // not this agency's to grant
	})
	if err == nil || len(a.Blocks("all")) != 0 {
		t.Errorf("a licence in another agency's name was recorded: %v", err)
	}
	a.Desk.Refuse("the journal has forked")
	_, err = a.Desk.Execute(t.Context(), req, desktest.Facts(granted("licensing/L-1")))
	if !errors.Is(err, fault.Precondition) {
		t.Errorf("recording on a forked journal: %v", err)
	}
}

// reassess opens one reassessment for each licence of the alert, as licensing's reaction does.
var reassess = desk.Reaction{
	Name: "reassess", Kind: (&enforcementv1.AlertConfirmed{}).ProtoReflect().Descriptor().FullName(),
	React: func(v ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
		l, err := v.Licence("licensing/L-1")
		if l == nil || err != nil {
			return nil, err
		}
		next, err := v.NextID("R-2026")
		if err != nil {
			return nil, err
		}
		alert := e.Fact.(*enforcementv1.AlertConfirmed).AlertId
		cause := &eventv1.Cause{Journal: id.String(), Number: e.Number, Id: e.Event.Id}
		return []proto.Message{ledger.Dated{
			Message: &licensingv1.ReassessmentOpened{ReassessmentId: next, LicenceId: l.Id, AlertId: alert}, Causes: []*eventv1.Cause{cause},
		}}, nil
	},
}

// Each confirmed alert opens one reassessment: also when the node is restarted, and when its ledger is deleted.
func TestReactionsHappenOnce(t *testing.T) {
	w := desktest.New(t, "licensing", "enforcement")
	a, police := w.Agency("licensing"), w.Agency("enforcement")
	a.Record(desktest.Facts(granted("licensing/L-1")))
	for i := range 3 {
		id := fmt.Sprintf("enforcement/AL-%d", i)
		police.Record(desktest.Facts(&enforcementv1.DiversionAlertRaised{AlertId: id}, &enforcementv1.AlertConfirmed{AlertId: id}))
	}
	stop := func() {}
	for round, again := range []func(){func() {}, func() {}, a.Forget} {
		stop()
		again()
		a.Open(reassess)
		stop = a.Start()
		w.Carry(police, a, "all")
		a.Wait(licensingAll, 4)
		a.Record(desktest.Facts(granted(fmt.Sprintf("licensing/L-round-%d", round)))) // behind whatever the reaction had to say
		var open []*ledgerv1.Reassessment
		err := a.Ledger.View(func(v ledger.View) (err error) {
			open, err = v.ReassessmentsWith("licence", "licensing/L-1")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(open) != 3 {
			t.Fatalf("round %d: %d reassessments are open; want one for each of 3 alerts", round, len(open))
		}
		var events []protoreflect.FullName
		for _, r := range open {
			if len(r.Events) != 1 {
				t.Errorf("reassessment %s was made by %d events", r.Id, len(r.Events))
			}
			events = append(events, protoreflect.FullName(r.AlertId))
		}
		if len(events) != 3 {
			t.Errorf("alerts %v", events)
		}
	}
}

// What is marked for a group that the agency has no part in is refused, and says what to do.
func TestGroupOfOthers(t *testing.T) {
	t.Parallel()
	reporting := desktest.New(t, "reporting", "customs").Agency("reporting")
	_, err := reporting.Desk.Record(t.Context(), &eventv1.Particulars{Marking: "border"}, func(ledger.View) ([]proto.Message, error) {
		return []proto.Message{&reportingv1.AgencyReturnSubmitted{RequestId: "reporting/Q-1"}}, nil
	})
	if !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "reporting is not an agency that records for group border") {
		t.Errorf("record for a group of others: %v", err)
	}
}
