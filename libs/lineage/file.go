package lineage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Format is what a lineage file calls itself.
const Format = "counterfoil-lineage/1"

// File is a lineage file, as docs/lineage.md tells it: an edition of a report with what its rows are made of, and of each journal
// what shows that the events behind them are in it.
type File struct {
	Format   string            `json:"format"`
	Audience string            `json:"audience"`
	Title    json.RawMessage   `json:"title"`
	Tables   []json.RawMessage `json:"tables"`
	Rows     []Row             `json:"rows"`
	Journals []Journal         `json:"journals"`
	// Digest is over all the rest, so that damage is noticed; nobody signed it.
	Digest string `json:"digest,omitempty"`
}

// Row is a row of the edition.
type Row struct {
	ID            string          `json:"id"`
	Table         string          `json:"table"`
	Keys          []string        `json:"keys"`
	Amounts       Amounts         `json:"amounts"`
	Comment       string          `json:"comment,omitempty"`
	Description   string          `json:"description,omitempty"`
	Hidden        json.RawMessage `json:"hidden,omitempty"`
	Contributions []Contribution  `json:"contributions"`
}

// Amounts are 64-bit numbers written as text; what is absent is 0.
type Amounts struct {
	Lines      int64      `json:"lines,omitempty,string"`
	Licences   int64      `json:"licences,omitempty,string"`
	Quantities []Quantity `json:"quantities,omitempty"`
	Values     []Value    `json:"values,omitempty"`
}

// Quantity is in thousandths of a unit.
type Quantity struct {
	Unit        string `json:"unit"`
	Thousandths int64  `json:"thousandths,string"`
}

// Value is in minor units of a currency.
type Value struct {
	Currency string `json:"currency"`
	Minor    int64  `json:"minor,string"`
}

// Contribution is what events add to a row. Of an edition for others it has the events that state it; in one for the agencies
// themselves every event that made the record, what record that is, and where in the events its numbers are.
type Contribution struct {
	Amounts Amounts `json:"amounts"`
	// Events are "agency/group/number".
	Events  []string `json:"events"`
	Subject string   `json:"subject,omitempty"`
	Figure  uint32   `json:"figure,omitempty"`
	Terms   []Term   `json:"terms,omitempty"`

	order []byte // leaf hash of the first of its events, then its amounts
}

// Journal is what shows that events are in a journal: the signed header of a block, and hashes that lead to the root in it.
type Journal struct {
	Journal   string `json:"journal"`
	Key       []byte `json:"key"`
	Header    []byte `json:"header"`
	Signature []byte `json:"signature"`
	Leaves    []Leaf `json:"leaves"`
	Nodes     []Node `json:"nodes"`
}

// Leaf is the leaf hash of an event, with the event's bytes in an edition for the agencies themselves, where they were not withdrawn.
type Leaf struct {
	Number uint64 `json:"number"`
	Hash   Hash   `json:"hash"`
	Bytes  []byte `json:"bytes,omitempty"`
}

func amounts(a *reportingv1.Amounts) Amounts {
	out := Amounts{Lines: a.GetLines(), Licences: a.GetLicences()}
	for _, q := range a.GetQuantities() {
		out.Quantities = append(out.Quantities, Quantity{q.GetUnit(), q.GetThousandths()})
	}
	for _, v := range a.GetValues() {
		out.Values = append(out.Values, Value{v.GetCurrency(), v.GetMinor()})
	}
	return out
}

// jsonOf is a message as it stands in a file: keys are the field names of the .proto.
func jsonOf(m proto.Message) (json.RawMessage, error) {
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	var compact bytes.Buffer // protojson varies in spacing
	err = json.Compact(&compact, raw)
	return compact.Bytes(), err
}

// encode writes a file with its digest.
func encode(f *File) ([]byte, error) {
	f.Digest = ""
	raw, err := marshal(f)
	if err != nil {
		return nil, err
	}
	if f.Digest, err = digest(raw); err != nil {
		return nil, err
	}
	return marshal(f)
}

func marshal(f *File) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(f)
	return out.Bytes(), err
}

// digest is the SHA-256, in hexadecimal digits, over what JSON says, however it is spaced and escaped: objects and arrays with their
// brackets, keys and values in order, each as its length in bytes of UTF-8, a colon and its text.
func digest(text []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	h := sha256.New()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("read a lineage file: %w", err)
		}
		if bracket, ok := token.(json.Delim); ok {
			fmt.Fprint(h, bracket)
			continue
		}
		said := fmt.Sprint(token)
		fmt.Fprintf(h, "%d:%s", len(said), said)
	}
}
