package main

import "testing"

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
