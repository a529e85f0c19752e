package main

import (
	"testing"

	"connectrpc.com/connect/v2"
)

func TestNamedIn(t *testing.T) {
	t.Parallel()
	for why, want := range map[string]string{
		"declaration customs/D-1 is not on record here; see: counterfoil list declarations":                                              "counterfoil list declarations",
		"it is held: look; lift that first: counterfoil declare lift customs/D-1 --reason …":                                             "counterfoil declare lift customs/D-1 --reason …",
		"see: counterfoil list denials, counterfoil list denial-notices":                                                                 "counterfoil list denials",
		"see: counterfoil directory show, or define it: counterfoil group define all":                                                    "counterfoil directory show",
		"it was not checked: counterfoil licence assess A --prohibitions -f FILE; nor that: counterfoil licence assess A --risk -f FILE": "counterfoil licence assess A --prohibitions -f FILE",
		"see what comes near: counterfoil trace KA-1002; or answer that it was not found":                                                "counterfoil trace KA-1002",
		"DX03: 300 H87 is above what is left":                                                                                            "",
		"event licensing/border/12 is not parked at customs; see: counterfoil parked":                                                    "counterfoil parked",
		"see: counterfoil report totals --by year,destination":                                                                           "counterfoil report totals --by year,destination",
	} {
		if got := namedIn(why); got != want {
			t.Errorf("%q: %q; want %q", why, got, want)
		}
	}
}

// What is too large is a wrong use of the command, which its help is the way out of.
func TestTooLargeIsUsage(t *testing.T) {
	t.Parallel()
	env := &Env{began: true, command: "import denials"}
	f := env.failure(connect.Errorf(connect.CodeResourceExhausted, "the request is larger than 8 MiB"))
	if f.exit != exitUsage || f.why != "the request is larger than 8 MiB" || f.next != "counterfoil import denials --help" {
		t.Errorf("it fails with %+v", f)
	}
}
