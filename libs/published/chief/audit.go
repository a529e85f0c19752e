package chief

import (
	"cmp"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
)

const maxRun = 9_999_999

// NextRun refuses a file whose run number is not the next after last, which is 0 before the first file. The first is 1; after
// 9,999,999 comes 0. A file with the reset flag Y sets the number anew, whatever it is. The refusal's code is
// RunOutOfOrder, and its sentence is a file error's.
func NextRun(last int, f *File) error {
	want := (last + 1) % (maxRun + 1)
	if run := f.Header.Run.Int(); run != want && f.Header.Reset != "Y" {
		return fault.Coded(fault.Conflict, string(RunOutOfOrder), "the file has the run number %d where %d is next; send the files between, or this one with the reset flag", run, want)
	}
	return nil
}

// InOrder compares files by when they are to be taken in: licences before what was used of them, and those of one system by when
// they were made, then by run. One that is nil, because it cannot be read, comes last.
func InOrder(a, b *File) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	x, y := a.Header, b.Header
	return cmp.Or(cmp.Compare(x.DataID, y.DataID), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Created, y.Created), cmp.Compare(x.Run.Int(), y.Run.Int()))
}

// Audit is what the usages of a file say of each other.
type Audit struct {
	// Totals of every line, in the order of the file.
	Totals []Total
	// Duplicates are usages that are there more than once, on one line and equal in every field.
	Duplicates []Duplicate
	// Remarks on both.
	Remarks []published.Problem
}

// Total is a line's use. Quantities are in thousandths and values in ten-thousandths of the currency.
type Total struct {
	LicenceRef string
	Line       int
	// Quantity and Value are the totals that the line states, and Used the sums of its usages in this file. They
	// differ where earlier files had usages of the line.
	Quantity, UsedQuantity, Value, UsedValue int64
}

// Duplicate is one usage that is there several times.
type Duplicate struct {
	LicenceRef string
	Line       int
	Usage      Usage
	// Records are the numbers of all of them, at least two.
	Records []int
}

// AuditUsage adds up the usages of each line: originals, late originals and adjustments count, contras count against them, and
// messages do not count. It does not decide whether a duplicate is one use or several.
func AuditUsage(f *File) Audit {
	var a Audit
	var remarks published.Findings
	for _, t := range f.Usages {
		for _, l := range t.Lines {
			at := l.Seq.Int()
			total, exact := sum(l)
			total.LicenceRef = t.Licence.LicenceRef
			a.Totals = append(a.Totals, total)
			switch {
			case !exact:
				remarks.Add(string(UsageData), at, "usages cannot be added up: too large, or in other currencies than the line")
			case total.Quantity != total.UsedQuantity || total.Value != total.UsedValue:
				remarks.Add(string(UsageData), at, "a total that is not the sum of the usages in this file")
			}
			for _, d := range duplicates(l.Usages) {
				d.LicenceRef, d.Line = t.Licence.LicenceRef, l.Number.Int()
				a.Duplicates = append(a.Duplicates, d)
				remarks.Add(string(UsageData), d.Records[0], "usages that are equal in every field")
			}
		}
	}
	a.Remarks = remarks.List
	return a
}

func sum(l UsageLine) (t Total, exact bool) {
	t.Line, exact = l.Number.Int(), true
	count := func(to *int64, text string, decimals int, sign int64) {
		if text == "" {
			return
		}
		n, err := scaled(text, decimals)
		s, ok := add(*to, sign*n)
		if err != nil || !ok {
			exact = false
			return
		}
		*to = s
	}
	count(&t.Quantity, string(l.Quantity), 3, 1)
	count(&t.Value, string(l.Value), maxDecimals, 1)
	for _, u := range l.Usages {
		sign := map[string]int64{"O": 1, "L": 1, "A": 1, "C": -1}[u.Type]
		count(&t.UsedQuantity, string(u.Quantity), 3, sign)
		count(&t.UsedValue, string(u.Value), maxDecimals, sign)
		if u.Currency != l.Currency && strings.Trim(string(u.Value), "0.") != "" {
			exact = false
		}
	}
	return t, exact
}

func duplicates(usages []Usage) (list []Duplicate) {
	at := map[Usage]int{}
	seen := map[Usage]int{}
	for _, u := range usages {
		number := u.Seq.Int()
		u.Record = Record{}
		first, again := seen[u]
		if !again {
			seen[u] = number
			continue
		}
		i, listed := at[u]
		if !listed {
			i = len(list)
			at[u] = i
			list = append(list, Duplicate{Usage: u, Records: []int{first}})
		}
		list[i].Records = append(list[i].Records, number)
	}
	return list
}
