package main

import (
	"testing"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestParseCategory(t *testing.T) {
	t.Parallel()
	for number, text := range []string{"", "i", "II", "iii", "iv", "v", "vi", "vii", " viii ", "ammunition", "parts"} {
		if got, err := parseCategory(text); err != nil || got != transferv1.Category(number) {
			t.Errorf("%q is read as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"ix", "3", "article", "unspecified", "small", "battle_tanks"} {
		if got, err := parseCategory(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}
