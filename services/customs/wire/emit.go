package wire

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Emit returns a file that came in, or that was sent, as text, made of its events, and what to call it. exact is whether it is what
// came in, byte for byte, as its digest says: of a file that was refused only the header is on record.
func Emit(view ledger.View, id string) (name string, data []byte, exact bool, err error) {
	row, facts, err := read(view, id)
	if err != nil {
		return "", nil, false, err
	}
	if row.GetSent() != nil {
		name, data, err = sentFile(row.GetSent())
		return name, data, err == nil, err
	}
	e := row.GetReceived()
	data = emitted(row, facts)
	sum := sha256.Sum256(data)
	return e.GetName(), data, bytes.Equal(sum[:], e.GetSha256()), nil
}

// emitted puts header, parts and trailer one after the other in the order of their lines.
func emitted(row *ledgerv1.WireFile, facts []proto.Message) []byte {
	e := row.GetReceived()
	end := ending(e.GetCrlf())
	var out []byte
	header, trailer := false, e.GetTrailer() == nil
	between := func(line uint32) {
		if !header && e.GetHeaderLine() < line {
			h := chief.HeaderOf(e.GetHeader())
			out, header = append(out, orRaw(e.GetHeader().GetRaw(), &h, end)...), true
		}
		if !trailer && e.GetTrailerLine() < line {
			t := chief.TrailerOf(e.GetTrailer())
			text := orRaw(e.GetTrailer().GetRaw(), &t, end)
			if e.GetUnended() && len(e.GetTrailer().GetRaw()) == 0 && line == lastLine {
				text = bytes.TrimSuffix(text, []byte(end))
			}
			out, trailer = append(out, text...), true
		}
	}
	for _, fact := range facts {
		place, written := partOf(fact)
		between(place.GetLine())
		if raw := place.GetRaw(); len(raw) > 0 || written == nil {
			out = append(out, raw...)
		} else {
			out = append(out, chief.Text(written, end)...)
		}
	}
	between(lastLine)
	return out
}

// lastLine is after every line.
const lastLine = ^uint32(0)

func orRaw(raw []byte, w chief.Written, end string) []byte {
	if len(raw) > 0 {
		return raw
	}
	return chief.Text(w, end)
}

// partOf says where a part stands and what its records are; nil where it is kept as its lines only.
func partOf(fact proto.Message) (*customsv1.WirePlace, chief.Written) {
	licence := func(m *customsv1.WireLicence) chief.Written {
		t := chief.LicenceOf(m)
		return &t
	}
	usage := func(m *customsv1.WireUsage) chief.Written {
		t := chief.UsageOf(m)
		return &t
	}
	switch e := fact.(type) {
	case *customsv1.LicenceOnFile:
		return e.Place, licence(e.Transaction)
	case *customsv1.LicenceOnFileReplaced:
		return e.Place, licence(e.Transaction)
	case *customsv1.LicenceOnFileCancelled:
		return e.Place, licence(e.Transaction)
	case *customsv1.LicenceUsageReported:
		return e.Place, usage(e.Transaction)
	case *customsv1.WireTransactionRejected:
		switch {
		case e.Licence != nil:
			return e.Place, licence(e.Licence)
		case e.Usage != nil:
			return e.Place, usage(e.Usage)
		}
		return e.Place, nil
	case *customsv1.WireAnswered:
		if e.FileError != nil {
			fe := chief.FileErrorOf(e.FileError)
			return e.Place, &fe
		}
		r := chief.ReplyOf(e.Reply)
		return e.Place, &r
	case *customsv1.WireLinesKept:
		return e.Place, nil
	}
	return nil, nil
}

// sentFile is a file of usages that was sent: numbered and written the same way always.
func sentFile(e *customsv1.WireSent) (name string, data []byte, err error) {
	h := chief.HeaderOf(e.GetHeader())
	var usages []chief.UsageTransaction
	for _, m := range e.GetUsages() {
		usages = append(usages, chief.UsageOf(m))
	}
	f := chief.NewUsageData(h.Source, h.Destination, h.Created, h.Run.Int(), usages)
	if data, err = f.Encode(); err != nil {
		return "", nil, fmt.Errorf("write file %s: %w", e.GetWireId(), err)
	}
	return chief.NameOf(f.Header).String(), data, nil
}
