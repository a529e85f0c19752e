package agency

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// authority is the one agency that cannot be shut out.
const authority = "authority"

// Suspend shuts an agency out until it is resumed. Suspending it twice decides nothing.
func Suspend(view ledger.View, cmd *directoryv1.SuspendAgencyRequest) ([]proto.Message, error) {
	a, err := present(view, cmd.GetAgency())
	if err != nil || a.Status == suspended {
		return nil, err
	}
	return []proto.Message{&directoryv1.AgencySuspended{Agency: a.Id, Reason: cmd.GetReason()}}, nil
}

// Resume lets a suspended agency in again. Resuming one that is not suspended decides nothing.
func Resume(view ledger.View, cmd *directoryv1.ResumeAgencyRequest) ([]proto.Message, error) {
	a, err := present(view, cmd.GetAgency())
	if err != nil || a.Status != suspended {
		return nil, err
	}
	return []proto.Message{&directoryv1.AgencyResumed{Agency: a.Id, Reason: cmd.GetReason()}}, nil
}

// Reissue is a new key of the directory for those members that stay.
type Reissue func(view ledger.View, members []string) (*directoryv1.GroupKeyIssued, error)

// Remove ends an agency's part: it leaves every group, and the directory goes on under a key that it does not have. Its
// publishers' journals follow: each publisher begins a new epoch when it hears of it. Removing it twice decides nothing.
func Remove(view ledger.View, cmd *directoryv1.RemoveAgencyRequest, reissue Reissue) ([]proto.Message, error) {
	a, err := view.AgencyRow(cmd.GetAgency())
	if err != nil {
		return nil, err
	}
	if a.GetStatus() == removed {
		return nil, nil
	}
	if a, err = present(view, cmd.GetAgency()); err != nil {
		return nil, err
	}
	facts := []proto.Message{&directoryv1.AgencyRemoved{Agency: a.Id, Reason: cmd.GetReason()}}
	groups, err := view.Groups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if !slices.Contains(g.Members, a.Id) {
			continue
		}
		defined := without(g, a.Id)
		facts = append(facts, defined)
		if g.Id != directoryGroup {
			continue
		}
		issued, err := reissue(view, defined.Members)
		if err != nil {
			return nil, err
		}
		facts = append(facts, issued)
	}
	return facts, nil
}

func without(g *ledgerv1.Group, agency string) *directoryv1.GroupDefined {
	defined := Defined(g)
	other := func(name string) bool { return name == agency }
	defined.Members = slices.DeleteFunc(defined.Members, other)
	defined.Publishers = slices.DeleteFunc(defined.Publishers, other)
	defined.Exceptions = slices.DeleteFunc(defined.Exceptions, func(e *directoryv1.Exception) bool { return e.Agency == agency })
	return defined
}

// present is an agency that takes part and may be shut out.
func present(view ledger.View, name string) (*ledgerv1.Agency, error) {
	a, err := view.AgencyRow(name)
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no agency %s; see: counterfoil directory show", name)
	case a.Status == removed:
		return nil, fault.Errorf(fault.Precondition, "agency %s was removed: %s", name, a.StatusReason)
	case name == authority:
		return nil, fault.Errorf(fault.Precondition, "the coordinating authority keeps the directory and cannot be shut out of it")
	}
	return a, nil
}
