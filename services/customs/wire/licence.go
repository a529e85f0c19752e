package wire

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// maxReference is the longest reference of a licence that its id here can hold.
const maxReference = 90

var plainReference = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// LicenceID is a licence's id here: its reference with a dot for each slash. ok is false for a reference that makes no id.
func LicenceID(agency, reference string) (id string, ok bool) {
	if len(reference) > maxReference || !plainReference.MatchString(reference) {
		return "", false
	}
	return agency + "/" + strings.ReplaceAll(reference, "/", "."), true
}

// licence decides a transaction that puts a licence on file, replaces it there, or cancels it.
func (r *receiving) licence(p chief.Part, t *chief.LicenceTransaction) ([]proto.Message, error) {
	m := t.Message()
	again := chief.LicenceOf(m)
	place := r.f.place(p, chief.Text(&again, r.f.ending()))
	reject := func(defects ...*customsv1.WireDefect) ([]proto.Message, error) {
		return []proto.Message{&customsv1.WireTransactionRejected{WireId: r.id, Place: place, Ref: text(t.Licence.Ref), Defects: defects, Licence: m}}, nil
	}
	id, ok := LicenceID(r.view.Agency(), t.Licence.LicenceRef)
	if !ok {
		return reject(defect(p, chief.CharacterNotAllowed, "the licence reference is longer than %d characters, or of others than letters, digits, /, -, . and _", maxReference))
	}
	row, why, err := r.onFile(p, id, t.Licence)
	if err != nil {
		return nil, err
	}
	if why != nil {
		return reject(why)
	}
	if t.Licence.Action == chief.Cancel {
		return []proto.Message{ledger.Beside(row, &customsv1.LicenceOnFileCancelled{LicenceId: id, WireId: r.id, Place: place, Transaction: m})}, nil
	}
	own, err := r.view.AgencyRow(r.view.Agency())
	if err != nil {
		return nil, fmt.Errorf("read the own agency: %w", err)
	}
	terms, wrong := termsOf(p, t, own.GetState())
	if len(wrong) > 0 {
		return reject(wrong...)
	}
	terms.onFile.Source, terms.onFile.Destination = r.f.Header.Source, r.f.Header.Destination
	if t.Licence.Action == chief.Insert {
		return []proto.Message{&customsv1.LicenceOnFile{
			LicenceId: id, WireId: r.id, Place: place, Transaction: m, Deal: terms.deal, ValidFrom: terms.from, ValidUntil: terms.until,
			Conditions: terms.conditions, OnFile: terms.onFile,
		}}, nil
	}
	if why, err := r.countable(p, row, terms); why != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return reject(why)
	}
	return []proto.Message{ledger.Beside(row, &customsv1.LicenceOnFileReplaced{
		LicenceId: id, WireId: r.id, Place: place, Transaction: m, Deal: terms.deal, ValidFrom: terms.from, ValidUntil: terms.until,
		Conditions: terms.conditions, OnFile: terms.onFile,
	})}, nil
}

func defect(p chief.Part, code chief.Code, format string, args ...any) *customsv1.WireDefect {
	return &customsv1.WireDefect{Code: string(code), Line: uint32(p.First), Text: fmt.Sprintf(format, args...)}
}

// onFile returns the licence that a transaction is about; nil for one to insert. It says why the transaction does not go with what
// is on file.
func (r *receiving) onFile(p chief.Part, id string, l chief.Licence) (*ledgerv1.Licence, *customsv1.WireDefect, error) {
	row, err := r.view.Licence(id)
	if err != nil {
		return nil, nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	same := row.GetOnFile() != nil && row.GetOnFile().GetReference() == l.LicenceRef
	if l.Action != chief.Insert {
		switch {
		case !same:
			return nil, defect(p, chief.NotOnFile, "licence %s is not on file", l.LicenceRef), nil
		case row.GetOnFile().GetSource() != r.f.Header.Source:
			return nil, defect(p, chief.NotOnFile, "licence %s was put on file by %s, and only that changes it", l.LicenceRef, row.GetOnFile().GetSource()), nil
		case row.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
			return nil, defect(p, chief.AlreadyEnded, "licence %s has ended: %s", l.LicenceRef, row.GetStatusReason()), nil
		}
		return row, nil, nil
	}
	switch {
	case same && row.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
		return nil, defect(p, chief.AlreadyEnded, "licence %s has ended, and its reference is not used again: %s", l.LicenceRef, row.GetStatusReason()), nil
	case same:
		return nil, defect(p, chief.AlreadyOnFile, "licence %s is on file already; replace it", l.LicenceRef), nil
	}
	table, other, err := r.view.Find(id)
	if err != nil {
		return nil, nil, fmt.Errorf("find %s: %w", id, err)
	}
	if other != nil {
		return nil, defect(p, chief.ReferenceTaken, "the reference %s reads like that of something else on record (%s)", l.LicenceRef, strings.ToLower(strings.TrimPrefix(table.String(), "TABLE_"))), nil
	}
	return nil, nil, nil
}

// countable says why what was used of a licence cannot be counted against the terms that are to replace its own.
func (r *receiving) countable(p chief.Part, row *ledgerv1.Licence, t terms) (*customsv1.WireDefect, error) {
	after := proto.CloneOf(row)
	after.Deal = t.deal
	_, err := writeoff.Read(r.view, after, "")
	if refusal := fault.As(err); refusal != nil {
		return defect(p, chief.CannotBeCounted, "what was used of licence %s cannot be counted in the lines and units that it is replaced with", row.GetOnFile().GetReference()), nil
	}
	return nil, err
}
