package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/published"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// registerRows are three entries of a register as they were on record at a moment: an edition of July 2012, and one of October that
// the whole of is not on record. Another agency read the same register.
func registerRows(req *queryv1.ListRequest) (rows []*queryv1.Row) {
	on := func(day string) bool {
		asOf := req.GetHorizon().GetAsOf()
		return asOf == nil || date(asOf) >= day
	}
	line := func(rating string, pounds int64) *transferv1.Line {
		l := &transferv1.Line{Number: 1, Rating: rating, Licences: 2}
		if pounds >= 0 {
			l.Value = &transferv1.Money{Minor: pounds * 100, Currency: "GBP"}
		}
		return l
	}
	entry := func(day, country string, refused bool, l *transferv1.Line) *licensingv1.Entry {
		e := &licensingv1.Entry{Date: day, Refused: refused, Destination: &licensingv1.Place{Name: country}, Lines: []*transferv1.Line{l}}
		e.Digest = published.Digest(e)
		return e
	}
	first, second, refused := entry("2008-02", "Xebia", false, line("ML10", 0)), entry("2008-01-31", "Xanadu, West", false, line("ML7", 3540)), entry("2008-01", "Xebia", true, line("End Use", -1))
	row := func(id, edition string, e *licensingv1.Entry) *queryv1.Row {
		p := &licensingv1.Published{Source: "uk-licences", Digest: e.Digest, Date: e.Date, Edition: edition}
		deal := &licensingv1.Deal{Destination: e.Destination, Lines: e.Lines}
		if e.Refused {
			return &queryv1.Row{Row: &queryv1.Row_Denial{Denial: &ledgerv1.Denial{Id: id, Deal: deal, Published: p}}}
		}
		return &queryv1.Row{Row: &queryv1.Row_Licence{Licence: &ledgerv1.Licence{Id: id, Deal: deal, Published: p}}}
	}
	closed := func(agency, edition string, entries ...*licensingv1.Entry) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Edition{Edition: &ledgerv1.Edition{
			Id: agency + "/uk-licences-" + edition, Source: "uk-licences", Edition: edition, Digest: published.EditionDigest(entries),
		}}}
	}
	switch req.Table {
	case queryv1.Table_TABLE_LICENCES:
		rows = append(rows, row("licensing-b/1", "2012-01-01", first))
		if on("2012-07-12") {
			rows = append(rows, row("licensing/1", "2012-07-12", first))
		}
		if on("2012-10-11") {
			rows = append(rows, row("licensing/2", "2012-10-11", second))
		}
	case queryv1.Table_TABLE_DENIALS:
		if on("2012-07-12") && !on("2012-10-11") {
			rows = append(rows, row("licensing/3", "2012-07-12", refused))
		}
	case queryv1.Table_TABLE_EDITIONS:
		rows = append(rows, closed("licensing-b", "2012-12-01", first))
		if on("2012-07-12") {
			rows = append(rows, closed("licensing", "2012-07-12", first, refused))
		}
		if on("2012-11-01") {
			rows = append(rows, closed("licensing", "2012-11-01", first, second, refused))
		}
	}
	return rows
}

// exportsEdition compares what an export prints with the publisher's file, line by line and byte by byte, but for the numbers of
// the groups and the order.
func exportsEdition(t *testing.T, dir string, args ...string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "values.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for l := range strings.Lines(string(content)) {
		_, l, _ = strings.Cut(l, ",")
		want = append(want, l)
	}
	got := slices.Collect(strings.Lines(string(at(t, "licensing", exitOK, append([]string{"export", "uk-licences", "-o", "csv"}, args...)...))))
	if got[0] != want[0] {
		t.Errorf("the header is %q", got[0])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("export %v prints %d lines, and %s has %d: they are not the same", args, len(got), dir, len(want))
	}
}

// exportsEditions asks for both editions as they were on record, in an order that is not theirs, and for what is between them.
func exportsEditions(t *testing.T, july, october string) {
	t.Helper()
	exportsEdition(t, october)
	for _, asked := range []struct{ dir, asOf string }{
		{october, "2012-10-11"}, {july, "2012-07-12"}, {july, "2012-10-10T23:59:59Z"}, {october, "2012-10-12"},
	} {
		exportsEdition(t, asked.dir, "--as-of", asked.asOf)
	}
	between := string(at(t, "licensing", exitOK, "export", "uk-licences", "--as-of", "2012-10-11", "--since", "2012-07-12", "-o", "csv"))
	if added, gone := strings.Count(between, "\nadded,"), strings.Count(between, "\ngone,"); added != 3361 || gone != 9 {
		t.Errorf("%d rows were added and %d are gone, want 3361 and 9", added, gone)
	}
	if before := at(t, "licensing", exitOK, "export", "uk-licences", "--as-of", "2012-07-11", "-o", "csv"); strings.Count(string(before), "\n") != 1 {
		t.Errorf("before the first edition there are %d lines", strings.Count(string(before), "\n"))
	}
}
