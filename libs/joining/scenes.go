package joining

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// scene is the facts of one block.
type scene struct {
	id    journal.ID
	facts []proto.Message
}

// cases is how many transfers the history tells of.
const cases = 40

// scenes are the rehearsal's facts: licences granted and denied, declarations against them, alerts about some. They never
// change within a version of the ledger's schema; a test holds them to Root.
func scenes() []scene {
	atCustoms, police, deciding := rehearsed[0], rehearsed[1], rehearsed[2]
	var all []scene
	for n := 1; n <= cases; n++ {
		all = append(all, scene{deciding, decided(n)})
		if n%5 == 0 {
			continue // it was denied
		}
		all = append(all, scene{atCustoms, moved(n)})
		if n%8 == 0 {
			all = append(all, scene{police, alerted(n)}, scene{deciding, answered(n)})
		}
	}
	return all
}

func deal(n int) *licensingv1.Deal {
	kinds := []transferv1.Kind{
		transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_IMPORT, transferv1.Kind_KIND_TRANSIT, transferv1.Kind_KIND_TRANS_SHIPMENT, transferv1.Kind_KIND_BROKERING,
	}
	return &licensingv1.Deal{
		Kind: kinds[n%len(kinds)], Destination: &licensingv1.Place{Country: "XB", Name: "Borduria"},
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: fmt.Sprintf("Rehearsal Works %d", n%7), Country: "XA"}},
		Lines: []*transferv1.Line{{
			Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS,
			Quantity: &transferv1.Quantity{Thousandths: int64(n) * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: int64(n) * 100, Currency: "XTS"},
		}},
	}
}

func decided(n int) []proto.Message {
	if n%5 == 0 {
		return []proto.Message{&licensingv1.LicenceDenied{DenialId: denial(n), Deal: deal(n), Criteria: []string{"7"}, Reason: "rehearsal"}}
	}
	return []proto.Message{&licensingv1.LicenceGranted{LicenceId: licence(n), Deal: deal(n)}}
}

func moved(n int) []proto.Message {
	id := numbered(customs, "D", n)
	quantity := deal(n).Lines[0].Quantity
	facts := []proto.Message{
		&customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licence(n), Destination: "XB", Office: "XA001"},
		&customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licence(n), LicenceLine: 1, Quantity: quantity},
	}
	if n%3 == 0 {
		return append(facts,
			&customsv1.DeclarationCancelled{DeclarationId: id, Reason: "rehearsal"},
			&customsv1.LicenceQuantityReleased{DeclarationId: id, Item: 1, LicenceId: licence(n), LicenceLine: 1, Quantity: quantity})
	}
	return append(facts,
		&customsv1.ExitConfirmed{DeclarationId: id},
		&customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: licence(n), LicenceLine: 1, Quantity: quantity})
}

func alerted(n int) []proto.Message {
	id := numbered(enforcement, "A", n)
	return []proto.Message{
		&enforcementv1.DiversionAlertRaised{AlertId: id, LicenceIds: []string{licence(n)}, Indicators: []string{"RF01"}, Addressees: []string{"customs"}},
		&enforcementv1.AlertCorroborated{AlertId: id, Indicators: []string{"RF02"}},
		&enforcementv1.AlertConfirmed{AlertId: id},
	}
}

func answered(n int) []proto.Message {
	review := numbered(licensing, "RA", n)
	return []proto.Message{
		&licensingv1.LicenceSuspended{LicenceId: licence(n), Reason: "rehearsal"},
		&licensingv1.ReassessmentOpened{ReassessmentId: review, LicenceId: licence(n), AlertId: numbered(enforcement, "A", n), Reason: "rehearsal"},
		&licensingv1.ReassessmentConcluded{ReassessmentId: review, Outcome: licensingv1.Outcome_OUTCOME_MAINTAINED},
		&licensingv1.LicenceReinstated{LicenceId: licence(n), Reason: "rehearsal"},
	}
}

func licence(n int) string { return numbered(licensing, "L", n) }
func denial(n int) string  { return numbered(licensing, "X", n) }

func numbered(agency, prefix string, n int) string {
	return fmt.Sprintf("%s/%s-%06d", agency, prefix, n)
}
