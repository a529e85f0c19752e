package citations_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// telling is the rule that the property is held against, or a mutant of it: what is told of a month after its end.
type telling func(view ledger.View, from, until time.Time) ([]*reportingv1.FactUse, error)

func toTell(view ledger.View, _, until time.Time) ([]*reportingv1.FactUse, error) {
	return citations.ToTell(view, until)
}

// Whatever licensing decides and cites over some months, no class below Least is told, every use is told once at most, and
// what was told and what is carried add up to what is true of each class.
func TestNothingBelowLeastIsTold(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		if err := months(t, l, toTell); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNothingBelowLeastIsToldCatchesMutants(t *testing.T) {
	of := func(count func(ledger.View, time.Time, time.Time) (map[citations.Class]uint64, error), least uint64, told bool) telling {
		return func(view ledger.View, from, until time.Time) (uses []*reportingv1.FactUse, _ error) {
			counted, err := count(view, from, until)
			if err != nil {
				return nil, err
			}
			before := map[citations.Class]uint64{}
			if told {
				if before, err = citations.Told(view, view.Agency()); err != nil {
					return nil, err
				}
			}
			for c, n := range counted {
				if n >= before[c]+least {
					uses = append(uses, &reportingv1.FactUse{Publisher: c.Publisher, Kind: c.Kind, Decision: c.Decision, Count: uint32(n - before[c])})
				}
			}
			return uses, nil
		}
	}
	ever := func(view ledger.View, _, until time.Time) (map[citations.Class]uint64, error) {
		return citations.Count(view, time.Time{}, until)
	}
	now := func(view ledger.View, _, until time.Time) (map[citations.Class]uint64, error) {
		return citations.Count(view, time.Time{}, until.Add(time.Hour))
	}
	l := ledgertest.Open(t, "licensing")
	for name, mutant := range map[string]telling{
		"the threshold is dropped":           of(ever, 1, true),
		"it is one lower":                    of(ever, citations.Least-1, true),
		"what is carried is lost":            of(citations.Count, citations.Least, false),
		"what was told is told again":        of(ever, citations.Least, false),
		"the month does not end at its end":  of(now, citations.Least, true),
		"it is one higher, nothing was told": of(ever, citations.Least+1, false),
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 300 {
				caught := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(months(t, l, mutant)) }).Example(seed)
				if caught != fmt.Sprint(error(nil)) {
					return
				}
			}
			t.Error("300 histories did not catch it")
		})
	}
}

// deciding is a history of decisions, and what it came to without looking at the ledger.
type deciding struct {
	*rapid.T
	tx     *ledger.Tx
	writer *ledgertest.Writer
	shared []*eventv1.Cause
	kinds  map[string]string // of shared events, by id
	made   int
	// truth is all uses of ended months, carried those that no report told of.
	truth, carried map[citations.Class]uint64
	// next are the uses of the month that begins.
	next map[citations.Class]uint64
}

func months(t *rapid.T, l *ledger.Ledger, tell telling) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	d := &deciding{
		T: t, tx: tx, writer: ledgertest.NewWriter(), kinds: map[string]string{},
		truth: map[citations.Class]uint64{}, carried: map[citations.Class]uint64{}, next: map[citations.Class]uint64{},
	}
	if err := d.share(); err != nil {
		return err
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range rapid.IntRange(1, 4).Draw(t, "months") {
		until := from.AddDate(0, 1, 0)
		for class, n := range d.next {
			d.truth[class] += n
			d.carried[class] += n
		}
		d.next = map[citations.Class]uint64{}
		for range rapid.IntRange(0, 8).Draw(t, "decisions") {
			if err := d.decide(from, until); err != nil {
				return err
			}
		}
		uses, err := tell(tx.View, from, until)
		if err == nil {
			err = d.hear(uses, from, until)
		}
		if err != nil {
			return err
		}
		if again, err := tell(tx.View, from, until); err != nil || len(again) > 0 {
			return errors.Join(err, fmt.Errorf("told again: %v", again))
		}
		from = until
	}
	return nil
}

// hear holds a report against what is true, and puts it on record.
func (d *deciding) hear(uses []*reportingv1.FactUse, from, until time.Time) error {
	for _, u := range uses {
		class := citations.Class{Publisher: u.Publisher, Kind: u.Kind, Decision: u.Decision}
		if u.Count < citations.Least || uint64(u.Count) != d.carried[class] {
			return fmt.Errorf("%v: %d are told of %d that nobody was told of", class, u.Count, d.carried[class])
		}
		delete(d.carried, class)
	}
	for class, n := range d.carried {
		if n >= citations.Least {
			return fmt.Errorf("%v: nothing is told of %d", class, n)
		}
	}
	if len(uses) > 0 {
		d.made++
		id, e := d.writer.Event(ledgertest.By("licensing", ledgertest.At(until, &reportingv1.FactsUsed{
			ReportId: fmt.Sprintf("licensing/use-%d", d.made), From: timestamppb.New(from), Until: timestamppb.New(until), Uses: uses,
		})))
		if err := d.put(d.writer.Block(id, e)); err != nil {
			return err
		}
	}
	told, err := citations.Told(d.tx.View, "licensing")
	for class, n := range d.truth {
		if told[class]+d.carried[class] != n {
			return errors.Join(err, fmt.Errorf("%v: %d told and %d carried of %d", class, told[class], d.carried[class], n))
		}
	}
	return err
}

func (d *deciding) put(b *journal.Block) error {
	if err := d.tx.Apply(b.ID, b.Entries...); err != nil {
		return err
	}
	return d.tx.Fold(b, ledgertest.Position(b))
}

// share puts on record what others, and licensing itself, have to cite; one event is never on record.
func (d *deciding) share() error {
	for i, fact := range []proto.Message{
		ledgertest.By("customs", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"}),
		ledgertest.By("customs", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-2"}),
		ledgertest.By("foreign", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"}),
		&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1"},
		ledgertest.By("licensing", ledgertest.In("border", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-3"})),
		ledgertest.By("reporting", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-9"}),
	} {
		id, e := d.writer.Event(fact)
		b := d.writer.Block(id, e)
		d.shared = append(d.shared, &eventv1.Cause{Journal: id.String(), Number: b.Header.FirstEvent, Id: e.Id})
		if i == 5 {
			continue // it was not released to licensing
		}
		d.kinds[string(e.Id)] = e.Kind
		if err := d.put(b); err != nil {
			return err
		}
	}
	return nil
}

// decide records a decision of the month, now and then in its last moment or just after, by another agency, or twice in two
// groups' journals.
func (d *deciding) decide(from, until time.Time) error {
	d.made++
	at := rapid.SampledFrom([]time.Time{from, from.AddDate(0, 0, 9), until.Add(-time.Nanosecond), until}).Draw(d.T, "at")
	var fact proto.Message = &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", d.made)}
	if rapid.IntRange(0, 3).Draw(d.T, "denied") == 0 {
		fact = &licensingv1.LicenceDenied{DenialId: fmt.Sprintf("licensing/N-%d", d.made)}
	}
	by := rapid.SampledFrom([]string{"licensing", "licensing", "licensing", "licensing", "licensing-b"}).Draw(d.T, "by")
	if by != "licensing" {
		fact = &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("%s/L-%d", by, d.made)}
	}
	causes := rapid.SliceOfN(rapid.SampledFrom(d.shared), 0, 3).Draw(d.T, "causes")
	id, e := d.writer.Event(ledgertest.By(by, ledgertest.In("border", ledger.Dated{Message: fact, OccurredAt: at, RecordedAt: at, Causes: causes})))
	b := d.writer.Block(id, e)
	if err := d.put(b); err != nil {
		return err
	}
	if rapid.IntRange(0, 3).Draw(d.T, "shared later") == 0 {
		again := proto.CloneOf(e)
		again.Origin = &eventv1.Cause{Journal: id.String(), Number: b.Header.FirstEvent, Id: e.Id}
		if err := d.put(d.writer.Block(journal.ID{Agency: by, Group: "all"}, again)); err != nil {
			return err
		}
	}
	if by == "licensing" {
		d.used(causes, e.Kind, !at.Before(until))
	}
	return nil
}

// used counts what a decision cites, in the month that ends or in the next.
func (d *deciding) used(causes []*eventv1.Cause, decision string, later bool) {
	classes := map[citations.Class]bool{}
	for _, c := range causes {
		publisher, kind := c.Journal[:len(c.Journal)-len("/all")], d.kinds[string(c.Id)]
		if kind != "" && c.Journal != "licensing/border" {
			classes[citations.Class{Publisher: publisher, Kind: kind, Decision: decision}] = true
		}
	}
	for class := range classes {
		if later {
			d.next[class]++
			continue
		}
		d.truth[class]++
		d.carried[class]++
	}
}
