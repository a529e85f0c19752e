// Package adopted reads the decision policies that the directory has.
package adopted

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Policies are all versions of decision policies that the directory has, read.
func Policies(view ledger.View) ([]*policy.Policy, error) {
	rows, err := view.Policies()
	if err != nil {
		return nil, fmt.Errorf("read the policies: %w", err)
	}
	all := make([]*policy.Policy, 0, len(rows))
	for _, r := range rows {
		p, err := parse(r)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ByID returns policies by their names and versions. One that is not on record, or cannot be read, is refused.
func ByID(view ledger.View, ids []string) ([]*policy.Policy, error) {
	var list []*policy.Policy
	for _, id := range ids {
		row, err := view.Policy(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read policy %s: %w", id, err)
		case row == nil:
			return nil, fault.Errorf(fault.Precondition, "policy %s is not on record here", id)
		}
		p, err := parse(row)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func parse(r *ledgerv1.Policy) (*policy.Policy, error) {
	p, err := policy.LoadAdopted(r.GetId(), r.GetAdopted().GetContent())
	if err != nil {
		return nil, fault.Errorf(fault.Precondition, "policy %s cannot be read (%v); have the authority adopt a version that can: counterfoil policy adopt FILE", r.GetId(), err)
	}
	return p, nil
}
