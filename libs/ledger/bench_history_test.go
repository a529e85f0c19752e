package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	benchBlock = 1_000
	benchBatch = 10_000
)

// benchHistories make the facts number first to first+n of a history.
var benchHistories = []struct {
	name  string
	facts func(first, n int) []proto.Message
}{
	{"synthetic", func(first, n int) []proto.Message { return each(first, n, synthetic) }},
	{"register", func(first, n int) []proto.Message { return each(first, n, fromRegister) }},
	{"mixed", mixed},
}

func each(first, n int, fact func(int) proto.Message) (facts []proto.Message) {
	for i := first; i < first+n; i++ {
		facts = append(facts, fact(i))
	}
	return facts
}

// blocksOf puts facts into blocks, those of each agency into its own.
func blocksOf(w *ledgertest.Writer, facts []proto.Message) (blocks []*journal.Block) {
	events := map[journal.ID][]*eventv1.Event{}
	for _, f := range facts {
		id, e := w.Event(f)
		if events[id] = append(events[id], e); len(events[id]) == benchBlock {
			blocks = append(blocks, w.Block(id, events[id]...))
			delete(events, id)
		}
	}
	for _, agency := range []string{"licensing", "customs", "enforcement"} {
		if id := (journal.ID{Agency: agency, Group: "all"}); len(events[id]) > 0 {
			blocks = append(blocks, w.Block(id, events[id]...))
		}
	}
	return blocks
}

func synthetic(i int) proto.Message { return syntheticLicence(i) }

func syntheticBlocks(w *ledgertest.Writer, first, n int) []*journal.Block {
	return blocksOf(w, each(first, n, synthetic))
}

// syntheticLicence is one of 200 destinations, 20 years, 500 ratings, 5,000 exporters, with one line.
func syntheticLicence(i int) ledger.Dated {
	exporter := strconv.Itoa(i * 7919 % 5_000)
	return ledger.Dated{
		OccurredAt: time.Date(2005+i%20, time.Month(1+i/20%12), 1+i/240%28, 9, 0, 0, 0, time.UTC),
		Message: &licensingv1.LicenceGranted{
			LicenceId: fmt.Sprintf("licensing/L-%08d", i),
			Deal: &licensingv1.Deal{
				Kind:        transferv1.Kind(1 + i%5),
				Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter " + exporter, Country: "XA", Identifiers: []string{"reg:" + exporter}}},
				Destination: &licensingv1.Place{Country: string([]byte{'A' + byte(i*31%200/26), 'A' + byte(i*31%200%26)})},
				Lines: []*transferv1.Line{{
					Number: 1, Rating: "ML" + strconv.Itoa(i*17%500), Category: transferv1.Category(1 + i%10), Description: "components for what is described above",
					Quantity: &transferv1.Quantity{Thousandths: int64(i%1000) * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: int64(i), Currency: "EUR"},
				}},
				EndUse: "end use by the armed forces",
			},
			ValidFrom: timestamppb.New(ledgertest.Start), ValidUntil: timestamppb.New(ledgertest.Start.AddDate(2, 0, 0)),
		},
	}
}

// fromRegister is a decision as it is read from a published register: its id is the digest of its content.
func fromRegister(i int) proto.Message {
	digest := sha256.Sum256([]byte(strconv.Itoa(i)))
	deal := &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: string([]byte{'A' + byte(i*31%200/26), 'A' + byte(i*31%200%26)}), Name: "place " + strconv.Itoa(i*31%200)},
	}
	for l := range 1 + i%3/2 {
		deal.Lines = append(deal.Lines, &transferv1.Line{Number: uint32(l + 1), Rating: "ML" + strconv.Itoa((i+l)*17%500), Licences: 1, Value: &transferv1.Money{Minor: int64(i) * 100, Currency: "GBP"}})
	}
	at := time.Date(2008+i%4, time.Month(1+i/4%12), 1+i/48%28, 0, 0, 0, 0, time.UTC)
	id := "licensing/uk-licences-" + hex.EncodeToString(digest[:8])
	published := &licensingv1.Published{Source: "uk-licences", Digest: digest[:], Date: at.Format(time.DateOnly), Edition: "2012-06-14"}
	if i%50 == 0 {
		return ledger.Dated{OccurredAt: at, Message: &licensingv1.LicenceDenied{DenialId: id, Deal: deal, Criteria: []string{"7"}, Published: published}}
	}
	return ledger.Dated{OccurredAt: at, Message: &licensingv1.LicenceGranted{LicenceId: id, Deal: deal, Published: published}}
}

// mixed is licences, of which some are suspended and reinstated, with declarations, what is written off, and alerts: ten
// facts from one licence.
func mixed(first, n int) (facts []proto.Message) {
	for i := first; len(facts) < n; i += 10 {
		licence, declaration := syntheticLicence(i), fmt.Sprintf("customs/D-%08d", i)
		granted := licence.Message.(*licensingv1.LicenceGranted)
		id, deal := granted.LicenceId, granted.Deal
		line := deal.Lines[0]
		said := []proto.Message{licence}
		for k := 1; k < 4; k++ {
			said = append(said, syntheticLicence(i+k))
		}
		said = append(said,
			&customsv1.DeclarationAccepted{
				DeclarationId: declaration, Number: "26XA" + strconv.Itoa(i), Kind: deal.Kind, Office: "XA" + strconv.Itoa(i%40), LicenceId: id, Parties: deal.Parties,
				Destination: deal.Destination.Country, AcceptedAt: timestamppb.New(ledgertest.Start),
				Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930690", Quantity: line.Quantity, Value: line.Value, Rating: line.Rating}},
			},
			&customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: id, LicenceLine: 1, Quantity: line.Quantity, Value: line.Value},
			&customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: id, LicenceLine: 1, Quantity: line.Quantity, Value: line.Value},
			&enforcementv1.DiversionAlertRaised{
				AlertId: fmt.Sprintf("enforcement/A-%08d", i), Priority: enforcementv1.Priority(1 + i/10%3), Parties: deal.Parties, LicenceIds: []string{id},
				DeclarationIds: []string{declaration}, Indicators: []string{"RF0" + strconv.Itoa(1+i/10%9)}, Addressees: []string{"customs"}, Summary: "goods were seen elsewhere",
			},
			&licensingv1.LicenceSuspended{LicenceId: id, Reason: "an alert"}, &licensingv1.LicenceReinstated{LicenceId: id, Reason: "it was refuted"})
		facts = append(facts, said...)
	}
	return facts
}
