package feed

import (
	"errors"
	"slices"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
)

func TestWhoIsToldOfWithdrawals(t *testing.T) {
	for _, tt := range []struct{ only, untold []string }{
		{nil, nil},
		{[]string{"customs.>"}, nil},
		{[]string{"*.all.*"}, nil},
		{[]string{"*.>"}, nil},
		{[]string{"licensing.*.LicenceSuspended"}, []string{"licensing.*.EventWithdrawn"}},
		{[]string{"licensing.*.LicenceSuspended", "licensing.*.LicenceGranted", "customs.>"}, []string{"licensing.*.EventWithdrawn"}},
		{[]string{"licensing.*.LicenceSuspended", "licensing.*.EventWithdrawn"}, nil},
		{[]string{"licensing.all.LicenceSuspended", "*.*.EventWithdrawn"}, nil},
		{[]string{"*.all.LicenceSuspended", "licensing.*.EventWithdrawn"}, []string{"*.all.EventWithdrawn"}},
		{[]string{"licensing.all.EventWithdrawn"}, nil},
	} {
		if untold := (User{Only: tt.only}).Untold(); !slices.Equal(untold, tt.untold) {
			t.Errorf("who is given %q lacks %q; want %q", tt.only, untold, tt.untold)
		}
	}
}

func TestFiltersNameKindsThatThereAre(t *testing.T) {
	for only, ok := range map[string]bool{
		"customs.>": true, "*.*.*": true, "*.all.>": true, "licensing.*.LicenceSuspended": true, "*.*.EventWithdrawn": true, "customs.all.unnamed": true,
		"licensing.*.LicenceSuspend": false, "*.*.licenceSuspended": false,
	} {
		if err := (User{Only: []string{only}}).Known(); (err == nil) != ok || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("filter %q: %v", only, err)
		}
	}
}
