package application

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// Amend states the deal of an application anew, before it is decided. Papers that are on file stay there; what its lines were
// classified as has to be found again. A case that was routed to this agency stays one that it decides. The same deal decides
// nothing.
func Amend(view ledger.View, cmd *licensingv1.AmendApplicationRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say why application %s is stated anew", a.GetId())
	}
	deal, err := licence.NewDeal(view, cmd.GetDeal())
	if err != nil {
		return nil, err
	}
	if err := keepPapers(a.GetDeal(), deal); err != nil {
		return nil, err
	}
	if deal.ShipmentId == "" {
		deal.ShipmentId = a.GetDeal().GetShipmentId()
	}
	same, err := sameDeal(a.GetDeal(), deal)
	if err != nil || same {
		return nil, err
	}
	if a.GetRoutedFrom() != "" {
		if err := staysHere(view, a, deal, cmd.GetParticulars().GetOccurredAt().AsTime()); err != nil {
			return nil, err
		}
	}
	return []proto.Message{ledger.Beside(a, &licensingv1.ApplicationAmended{ApplicationId: a.GetId(), Deal: deal, Reason: cmd.GetReason()})}, nil
}

// keepPapers puts the papers on file before those that the new deal states.
func keepPapers(now, next *licensingv1.Deal) (err error) {
	documents, authorizations := now.GetDocuments(), now.GetExternalAuthorizations()
	for _, d := range next.GetDocuments() {
		if documents, err = dossier.AddDocument(documents, d); err != nil {
			return err
		}
	}
	for _, e := range next.GetExternalAuthorizations() {
		if authorizations, err = dossier.AddAuthorization(authorizations, e); err != nil {
			return err
		}
	}
	next.Documents, next.ExternalAuthorizations = documents, authorizations
	return nil
}

// sameDeal reports whether a deal says nothing new. A line that states no category leaves it as it was found.
func sameDeal(now, next *licensingv1.Deal) (bool, error) {
	was, err := dossier.DealDigest(now)
	if err != nil {
		return false, err
	}
	is, err := dossier.DealDigest(next)
	if err != nil {
		return false, err
	}
	return bytes.Equal(was, is) &&
		len(now.GetDocuments()) == len(next.GetDocuments()) &&
		len(now.GetExternalAuthorizations()) == len(next.GetExternalAuthorizations()) &&
		slices.EqualFunc(now.GetLines(), next.GetLines(), func(a, b *transferv1.Line) bool {
			return (b.GetCategory() == 0 || b.GetCategory() == a.GetCategory()) && (b.GetRow() == "" || b.GetRow() == a.GetRow())
		}), nil
}

func lineOf(a *ledgerv1.Application, number uint32) *transferv1.Line {
	for _, l := range a.GetDeal().GetLines() {
		if l.GetNumber() == number {
			return l
		}
	}
	return nil
}
