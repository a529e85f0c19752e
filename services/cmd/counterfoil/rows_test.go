package main

import (
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Every table of the contract has a name, in plural and singular, columns for people, and as many cells; also in a row
// that holds nothing but itself.
func TestEveryTableCanBeShown(t *testing.T) {
	t.Parallel()
	singular := map[string]string{"agencies": "agency", "licences": "licence", "write-offs": "write-off", "return-submissions": "return_submission"}
	for _, name := range tableNames() {
		table, err := parseTable(name)
		if err != nil {
			t.Fatal(err)
		}
		if one, found := singular[name]; found {
			if of, err := parseTable(one); err != nil || of != table {
				t.Errorf("parseTable(%q): %v, %v", one, of, err)
			}
		}
		row := &queryv1.Row{}
		m := row.ProtoReflect()
		m.Set(m.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(table)), protoreflect.ValueOfMessage(rowType(table).ProtoReflect()))
		if tableOf(row) != table || content(row) == nil {
			t.Errorf("a row of %s is taken for one of %s", name, tableOf(row))
		}
		if got, want := len(cells(row)), len(heads(table)); got != want || want == 0 {
			t.Errorf("%s: %d cells under %d heads", name, got, want)
		}
	}
	if got := len(tableNames()); got != len(queryv1.Table_name)-1 {
		t.Errorf("%d of %d tables have names", got, len(queryv1.Table_name)-1)
	}
}

func TestCellsOfADeclaration(t *testing.T) {
	t.Parallel()
	row := &queryv1.Row{Row: &queryv1.Row_Declaration{Declaration: &ledgerv1.Declaration{
		Id: "customs/D-1", Status: ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED,
		Accepted: &customsv1.DeclarationAccepted{
			Number: "08XB1", Kind: transferv1.Kind_KIND_TRANS_SHIPMENT, Office: "XBPORT", Destination: "XC", LicenceId: "licensing/L-1",
			AcceptedAt: timestamppb.New(time.Date(2008, 1, 2, 3, 4, 5, 0, time.UTC)), Consignment: &customsv1.Consignment{Procedure: customsv1.Procedure_PROCEDURE_RE_EXPORT},
		},
		ReleasedAt: timestamppb.New(time.Date(2008, 1, 3, 0, 0, 0, 0, time.UTC)), MovedAt: timestamppb.New(time.Date(2008, 1, 4, 0, 0, 0, 0, time.UTC)),
		Version: 2, Overdue: []*customsv1.MovementOverdue{{Code: "DX16"}},
	}}}
	want := []string{"customs/D-1", "08XB1", "exited", "trans_shipment", "re_export", "XBPORT", "XC", "licensing/L-1", "", "2008-01-02T03:04:05Z", "2008-01-03", "2008-01-04", "2", "DX16"}
	for i, cell := range cells(row) {
		if cell != want[i] {
			t.Errorf("%s: %q, want %q", heads(queryv1.Table_TABLE_DECLARATIONS)[i], cell, want[i])
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{0, "GBP", "0.00 GBP"},
		{5, "GBP", "0.05 GBP"},
		{157_383_331_500, "GBP", "1573833315.00 GBP"},
		{500, "JPY", "500 JPY"},
		{1234, "KWD", "1.234 KWD"},
		{1234, "???", "12.34 ???"},
		{-1 << 63, "GBP", "-92233720368547758.08 GBP"},
	} {
		if got := amount(tt.minor, tt.currency); got != tt.want {
			t.Errorf("amount(%d, %s) = %q, want %q", tt.minor, tt.currency, got, tt.want)
		}
	}
	for thousandths, want := range map[int64]string{0: "0 H87", 1: "0.001 H87", 12_500: "12.5 H87", 100_000: "100 H87"} {
		if got := quantity(&transferv1.Quantity{Thousandths: thousandths, Unit: "H87"}); got != want {
			t.Errorf("quantity of %d thousandths: %q, want %q", thousandths, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{0: "0.0 s", 1.25: "1.2 s", 59: "59 s", 61: "1 min 1 s", 3661: "1 h 1 min", 200_000: "2 d 7 h"} {
		if got := age(seconds); got != want {
			t.Errorf("age(%v) = %q, want %q", seconds, got, want)
		}
	}
}

func TestAgainReplacesTheFlag(t *testing.T) {
	t.Parallel()
	env := &Env{args: []string{"list", "licences", "--page-token", "old", "--party", "O'Neill & Sons", "--page-token=older"}}
	want := `counterfoil list licences --party 'O'\''Neill & Sons' --page-token 'a b'`
	if got := env.again("--page-token", "a b"); got != want {
		t.Errorf("again: %s, want %s", got, want)
	}
}

func TestProgressInLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2008, 1, 2, 0, 0, 0, 0, time.UTC)
	var said lineCounter
	env := &Env{Err: &said, Now: func() time.Time { return now }}
	p := env.startProgress("verify", "blocks")
	p.total(1000)
	for done := int64(0); done <= 500; done += 10 {
		p.set(done)
		now = now.Add(time.Second)
	}
	p.stop()
	if len(said) != 5 || said[0] != "verify: 100 of 1000 blocks, 10 blocks/s, 1m30s left\n" {
		t.Errorf("said %d lines: %q", len(said), said)
	}
}

type lineCounter []string

func (l *lineCounter) Write(data []byte) (int, error) {
	*l = append(*l, string(data))
	return len(data), nil
}
