// Package denials reads denial notifications of other governments in the table that the United Kingdom's licensing
// system LITE loads them from.
package denials

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/table"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

// File is what one table says.
type File struct {
	// Denials in the order of their first rows. No two have the same key.
	Denials []Denial
	// Problems are rows that are in no denial, and why; at most 1,000.
	Problems []published.Problem
	// Remarks are what was read, but not as it stands or not without doubt; at most 1,000.
	Remarks []published.Problem
}

// Denial is one refusal that a government made known.
type Denial struct {
	// Reference is the notifier's own, RegimeReference that of the control regime; one of them may be empty.
	Reference, RegimeReference string
	// NotifyingGovernment refused.
	NotifyingGovernment Place
	// Parties in the order of the rows, at least one.
	Parties     []Party
	Destination Place
	// Rating is a control list entry or, as written, what stands in place of one, such as "catch all".
	Rating               string
	Item, EndUse, Reason string
	// Line of the file where it begins, from 1.
	Line int
	// Digest is a SHA-256 over all of the above but the line.
	Digest [32]byte
}

// Key is what a denial is known by: its reference or, without one, that of the regime.
func (d Denial) Key() string {
	if d.Reference != "" {
		return d.Reference
	}
	return d.RegimeReference
}

// Place is a country as the table names it.
type Place struct {
	// Country is the ISO 3166-1 alpha-2 code, empty when the name is of no country that is known.
	Country string
	Name    string
}

// Role is what a party was in the transfer that was refused.
type Role string

// The roles that the table knows.
const (
	EndUser    Role = "end_user"
	Consignee  Role = "consignee"
	ThirdParty Role = "third_party"
)

// Party is somebody to whom the transfer was refused.
type Party struct {
	Role          Role
	Name, Address string
}

const file = "denials.csv"

var header = []string{"reference", "regime_reg_ref", "name", "address", "notifying_government", "country", "denial_cle",
	"item_description", "end_use", "reason_for_refusal", "entity_type"}

// Read reads a table of denials. Rows with the same key are one denial with several parties. own is the code of the
// reader's own State, whose own denials may come back from others; it may be empty. A table whose columns are not
// exactly those of the current form is refused, and so is one without rows that can be read.
func Read(r io.Reader, own string) (File, error) {
	b := builder{own: own, at: map[string]int{}}
	rows := table.New(r, ',')
	first, _, err := rows.Next()
	if err != nil && !errors.As(err, new(*table.BadRow)) && !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("read denials: %w", err)
	}
	if !slices.Equal(first, header) {
		return File{}, fault.Errorf(fault.Invalid, "this is no table of denials in the current form: %s", difference(first))
	}
	for {
		fields, line, err := rows.Next()
		var bad *table.BadRow
		switch {
		case errors.Is(err, io.EOF):
			return b.finish()
		case errors.As(err, &bad):
			b.problems.Add(file, line, bad.Reason)
		case err != nil:
			return File{}, fmt.Errorf("read denials: %w", err)
		case len(fields) != len(header):
			b.problems.Add(file, line, fmt.Sprintf("%d columns where the header has %d", len(fields), len(header)))
		default:
			b.row(line, fields)
		}
	}
}

// difference says how a header is not the one that should be.
func difference(got []string) string {
	var said []string
	for _, h := range header {
		if !slices.Contains(got, h) {
			said = append(said, fmt.Sprintf("no column %s", h))
		}
	}
	for _, g := range got {
		if !slices.Contains(header, g) {
			said = append(said, fmt.Sprintf("an unknown column %.40q", g))
		}
	}
	if len(said) == 0 {
		return "its columns are in another order, or twice"
	}
	return strings.Join(said[:min(len(said), 20)], ", ")
}

type builder struct {
	own               string
	denials           []Denial
	at                map[string]int // key to place in denials
	problems, remarks published.Findings
}

func (b *builder) remark(line int, format string, args ...any) {
	b.remarks.Add(file, line, fmt.Sprintf(format, args...))
}

func (b *builder) row(line int, fields []string) {
	for i, f := range fields {
		fields[i] = strings.Join(strings.Fields(f), " ")
	}
	d := Denial{
		Reference: fields[0], RegimeReference: fields[1], Rating: fields[6], Item: fields[7], EndUse: fields[8], Reason: fields[9], Line: line,
		Parties: []Party{{b.role(line, fields[10]), fields[2], fields[3]}},
	}
	switch {
	case d.Key() == "":
		b.problems.Add(file, line, "neither a reference nor one of the regime: nothing to know it by")
		return
	case fields[2] == "":
		b.problems.Add(file, line, "a party without a name")
		return
	case d.Reference == "":
		b.remark(line, "no reference; known by that of the regime")
	}
	d.NotifyingGovernment, d.Destination = b.place(line, fields[4]), b.place(line, fields[5])
	if b.own != "" && d.NotifyingGovernment.Country == b.own {
		b.remark(line, "notified by %s, which is the own State: its own denial came back", d.NotifyingGovernment.Name)
	}
	if strings.EqualFold(d.Rating, "catch all") {
		b.remark(line, "%q in place of a control list entry; kept as it is", d.Rating)
	}
	i, again := b.at[d.Key()]
	if !again {
		b.at[d.Key()] = len(b.denials)
		b.denials = append(b.denials, d)
		return
	}
	earlier := &b.denials[i]
	if digest(d, false) != digest(*earlier, false) {
		b.remark(line, "says otherwise of the denial than line %d; only its party is taken", earlier.Line)
	}
	if slices.Contains(earlier.Parties, d.Parties[0]) {
		b.remark(line, "the same party of the same denial again; kept once")
		return
	}
	earlier.Parties = append(earlier.Parties, d.Parties[0])
}

func (b *builder) role(line int, text string) Role {
	switch r := Role(text); r {
	case EndUser, Consignee, ThirdParty:
		return r
	}
	b.remark(line, "%q is no role that is known; taken as %s", text, ThirdParty)
	return ThirdParty
}

func (b *builder) place(line int, name string) Place {
	code, ok := refdata.Country(name)
	if !ok && len(name) == 2 && refdata.ValidCountry(name) {
		code, ok = name, true
	}
	if !ok {
		b.remark(line, "%q is the name of no country that is known; kept by name", name)
	}
	return Place{Country: code, Name: name}
}

func (b *builder) finish() (File, error) {
	if len(b.denials) == 0 {
		return File{}, fault.Errorf(fault.Invalid, "the table has no denials that can be read")
	}
	for i := range b.denials {
		b.denials[i].Digest = digest(b.denials[i], true)
	}
	return File{Denials: b.denials, Problems: b.problems.List, Remarks: b.remarks.List}, nil
}

// digest covers what a denial says, each text with its length before it; countries by name, because codes are our
// reading.
func digest(d Denial, parties bool) (sum [32]byte) {
	h := sha256.New()
	texts := []string{"counterfoil denial v1", d.Reference, d.RegimeReference, d.NotifyingGovernment.Name, d.Destination.Name, d.Rating, d.Item, d.EndUse, d.Reason}
	if parties {
		for _, p := range d.Parties {
			texts = append(texts, string(p.Role), p.Name, p.Address)
		}
	}
	for _, t := range texts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(t))))
		h.Write([]byte(t))
	}
	h.Sum(sum[:0])
	return sum
}
