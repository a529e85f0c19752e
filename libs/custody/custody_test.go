package custody_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	exporter, carrier, consignee, guard = "Exporters of XA", "Carriage of XA", "Importers of XB", "Border Guard of XB"

	d2 = enforcementv1.Stage_STAGE_D2_IN_TRANSIT
	d3 = enforcementv1.Stage_STAGE_D3_AT_DELIVERY
	d4 = enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE
	d5 = enforcementv1.Stage_STAGE_D5_RETRANSFER
	d6 = enforcementv1.Stage_STAGE_D6_DOMESTIC
)

var rifle = &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Serial: "KA-12340"}

func on(month time.Month) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2025, month, 1, 0, 0, 0, 0, time.UTC))
}

// with is the rifle with something else on it.
func with(change func(*transferv1.Mark)) *transferv1.Mark {
	m := proto.CloneOf(rifle)
	change(m)
	return m
}

func reading(serial string) *transferv1.Mark {
	return with(func(m *transferv1.Mark) { m.Serial = serial })
}

func listing(all ...*transferv1.Mark) (serials []*transferv1.Serials) {
	for _, m := range all {
		serials = append(serials, &transferv1.Serials{Mark: m, Serials: []string{m.Serial}})
	}
	return serials
}

func received(all ...*transferv1.Mark) []*customsv1.DeliveredItem {
	return []*customsv1.DeliveredItem{{LicenceLine: 1, Serials: listing(all...)}}
}

func parties(exporter, endUser string) []*transferv1.Party {
	return []*transferv1.Party{
		{Role: transferv1.Role_ROLE_EXPORTER, Name: exporter}, {Role: transferv1.Role_ROLE_CARRIER, Name: carrier},
		{Role: transferv1.Role_ROLE_CONSIGNEE, Name: consignee}, {Role: transferv1.Role_ROLE_END_USER, Name: endUser},
	}
}

func licensed(id, exporter, endUser, to string) proto.Message {
	return ledgertest.At(on(1).AsTime(), &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Parties: parties(exporter, endUser), Destination: &licensingv1.Place{Country: to},
	}})
}

func declared(id, licence, from, to string, month time.Month, who []*transferv1.Party, all ...*transferv1.Mark) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{
		DeclarationId: id, Kind: transferv1.Kind_KIND_EXPORT, LicenceId: licence, Parties: who, Destination: to, AcceptedAt: on(month),
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Serials: listing(all...)}}, Consignment: &customsv1.Consignment{Dispatch: from},
	}
}

func imported(id, state string, month time.Month, all ...*transferv1.Mark) proto.Message {
	d := declared(id, "", "XA", state, month, parties(exporter, guard), all...)
	d.Kind = transferv1.Kind_KIND_IMPORT
	agency, _, _ := strings.Cut(id, "/")
	return ledgertest.By(agency, d)
}

func recovered(state string, month time.Month, m *transferv1.Mark) proto.Message {
	return &enforcementv1.TraceOpened{TraceId: "enforcement/T-1", Marks: []*transferv1.Mark{m}, RecoveredAt: on(month), Country: state}
}

func sighted(state string, month time.Month) proto.Message {
	return &enforcementv1.SightingAdded{SightingId: "enforcement/G-1", Serials: listing(rifle), SeenAt: on(month), Country: state}
}

func proven(recipient string, all ...*transferv1.Mark) proto.Message {
	return &customsv1.DeliveryVerified{DeliveryId: "customs/V-1", Proof: &customsv1.Proof{ArrivedAt: on(4), Recipient: recipient, Received: received(all...)}}
}

func disputed(all ...*transferv1.Mark) proto.Message {
	return &customsv1.DeliveryDisputed{DeliveryId: "customs/V-1", Reason: "the stamp is false", Proof: &customsv1.Proof{ArrivedAt: on(4), Received: received(all...)}}
}

// history is what was recorded up to a step; more follows.
type history []proto.Message

func (h history) and(more ...proto.Message) history { return slices.Concat(h, more) }

var (
	accepted = history{licensed("licensing/L-1", exporter, guard, "XB"), declared("customs/E-1", "licensing/L-1", "XA", "XB", 2, parties(exporter, guard), rifle, reading("KA-12341"))}
	left     = accepted.and(&customsv1.GoodsReleased{DeclarationId: "customs/E-1", At: on(2)}, &customsv1.ExitConfirmed{DeclarationId: "customs/E-1", At: on(3)})
	asked    = left.and(&customsv1.DeliveryVerificationRequested{DeliveryId: "customs/V-1", LicenceId: "licensing/L-1", DeclarationIds: []string{"customs/E-1"}, From: on(3), Due: on(6)})
	came     = asked.and(proven(guard, rifle))

	late = func(code string) proto.Message {
		return &customsv1.MovementOverdue{DeclarationId: "customs/E-1", Code: code, Due: on(5)}
	}
	resent = func(licence, from, by string) proto.Message {
		return declared("customs/E-2", licence, from, "XC", 7, parties(by, "Navy of XC"), rifle)
	}
	away = &customsv1.ExitConfirmed{DeclarationId: "customs/E-2", At: on(8)}
)

// What the records of one rifle say of who had it: the last lawful custodian, the step that is open with its indicator, the stage;
// or that it cannot be told.
func TestOf(t *testing.T) {
	unread := "cannot be told"
	tests := []struct {
		name         string
		given        history
		holder, open string
		stage        enforcementv1.Stage
		reason       string
	}{
		{"recovered, and nothing else", history{recovered("XB", 9, rifle)}, "", "", 0, "no declaration on record has it"},
		{"declared", accepted, exporter, "exit", 0, "has not left yet"},
		{"its exit overdue", accepted.and(late("DX16")), exporter, "exit DX16", 0, "whether it left cannot be told"},
		{"its exit overdue, and found abroad", accepted.and(late("DX16"), recovered("XC", 9, rifle)), "", unread, 0, "never left XA by the records"},
		{"cancelled", accepted.and(&customsv1.DeclarationCancelled{DeclarationId: "customs/E-1", Reason: "sold at home"}), "", "", 0, "no declaration on record has it"},
		{"left", left, carrier, "arrival", 0, "has not arrived yet"},
		{"its arrival overdue", left.and(late("DX18")), carrier, "arrival DX18", d2, "is not on record"},
		{"its arrival overdue, and found on the way", left.and(recovered("XB", 4, rifle)), "", unread, 0, "on its way or delivered"},
		{"its arrival overdue, and an import of what may be it", left.and(late("DX18"), imported("customs-xb/I-1", "XB", 4, with(func(m *transferv1.Mark) { m.Maker = "" }))), "", unread, 0, "customs-xb/I-1 may be of it"},
		{"its arrival overdue, and an import of another maker's", left.and(late("DX18"), imported("customs-xb/I-1", "XB", 4, with(func(m *transferv1.Mark) { m.Maker, m.Country = "Opsterveld", "XD" }))),
			carrier, "arrival DX18", d2, "is not on record"},
		{"imported where it goes", left.and(imported("customs-xb/I-1", "XB", 4, rifle)), consignee, "", 0, "every step"},
		{"imported elsewhere", left.and(imported("customs-xc/I-1", "XC", 4, rifle)), carrier, "arrival DX18", d2, "has it in XC"},
		{"proof awaited", asked, carrier, "arrival", 0, "has not arrived yet"},

		{"delivered", came, guard, "", 0, "every step"},
		{"delivered, to nobody stated", asked.and(proven("", rifle)), guard, "", 0, "every step"},
		{"delivered without serials", asked.and(proven(guard)), guard, "", 0, "every step"},
		{"delivered to the consignee", asked.and(proven(consignee, rifle)), consignee, "", 0, "every step"},
		{"delivered to somebody else", asked.and(proven("Kestrel Quay Holdings", rifle)), carrier, "delivery_verification DX18", d3, "neither end user"},
		{"delivered to one whose name is near", asked.and(proven("Border Patrol of XB", rifle)), "", unread, 0, "has to be looked at"},
		{"delivered short", asked.and(proven(guard, reading("KA-12341"))), carrier, "delivery_verification DX18", d3, "not among what arrived"},
		{"delivered, by another reading", asked.and(proven(guard, reading("KA-I2340"))), "", unread, 0, "may be the item or another"},
		{"disputed, and lists it", asked.and(disputed(rifle)), "", unread, 0, "whether it arrived is not settled"},
		{"disputed, and lists it not", asked.and(disputed(reading("KA-12341"))), carrier, "delivery_verification DX18", d3, "the stamp is false"},
		{"disputed and settled", asked.and(disputed(reading("KA-12341")), proven(guard, rifle)), guard, "", 0, "every step"},

		{"found where it was delivered", came.and(recovered("XB", 9, rifle)), guard, "custody RF27", d4, "in the hands of others"},
		{"found elsewhere", came.and(recovered("XC", 9, rifle)), guard, "consent RF19", d5, "no consented re-export"},
		{"found before it was delivered", came.and(recovered("XC", 3, rifle)), "", unread, 0, "before customs/V-1 has it delivered"},
		{"found before it was declared", came.and(recovered("XC", 1, rifle)), "", unread, 0, "before declaration customs/E-1"},
		{"found, and withdrawn", came.and(recovered("XC", 9, rifle), &enforcementv1.TraceWithdrawn{TraceId: "enforcement/T-1", Reason: "read wrongly"}), guard, "", 0, "every step"},
		{"found, by another reading", came.and(recovered("XC", 9, reading("KA-I2340"))), guard, "", 0, "every step"},
		{"found, without its maker", came.and(recovered("XC", 9, with(func(m *transferv1.Mark) { m.Maker = "" }))), guard, "", 0, "every step"},
		{"found, another model", came.and(recovered("XC", 9, with(func(m *transferv1.Mark) { m.Model = "P7" }))), guard, "", 0, "every step"},
		{"seen at its holder's", came.and(sighted("XB", 9)), guard, "", 0, "every step"},
		{"seen elsewhere", came.and(sighted("XC", 9)), guard, "consent RF19", d5, "no consented re-export"},
		{"arrived, found, not verified", left.and(imported("customs-xb/I-1", "XB", 4, rifle), recovered("XB", 9, rifle)), "", unread, 0, "not verified"},

		{"sent on with consent", came.and(licensed("licensing/L-2", "BORDER GUARD OF XB", "Navy of XC", "XC"), resent("licensing/L-2", "XB", guard), away), carrier, "arrival", 0, "has not arrived yet"},
		{"sent on under a licence that is not on record", came.and(resent("other/L-2", "XB", guard), away), "", unread, 0, "not on record here"},
		{"sent on under a licence of somebody else", came.and(licensed("licensing/L-2", "Plover Brokers Ltd", "Navy of XC", "XC"), resent("licensing/L-2", "XB", guard), away), guard, "consent RF19", d5, "does not name who had it"},
		{"sent on without a licence", came.and(resent("", "XB", guard), away), guard, "consent RF19", d5, "names no licence"},
		{"sent again from where it left", came.and(resent("licensing/L-1", "XA", exporter), away), "", unread, 0, "no return is on record"},
		{"sent on from a third State", came.and(resent("", "XD", "Plover Brokers Ltd"), away), guard, "consent RF19", d5, "no consented re-export"},

		{"imported, and found at home", history{imported("customs/I-1", "XA", 2, rifle), recovered("XA", 9, rifle)}, consignee, "custody RF27", d6, "never left XA"},
		{"imported, and found abroad", history{imported("customs/I-1", "XA", 2, rifle), recovered("XC", 9, rifle)}, consignee, "consent RF19", d5, "no consented re-export"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chains, err := custody.Of(ledgertest.GivenAs(t, "enforcement", tt.given...), rifle)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(chains, func(c *queryv1.Custody) bool { return c.Match == "same" })
			if i < 0 {
				t.Fatalf("not found among %v", chains)
			}
			c := chains[i]
			open := strings.TrimSpace(c.GetOpen().GetStep() + " " + c.GetOpen().GetIndicator())
			if c.CannotBeTold {
				open = unread
			}
			if got := c.GetLastLawful().GetParty().GetName(); got != tt.holder || open != tt.open || c.Stage != tt.stage || !strings.Contains(c.Reason, tt.reason) {
				t.Errorf("%q, %q, %s: %s\nwant %q, %q, %s: %s", got, open, c.Stage, c.Reason, tt.holder, tt.open, tt.stage, tt.reason)
			}
			if !slices.IsSortedFunc(c.Steps, func(a, b *queryv1.CustodyStep) int { return a.At.AsTime().Compare(b.At.AsTime()) }) {
				t.Errorf("not in the order of time: %v", c.Steps)
			}
		})
	}
}
