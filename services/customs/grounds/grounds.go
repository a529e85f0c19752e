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
		for i, fact := range facts {
			if facts[i], err = cited(view, fact); err != nil {
				return nil, err
			}
		}
		return facts, nil
	}
}

func cited(view ledger.View, fact proto.Message) (proto.Message, error) {
	dated, ok := fact.(ledger.Dated)
	if !ok {
		dated.Message = fact
	}
	var rests []*queryv1.RecordedEvent
	var err error
	switch f := dated.Message.(type) {
	case *customsv1.DeclarationAccepted:
		rests, err = licence(view, f.GetLicenceId())
	case *customsv1.GoodsReleased:
		rests, err = declared(view, f.GetDeclarationId())
	case *customsv1.GoodsHeld:
		if rests, err = declared(view, f.GetDeclarationId()); err == nil && f.GetAlertId() != "" {
			var raised []*queryv1.RecordedEvent
			raised, err = alert(view, f.GetAlertId())
			rests = append(rests, raised...)
		}
	}
	if err != nil || len(dated.Causes) > 0 {
		return fact, err
	}
	if dated.Causes = citations.Choose(rests); dated.Causes == nil {
		return fact, nil
	}
	return dated, nil
}

// declared is the licence of a declaration.
func declared(view ledger.View, declaration string) ([]*queryv1.RecordedEvent, error) {
	d, err := view.Declaration(declaration)
	if err != nil {
		return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
	}
	return licence(view, d.GetAccepted().GetLicenceId())
}

// licence is what a licence's agency said of it last; nothing when it is not on record here.
func licence(view ledger.View, id string) ([]*queryv1.RecordedEvent, error) {
	l, err := view.Licence(id)
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	events, err := view.Made(l, &licensingv1.LicenceGranted{}, &licensingv1.LicenceAmended{}, &licensingv1.LicenceSuspended{},
		&licensingv1.LicenceReinstated{}, &licensingv1.LicenceRevoked{})
	return events[max(0, len(events)-1):], err
}

func alert(view ledger.View, id string) ([]*queryv1.RecordedEvent, error) {
	a, err := view.Alert(id)
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	}
	return view.Made(a, &enforcementv1.DiversionAlertRaised{}, &enforcementv1.AlertCorroborated{}, &enforcementv1.AlertConfirmed{})
}
