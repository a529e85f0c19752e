package reconciliation

import (
	"fmt"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/figures"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	maxName     = 200
	maxCategory = 64
	pageSize    = 4096
)

// Record puts figures that others published on record, as a batch that is called after its first line. A line that is on record
// already is left out, so that the same again decides nothing; one that is stated otherwise than on record is refused, and so is a
// new one of an edition that is closed.
func Record(view ledger.View, cmd *reportingv1.RecordPartnerFiguresRequest) ([]proto.Message, error) {
	if err := complete(cmd); err != nil {
		return nil, err
	}
	known, err := editionFigures(view, cmd.GetSource(), cmd.GetEdition())
	if err != nil {
		return nil, err
	}
	var fresh []*reportingv1.PartnerFigure
	for _, f := range cmd.GetFigures() {
		switch earlier := known[f.GetLine()]; {
		case earlier == nil:
			fresh = append(fresh, f)
		case !proto.Equal(earlier.GetFigure(), f):
			return nil, fault.Errorf(fault.Conflict, "line %d of edition %s of %s is on record and says something else; record another text as an edition of its own", f.GetLine(), cmd.GetEdition(), cmd.GetSource())
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	closed, err := view.PartnerEdition(editionID(view, cmd.GetSource(), cmd.GetEdition()))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read edition %s of %s: %w", cmd.GetEdition(), cmd.GetSource(), err)
	case closed != nil:
		return nil, fault.Errorf(fault.Precondition, "edition %s of %s is closed, and line %d is not in it; record another text as an edition of its own", cmd.GetEdition(), cmd.GetSource(), fresh[0].GetLine())
	}
	return []proto.Message{&reportingv1.PartnerFiguresRecorded{
		BatchId: fmt.Sprintf("%s-%d", editionID(view, cmd.GetSource(), cmd.GetEdition()), fresh[0].GetLine()), Source: cmd.GetSource(), Edition: cmd.GetEdition(), Figures: fresh,
	}}, nil
}

// editionID is how an edition is called by the agency that reads it.
func editionID(view ledger.View, source, edition string) string {
	return view.Agency() + "/" + source + "-" + edition
}

// complete refuses a batch whose figures cannot be found again, or are none.
func complete(cmd *reportingv1.RecordPartnerFiguresRequest) error {
	if _, err := time.Parse(time.DateOnly, cmd.GetEdition()); err != nil {
		return fault.Errorf(fault.Invalid, "edition %.20q is no day such as 2014-12-29", cmd.GetEdition())
	}
	last := uint32(0)
	for _, f := range cmd.GetFigures() {
		if f.GetLine() <= last {
			return fault.Errorf(fault.Invalid, "line %d comes after line %d; give the figures of a batch in the order of their lines, each once", f.GetLine(), last)
		}
		last = f.GetLine()
		if why := wrong(f); why != "" {
			return fault.Errorf(fault.Invalid, "line %d: %s", f.GetLine(), why)
		}
	}
	return nil
}

// wrong says why a figure cannot be recorded; empty where it can.
func wrong(f *reportingv1.PartnerFigure) string {
	switch {
	case f.GetYear() < 1990 || f.GetYear() > 2200:
		return fmt.Sprintf("there are no figures of the year %d", f.GetYear())
	case !state(f.GetExporter()) || !state(f.GetImporter()):
		return "a State is given by its code of two letters, or not at all"
	case f.GetExporter()+f.GetExporterName() == "" || f.GetImporter()+f.GetImporterName() == "":
		return "say which two States it is of, by code or by name"
	case len(f.GetExporterName()) > maxName || len(f.GetImporterName()) > maxName || len(f.GetCategory()) > maxCategory:
		return fmt.Sprintf("a name has at most %d bytes, a category %d", maxName, maxCategory)
	case f.GetLicences() > math.MaxInt64 || f.GetLicensedMinor() < 0 || f.GetExportedMinor() < 0 || f.GetItems() < 0:
		return "a figure is from 0 to what 63 bits hold"
	case (f.LicensedMinor != nil || f.ExportedMinor != nil) && !currency(f.GetCurrency()):
		return "a value needs its currency, such as EUR"
	}
	for _, code := range f.GetOddities() {
		if !slices.Contains(figures.Codes, code) {
			return fmt.Sprintf("there is no oddity %.40q; docs/reconciliation.md lists them", code)
		}
	}
	return ""
}

// state reports whether a code is of a State, of one that ended, or none at all.
func state(code string) bool {
	_, former := refdata.FormerCountry(code)
	return code == "" || former || refdata.ValidCountry(code)
}

func currency(code string) bool {
	_, ok := refdata.CurrencyExponent(code)
	return ok
}

// editionFigures are the figures that this agency recorded of an edition, by line.
func editionFigures(view ledger.View, source, edition string) (map[uint32]*ledgerv1.PartnerFigure, error) {
	rows, err := figuresWith(view, "source", source, "edition", edition)
	if err != nil {
		return nil, err
	}
	lines := map[uint32]*ledgerv1.PartnerFigure{}
	for _, r := range rows {
		lines[r.GetFigure().GetLine()] = r
	}
	return lines, nil
}

// figuresWith are the figures that this agency recorded and that have these attributes, given as pairs of name and value.
func figuresWith(view ledger.View, pairs ...string) (list []*ledgerv1.PartnerFigure, err error) {
	filter := &queryv1.Filter{}
	for pair := range slices.Chunk(pairs, 2) {
		filter.Conditions = append(filter.Conditions, &queryv1.Condition{Attribute: pair[0], Values: pair[1:]})
	}
	err = each(view, queryv1.Table_TABLE_PARTNER_FIGURES, filter, func(r *queryv1.Row) error {
		if f := r.GetPartnerFigure(); view.Owns(f.GetId()) {
			list = append(list, f)
		}
		return nil
	})
	return list, err
}

// each calls do with every row of a table that a filter keeps.
func each(view ledger.View, table queryv1.Table, filter *queryv1.Filter, do func(*queryv1.Row) error) error {
	for token, more := "", true; more; more = token != "" {
		rows, next, err := view.List(table, filter, token, pageSize)
		if err != nil {
			return fmt.Errorf("read %v: %w", table, err)
		}
		for _, r := range rows {
			if err := do(r); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

// Close says that all of an edition is on record. It is refused where another number of figures is; the same again decides nothing.
func Close(view ledger.View, cmd *reportingv1.ClosePartnerEditionRequest) ([]proto.Message, error) {
	id := editionID(view, cmd.GetSource(), cmd.GetEdition())
	closed := &reportingv1.PartnerEditionClosed{
		EditionId: id, Source: cmd.GetSource(), Edition: cmd.GetEdition(), Digest: cmd.GetDigest(), Figures: cmd.GetFigures(), Unread: cmd.GetUnread(),
	}
	known, err := editionFigures(view, cmd.GetSource(), cmd.GetEdition())
	if err != nil {
		return nil, err
	}
	earlier, err := view.PartnerEdition(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read edition %s of %s: %w", cmd.GetEdition(), cmd.GetSource(), err)
	case proto.Equal(earlier.GetClosed(), closed):
		return nil, nil
	case earlier != nil:
		return nil, fault.Errorf(fault.Conflict, "edition %s of %s is closed with another content; record another text as an edition of its own", cmd.GetEdition(), cmd.GetSource())
	case len(known) == 0:
		return nil, fault.Errorf(fault.NotFound, "nothing of edition %s of %s is on record; counterfoil import partner-figures records it", cmd.GetEdition(), cmd.GetSource())
	case uint64(len(known)) != cmd.GetFigures():
		return nil, fault.Errorf(fault.Precondition, "%d figures of edition %s of %s are on record, not %d; run the import again to record the rest", len(known), cmd.GetEdition(), cmd.GetSource(), cmd.GetFigures())
	}
	return []proto.Message{closed}, nil
}
