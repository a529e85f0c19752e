package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// receiver is the rule that the property tries: the product's, or a mutant's.
type receiver func(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *wire.File, most int) ([]proto.Message, error)

// sequence is files in the order of their runs: licences of SPIRE, then usages.
func sequence(t *rapid.T) (files []string) {
	n := rapid.IntRange(1, 3).Draw(t, "licences")
	var inserted []string
	for i := range n {
		inserted = append(inserted, put("insert", fmt.Sprint(i+1)))
	}
	files = append(files, licences(1, inserted...))
	for run := range rapid.IntRange(0, 3).Draw(t, "usage files") {
		var all []string
		for i := range n + 1 { // the last is of no licence
			var of []string
			for range rapid.IntRange(0, 3).Draw(t, "usages") {
				of = append(of, rapid.SampledFrom([]string{"O", "A", "C", "L", "M"}).Draw(t, "type")+fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "quantity")))
			}
			all = append(all, used(fmt.Sprint(i+1), "O", fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "total")), of...))
		}
		files = append(files, usages(run+1, all...))
	}
	if rapid.Bool().Draw(t, "cut") {
		last := files[len(files)-1]
		files[len(files)-1] = last[:rapid.IntRange(strings.Index(last, "\n")+1, len(last)).Draw(t, "at")]
	}
	return files
}

// run is a ledger within one run of a property.
type run struct {
	*book
	receive receiver
}

func begin(t *rapid.T, l *ledger.Ledger, receive receiver) run {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	b := &book{t, tx, ledgertest.NewWriter()}
	b.apply(b.w.Blocks(&directoryv1.AgencyRegistered{Agency: "customs", State: "XA", Service: "customs"})...)
	return run{b, receive}
}

// part records the next part of a file and reports whether there was any.
func (r run) part(data string, most int) bool {
	f, err := wire.Read("a file", []byte(data))
	if err != nil {
		r.Fatal(err)
	}
	facts, err := r.receive(r.tx.View, &customsv1.ReceiveWireRequest{Particulars: particulars, Name: "a file"}, f, most)
	if err != nil {
		r.Fatal(err)
	}
	if len(facts) > 0 {
		r.record(facts...)
	}
	return len(facts) > 0
}

// says is all that is known of a file.
func (r run) says(data string) (id, all string, err error) {
	f, err := wire.Read("a file", []byte(data))
	if err != nil {
		return "", "", err
	}
	row, err := wire.OnRecord(r.tx.View, f)
	if err != nil || row == nil {
		return "", "", fmt.Errorf("on record is %v, %w", row, err)
	}
	_, outcomes, err := wire.Outcomes(r.tx.View, row.Id)
	if err != nil {
		return "", "", err
	}
	_, reply, err := wire.Answer(r.tx.View, row.Id)
	return row.Id, fmt.Sprintf("%v %s", outcomes, reply), err
}

// checkFiles returns an error where files that are taken in small parts, with earlier ones sent again between them, come to anything
// else than the same files taken one after the other; where a file does not come out as it went in; and where what is used of a licence
// is not the total that was stated last.
func checkFiles(t *rapid.T, l *ledger.Ledger, receive receiver) error {
	files := sequence(t)
	straight := begin(t, l, wire.ReceiveAtMost)
	var want []string
	for _, f := range files {
		for straight.part(f, 500) {
		}
		_, says, err := straight.says(f)
		if err != nil {
			return err
		}
		want = append(want, says)
	}
	var balances []string
	for i := range 3 {
		balances = append(balances, straight.balanceOf(i+1))
	}
	straight.tx.Rollback()

	r := begin(t, l, receive)
	defer r.tx.Rollback()
	for i := range files {
		for parts := 0; r.part(files[i], rapid.IntRange(1, 3).Draw(t, "most")); parts++ {
			if i > 0 && rapid.Bool().Draw(t, "again") {
				r.part(files[rapid.IntRange(0, i-1).Draw(t, "earlier")], 500)
			}
			if parts > 100 {
				return fmt.Errorf("%q comes to no end", files[i])
			}
		}
	}
	for i, f := range files {
		id, got, err := r.says(f)
		if err != nil {
			return err
		}
		if got != want[i] {
			return fmt.Errorf("of %q is said\n%s\nnot\n%s", f, got, want[i])
		}
		if got := r.emitted(id); got != f {
			return fmt.Errorf("%q comes out as %q", f, got)
		}
	}
	for i, balance := range balances {
		if got := r.balanceOf(i + 1); got != balance {
			return fmt.Errorf("the balance of licence %d is %s, not %s", i+1, got, balance)
		}
		if total, ok := stated(files, i+1); ok && balance != "" && !strings.HasPrefix(balance, fmt.Sprintf("1: %d NAR ", total)) {
			return fmt.Errorf("the balance of licence %d is %s, and stated is %d", i+1, balance, total)
		}
	}
	return nil
}

func (r run) balanceOf(n int) string {
	id := fmt.Sprintf("customs/GBSIEL.2026.%d.P", n)
	if l, err := r.tx.Licence(id); l == nil || err != nil {
		return ""
	}
	return r.balance(id)
}

// stated is the last total of line 1 of a licence, in thousandths, as the files that are whole say.
func stated(files []string, n int) (total int64, ok bool) {
	for _, data := range files {
		f, err := chief.Parse([]byte(data))
		if err != nil {
			continue
		}
		for _, u := range f.Usages {
			if u.Licence.LicenceRef == fmt.Sprintf("GBSIEL/2026/%d/P", n) {
				total, _ = u.Lines[0].Quantity.Thousandths()
				ok = true
			}
		}
	}
	return total, ok
}

func TestFilesInAnyParts(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	rapid.Check(t, func(rt *rapid.T) {
		if err := checkFiles(rt, l, wire.ReceiveAtMost); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestFilesInAnyPartsCatchesMutants(t *testing.T) {
	changed := func(change func(*customsv1.LicenceUsageReported) proto.Message) receiver {
		return func(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *wire.File, most int) ([]proto.Message, error) {
			facts, err := wire.ReceiveAtMost(view, cmd, f, most)
			for i, fact := range facts {
				dated, placed := fact.(ledger.Dated)
				if placed {
					fact = dated.Message
				}
				if e, ok := fact.(*customsv1.LicenceUsageReported); ok {
					facts[i] = change(e)
				}
			}
			return facts, err
		}
	}
	mutants := map[string]receiver{
		"a transaction is lost": changed(func(e *customsv1.LicenceUsageReported) proto.Message {
			return &customsv1.WireLinesKept{WireId: e.WireId, Place: e.Place}
		}),
		"usages count by themselves, whatever the total is": changed(func(e *customsv1.LicenceUsageReported) proto.Message {
			for i := range e.Entries {
				if strings.HasPrefix(e.Entries[i].Reason, "the file states") {
					e.Entries = e.Entries[:i]
					break
				}
			}
			return e
		}),
		"a contra adds": changed(func(e *customsv1.LicenceUsageReported) proto.Message {
			for _, entry := range e.Entries {
				if c := entry.Change; c != nil && c.Thousandths < 0 {
					c.Thousandths = -c.Thousandths
				}
			}
			return e
		}),
		"a file sent again counts again": func(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *wire.File, most int) ([]proto.Message, error) {
			facts, err := wire.ReceiveAtMost(view, cmd, f, most)
			if row, _ := wire.Find(view, f); row != nil && len(facts) == 0 {
				used, _ := view.UsagesWith("record", row.Id)
				for _, u := range used {
					e := proto.CloneOf(u.GetReported())
					if e.UsageId += "-again"; len(e.Entries) == 0 {
						continue
					}
					e.Place.Line += 1000 // a part that is on record cannot be recorded again
					if again, _ := view.Usage(e.UsageId); again == nil {
						facts = append(facts, e)
					}
				}
			}
			return facts, err
		},
		"the rest is taken for done": func(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *wire.File, most int) ([]proto.Message, error) {
			if row, _ := wire.Find(view, f); row != nil {
				return nil, nil
			}
			return wire.ReceiveAtMost(view, cmd, f, most)
		},
	}
	l := ledgertest.Open(t, "customs")
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			for seed := range 200 {
				err := rapid.Custom(func(rt *rapid.T) string {
					if err := checkFiles(rt, l, mutant); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed)
				if err != "" {
					return // caught
				}
			}
			t.Error("200 sequences did not catch it")
		})
	}
}
