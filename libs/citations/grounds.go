package citations

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Grounds are events that a decision rests on.
type Grounds []*queryv1.RecordedEvent

// Cited returns the fact with the grounds as its causes, at most Most of them; without any it is the fact itself.
func (g Grounds) Cited(fact proto.Message) proto.Message {
	causes := Choose(g)
	if len(causes) == 0 {
		return fact
	}
	dated, ok := fact.(ledger.Dated)
	if !ok {
		dated.Message = fact
	}
	dated.Causes = causes
	return dated
}

// Row is any row of a ledger, by what made it.
type Row interface {
	GetJournal() string
	GetEvents() []uint64
}

// Add takes in the events of these kinds that made or changed a row, which may be nil.
func (g *Grounds) Add(view ledger.View, row Row, kinds ...proto.Message) error {
	events, err := view.Made(row, kinds...)
	*g = append(*g, events...)
	return err
}

// Sightings takes in the sightings of a record.
func (g *Grounds) Sightings(view ledger.View, id string) error {
	if id == "" {
		return nil
	}
	seen, err := view.SightingsWith("record", id)
	if err != nil {
		return fmt.Errorf("read sightings of %s: %w", id, err)
	}
	for _, s := range seen {
		if err := g.Add(view, s, &enforcementv1.SightingAdded{}); err != nil {
			return err
		}
	}
	return nil
}

// Record takes in what was stated in a record: a list entry, embargo, denial, notice of one, licence (what its agency said of it
// last), declaration, delivery, check, alert or trace; nothing where the id is none of theirs, or empty. Ids are unique.
func (g *Grounds) Record(view ledger.View, id string) error {
	if id == "" {
		return nil
	}
	table, row, err := view.Find(id)
	if err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	switch table {
	case queryv1.Table_TABLE_LIST_ENTRIES:
		return g.Add(view, row.GetListEntry(), &screeningv1.ListEntryAdded{}, &screeningv1.ListEntryAmended{})
	case queryv1.Table_TABLE_EMBARGOES:
		return g.Add(view, row.GetEmbargo(), &screeningv1.EmbargoRecorded{})
	case queryv1.Table_TABLE_DENIALS:
		return g.Add(view, row.GetDenial(), &licensingv1.LicenceDenied{}, &licensingv1.DenialAmended{})
	case queryv1.Table_TABLE_DENIAL_NOTICES:
		return g.Add(view, row.GetDenialNotice(), &licensingv1.DenialNotified{}, &licensingv1.DenialNoticeAmended{})
	case queryv1.Table_TABLE_LICENCES:
		return g.licence(view, row.GetLicence())
	case queryv1.Table_TABLE_DECLARATIONS:
		return g.Add(view, row.GetDeclaration(), &customsv1.DeclarationAccepted{}, &customsv1.ExitConfirmed{}, &customsv1.ArrivalRecorded{})
	case queryv1.Table_TABLE_DELIVERIES:
		return g.Add(view, row.GetDelivery(), &customsv1.DeliveryVerified{}, &customsv1.DeliveryDisputed{}, &customsv1.DeliveryOverdue{})
	case queryv1.Table_TABLE_POST_DELIVERY_CHECKS:
		return g.Add(view, row.GetPostDeliveryCheck(), &customsv1.PostDeliveryCheckDone{}, &customsv1.PostDeliveryCheckObstructed{})
	case queryv1.Table_TABLE_ALERTS:
		return g.Add(view, row.GetAlert(), &enforcementv1.DiversionAlertRaised{}, &enforcementv1.AlertCorroborated{}, &enforcementv1.AlertConfirmed{})
	case queryv1.Table_TABLE_TRACES:
		return g.Add(view, row.GetTrace(), &enforcementv1.TraceOpened{}, &enforcementv1.TraceAnswered{})
	}
	return nil
}

func (g *Grounds) licence(view ledger.View, l Row) error {
	var said Grounds
	err := said.Add(view, l, &licensingv1.LicenceGranted{}, &licensingv1.LicenceAmended{}, &licensingv1.LicenceSuspended{},
		&licensingv1.LicenceReinstated{}, &licensingv1.LicenceRevoked{})
	*g = append(*g, said[max(0, len(said)-1):]...)
	return err
}
