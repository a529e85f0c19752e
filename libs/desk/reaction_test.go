package desk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// suspendNamed suspends every licence that an alert names, wherever each is on record.
var suspendNamed = desk.Reaction{
	Name: "suspend", Kind: (&enforcementv1.DiversionAlertRaised{}).ProtoReflect().Descriptor().FullName(),
	React: func(view ledger.View, _ journal.ID, e journal.Entry) (facts []proto.Message, err error) {
		for _, id := range e.Fact.(*enforcementv1.DiversionAlertRaised).LicenceIds {
			l, err := view.Licence(id)
			if err != nil {
				return nil, err
			}
			if l.GetStatus() == ledgerv1.Status_STATUS_GRANTED {
				facts = append(facts, ledger.Beside(l, &licensingv1.LicenceSuspended{LicenceId: id, Reason: "alert"}))
			}
		}
		return facts, nil
	},
}

// A reaction that decides facts for several groups records a command for each, once, also when it is interrupted.
func TestReactionForSeveralGroups(t *testing.T) {
	w := desktest.New(t, "licensing", "enforcement")
	a, police := w.Agency("licensing"), w.Agency("enforcement")
	beside := func(id, group string) proto.Message { return ledger.Dated{Message: granted(id), Group: group} }
	a.Record(desktest.Facts(beside("licensing/L-1", "all")))
	a.Record(desktest.Facts(beside("licensing/L-2", "border")))
	ids := []string{"licensing/L-2", "licensing/L-1"}
	police.Record(desktest.Facts(&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1", LicenceIds: ids}))
	stop := func() {}
	for range 2 {
		stop()
		a.Open(suspendNamed)
		stop = a.Start()
		w.Carry(police, a, "all")
		a.Wait(licensingAll, 2)
		a.Wait(journal.ID{Agency: "licensing", Group: "border"}, 2)
	}
	a.Record(desktest.Facts(granted("licensing/L-3"))) // behind whatever the reaction had to say
	err := a.Ledger.View(func(v ledger.View) error {
		for _, id := range ids {
			l, err := v.Licence(id)
			if err != nil || l.Status != ledgerv1.Status_STATUS_SUSPENDED || len(l.Events) != 2 {
				t.Errorf("%s is %v after %d events, %v", id, l.GetStatus(), len(l.GetEvents()), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A reaction that fails is tried again by itself, also when nothing changes any more.
func TestFailedReactionIsTriedAgain(t *testing.T) {
	w := desktest.New(t, "licensing", "enforcement")
	a, police := w.Agency("licensing"), w.Agency("enforcement")
	a.Record(desktest.Facts(granted("licensing/L-1")))
	police.Record(desktest.Facts(&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1", LicenceIds: []string{"licensing/L-1"}}))
	once, asked := suspendNamed, 0
	once.React = func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
		if asked++; asked == 1 {
			return nil, errors.New("the disk is busy")
		}
		return suspendNamed.React(view, id, e)
	}
	a.Open(once)
	a.Start()
	w.Carry(police, a, "all")
	a.Wait(licensingAll, 2)
}

// However long it takes to see that nothing is due, that takes a small part of the time while commands come; and what comes due is done.
func TestLookingWhatIsDueRests(t *testing.T) {
	const took = 5 * time.Millisecond
	a := desktest.New(t, "licensing").Agency("licensing")
	looked, end := 0, time.Now().Add(500*time.Millisecond)
	a.Open(desk.Reaction{Name: "revoke at the end", Due: func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
		looked++
		for began := time.Now(); time.Since(began) < took; { // as when very much is open
		}
		return revokeAtEnd(view, now)
	}})
	a.Start()
	began := time.Now()
	first := granted("licensing/L-0")
	first.ValidUntil = timestamppb.New(end)
	a.Record(desktest.Facts(first))
	for n := range 200 {
		a.Record(desktest.Facts(granted(fmt.Sprintf("licensing/L-%d", n+1))))
		if err := a.Ledger.View(func(ledger.View) error { return nil }); err != nil { // has it committed
			t.Fatal(err)
		}
	}
	a.Wait(licensingAll, 202)
	a.Stop()
	// It looks once more for what it does, and in the transaction that does it.
	if most := int(time.Since(began)/(20*took)) + 4; looked > most {
		t.Errorf("it looked %d times in %v; want at most %d", looked, time.Since(began), most)
	}
}

// revokeAtEnd revokes licences whose time is over, one after the other.
func revokeAtEnd(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	all, err := view.LicencesWith("status", "granted")
	if err != nil {
		return nil, next, err
	}
	for _, l := range all {
		switch end := l.GetValidUntil().AsTime(); {
		case l.GetValidUntil() == nil:
		case !end.After(now):
			return []proto.Message{ledger.Beside(l, &licensingv1.LicenceRevoked{LicenceId: l.Id, Reason: "over"})}, next, nil
		case next.IsZero() || end.Before(next):
			next = end
		}
	}
	return nil, next, nil
}

// What is due is recorded when its time comes, without anything happening, and once.
func TestReactionToTime(t *testing.T) {
	a := desktest.New(t, "licensing").Agency("licensing")
	soon := time.Now().Add(200 * time.Millisecond)
	for i := range 4 {
		l := granted(fmt.Sprintf("licensing/L-%d", i))
		if i < 3 {
			l.ValidUntil = timestamppb.New(soon.Add(time.Duration(i) * time.Millisecond))
		}
		a.Record(desktest.Facts(l))
	}
	a.Open(desk.Reaction{Name: "revoke at the end", Due: revokeAtEnd})
	a.Start()
	a.Wait(licensingAll, 7)
	a.Record(desktest.Facts(granted("licensing/L-9")))
	err := a.Ledger.View(func(v ledger.View) error {
		revoked, err := v.LicencesWith("status", "revoked")
		p, err2 := v.Position(licensingAll)
		if len(revoked) != 3 || p.GetEvents() != 8 || err2 != nil {
			t.Errorf("%d licences are revoked after %d events, %v", len(revoked), p.GetEvents(), err2)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
