package wire_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

var particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(time.Date(2026, 8, 15, 16, 0, 0, 0, time.UTC))}

// tester is what a test and a run of a property have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// book is customs' ledger, in which what the rules decide is put on record at once.
type book struct {
	tester
	tx *ledger.Tx
	w  *ledgertest.Writer
}

func newBook(t testing.TB) *book { return onLedger(t, ledgertest.Open(t, "customs")) }

// onLedger begins a book on a ledger; what is on record ends with the test.
func onLedger(t testing.TB, l *ledger.Ledger) *book {
	t.Helper()
	b := &book{t, ledgertest.Begin(t, l), ledgertest.NewWriter()}
	b.apply(b.w.Blocks(&directoryv1.AgencyRegistered{Agency: "customs", State: "XA", Service: "customs"})...)
	return b
}

func (b *book) apply(blocks ...*journal.Block) {
	b.Helper()
	for _, block := range blocks {
		if err := b.tx.Apply(block.ID, block.Entries...); err != nil {
			b.Fatal(err)
		}
		if err := b.tx.Fold(block, ledgertest.Position(block)); err != nil {
			b.Fatal(err)
		}
	}
}

// record puts facts on record as one block.
func (b *book) record(facts ...proto.Message) {
	b.Helper()
	b.apply(b.w.Together(journal.ID{Agency: "customs", Group: "all"}, facts...))
}

// step records the next part of a file and reports whether there was any.
func (b *book) step(name, data string, anyRun bool) bool {
	b.Helper()
	f, err := wire.Read(name, []byte(data))
	if err != nil {
		b.Fatal(err)
	}
	facts, err := wire.Receive(b.tx.View, &customsv1.ReceiveWireRequest{Particulars: particulars, Name: name, AnyRun: anyRun}, f)
	if err != nil {
		b.Fatal(err)
	}
	if len(facts) == 0 {
		return false
	}
	b.record(facts...)
	return true
}

// receive records a file to its end and returns its id.
func (b *book) receive(data string) string { return b.receiveAs("a file", data, false) }

func (b *book) receiveAs(name, data string, anyRun bool) string {
	b.Helper()
	for b.step(name, data, anyRun) {
	}
	f, err := wire.Read(name, []byte(data))
	if err != nil {
		b.Fatal(err)
	}
	row, err := wire.OnRecord(b.tx.View, f)
	if err != nil || row == nil {
		b.Fatalf("on record is %v, %v", row, err)
	}
	return row.Id
}

// answer is the reply to a file, without its first line.
func (b *book) answer(id string) string {
	b.Helper()
	_, data, err := wire.Answer(b.tx.View, id)
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "\n")
	return rest
}

// emitted is a file as its events make it.
func (b *book) emitted(id string) string {
	b.Helper()
	_, data, _, err := wire.Emit(b.tx.View, id)
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

// balance is what is used of a licence, line by line.
func (b *book) balance(licence string) string {
	b.Helper()
	res, err := writeoff.Balance(b.tx.View, licence)
	if err != nil {
		b.Fatal(err)
	}
	var lines []string
	for _, l := range res.Lines {
		line := fmt.Sprintf("%d:", l.LicenceLine)
		if l.Used != nil {
			line += fmt.Sprintf(" %d %s of %d", l.Used.Thousandths, l.Used.Unit, l.Authorized.Thousandths)
		}
		if l.UsedValue != nil {
			line += fmt.Sprintf(" %d %s of %d", l.UsedValue.Minor, l.UsedValue.Currency, l.AuthorizedValue.Minor)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// published is a file of the publisher's.
func published(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(publishedtest.Data(t, "chief-lite-hmrc", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
