package web

import (
	"slices"
	"testing"

	"github.com/counterfoil/counterfoil/services/console/words"
)

// A person reads a refusal by the contract's rules line by line, with fields called as the pages call them.
func TestLinesNameFieldsAsThePagesDo(t *testing.T) {
	catalogs, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lang, said string
		want       []Line
	}{
		{"en", "licence_id: is missing: write an id\nreason: is missing", []Line{{"Licence ID", "is missing: write an id"}, {"Reason", "is missing"}}},
		{"fr", "reason: is missing", []Line{{"Raison", "is missing"}}},
		{"en", "items[1].quantity: is missing", []Line{{"Items 2 – Quantity", "is missing"}}},
		{"en", "particulars.marking: write a marking", []Line{{"Marking", "write a marking"}}},
		{"en", "no_such_field: is missing", []Line{{"", "no_such_field: is missing"}}},
		{"en", "DX03: licence licensing/L-9 has no quantity left", []Line{{"", "DX03: licence licensing/L-9 has no quantity left"}}},
		{"en", "name an embargo on record, or a State", []Line{{"", "name an embargo on record, or a State"}}},
	} {
		v := &Visit{Speaker: catalogs.Speaker(tt.lang, "")}
		if got, err := v.Lines(tt.said); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q in %s: %q, %v", tt.said, tt.lang, got, err)
		}
	}
}
