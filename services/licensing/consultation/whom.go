package consultation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// forTheCase is what an agency's opinion serves that no policy names.
const forTheCase = "chosen for the case"

// whom lists who is asked: those whom the policies name for the case, and those that the command adds.
func whom(view ledger.View, f *dossier.File, cmd *licensingv1.OpenConsultationRequest) ([]*licensingv1.Addressee, error) {
	listed, err := f.Consultees()
	if err != nil {
		return nil, err
	}
	var asked []*licensingv1.Addressee
	for _, c := range listed {
		if c.Part != policy.Chosen {
			asked = add(asked, &licensingv1.Addressee{Agency: c.Agency, Part: c.Part, Serves: c.Serves})
		}
	}
	for _, w := range cmd.GetWith() {
		a, err := chosen(f, listed, w)
		if err != nil {
			return nil, err
		}
		asked = add(asked, a)
	}
	if len(asked) == 0 {
		return nil, fault.Errorf(fault.Invalid, "policy %s names nobody to ask about application %s; choose who is asked: counterfoil consult open %s --with AGENCY",
			f.PolicyID(), f.Application.GetId(), f.Application.GetId())
	}
	return asked, reached(view, asked, cmd.GetParticulars().GetMarking())
}

// chosen is an agency that the command adds. What the policy says of its part cannot be said otherwise, and no command
// makes an opinion mandatory.
func chosen(f *dossier.File, listed []policy.Consultee, w *licensingv1.Addressee) (*licensingv1.Addressee, error) {
	a := &licensingv1.Addressee{Agency: w.GetAgency(), Part: cmp.Or(w.GetPart(), policy.Chosen), Serves: cmp.Or(w.GetServes(), forTheCase)}
	i := slices.IndexFunc(listed, func(c policy.Consultee) bool { return c.Agency == a.Agency })
	if i >= 0 {
		a.Serves = cmp.Or(w.GetServes(), listed[i].Serves)
	}
	switch {
	case i >= 0 && listed[i].Part != policy.Chosen && w.GetPart() != "" && w.GetPart() != listed[i].Part:
		return nil, fault.Errorf(fault.Invalid, "policy %s asks %s as %s, which a case does not change; leave its part out", f.PolicyID(), a.Agency, listed[i].Part)
	case i >= 0 && listed[i].Part != policy.Chosen:
		a.Part = listed[i].Part
	case a.Part != policy.Chosen && a.Part != policy.Guest:
		return nil, fault.Errorf(fault.Invalid, "only a policy makes an opinion %s; ask %s as chosen or as guest", a.Part, a.Agency)
	}
	return a, nil
}

// strength orders parts, the weakest first.
var strength = []string{policy.Guest, policy.Chosen, policy.Optional, policy.Mandatory}

// add keeps each agency once, in its strongest part and with every article.
func add(list []*licensingv1.Addressee, a *licensingv1.Addressee) []*licensingv1.Addressee {
	i := slices.IndexFunc(list, func(o *licensingv1.Addressee) bool { return o.GetAgency() == a.GetAgency() })
	if i < 0 {
		return append(list, a)
	}
	o := list[i]
	if slices.Index(strength, a.GetPart()) > slices.Index(strength, o.GetPart()) {
		o.Part = a.GetPart()
	}
	if !slices.Contains(strings.Split(o.GetServes(), "; "), a.GetServes()) {
		o.Serves += "; " + a.GetServes()
	}
	return list
}

// reached refuses to ask an agency that would not hear of it.
func reached(view ledger.View, asked []*licensingv1.Addressee, marking string) error {
	kind := (&licensingv1.ConsultationOpened{}).ProtoReflect().Descriptor().FullName()
	name, err := view.SharingGroup(kind, marking, view.Agency())
	if err != nil {
		return err
	}
	group, err := view.Group(name)
	if err != nil {
		return fmt.Errorf("read group %s: %w", name, err)
	}
	for _, a := range asked {
		row, err := view.AgencyRow(a.GetAgency())
		switch {
		case err != nil:
			return fmt.Errorf("read agency %s: %w", a.GetAgency(), err)
		case row == nil:
			return fault.Errorf(fault.Precondition, "%s is not in the directory and cannot be asked; have the authority add it: counterfoil agency add %s", a.GetAgency(), a.GetAgency())
		case row.GetStatus() == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED:
			return fault.Errorf(fault.Precondition, "%s takes part no more and cannot be asked; ask another, or have the authority adopt a policy without it", a.GetAgency())
		case !slices.Contains(group.GetMembers(), a.GetAgency()):
			return fault.Errorf(fault.Precondition, "%s would not hear of it: it does not read group %s, which consultations are recorded for; choose a marking, or have the authority let it in: counterfoil group define %s",
				a.GetAgency(), name, name)
		}
	}
	return nil
}
