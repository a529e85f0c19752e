// Package grounds is what customs' decisions on goods rest on: the licence that they are under, as its agency stated it last,
// and the alert that they are held for. What was shared with customs and is cited is counted as used, see package citations.
package grounds

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Cited takes what a rule decided, and has the acceptance of a declaration, and the release and the holding of goods, cite what
// they rest on. Other facts, and those that cite something already, are left as they are; so is a refusal.
func Cited(view ledger.View) func([]proto.Message, error) ([]proto.Message, error) {
	return func(facts []proto.Message, err error) ([]proto.Message, error) {
		if err != nil {
			return facts, err
		}
		licences := map[string]string{} // of declarations that are accepted just now
		for i, fact := range facts {
			if facts[i], err = cited(view, fact, licences); err != nil {
				return nil, err
			}
		}
		return facts, nil
	}
}

func cited(view ledger.View, fact proto.Message, licences map[string]string) (proto.Message, error) {
	dated, ok := fact.(ledger.Dated)
	if !ok {
		dated.Message = fact
	}
	var declaration, held string
	switch f := dated.Message.(type) {
	case *customsv1.DeclarationAccepted:
		declaration = f.GetDeclarationId()
		licences[declaration] = f.GetLicenceId()
	case *customsv1.GoodsReleased:
		declaration = f.GetDeclarationId()
	case *customsv1.GoodsHeld:
		declaration, held = f.GetDeclarationId(), f.GetAlertId()
	default:
		return fact, nil
	}
	if len(dated.Causes) > 0 {
		return fact, nil
	}
	rests, err := ofLicence(view, declaration, licences)
	if err != nil {
		return nil, err
	}
	raised, err := ofAlert(view, held)
	if err != nil {
		return nil, err
	}
	if dated.Causes = citations.Choose(append(rests, raised...)); dated.Causes == nil {
		return fact, nil
	}
	return dated, nil
}

// ofLicence is what its agency said last of the licence that a declaration is under; nothing when that is not on record here.
func ofLicence(view ledger.View, declaration string, licences map[string]string) ([]*queryv1.RecordedEvent, error) {
	id, accepted := licences[declaration]
	if !accepted {
		d, err := view.Declaration(declaration)
		if err != nil {
			return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
		}
		id = d.GetAccepted().GetLicenceId()
	}
	l, err := view.Licence(id)
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	events, err := view.Made(l, &licensingv1.LicenceGranted{}, &licensingv1.LicenceAmended{}, &licensingv1.LicenceSuspended{},
		&licensingv1.LicenceReinstated{}, &licensingv1.LicenceRevoked{})
	return events[max(0, len(events)-1):], err
}

// ofAlert is an alert as it was raised, supported and confirmed; nothing when it is not on record here.
func ofAlert(view ledger.View, id string) ([]*queryv1.RecordedEvent, error) {
	a, err := view.Alert(id)
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	}
	return view.Made(a, &enforcementv1.DiversionAlertRaised{}, &enforcementv1.AlertCorroborated{}, &enforcementv1.AlertConfirmed{})
}
