package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// UsualDays is the period for proof of arrival where nothing says another, in calendar days (docs/border.md: within
// three months).
const UsualDays = 90

// importer is who is asked where no agency of the importing State reads of it.
const importer = "importer"

// Request asks for proof that goods that left arrived: those of declarations, or all that left under a licence and were not
// asked about yet. The period runs from the last exit. A declaration is in one open request at a time, of whichever agency;
// asking again for what is asked about decides nothing.
func Request(view ledger.View, cmd *customsv1.RequestDeliveryRequest) ([]proto.Message, error) {
	licence, err := licenceAsked(view, cmd)
	if err != nil {
		return nil, err
	}
	gone, err := toAskAbout(view, licence.GetId(), cmd)
	if err != nil || len(gone) == 0 {
		return nil, err
	}
	days := int(cmd.GetDays())
	if days == 0 {
		o, err := obligation(view, licence.GetId())
		if err != nil {
			return nil, err
		}
		days = int(cmp.Or(o.GetSet().GetDays(), UsualDays))
	}
	asked, err := ask(view, licence, gone, days, cmd.GetParticulars().GetOccurredAt().AsTime())
	if err != nil {
		return nil, err
	}
	asked.ImportDeclaration = cmd.GetImportDeclaration()
	p := cmd.GetParticulars()
	if asked.Of = cmd.GetOf(); asked.Of == "" {
		if asked.Of, err = whoConfirms(view, licence, asked, p.GetMarking()); err != nil {
			return nil, err
		}
	}
	return addressed(view, asked, p)
}

// addressed has a request that an agency can confirm recorded where that agency hears of it.
func addressed(view ledger.View, asked *customsv1.DeliveryVerificationRequested, p *eventv1.Particulars) ([]proto.Message, error) {
	agency, err := view.AgencyRow(asked.Of)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read agency %s: %w", asked.Of, err)
	case asked.Of == view.Agency():
		return nil, fault.Errorf(fault.Invalid, "%s cannot confirm to itself; name who receives the goods, or record their proof by: counterfoil deliver verify", asked.Of)
	case agency == nil:
		return []proto.Message{asked}, nil
	}
	group, err := view.GroupHeardBy(asked.Of, asked, p.GetMarking())
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: asked, Group: group}}, nil
}

// licenceAsked returns the licence that a request is about, itself or by its declarations.
func licenceAsked(view ledger.View, cmd *customsv1.RequestDeliveryRequest) (*ledgerv1.Licence, error) {
	id := cmd.GetLicenceId()
	for _, declaration := range cmd.GetDeclarationIds() {
		d, err := view.Declaration(declaration)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
		case d == nil:
			return nil, fault.Errorf(fault.NotFound, "declaration %s is not on record here", declaration)
		case d.GetExitedAt() == nil:
			return nil, fault.Errorf(fault.Precondition, "the exit of declaration %s is not confirmed; ask for proof of arrival when it is", declaration)
		}
		if id = cmp.Or(id, d.GetAccepted().GetLicenceId()); id != d.GetAccepted().GetLicenceId() {
			return nil, fault.Errorf(fault.Invalid, "declaration %s is under licence %s and not under %s; ask about each licence by itself", declaration, d.GetAccepted().GetLicenceId(), id)
		}
	}
	if id == "" {
		return nil, fault.Errorf(fault.Invalid, "name the licence or the declarations whose delivery is asked about")
	}
	l, err := view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case l == nil:
		return nil, fault.Errorf(fault.NotFound, "licence %s is not on record here", id)
	}
	return l, nil
}

// toAskAbout returns the declarations of a request that are not asked about; none, when the same was asked before.
func toAskAbout(view ledger.View, licence string, cmd *customsv1.RequestDeliveryRequest) (gone []*ledgerv1.Declaration, err error) {
	if len(cmd.GetDeclarationIds()) == 0 {
		return unasked(view, licence)
	}
	ids := slices.Compact(slices.Sorted(slices.Values(cmd.GetDeclarationIds())))
	for _, id := range ids {
		before, err := view.DeliveriesWith("declaration", id)
		if err != nil {
			return nil, fmt.Errorf("read deliveries of declaration %s: %w", id, err)
		}
		for _, r := range before {
			same := view.Owns(r.GetId()) && slices.Equal(r.GetRequested().GetDeclarationIds(), ids)
			switch {
			case r.GetStatus() == verified:
			case same && (cmd.GetOf() == "" || cmd.GetOf() == r.GetRequested().GetOf()):
				return nil, nil
			default:
				return nil, fault.Errorf(fault.Conflict, "delivery %s asks %s about declaration %s until %s; settle it, or leave the declaration out", r.GetId(), r.GetRequested().GetOf(), id, day(r.GetRequested().GetDue()))
			}
		}
		d, err := view.Declaration(id)
		if err != nil {
			return nil, fmt.Errorf("read declaration %s: %w", id, err)
		}
		gone = append(gone, d)
	}
	return gone, nil
}

// unasked returns the declarations that left under a licence and that no delivery is about.
func unasked(view ledger.View, licence string) (list []*ledgerv1.Declaration, err error) {
	all, err := view.DeclarationsWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read declarations of licence %s: %w", licence, err)
	}
	left := false
	for _, d := range all {
		if d.GetExitedAt() == nil {
			continue
		}
		left = true
		before, err := view.DeliveriesWith("declaration", d.GetId())
		if err != nil {
			return nil, fmt.Errorf("read deliveries of declaration %s: %w", d.GetId(), err)
		}
		if len(before) == 0 {
			list = append(list, d)
		}
	}
	if !left {
		return nil, fault.Errorf(fault.Precondition, "no exit under licence %s is on record here; ask for proof of arrival when goods have left", licence)
	}
	return list, nil
}

// ask is a request about goods of a licence that left, without whom it asks.
func ask(view ledger.View, l *ledgerv1.Licence, gone []*ledgerv1.Declaration, days int, at time.Time) (*customsv1.DeliveryVerificationRequested, error) {
	asked := &customsv1.DeliveryVerificationRequested{LicenceId: l.GetId()}
	for _, d := range gone {
		asked.DeclarationIds = append(asked.DeclarationIds, d.GetId())
		if from := d.GetExitedAt(); asked.From == nil || from.AsTime().After(asked.From.AsTime()) {
			asked.From = from
		}
	}
	asked.Due = timestamppb.New(asked.From.AsTime().AddDate(0, 0, days))
	if numbers := certificates(l); len(numbers) == 1 {
		asked.Certificate = numbers[0]
	}
	var err error
	if asked.Expected, err = expected(view, gone); err != nil {
		return nil, err
	}
	asked.DeliveryId, err = view.NextID("DV-" + at.UTC().Format("2006"))
	return asked, err
}

// certificates are the numbers of a licence's end-user certificates.
func certificates(l *ledgerv1.Licence) (numbers []string) {
	for _, paper := range l.GetDeal().GetDocuments() {
		if n := paper.GetNumber(); paper.GetKind() == "end_user_certificate" && n != "" && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// whoConfirms is an agency of the importing State that reads of the request, its customs first; or the importer.
func whoConfirms(view ledger.View, l *ledgerv1.Licence, asked *customsv1.DeliveryVerificationRequested, marking string) (string, error) {
	group, err := view.SharingGroup(asked.ProtoReflect().Descriptor().FullName(), marking, view.Agency())
	if fault.As(err) != nil {
		return importer, nil
	}
	if err != nil {
		return "", err
	}
	all, err := view.Agencies()
	if err != nil {
		return "", fmt.Errorf("read agencies: %w", err)
	}
	for _, service := range []string{"customs", "licensing"} {
		for _, a := range all {
			there := a.GetState() != "" && a.GetState() == l.GetDeal().GetDestination().GetCountry()
			if !there || a.GetService() != service || a.GetPostOf() != "" || a.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED || a.GetId() == view.Agency() {
				continue
			}
			if reads, err := readBy(view, group, a.GetId()); reads || err != nil {
				return a.GetId(), err
			}
		}
	}
	return importer, nil
}
