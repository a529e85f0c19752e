package main

import "testing"

func TestParseDecimal(t *testing.T) {
	for _, tt := range []struct {
		text  string
		scale int
		want  int64
		ok    bool
	}{
		{"12", 3, 12_000, true}, {"12.5", 3, 12_500, true}, {"0.001", 3, 1, true}, {"0", 0, 0, true}, {"1200.50", 2, 120_050, true},
		{"9223372036854775.807", 3, 9223372036854775807, true}, {"9223372036854775.808", 3, 0, false},
		{"1.0001", 3, 0, false}, {"-1", 3, 0, false}, {"+1", 3, 0, false}, {"", 3, 0, false}, {".5", 3, 0, false}, {"1e3", 3, 0, false}, {"1,5", 3, 0, false},
	} {
		got, ok := parseDecimal(tt.text, tt.scale)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("parseDecimal(%q, %d) = %d, %v; want %d, %v", tt.text, tt.scale, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"12.5 KGM", "40", "0.001 H87", "", "x", "1 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseQuantity(text, "H87")
		if err != nil || q == nil {
			return
		}
		again, err := parseQuantity(quantity(q), "")
		if err != nil || again.Thousandths != q.Thousandths || again.Unit != q.Unit {
			t.Errorf("%q reads as %v, which is written %q and reads as %v, %v", text, q, quantity(q), again, err)
		}
	})
}
