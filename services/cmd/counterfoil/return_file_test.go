package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// keyText is what keys of rows and reasons may be: one line, without space around it.
func keyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := rapid.OneOf(rapid.SampledFrom([]string{"", "XB", "=1+1", "'quoted", "''", "@x", "+", `a "b", c; d`, "Škoda\u00a0M", "1,5"}), rapid.String()).Draw(t, "text")
		return strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffd {
				return -1
			}
			return r
		}, text))
	})
}

// Whatever figures are prepared, the file says them again when it is read back.
func TestReturnFileRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var figures []*reportingv1.Figure
		for range rapid.IntRange(0, 4).Draw(t, "figures") {
			f := &reportingv1.Figure{
				Table: rapid.SampledFrom([]string{"exports", "imports"}).Draw(t, "table"), Row: "VIII small arms 4", Basis: rapid.SampledFrom([]string{"", "authorized", "actual"}).Draw(t, "basis"),
				Destination: keyText().Draw(t, "counterpart"), Origin: keyText().Draw(t, "origin"), Intermediate: keyText().Draw(t, "intermediate"), Description: keyText().Draw(t, "description"),
				Nature: rapid.SampledFrom([]string{"", "temporary", "returned"}).Draw(t, "nature"), Reason: keyText().Draw(t, "reason"),
			}
			if rapid.Bool().Draw(t, "has quantity") {
				f.Quantity = &transferv1.Quantity{Thousandths: rapid.Int64Min(0).Draw(t, "thousandths"), Unit: rapid.SampledFrom([]string{"H87", "KGM"}).Draw(t, "unit")}
				if rapid.Bool().Draw(t, "prefilled") {
					f.Prefilled = &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: f.Quantity.Unit, Thousandths: rapid.Int64Range(-1000, 1<<60).Draw(t, "thousandths")}}}
				}
			}
			if rapid.Bool().Draw(t, "has value") {
				f.Value, f.Currency = rapid.Int64Min(0).Draw(t, "minor"), rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
				if rapid.Bool().Draw(t, "prefilled") {
					if f.Prefilled == nil {
						f.Prefilled = &reportingv1.Amounts{}
					}
					f.Prefilled.Values = []*reportingv1.CurrencySum{{Currency: f.Currency, Minor: rapid.Int64Range(-1000, 1<<60).Draw(t, "minor")}}
				}
			}
			figures = append(figures, f)
		}
		var file bytes.Buffer
		if err := writeReturn(&file, figures); err != nil {
			t.Fatal(err)
		}
		got, err := parseReturn("file.csv", file.Bytes())
		if diff := cmp.Diff(figures, got, protocmp.Transform()); err != nil || diff != "" {
			t.Fatalf("%v\n%s\nin\n%s", err, diff, file.String())
		}
	})
}

const returnHeads = "table,row,basis,counterpart,origin,intermediate,description,nature,items,unit,value,currency,prefilled_items,prefilled_value,reason\n"

// A file as a spreadsheet saves it elsewhere is the same file.
func TestReturnFileOfASpreadsheet(t *testing.T) {
	t.Parallel()
	want := []*reportingv1.Figure{{
		Table: "exports", Row: "I", Destination: "XB", Quantity: &transferv1.Quantity{Thousandths: 1500, Unit: "H87"}, Value: 1234_50, Currency: "EUR",
		Prefilled: &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: 2000}}}, Reason: "lost; found",
	}}
	for name, file := range map[string]string{
		"commas":            returnHeads + "exports,I,,XB,,,,,1.5,H87,1234.50,EUR,2,,lost; found\n\n,,,,,,,,,,,,,,\n",
		"a byte order mark": "\ufeff" + returnHeads + "exports,I,,XB,,,,,1.5,h87,1234.5,eur,2,,lost; found\r\n",
		"semicolons":        strings.ReplaceAll(returnHeads, ",", ";") + "exports;I;;XB;;;;;1,5;H87;1234,50;EUR;2;;\"lost; found\"\n",
		"tabs":              strings.ReplaceAll(returnHeads, ",", "\t") + "exports\tI\t\tXB\t\t\t\t\t1.5\tH87\t1234.50\tEUR\t2\t\tlost; found\n",
		"another order":     "note,Reason,prefilled_value,prefilled_items,currency,value,unit,items,nature,description,intermediate,origin,counterpart,basis,row,table\nseen,lost; found,,2,EUR,1234.50,H87,1.5,,,,,XB,,I,exports\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseReturn("file.csv", []byte(file))
			if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

// Everything that is wrong is told, with its line.
func TestReturnFileErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"nothing", "", "f.csv has no line of column names, such as counterfoil return prepare writes"},
		{"no heads", "exports,I\n", `f.csv:1: there is no column table; keep the columns that counterfoil return prepare writes`},
		{"twice", strings.Replace(returnHeads, "reason", "reason,table", 1), "f.csv:1: column table stands twice"},
		{"two lines", returnHeads + "exports,I,,XB,,,,,ten,H87,,,,,\nexports,,both,XB,,,,maybe,1,,,,,,\n",
			"f.csv:2: items is a number without separators and with at most 3 decimals, not \"ten\"\nf.csv:3: row is empty\n" +
				"f.csv:3: basis is \"authorized\" or \"actual\", not \"both\"\nf.csv:3: nature is \"temporary\", \"returned\" or empty, not \"maybe\"\nf.csv:3: unit is empty; pieces are H87"},
		{"below nothing", returnHeads + "exports,I,,XB,,,,,-1,H87,,,,,\n", `f.csv:2: items is a number without separators and with at most 3 decimals, not "-1"`},
		{"separators", returnHeads + `exports,I,,XB,,,,,1,H87,"1,200.50",EUR,,,` + "\n", `f.csv:2: value is a number without separators and with at most 2 decimals, not "1,200.50"`},
		{"emptied", returnHeads + "exports,I,,XB,,,,,,H87,,EUR,3,,\n", "f.csv:2: items is empty; write 0 where there is none\nf.csv:2: value is empty; write 0 where there is none"},
		{"unknown unit", returnHeads + "exports,I,,XB,,,,,1,QQQ,1,EURO,,,\n", "f.csv:2: unit QQQ is no code of UN/ECE Recommendation 20; pieces are H87\nf.csv:2: currency \"EURO\" is no code of ISO 4217, such as EUR"},
		{"Latin 1", returnHeads + "exports,I,,XB,,,caf\xe9,,1,H87,,,,,\n", "f.csv:2: description is no UTF-8; save the file as CSV in UTF-8"},
		{"a quote", returnHeads + "exports,I,,XB,,,\"half,,1,H87,,,,,\n", "f.csv:2: extraneous or missing \" in quoted-field; what follows was not read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseReturn("f.csv", []byte(tt.file))
			if err == nil || got != nil {
				t.Fatalf("read as %v", got)
			}
			text := strings.TrimPrefix(err.Error(), ": ")
			if first, _, _ := strings.Cut(text, "\n"); text != tt.want && (tt.name != "no heads" || first != tt.want) {
				t.Errorf("it says\n%s\nand not\n%s", text, tt.want)
			}
		})
	}
}

func FuzzParseReturn(f *testing.F) {
	f.Add([]byte(returnHeads + "exports,I,,XB,,,,,1.5,H87,1234.50,EUR,2,,lost\n"))
	f.Add([]byte(strings.ReplaceAll(returnHeads, ",", ";") + "exports;I;;XB;;;;;1,5;H87;1234,50;EUR;-2;-1;\"lost; found\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		figures, err := parseReturn("file.csv", data)
		if err != nil {
			return
		}
		for _, figure := range figures {
			if figure.Table == "" || figure.Row == "" || figure.Value < 0 || figure.GetQuantity().GetThousandths() < 0 {
				t.Errorf("it was read as %v", figure)
			}
		}
		var again bytes.Buffer
		if err := writeReturn(&again, figures); err != nil {
			t.Fatal(err)
		}
	})
}
