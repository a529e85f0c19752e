// Package group is the coordinating authority's decisions on audiences and rules: pure rules over the directory's rows.
package group

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/authority/agency"
)

const directoryGroup = "directory"

// Define names an audience, or says anew who is in it. The same again decides nothing.
func Define(view ledger.View, cmd *directoryv1.DefineGroupRequest) ([]proto.Message, error) {
	defined := cmd.GetGroup()
	if defined.GetGroup() == directoryGroup {
		return nil, fault.Errorf(fault.Invalid, "who reads the directory follows from who takes part: see counterfoil agency add and agency remove")
	}
	for _, name := range slices.Concat(defined.Members, defined.Publishers) {
		a, err := view.AgencyRow(name)
		if err != nil {
			return nil, err
		}
		if a == nil || a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			return nil, fault.Errorf(fault.NotFound, "group %s names agency %q, which does not take part", defined.Group, name)
		}
	}
	for _, name := range defined.Publishers {
		if !slices.Contains(defined.Members, name) {
			return nil, fault.Errorf(fault.Invalid, "%s is to record for group %s and is not a member of it", name, defined.Group)
		}
	}
	switch {
	case defined.Purpose == "":
		return nil, fault.Errorf(fault.Invalid, "say what group %s is for: an audience without a purpose cannot be judged", defined.Group)
	case defined.History == directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE && defined.HistoryFrom == nil:
		return nil, fault.Errorf(fault.Invalid, "history of group %s from a date needs the date", defined.Group)
	}
	known, err := view.Group(defined.Group)
	if err != nil {
		return nil, err
	}
	if known != nil && proto.Equal(agency.Defined(known), defined) {
		return nil, nil
	}
	return []proto.Message{defined}, nil
}

// Rekey has every publisher of a group begin a new epoch.
func Rekey(view ledger.View, cmd *directoryv1.RekeyGroupRequest, reissue agency.Reissue) ([]proto.Message, error) {
	g, err := view.Group(cmd.GetGroup())
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no group %s; see: counterfoil directory show", cmd.GetGroup())
	case g.Id == directoryGroup:
		issued, err := reissue(view, g.Members)
		if err != nil {
			return nil, err
		}
		return []proto.Message{issued}, nil
	}
	return []proto.Message{&directoryv1.GroupRekeyed{Group: g.Id, Reason: cmd.GetReason()}}, nil
}

// AdoptRules puts sharing rules before those in force.
func AdoptRules(view ledger.View, cmd *directoryv1.AdoptRulesRequest) ([]proto.Message, error) {
	for _, r := range cmd.GetRules() {
		g, err := view.Group(r.Group)
		switch {
		case err != nil:
			return nil, err
		case g == nil || g.Id == directoryGroup:
			return nil, fault.Errorf(fault.Invalid, "a sharing rule names group %q, which nobody records for; see: counterfoil directory show", r.Group)
		}
	}
	return []proto.Message{&directoryv1.SharingRuleAdopted{Rules: cmd.GetRules()}}, nil
}
