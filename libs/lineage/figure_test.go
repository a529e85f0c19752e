package lineage

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func cell(t testing.TB, text string) Cell {
	t.Helper()
	c, err := ParseCell(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// proved checks every source of an answer by the definition: the leaf of the event's own bytes, the path to the root, the root in a
// header, the agency's signature over that.
func proved(t *testing.T, v ledger.View, res *reportingv1.ExplainFigureResponse) {
	t.Helper()
	for _, s := range res.Sources {
		e := must(v.Event(must(journal.ParseID(s.Journal)), s.Number))
		if e == nil || s.Proof == nil {
			t.Fatalf("event %d of %s has no proof", s.Number, s.Journal)
		}
		var path tlog.RecordProof
		for _, h := range s.Proof.Hashes {
			path = append(path, tlog.Hash(h))
		}
		h := headerOf(s.Proof.Header)
		err := tlog.CheckRecord(path, int64(h.Size), tlog.Hash(h.Root), int64(s.Number)-1, tlog.RecordHash(e.Raw))
		key := keyOfAgency(s.Proof.Signer).Public().(ed25519.PublicKey)
		if err != nil || h.Agency+"/"+h.Group != s.Journal || !ed25519.Verify(key, append([]byte("counterfoil block v1\n"), s.Proof.Header...), s.Proof.Signature) {
			t.Errorf("event %d of %s is not proved: %v", s.Number, s.Journal, err)
		}
	}
}

func TestExplain(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	w.view(func(v ledger.View) {
		var trees Trees
		c := w.content(v, report.Annual, 2025, nil)
		arms := c.Rows[slices.IndexFunc(c.Rows, func(r *reportingv1.Row) bool { return r.Keys[0] == "VIII small arms 4" && r.Keys[2] == "XC" })]
		for _, tt := range []struct {
			cell, subjects, amounts string
			events                  int
		}{
			{arms.Id, "licensing/L-3#1 licensing/L-3#2", "lines:2 licences:2 quantities:{unit:\"H87\" thousandths:100000} values:{currency:\"EUR\" minor:490000}", 8},
			{arms.Id[:6] + ".value", "licensing/L-3#1 licensing/L-3#2", "values:{currency:\"EUR\" minor:490000}", 8},
			{report.RowID("exports", []string{"II", "authorized", "XC", "", "", "", ""}) + ".lines", "customs/reporting/R-1", "lines:1", 1},
			{report.RowID("exports", []string{"II", "authorized", "XC", "", "", "", ""}) + ".value", "", "", 0},
			{"exports.licences", "licensing/L-1#7 customs/F-1#1 licensing/L-1#1 licensing/L-2#1 licensing/L-3#1 licensing/L-3#2", "licences:6", 13},
			{"total", "licensing/L-1#7 customs/reporting/R-1 customs/F-1#1 customs/reporting/R-1 licensing/L-1#1 licensing/L-2#1 licensing/L-3#1 licensing/L-3#2",
				"lines:8 licences:6 quantities:{unit:\"H87\" thousandths:263000} values:{currency:\"EUR\" minor:901099500} values:{currency:\"USD\" minor:-100}", 15},
		} {
			res, err := trees.Explain(v, c, cell(t, tt.cell))
			if err != nil {
				t.Fatal(err)
			}
			var subjects []string
			sum := []*reportingv1.Amounts{}
			for _, s := range res.Sources {
				if s.Amounts != nil {
					subjects, sum = append(subjects, s.Subject), append(sum, s.Amounts)
				}
			}
			amounts := strings.ReplaceAll(res.Row.Amounts.String(), "  ", " ")
			if got := strings.Join(subjects, " "); got != tt.subjects || amounts != tt.amounts || int(res.Count) != tt.events || len(res.Sources) != tt.events {
				t.Errorf("%s:\n%s; want\n%s\n%s; want\n%s\n%d events, want %d", tt.cell, got, tt.subjects, amounts, tt.amounts, res.Count, tt.events)
			}
			if total := must(report.Total(sum...)); !proto.Equal(total, res.Row.Amounts) {
				t.Errorf("%s: the sources come to %v, the figure is %v", tt.cell, total, res.Row.Amounts)
			}
			proved(t, v, res)
		}
		for text, kind := range map[string]error{"ffffffffffff": fault.NotFound, "imported": fault.NotFound, "": fault.Invalid, ".value": fault.Invalid, "exports.size": fault.Invalid, "total.": fault.Invalid} {
			parsed, err := ParseCell(text)
			if err == nil {
				_, err = trees.Explain(v, c, parsed)
			}
			if !errors.Is(err, kind) {
				t.Errorf("%q: %v; want it to be %v", text, err, kind)
			}
		}
	})
}

// What was authorized and what moved are listed together, and never summed.
func TestTotalOfTwoBasesHasNoAmounts(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	w.view(func(v ledger.View) {
		p := &reportingv1.Procedure{Reports: []*reportingv1.ReportTerms{{Report: report.Annual, Tables: []*reportingv1.TableTerms{{Table: report.Exports, BasisOf: map[string]string{"I": "actual", "VIII": "actual"}}}}}}
		c := w.content(v, report.Annual, 2025, p)
		res, err := new(Trees).Explain(v, c, cell(t, "exports"))
		if err != nil || res.Row.Amounts != nil || res.Count < 8 {
			t.Errorf("%v, %v, %d events", err, res.GetRow().GetAmounts(), res.GetCount())
		}
		if _, err := new(Trees).Explain(v, w.content(v, report.National, 2025, nil), cell(t, "total")); err != nil {
			t.Error(err)
		}
	})
}

// A row that comes of more events than are listed says how many there are.
func TestExplainListsTheFirstThousand(t *testing.T) {
	w := newWorld(t)
	var facts []proto.Message
	for i := range MostSources + 3 {
		facts = append(facts, in(2025, &licensingv1.LicenceGranted{LicenceId: "licensing/L-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26), Deal: deal("XB", goods(1, 1)...)}))
	}
	w.together(facts...)
	w.view(func(v ledger.View) {
		res, err := new(Trees).Explain(v, w.content(v, report.Annual, 2025, nil), cell(t, "exports.quantity"))
		if err != nil || len(res.Sources) != MostSources || res.Count != MostSources+3 {
			t.Fatalf("%v: %d of %d events", err, len(res.GetSources()), res.GetCount())
		}
		proved(t, v, res)
	})
}

// Several ask at once, while more is recorded, of reports that were read to different blocks.
func TestTreesServeSeveralAtOnce(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	var trees Trees
	var group errgroup.Group
	for i := range 8 {
		var c *reportingv1.Content
		w.view(func(v ledger.View) { c = w.content(v, report.Annual, 2025, nil) })
		for range 2 {
			group.Go(func() error {
				return w.ledger.View(func(v ledger.View) error {
					file, err := trees.Take(v, c, internal)
					if alone := must(new(Trees).Take(v, c, internal)); err == nil && string(file) != string(alone) {
						err = errors.New("a file is another when several are taken")
					}
					return err
				})
			})
		}
		w.record(in(2025, &licensingv1.LicenceGranted{LicenceId: "licensing/M-" + string(rune('a'+i)), Deal: deal("XB", goods(3, 30)...)}))
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// A proof of which anything is otherwise is not believed.
func TestCheckRefusesWhatWasAltered(t *testing.T) {
	w := newWorld(t)
	w.record(everything()...)
	w.view(func(v ledger.View) {
		c := w.content(v, report.Annual, 2025, nil)
		at := must(new(Trees).At(v, extentsOf(c.Title)[all.String()]))
		proof := must(at.Prove(3))
		for name, alter := range map[string]func(*reportingv1.InclusionProof){
			"leaf":         func(p *reportingv1.InclusionProof) { p.LeafHash[0] ^= 1 },
			"no leaf":      func(p *reportingv1.InclusionProof) { p.LeafHash = nil },
			"index":        func(p *reportingv1.InclusionProof) { p.LeafIndex++ },
			"size":         func(p *reportingv1.InclusionProof) { p.TreeSize-- },
			"hash":         func(p *reportingv1.InclusionProof) { p.Hashes[1][0] ^= 1 },
			"short hash":   func(p *reportingv1.InclusionProof) { p.Hashes[1] = p.Hashes[1][1:] },
			"a hash less":  func(p *reportingv1.InclusionProof) { p.Hashes = p.Hashes[1:] },
			"root":         func(p *reportingv1.InclusionProof) { p.Root[0] ^= 1 },
			"header":       func(p *reportingv1.InclusionProof) { p.Header = append(p.Header, 0x70, 1) },
			"no header":    func(p *reportingv1.InclusionProof) { p.Header = []byte{0xff} },
			"signature":    func(p *reportingv1.InclusionProof) { p.Signature[0] ^= 1 },
			"key":          func(p *reportingv1.InclusionProof) { p.Key = keyOfAgency("customs").Public().(ed25519.PublicKey) },
			"no key":       func(p *reportingv1.InclusionProof) { p.Key = nil },
			"signer":       func(p *reportingv1.InclusionProof) { p.Signer = "customs" },
			"an older one": func(p *reportingv1.InclusionProof) { proto.Merge(p, must(at.Prove(4))) },
		} {
			altered := proto.CloneOf(proof)
			alter(altered)
			if Check(altered, all, 3) == nil {
				t.Errorf("it is believed with another %s", name)
			}
		}
		if err := Check(proof, all, 3); err != nil {
			t.Error(err)
		}
		if Check(proof, journal.ID{Agency: "customs", Group: "all"}, 3) == nil || Check(proof, all, 4) == nil {
			t.Error("it proves another event")
		}
		for _, n := range []uint64{0, 9} {
			if _, err := at.Prove(n); err == nil {
				t.Errorf("event %d is proved", n)
			}
		}
	})
}

func FuzzParseCell(f *testing.F) {
	for _, text := range []string{"0123456789ab", "0123.quantity", "total", "exports.value", ".lines", "a.b.c", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCell(text)
		if err != nil {
			return
		}
		again := c.Row
		if c.Measure != "" {
			again += "." + c.Measure
		}
		if again != text || c.Row == "" {
			t.Errorf("%q is read as %+v", text, c)
		}
	})
}
