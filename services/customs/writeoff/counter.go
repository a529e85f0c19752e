package writeoff

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Counter returns the agency that counts a licence: the one customs agency of the State of the licence's agency that is no
// post. It refuses when the directory names none, and with DX13 when it names several: none of them may accept on the licence
// then. An agency that is suspended goes on counting, because it goes on working behind its cut line; one that was removed does
// not.
func Counter(view ledger.View, licence string) (string, error) {
	agency, _, _ := strings.Cut(licence, "/")
	of, err := view.AgencyRow(agency)
	switch {
	case err != nil:
		return "", fmt.Errorf("read agency %s: %w", agency, err)
	case of == nil:
		return "", fault.Errorf(fault.Precondition, "agency %s of licence %s is not in the directory, so nobody counts what is written off; have the authority add it", agency, licence)
	}
	customs, err := view.AgenciesWith("service", "customs")
	if err != nil {
		return "", fmt.Errorf("read the customs agencies: %w", err)
	}
	var counters []string
	for _, a := range customs {
		if a.GetState() == of.GetState() && a.GetPostOf() == "" && a.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			counters = append(counters, a.GetId())
		}
	}
	switch len(counters) {
	case 1:
		return counters[0], nil
	case 0:
		return "", fault.Errorf(fault.Precondition, "%s has no customs agency in the directory that could count licence %s; have the authority add one", of.GetState(), licence)
	}
	return "", fault.Coded(fault.Precondition, "DX13", "licence %s would be counted by %s at once, so nothing is accepted on it; have the authority name all but one of them as posts (post_of) in the directory",
		licence, strings.Join(counters, " and "))
}
