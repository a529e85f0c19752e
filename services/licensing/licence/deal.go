package licence

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// NewDeal returns the deal that an application states, its lines numbered, once it is one that this agency's State
// can decide. Its papers have a number and a hash each; whether they are still good is a matter of the decision.
func NewDeal(view ledger.View, in *licensingv1.DealInput) (*licensingv1.Deal, error) {
	if err := checkKind(view, in); err != nil {
		return nil, err
	}
	lines, err := numbered(in.GetLines())
	if err != nil {
		return nil, err
	}
	if err := dossier.CheckPapers(in.GetDocuments(), in.GetExternalAuthorizations()); err != nil {
		return nil, err
	}
	return &licensingv1.Deal{
		Kind:        in.GetKind(),
		Parties:     in.GetParties(),
		Destination: &licensingv1.Place{Country: in.GetDestination()},
		Onward:      places(in.GetOnward()),
		Sources:     places(in.GetSources()),
		Lines:       lines,
		EndUse:      in.GetEndUse(),
		Route:       places(in.GetRoute()),
		Documents:   in.GetDocuments(),
		ShipmentId:  in.GetShipmentId(),

		ExternalAuthorizations: in.GetExternalAuthorizations(),
	}, nil
}

func places(countries []string) []*licensingv1.Place {
	var all []*licensingv1.Place
	for _, c := range countries {
		all = append(all, &licensingv1.Place{Country: c})
	}
	return all
}

// numbered returns the lines with their numbers, 1 to n in the order given. Write-offs refer to lines by number, so a
// caller who numbers them must number them that way.
func numbered(lines []*transferv1.Line) ([]*transferv1.Line, error) {
	if len(lines) == 0 {
		return nil, fault.Errorf(fault.Invalid, "state at least one line")
	}
	all := make([]*transferv1.Line, 0, len(lines))
	for i, l := range lines {
		want := uint32(i + 1)
		if n := l.GetNumber(); n != 0 && n != want {
			return nil, fault.Errorf(fault.Invalid, "line %d is numbered %d; number the lines from 1 in order, or leave the numbers out", want, n)
		}
		l = proto.CloneOf(l)
		if l == nil {
			l = &transferv1.Line{}
		}
		l.Number = want
		all = append(all, l)
	}
	return all, nil
}

// checkKind refuses a deal that is not what its kind of transfer is. An export or import licence names the country of
// export, the country of import and the final recipient (Firearms Protocol, Article 10(3), taken as a floor for all
// goods). A movement between two places of one State is no transit in the Treaty's sense. A trans-shipment may be
// declared without its destination abroad being known, and a broker may bring together any two States: nothing is
// asked of these.
func checkKind(view ledger.View, in *licensingv1.DealInput) error {
	switch in.GetKind() {
	case transferv1.Kind_KIND_EXPORT:
		return checkExport(view, in)
	case transferv1.Kind_KIND_IMPORT:
		return checkImport(view, in)
	case transferv1.Kind_KIND_TRANSIT:
		return checkAbroad(view, in, "a transit")
	case transferv1.Kind_KIND_TRANS_SHIPMENT, transferv1.Kind_KIND_BROKERING:
		return nil
	default:
		return fault.Errorf(fault.Invalid, "say which kind of transfer it is: export, import, transit, trans-shipment or brokering")
	}
}

func checkExport(view ledger.View, in *licensingv1.DealInput) error {
	if err := checkAbroad(view, in, "an export"); err != nil {
		return err
	}
	return checkRecipient(in, "an export")
}

func checkImport(view ledger.View, in *licensingv1.DealInput) error {
	state, err := home(view)
	switch {
	case err != nil:
		return err
	case in.GetDestination() != state:
		return fault.Errorf(fault.Invalid, "the destination of an import is %s itself, not %s", state, in.GetDestination())
	case len(in.GetSources()) == 0:
		return fault.Errorf(fault.Invalid, "name the State that an import comes from")
	case slices.Contains(in.GetSources(), state):
		return fault.Errorf(fault.Invalid, "an import comes from another State, not from %s", state)
	}
	return checkRecipient(in, "an import")
}

// checkAbroad refuses a destination in the agency's own State.
func checkAbroad(view ledger.View, in *licensingv1.DealInput, what string) error {
	state, err := home(view)
	switch {
	case err != nil:
		return err
	case in.GetDestination() == state:
		return fault.Errorf(fault.Invalid, "the destination of %s lies in another State, not in %s", what, state)
	}
	return nil
}

func checkRecipient(in *licensingv1.DealInput, what string) error {
	for _, p := range in.GetParties() {
		switch p.GetRole() {
		case transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_CONSIGNEE:
			return nil
		}
	}
	return fault.Errorf(fault.Invalid, "name the final recipient of %s: an end user or a consignee", what)
}

// home returns the State that this agency decides for.
func home(view ledger.View) (string, error) {
	agency, err := view.AgencyRow(view.Agency())
	switch {
	case err != nil:
		return "", fmt.Errorf("read agency %s: %w", view.Agency(), err)
	case agency.GetState() == "":
		return "", fault.Errorf(fault.Precondition, "the directory does not say which State %s belongs to; have it registered first", view.Agency())
	}
	return agency.GetState(), nil
}
