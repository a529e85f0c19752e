package records

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/proofs"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// eventPage is an event with all that vouches for it.
type eventPage struct {
	Event *queryv1.RecordedEvent
	Fact  proto.Message
	// Parts are the fields that the fact has.
	Parts []web.Column
	// Hex are its bytes as recorded, JSON what stands in them.
	Hex, JSON string
	Proof     web.Proved
	Seen      audience
	Partly    map[string]*web.Failure
	Basis     *queryv1.Basis
}

// Why is why a part could not be read; nil where it was.
func (p eventPage) Why(part string) *web.Failure { return p.Partly[part] }

// Journal is the event's journal and number as addresses have it.
func (p eventPage) Path() string { return web.EventPath(p.Event.Journal, p.Event.Number) }

func (p pages) event(v *web.Visit) error {
	id := v.R.PathValue("agency") + "/" + v.R.PathValue("group") + "/" + v.R.PathValue("number")
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_EVENTS, Id: id})
	if err != nil {
		return err
	}
	e := res.GetRow().GetEvent()
	page := eventPage{Event: e, Hex: strings.TrimRight(hex.Dump(e.GetRaw()), "\n"), Basis: res.Basis, Partly: map[string]*web.Failure{}}
	if page.Fact, err = e.GetFact().UnmarshalNew(); err == nil {
		page.Parts = fieldsOf(page.Fact)
	}
	if page.JSON, err = inWords(e.GetRaw(), e); err != nil {
		return err
	}
	for part, read := range map[string]func() error{
		"proof": func() (err error) { page.Proof, err = v.Proved(e); return err },
		"seen":  func() (err error) { page.Seen, err = audienceOf(v, e.GetId()); return err },
	} {
		if err := read(); err != nil {
			page.Partly[part] = web.Refusal(err)
		}
	}
	return v.Page(p.Pages, "event", page)
}

// fieldsOf are the fields that a message has something in.
func fieldsOf(m proto.Message) (all []web.Column) {
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if m.ProtoReflect().Has(fields.Get(i)) {
			all = append(all, web.Column(fields.Get(i).Name()))
		}
	}
	return all
}

// proof writes the file that proves the event, with the event in it, as counterfoil prove --check reads it.
func proof(v *web.Visit) error {
	id := v.R.PathValue("agency") + "/" + v.R.PathValue("group") + "/" + v.R.PathValue("number")
	res, err := v.API.Proof.Prove(v.R.Context(), &queryv1.ProveRequest{Event: id, WithEvent: true})
	if err != nil {
		return err
	}
	file, err := proofs.InclusionOf(res)
	if err == nil {
		_, err = file.Check(nil)
	}
	if err != nil {
		return fmt.Errorf("prove %s: %w", id, err)
	}
	data, err := proofs.Encode(file)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", strings.ReplaceAll(id, "/", "-")+".json"))
	_, err = v.W.Write(data)
	return err
}

// inWords is an event's envelope and its fact as JSON, as they stand in its bytes.
func inWords(raw []byte, e *queryv1.RecordedEvent) (string, error) {
	envelope := &eventv1.Event{}
	if err := proto.Unmarshal(raw, envelope); err != nil {
		return "", fmt.Errorf("read event %s/%d: %w", e.GetJournal(), e.GetNumber(), err)
	}
	envelope.Fact = nil
	var b bytes.Buffer
	for _, m := range []proto.Message{envelope, e.GetFact()} {
		data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
		if err != nil {
			return "", err
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if err := json.Indent(&b, data, "", "  "); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

var errNoStream = errors.New("the node ended its answer before it was whole")
