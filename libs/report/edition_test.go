package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	forPublic  = reportingv1.Audience_AUDIENCE_PUBLIC
	forParties = reportingv1.Audience_AUDIENCE_STATES_PARTIES
)

// drawnContent is a report with some rows, each of a few contributions.
func drawnContent(t *rapid.T) *reportingv1.Content {
	c := &reportingv1.Content{Title: &reportingv1.Title{Report: report.Annual, Year: 2025, State: "XA"}}
	form, _ := report.FormOf(report.Annual)
	for _, table := range form.Tables {
		c.Tables = append(c.Tables, &reportingv1.TableHead{
			Table: table.Name, Dimensions: table.Dimensions, Audience: rapid.SampledFrom([]reportingv1.Audience{forPublic, forParties}).Draw(t, "audience"),
		})
		known := map[string]bool{}
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			keys := []string{
				rapid.SampledFrom([]string{"I", "VI", "VIII small arms 4"}).Draw(t, "category"), "authorized", rapid.SampledFrom([]string{"XB", "XC"}).Draw(t, "to"), "", "",
				rapid.SampledFrom([]string{"", "rifle", "carbine"}).Draw(t, "description"), "",
			}
			r := &reportingv1.Row{Id: report.RowID(table.Name, keys), Table: table.Name, Keys: keys}
			if known[r.Id] {
				continue
			}
			known[r.Id] = true
			var parts []*reportingv1.Amounts
			for i := range rapid.IntRange(1, 3).Draw(t, "contributions") {
				a := &reportingv1.Amounts{Lines: 1, Licences: 1}
				if rapid.IntRange(0, 3).Draw(t, "counted") > 0 {
					a.Quantities = []*reportingv1.UnitSum{{Unit: "H87", Thousandths: rapid.Int64Range(1, 9_000_000).Draw(t, "items")}}
				}
				if rapid.IntRange(0, 3).Draw(t, "valued") > 0 {
					a.Values = []*reportingv1.CurrencySum{{Currency: rapid.SampledFrom([]string{"EUR", "GBP"}).Draw(t, "currency"), Minor: rapid.Int64Range(1, 9_000_000).Draw(t, "value")}}
				}
				parts = append(parts, a)
				r.Contributions = append(r.Contributions, &reportingv1.Contribution{Subject: r.Id + string(rune('a'+i)), Journal: "licensing/all", Events: []uint64{uint64(i + 1)}, Amounts: a})
			}
			var err error
			if r.Amounts, err = report.Total(parts...); err != nil {
				t.Fatal(err)
			}
			c.Rows = append(c.Rows, r)
		}
	}
	return c
}

// hidden is the content with something of some rows hidden; never is the content as if that had never been on record.
func drawnHidden(t *rapid.T, c *reportingv1.Content) (hidden, never *reportingv1.Content) {
	hidden, never = proto.CloneOf(c), proto.CloneOf(c)
	never.Rows = nil
	for _, r := range hidden.Rows {
		r.Hidden = &reportingv1.Hidden{
			Row: rapid.IntRange(0, 4).Draw(t, "row") == 0, Quantity: rapid.Bool().Draw(t, "quantity"), Value: rapid.Bool().Draw(t, "value"),
			Description: rapid.Bool().Draw(t, "description"), Reason: reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL,
		}
		n := proto.CloneOf(r)
		n.Hidden = nil
		strip := func(a *reportingv1.Amounts) {
			if r.Hidden.Quantity {
				a.Quantities = nil
			}
			if r.Hidden.Value {
				a.Values = nil
			}
		}
		had := len(n.Amounts.Quantities)+len(n.Amounts.Values) > 0
		strip(n.Amounts)
		for _, of := range n.Contributions {
			strip(of.Amounts)
		}
		if r.Hidden.Description {
			n.Keys[5] = ""
			n.Id = report.RowID(n.Table, n.Keys)
		}
		if !r.Hidden.Row && (!had || len(n.Amounts.Quantities)+len(n.Amounts.Values) > 0) {
			never.Rows = append(never.Rows, n)
		}
	}
	return hidden, never
}

// An edition is the one that would be made if what is hidden had never been on record: so nothing in it can tell. What is hidden is
// not changed in the content itself.
func TestEditionIsAsIfItHadNeverBeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		audience := rapid.SampledFrom([]reportingv1.Audience{forPublic, forParties}).Draw(t, "for")
		hidden, never := drawnHidden(t, drawnContent(t))
		before := proto.CloneOf(hidden)
		got, err := report.Edition(hidden, audience)
		if err != nil {
			t.Fatal(err)
		}
		want, err := report.Edition(never, audience)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Fatalf("edition (-never on record +hidden):\n%s", diff)
		}
		if diff := cmp.Diff(before, hidden, protocmp.Transform()); diff != "" {
			t.Fatalf("the content was changed:\n%s", diff)
		}
		for _, r := range got.Rows {
			var parts []*reportingv1.Amounts
			for _, of := range r.Contributions {
				parts = append(parts, of.Amounts)
			}
			sum, err := report.Total(parts...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sum, r.Amounts, protocmp.Transform()); diff != "" {
				t.Fatalf("row %v is not its contributions:\n%s", r.Keys, diff)
			}
			if r.Amounts.Lines+r.Amounts.Licences != 0 {
				t.Fatalf("row %v tells of how many decisions it comes", r)
			}
			if r.Hidden != nil || r.Id != report.RowID(r.Table, r.Keys) {
				t.Fatalf("row %v tells that something is hidden", r)
			}
		}
	})
}

// A table that is for States Parties is in no public edition.
func TestEditionKeepsTablesFromThePublic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawnContent(t)
		e, err := report.Edition(c, forPublic)
		if err != nil {
			t.Fatal(err)
		}
		open := map[string]bool{}
		for _, head := range c.Tables {
			open[head.Table] = head.Audience == forPublic
		}
		for _, head := range e.Tables {
			if !open[head.Table] {
				t.Fatalf("table %s is not for the public", head.Table)
			}
		}
		for _, r := range e.Rows {
			if !open[r.Table] {
				t.Fatalf("a row of %s is not for the public", r.Table)
			}
		}
	})
}
