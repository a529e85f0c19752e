package delivery

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Kind is the kind of the obligations that a delivery answers.
const Kind = "delivery_verification"

// holder owns what the holder of a licence has to do; the agency that obliged it sees to that.
const holder = "holder"

// OnExit asks for proof of arrival of goods that left, where a decision obliges this agency to, or obliges the holder and is
// this agency's: until as many days after the exit as the obligation gives. Goods that somebody asks about already, or asked
// about, are left.
func OnExit(view ledger.View, declaration string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	d, err := view.Declaration(declaration)
	if err != nil {
		return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
	}
	if d.GetExitedAt() == nil {
		return nil, nil
	}
	l, err := view.Licence(d.GetAccepted().GetLicenceId())
	if l == nil || err != nil {
		return nil, err
	}
	o, err := obligation(view, l.GetId())
	if err != nil || !mine(view, o) {
		return nil, err
	}
	before, err := view.DeliveriesWith("declaration", declaration)
	if err != nil || len(before) > 0 {
		return nil, err
	}
	asked, err := ask(view, l, []*ledgerv1.Declaration{d}, int(o.GetSet().GetDays()), at)
	if err != nil {
		return nil, err
	}
	if asked.Of, err = whoConfirms(view, l, asked, ""); err != nil {
		return nil, err
	}
	facts, err := addressed(view, asked, nil)
	if err != nil {
		return nil, err
	}
	return caused(facts, cause), nil
}

// obligation is the open obligation of a licence to prove that what left arrived; nil when it has none.
func obligation(view ledger.View, licence string) (*ledgerv1.Obligation, error) {
	rows, err := view.ObligationsWith("subject", licence)
	if err != nil {
		return nil, fmt.Errorf("read obligations of licence %s: %w", licence, err)
	}
	for _, o := range rows {
		if set := o.GetSet(); set.GetKind() == Kind && set.GetAfter() == "exit" && set.GetDays() > 0 && o.GetMet() == nil {
			return o, nil
		}
	}
	return nil, nil
}

func mine(view ledger.View, o *ledgerv1.Obligation) bool {
	owner := o.GetSet().GetOwner()
	return o != nil && (owner == view.Agency() || owner == holder && view.Owns(o.GetId()))
}

// caused names what facts come of.
func caused(facts []proto.Message, cause *eventv1.Cause) []proto.Message {
	for i, f := range facts {
		dated, ok := f.(ledger.Dated)
		if !ok {
			dated = ledger.Dated{Message: f}
		}
		dated.Causes = []*eventv1.Cause{cause}
		facts[i] = dated
	}
	return facts
}
