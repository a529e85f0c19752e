package casework

import (
	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

func (p pages) newApplication(v *web.Visit) error {
	if !decides(v) {
		return connect.NewError(connect.CodeNotFound, "agency "+v.Site().Agency+" takes no applications; they are recorded at the agency for licensing")
	}
	page := &actPage{act: submit, Form: newForm()}
	return page.begin(v, p.Pages)
}

func (p pages) doNewApplication(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page := &actPage{act: submit, Form: in}
	return page.finish(v, p)
}

// decides reports whether the node's agency takes applications and decides them.
func decides(v *web.Visit) bool { return v.Site().Service == "licensing" }

// stated is a deal as an applicant states it.
func stated(d *licensingv1.Deal) *licensingv1.DealInput {
	lines := proto.CloneOf(d).GetLines()
	for _, l := range lines {
		l.Number = 0 // they are counted anew
	}
	return &licensingv1.DealInput{
		Kind: d.GetKind(), Parties: d.GetParties(), Destination: d.GetDestination().GetCountry(), Onward: countries(d.GetOnward()), Sources: countries(d.GetSources()),
		Lines: lines, EndUse: d.GetEndUse(), Route: countries(d.GetRoute()), ShipmentId: d.GetShipmentId(),
	}
}

func countries(places []*licensingv1.Place) (all []string) {
	for _, p := range places {
		all = append(all, p.GetCountry())
	}
	return all
}

// newDeal has room for what most deals have.
func newDeal() *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER}, {Role: transferv1.Role_ROLE_END_USER}}, Lines: []*transferv1.Line{{}},
	}
}
