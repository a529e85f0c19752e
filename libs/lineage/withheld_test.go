package lineage

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// taking makes the file of an edition; the mutants below make it otherwise.
type taking func(*Trees, ledger.View, *reportingv1.Content, reportingv1.Audience) ([]byte, error)

// secret draws a ledger with licences of amounts that are like no other number, hides some of the rows of its report, and says what of
// that the files for others tell.
func secret(t *rapid.T, tb testing.TB, take taking) (told string) {
	w := newWorld(tb)
	next := int64(700_000_000_001) // of pieces and of cents; every sum of some of them is of other digits too
	var facts []proto.Message
	for i := range rapid.IntRange(1, 6).Draw(t, "licences") {
		var lines []*transferv1.Line
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			l := goods(next, next+7_000_000_037)[0]
			next += rapid.Int64Range(1_000_003, 90_000_049).Draw(t, "step")
			l.Number, l.Model = uint32(len(lines)+1), rapid.SampledFrom([]string{"", "", "type A", "type B"}).Draw(t, "model")
			if rapid.IntRange(0, 4).Draw(t, "without value") == 0 {
				l.Value = nil
			}
			lines = append(lines, l)
		}
		to := rapid.SampledFrom([]string{"XB", "XC", "XD"}).Draw(t, "to")
		facts = append(facts, in(2025, &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-SECRET-%d", i), Deal: deal(to, lines...)}))
	}
	w.together(facts...)
	form := rapid.SampledFrom([]string{report.Annual, report.National}).Draw(t, "form")
	w.view(func(v ledger.View) {
		c := w.content(v, form, 2025, nil)
		for _, r := range c.Rows {
			if rapid.Bool().Draw(t, "hidden") {
				r.Hidden = &reportingv1.Hidden{
					Row: rapid.IntRange(0, 2).Draw(t, "row") == 0, Quantity: rapid.Bool().Draw(t, "quantity"), Value: rapid.Bool().Draw(t, "value"),
					Description: rapid.Bool().Draw(t, "description"), Reason: reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL,
				}
			}
		}
		for _, audience := range []reportingv1.Audience{public, parties} {
			file, err := take(new(Trees), v, c, audience)
			if err != nil {
				t.Fatal(err)
			}
			told += tells(t, v, c, file)
		}
	})
	return told
}

// tells says what a file has of what is hidden: a number, or the name or hash of an event that is behind hidden rows only.
func tells(t *rapid.T, v ledger.View, c *reportingv1.Content, file []byte) (told string) {
	var f File
	if err := json.Unmarshal(file, &f); err != nil {
		t.Fatal(err)
	}
	for i := range f.Journals { // every proof has hashes of other events; they tell nothing of them
		f.Journals[i].Nodes = nil
	}
	said := string(must(marshal(&f)))
	shown, behind := map[uint64]bool{}, map[uint64]bool{}
	hidden := map[string]bool{}
	for _, r := range c.Rows {
		for _, of := range append([]*reportingv1.Contribution{{Amounts: r.Amounts}}, r.Contributions...) {
			gone := r.Hidden.GetRow() || len(r.Keys) == 7 && // of a transfer others read items and values alone
				(r.Hidden.GetQuantity() || len(of.Amounts.Quantities) == 0) && (r.Hidden.GetValue() || len(of.Amounts.Values) == 0)
			for _, q := range of.Amounts.Quantities {
				if gone || r.Hidden.GetQuantity() {
					hidden[strconv.FormatInt(q.Thousandths/1000, 10)] = true
				}
			}
			for _, m := range of.Amounts.Values {
				if gone || r.Hidden.GetValue() {
					hidden[strconv.FormatInt(m.Minor, 10)] = true
				}
			}
			for _, n := range of.Events {
				behind[n] = true
				shown[n] = shown[n] || !gone
			}
		}
	}
	for number := range hidden {
		if strings.Contains(said, number) && !openly(c, number) {
			told += "the number " + number + "; "
		}
	}
	for n := range behind {
		e := must(v.Event(all, n))
		hash := Hash(leafOf(e.Raw))
		for _, name := range []string{fmt.Sprintf(`"%s/%d"`, all, n), string(must(hash.MarshalText())), e.Id} {
			if !shown[n] && strings.Contains(said, name) {
				told += "event " + name + "; "
			}
		}
	}
	if strings.Contains(said, "SECRET") {
		told += "a licence's name; "
	}
	return told
}

// openly reports whether a number stands in a row, or behind it, that shows it: the national report states a line in several tables.
func openly(c *reportingv1.Content, number string) bool {
	for _, r := range c.Rows {
		if r.Hidden.GetRow() {
			continue
		}
		for _, of := range append([]*reportingv1.Contribution{{Amounts: r.Amounts}}, r.Contributions...) {
			for _, q := range of.Amounts.Quantities {
				if !r.Hidden.GetQuantity() && strings.HasPrefix(strconv.FormatInt(q.Thousandths, 10), number) {
					return true
				}
			}
			for _, m := range of.Amounts.Values {
				if !r.Hidden.GetValue() && strconv.FormatInt(m.Minor, 10) == number {
					return true
				}
			}
		}
	}
	return false
}

// Whatever is hidden of whatever rows: no file for others has a number of it, nor an event that is behind hidden rows only.
func TestNothingHiddenIsInAFileForOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if told := secret(rt, t, (*Trees).Take); told != "" {
			rt.Fatalf("a file tells %s", told)
		}
	})
}

// The property notices a file of which one thing is made otherwise.
func TestNothingHiddenCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]taking{
		"rows are not hidden": func(trees *Trees, v ledger.View, c *reportingv1.Content, audience reportingv1.Audience) ([]byte, error) {
			open := proto.CloneOf(c)
			for _, r := range open.Rows {
				if r.Hidden != nil {
					r.Hidden.Row = false
				}
			}
			return trees.Take(v, open, audience)
		},
		"values are not hidden": func(trees *Trees, v ledger.View, c *reportingv1.Content, audience reportingv1.Audience) ([]byte, error) {
			open := proto.CloneOf(c)
			for _, r := range open.Rows {
				if r.Hidden != nil {
					r.Hidden.Value = false
				}
			}
			return trees.Take(v, open, audience)
		},
		"as for the agencies themselves": func(trees *Trees, v ledger.View, c *reportingv1.Content, _ reportingv1.Audience) ([]byte, error) {
			return trees.Take(v, c, internal)
		},
		"what shows nothing is not left out": func(trees *Trees, v ledger.View, c *reportingv1.Content, audience reportingv1.Audience) ([]byte, error) {
			open := proto.CloneOf(c)
			for _, r := range open.Rows {
				for _, of := range r.Contributions {
					if len(of.Amounts.Values) == 0 {
						of.Amounts.Values = []*reportingv1.CurrencySum{{Currency: "EUR"}}
					}
				}
			}
			return trees.Take(v, open, audience)
		},
		"with the leaves of the whole journal": func(trees *Trees, v ledger.View, c *reportingv1.Content, audience reportingv1.Audience) ([]byte, error) {
			file := must(trees.Take(v, c, audience))
			whole := must(trees.Take(v, c, internal))
			var f, g File
			if err := errors.Join(json.Unmarshal(file, &f), json.Unmarshal(whole, &g)); err != nil {
				return nil, err
			}
			f.Journals = g.Journals
			for i := range f.Journals {
				for j := range f.Journals[i].Leaves {
					f.Journals[i].Leaves[j].Bytes = nil
				}
			}
			return encode(&f)
		},
	} {
		caught := false
		for seed := 0; seed < 40 && !caught; seed++ {
			caught = rapid.Custom(func(rt *rapid.T) string { return "x" + secret(rt, t, mutant) }).Example(seed) != "x"
		}
		if !caught {
			t.Errorf("%s, and nothing is noticed", name)
		}
	}
}
