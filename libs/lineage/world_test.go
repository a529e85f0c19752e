package lineage

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var all = journal.ID{Agency: "licensing", Group: "all"}

// world is reporting's ledger, of journals that their agencies signed. The same facts make the same blocks.
type world struct {
	testing.TB
	ledger *ledger.Ledger
	writer *ledgertest.Writer
	heads  map[journal.ID]*journal.Head
	// gone are the numbers of events of licensing/all that come as withdrawn.
	gone []uint64
}

// keyOfAgency is an agency's signing key in every world.
func keyOfAgency(agency string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(agency))
	return ed25519.NewKeyFromSeed(seed[:])
}

// newWorld is a world in which the directory has the agencies' keys; those of customs are what it changed to.
func newWorld(t testing.TB) *world {
	w := &world{TB: t, ledger: ledgertest.Open(t, "reporting"), writer: ledgertest.NewWriter(), heads: map[journal.ID]*journal.Head{}}
	signing := func(agency string) *directoryv1.SigningKey {
		return &directoryv1.SigningKey{Public: keyOfAgency(agency).Public().(ed25519.PublicKey)}
	}
	w.record(
		&directoryv1.AgencyRegistered{Agency: "licensing", Service: "licensing", State: "XA", SigningKey: signing("licensing")},
		&directoryv1.AgencyRegistered{Agency: "customs", Service: "customs", State: "XA", SigningKey: signing("nobody")},
		&directoryv1.AgencyRegistered{Agency: "reporting", Service: "reporting", State: "XA", SigningKey: signing("reporting")},
		ledgertest.In("directory", ledgertest.By("customs", &directoryv1.SigningKeyChanged{Key: signing("customs")})),
	)
	return w
}

// in calls fn in a transaction of its own.
func (w *world) in(fn func(*ledger.Tx)) {
	w.Helper()
	tx, err := w.ledger.Begin()
	if err != nil {
		w.Fatal(err)
	}
	defer tx.Rollback()
	fn(tx)
	if err := tx.Commit(); err != nil {
		w.Fatal(err)
	}
}

// record puts each fact on record in a block of its own.
func (w *world) record(facts ...proto.Message) {
	w.Helper()
	w.in(func(tx *ledger.Tx) {
		for _, f := range facts {
			w.block(tx, f)
		}
	})
}

// together puts facts of one journal on record in one block.
func (w *world) together(facts ...proto.Message) {
	w.Helper()
	w.in(func(tx *ledger.Tx) { w.block(tx, facts...) })
}

func (w *world) block(tx *ledger.Tx, facts ...proto.Message) {
	w.Helper()
	var id journal.ID
	var list []*eventv1.Event
	for _, f := range facts {
		of, e := w.writer.Event(f)
		id, list = of, append(list, e)
	}
	w.fold(tx, id, list)
}

func (w *world) fold(tx *ledger.Tx, id journal.ID, list []*eventv1.Event) {
	w.Helper()
	if w.heads[id] == nil {
		w.heads[id] = &journal.Head{ID: id}
	}
	if h := w.heads[id]; h.StartBlock > 0 && h.Block == h.StartBlock {
		if err := tx.BeginAt(id, h.Position()); err != nil {
			w.Fatal(err)
		}
	}
	var entries []journal.Entry
	for _, e := range list {
		entry, err := journal.DecodeEntry(w.heads[id].Events+uint64(len(entries))+1, must(proto.Marshal(e)))
		if err != nil {
			w.Fatal(err)
		}
		entries = append(entries, entry)
	}
	_, b, next, err := journal.Sealer{Signer: keyOfAgency(id.Agency)}.Write(w.heads[id], entries, list[len(list)-1].GetRecordedAt().AsTime())
	if err != nil {
		w.Fatal(err)
	}
	w.heads[id] = &next
	for _, n := range w.gone {
		if id == all && n >= b.Header.FirstEvent && n <= b.Header.Size {
			b = ledgertest.Redacted(b, n)
		}
	}
	next.Sequence, next.ReceivedAt = b.Header.Number, ledgertest.Start
	if err := tx.Fold(b, next.Position()); err != nil {
		w.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// view calls fn with the ledger as it stands.
func (w *world) view(fn func(ledger.View)) {
	w.Helper()
	err := w.ledger.View(func(v ledger.View) error {
		parked, err := v.ParkedEvents()
		if len(parked) > 0 {
			w.Fatalf("%s of %s is parked: %s", parked[0].Kind, parked[0].Journal, parked[0].Reason)
		}
		fn(v)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// content is a report as the facts stand.
func (w *world) content(v ledger.View, name string, year int, p *reportingv1.Procedure) *reportingv1.Content {
	w.Helper()
	spec, err := report.NewSpec("reporting/XA@1", p, name, year)
	if err != nil {
		w.Fatal(err)
	}
	d, err := report.Build(v, spec)
	if err != nil {
		w.Fatal(err)
	}
	c, err := d.Content(v, true)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func in(year int, fact proto.Message) proto.Message {
	return ledgertest.At(time.Date(year, 6, 15, 12, 0, 0, 0, time.UTC), fact)
}

// goods are lines of small arms, so many pieces of a value in cents each.
func goods(amounts ...int64) (lines []*transferv1.Line) {
	for i := 0; i < len(amounts); i += 2 {
		lines = append(lines, &transferv1.Line{
			Number: uint32(i/2 + 1), Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4",
			Quantity: pieces(amounts[i]), Value: euro(amounts[i+1]),
		})
	}
	return lines
}

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}
func euro(minor int64) *transferv1.Money { return &transferv1.Money{Minor: minor, Currency: "EUR"} }

func deal(to string, lines ...*transferv1.Line) *licensingv1.Deal {
	return &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: to}, Lines: lines}
}

// everything is a year with every kind of fact that numbers in a report come of.
func everything() []proto.Message {
	june := timestamppb.New(time.Date(2025, 6, 20, 9, 0, 0, 0, time.UTC))
	withTank := append(goods(100, 5_000_00), &transferv1.Line{Number: 7, Rating: "ML6", Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Quantity: pieces(2), Value: euro(9_000_000_00)})
	amended := goods(80, 4_000_00, 20, 900_00)
	return []proto.Message{
		in(2025, &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", Deal: deal("XB", withTank...)}),
		in(2025, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2", Deal: deal("XB", goods(50, 1_000_00)...)}),
		in(2025, &licensingv1.LicenceGranted{LicenceId: "licensing/L-3", Deal: deal("XC", goods(10, 100_00)...)}),
		in(2025, &licensingv1.LicenceAmended{LicenceId: "licensing/L-3", Deal: deal("XC", amended...), Reason: "more"}),
		in(2025, &licensingv1.LicenceSuspended{LicenceId: "licensing/L-3", Reason: "looked at"}),
		in(2025, &licensingv1.LicenceAmended{LicenceId: "licensing/L-3", ValidUntil: june, Reason: "shorter"}),
		in(2025, &licensingv1.LicenceDenied{DenialId: "licensing/D-1", Deal: deal("XC", goods(5, 50_00)...), Criteria: []string{"2", "7"}}),
		in(2025, &licensingv1.DenialAmended{DenialId: "licensing/D-1", Deal: deal("XC", goods(6, 60_00)...), Reason: "miscounted"}),
		in(2025, &customsv1.WireReceived{WireId: "customs/chief-1", Sha256: make([]byte, 32)}),
		in(2025, &customsv1.LicenceOnFile{LicenceId: "customs/F-1", WireId: "customs/chief-1", Place: &customsv1.WirePlace{Line: 1}, Deal: deal("XB", goods(9, 90_00)...), OnFile: &customsv1.OnFile{}}),
		in(2025, &customsv1.LicenceOnFileReplaced{LicenceId: "customs/F-1", WireId: "customs/chief-1", Place: &customsv1.WirePlace{Line: 2}, Deal: deal("XB", goods(8, 80_00)...), OnFile: &customsv1.OnFile{}}),
		in(2025, &customsv1.LicenceUsageReported{UsageId: "customs/chief-1.3", WireId: "customs/chief-1", Place: &customsv1.WirePlace{Line: 3}, LicenceId: "customs/F-1", Entries: []*customsv1.UsageEntry{
			{Item: 1, LicenceLine: 1, Quantity: pieces(3), Value: euro(30_00)},
			{Item: 2, LicenceLine: 1, Change: &customsv1.Change{Thousandths: -1000, Unit: "H87", Minor: -10_00, Currency: "EUR"}},
		}}),
		in(2025, &customsv1.DeclarationAccepted{DeclarationId: "customs/25XA1", Kind: transferv1.Kind_KIND_EXPORT, LicenceId: "licensing/L-2", Destination: "XB", Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(20)}}}),
		in(2025, &customsv1.LicenceQuantityCommitted{DeclarationId: "customs/25XA1", Item: 1, LicenceId: "licensing/L-2", LicenceLine: 1, Quantity: pieces(20), Value: euro(400_00)}),
		in(2025, &customsv1.ExitConfirmed{DeclarationId: "customs/25XA1", At: june}),
		in(2025, &customsv1.LicenceQuantityCorrected{DeclarationId: "customs/25XA1", Item: 1, LicenceId: "licensing/L-2", LicenceLine: 1, EntryId: "customs/25XA1#1#2", Sequence: 1,
			Change: &customsv1.Change{Thousandths: -2000, Unit: "H87"}, Reason: "counted again"}),
		in(2025, &customsv1.LicenceQuantityRestored{DeclarationId: "customs/25XA1", Item: 1, LicenceId: "licensing/L-2", LicenceLine: 1, Quantity: pieces(1), Value: euro(20_00), Sequence: 1, Reason: "came back"}),
		&reportingv1.AgencyReturnRequested{RequestId: "reporting/R-1", Year: 2025, Form: report.Annual, Agencies: []string{"customs"}},
		&reportingv1.AgencyReturnRequested{RequestId: "reporting/R-2", Year: 2025, Form: report.Register, Agencies: []string{"customs"}},
		returned("reporting/R-1", "authorized"), returned("reporting/R-2", "actual"),
	}
}

// returned is a return of customs that takes away pieces and adds a value and another currency.
func returned(request, basis string) proto.Message {
	return ledgertest.By("customs", &reportingv1.AgencyReturnSubmitted{RequestId: request, Figures: []*reportingv1.Figure{
		{Table: report.Exports, Row: "II", Destination: "XC", Basis: basis, Quantity: pieces(4), Lines: 1},
		{Table: report.Exports, Row: "VIII small arms 4", Destination: "XB", Basis: basis, Lines: 2, Quantity: pieces(7), Value: 95_00, Currency: "EUR", Prefilled: &reportingv1.Amounts{
			Lines: 1, Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: 8000}},
			Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: 80_00}, {Currency: "USD", Minor: 1_00}},
		}},
	}})
}
