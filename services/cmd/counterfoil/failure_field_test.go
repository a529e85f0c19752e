package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// What is no field of the request itself, and what the command does not ask for, keeps its name.
func TestTyped(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "plan LICENCE|DELIVERY"}
	cmd.Flags().String("to", "", "")
	cmd.Flags().StringArray("indicator", nil, "")
	cmd.Flags().String("table", "", "")
	env := &Env{called: cmd}
	for why, want := range map[string]string{
		"licence_id: is missing\nto: is missing":       "LICENCE: is missing\n--to: is missing",
		"indicators[2]: write the number":              "--indicator: write the number",
		"particulars.to: is missing":                   "--to: is missing",
		"items[0].to: is missing\noffice: is missing":  "items[0].to: is missing\noffice: is missing",
		"there is no table x: see counterfoil list":    "there is no table x: see counterfoil list",
		"name an embargo on record, or a State":        "name an embargo on record, or a State",
		"delivery_id: write an id that begins: to: no": "DELIVERY: write an id that begins: to: no",
	} {
		if got := env.typed(why); got != want {
			t.Errorf("%q: %q; want %q", why, got, want)
		}
	}
}
