package declaration

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
	"github.com/counterfoil/counterfoil/services/customs/release"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Accept accepts a declaration, reserves each of its items on its licence line, records every discrepancy, and releases the goods
// or holds them, by this agency's clock. It is refused with DX01 when no licence or no line is found for it, DX02 when the licence is not in force at
// acceptance, DX14 when the number was lodged or accepted before, and with what writeoff.Account.Reserve refuses.
func Accept(view ledger.View, cmd *customsv1.AcceptDeclarationRequest, clock time.Time) ([]proto.Message, error) {
	id := view.Agency() + "/" + cmd.GetNumber()
	if err := unused(view, id); err != nil {
		return nil, err
	}
	return accept(view, &customsv1.DeclarationAccepted{
		DeclarationId: id, Number: cmd.GetNumber(), Kind: cmd.GetKind(), Office: cmd.GetOffice(), LicenceId: cmd.GetLicenceId(),
		LicenceReference: cmd.GetLicenceReference(), Parties: cmd.GetParties(), Destination: cmd.GetDestination(), Items: cmd.GetItems(),
		Consignment: cmd.GetConsignment(), AcceptedAt: cmd.GetParticulars().GetOccurredAt(),
	}, 0, cmd.GetExamine(), clock)
}

// AcceptLodged accepts a declaration as it was lodged and amended since, under the licence that it names or the command does, and
// against the lines that the command gives. Accepting it again decides nothing.
func AcceptLodged(view ledger.View, cmd *customsv1.AcceptLodgedRequest, clock time.Time) ([]proto.Message, error) {
	row, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	switch licence := row.GetAccepted().GetLicenceId(); {
	case row.GetStatus() == cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; the goods need a declaration of their own", row.GetId())
	case row.GetStatus() == lodged:
	case cmd.GetLicenceId() != "" && cmd.GetLicenceId() != licence:
		return nil, fault.Errorf(fault.Conflict, "declaration %s was accepted under licence %s; cancel it to declare the goods under another", row.GetId(), licence)
	default:
		return nil, nil
	}
	d := proto.CloneOf(row.GetAccepted())
	d.LicenceId, d.AcceptedAt = cmd.GetLicenceId(), cmd.GetParticulars().GetOccurredAt()
	for _, item := range d.GetItems() {
		if line, given := cmd.GetLines()[item.GetNumber()]; given {
			item.LicenceLine = line
		}
	}
	facts, err := accept(view, d, row.GetVersion(), cmd.GetExamine(), clock)
	return beside(row, facts), err
}

// accept decides on what is declared, in the version that it has.
func accept(view ledger.View, d *customsv1.DeclarationAccepted, version uint32, examine bool, clock time.Time) ([]proto.Message, error) {
	at := d.GetAcceptedAt().AsTime()
	found, err := matching.Match(view, d, at)
	if err != nil {
		return nil, err
	}
	if err := acceptable(d, found, at); err != nil {
		return nil, err
	}
	d.LicenceId = found.Licence.GetId()
	reserved, err := reserve(view, d, found, version)
	if err != nil {
		return nil, err
	}
	raised, open, err := compared(view, d.GetDeclarationId(), found.Discrepancies, at)
	if err != nil {
		return nil, err
	}
	facts := append(append([]proto.Message{d}, reserved...), raised...)
	if examine {
		return append(facts, &customsv1.GoodsHeld{
			DeclarationId: d.GetDeclarationId(), Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: "the goods are to be examined", At: d.GetAcceptedAt(),
		}), nil
	}
	next, err := release.Decide(view, d.GetDeclarationId(), found.Licence, open, clock)
	return append(facts, next), err
}

// acceptable refuses what cannot be accepted under any licence, or not under the one that was found.
func acceptable(d *customsv1.DeclarationAccepted, found *matching.Result, at time.Time) error {
	if d.GetKind() == transferv1.Kind_KIND_BROKERING {
		return fault.Errorf(fault.Invalid, "declaration %s is of brokering, in which no goods cross a border; declare their export or import", d.GetDeclarationId())
	}
	if !covers(d.GetKind(), d.GetConsignment().GetProcedure()) {
		return fault.Errorf(fault.Invalid, "declaration %s is of %s, and its procedure is %s; correct one of them",
			d.GetDeclarationId(), matching.KindWord(d.GetKind()), procedureWord(d.GetConsignment().GetProcedure()))
	}
	if found.Licence != nil {
		return writeoff.InForce(found.Licence, at)
	}
	for _, r := range found.Discrepancies {
		if r.GetCode() == "DX01" {
			return fault.Coded(fault.NotFound, "DX01", "%s%s", r.GetText(), maybe(found.Suggestions))
		}
	}
	return fault.Coded(fault.Invalid, "DX01", "declaration %s names no licence; name the one that the goods go under%s", d.GetDeclarationId(), maybe(found.Suggestions))
}

// covers reports whether a procedure is one of a kind of transfer: a re-export is an export, and what comes or goes for a time, to a
// warehouse or a free zone is an import or an export.
func covers(kind transferv1.Kind, p customsv1.Procedure) bool {
	goes, comes := kind == transferv1.Kind_KIND_EXPORT, kind == transferv1.Kind_KIND_IMPORT
	switch p {
	case customsv1.Procedure_PROCEDURE_UNSPECIFIED:
		return true
	case customsv1.Procedure_PROCEDURE_EXPORT, customsv1.Procedure_PROCEDURE_RE_EXPORT:
		return goes
	case customsv1.Procedure_PROCEDURE_IMPORT:
		return comes
	case customsv1.Procedure_PROCEDURE_TRANSIT:
		return kind == transferv1.Kind_KIND_TRANSIT
	case customsv1.Procedure_PROCEDURE_TRANS_SHIPMENT:
		return kind == transferv1.Kind_KIND_TRANS_SHIPMENT
	default:
		return goes || comes
	}
}

func procedureWord(p customsv1.Procedure) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(p.String(), "PROCEDURE_"), "_", " "))
}

// maybe names what may be meant.
func maybe(suggestions []*customsv1.Suggestion) string {
	var all []string
	for _, s := range suggestions {
		text := s.GetLicenceId()
		if s.GetLicenceLine() > 0 {
			text = lineWord(s.GetLicenceLine())
		}
		if len(s.GetReasons()) > 0 {
			text += " (" + strings.Join(s.GetReasons(), ", ") + ")"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return "; it may be " + strings.Join(all, " or ")
}

// reserve gives each item its line and reserves it there, within what the licence leaves beside other declarations.
func reserve(view ledger.View, d *customsv1.DeclarationAccepted, found *matching.Result, version uint32) ([]proto.Message, error) {
	account, err := writeoff.Read(view, found.Licence, d.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	if d.Items, err = lined(d, found); err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, item := range d.GetItems() {
		entry, err := account.Reserve(d.GetDeclarationId(), version, item)
		if err != nil {
			return nil, err
		}
		facts = append(facts, entry)
	}
	return facts, nil
}

// lined returns copies of the items with the lines that were found for them.
func lined(d *customsv1.DeclarationAccepted, found *matching.Result) ([]*customsv1.Item, error) {
	id := d.GetDeclarationId()
	seen := make(map[uint32]bool)
	var items []*customsv1.Item
	for _, item := range d.GetItems() {
		item = proto.CloneOf(item)
		switch n := item.GetNumber(); {
		case n == 0:
			return nil, fault.Errorf(fault.Invalid, "number the items of declaration %s from 1", id)
		case seen[n]:
			return nil, fault.Errorf(fault.Invalid, "declaration %s has two items numbered %d", id, n)
		case found.Lines[n] == 0:
			return nil, unlined(d, item, found)
		}
		seen[item.GetNumber()] = true
		item.LicenceLine = found.Lines[item.GetNumber()]
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, fault.Errorf(fault.Invalid, "declaration %s has no items", id)
	}
	return items, nil
}

// unlined refuses an item for which no line was found, or several were.
func unlined(d *customsv1.DeclarationAccepted, item *customsv1.Item, found *matching.Result) error {
	var suggested []*customsv1.Suggestion
	for _, s := range found.Suggestions {
		if s.GetItem() == item.GetNumber() {
			suggested = append(suggested, s)
		}
	}
	for _, r := range found.Discrepancies {
		if r.GetCode() == "DX01" && r.GetItem() == item.GetNumber() {
			return fault.Coded(fault.NotFound, "DX01", "%s%s", r.GetText(), maybe(suggested))
		}
	}
	return fault.Coded(fault.Precondition, "DX01", "several lines of licence %s fit item %d of declaration %s; name its line%s",
		found.Licence.GetId(), item.GetNumber(), d.GetDeclarationId(), maybe(suggested))
}

// licenceOf returns the licence that a declaration was accepted under.
func licenceOf(view ledger.View, d *ledgerv1.Declaration) (*ledgerv1.Licence, error) {
	id := d.GetAccepted().GetLicenceId()
	l, err := view.Licence(id)
	if l == nil && err == nil {
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s of declaration %s is not on record here", id, d.GetId())
	}
	return l, err
}
