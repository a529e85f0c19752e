package wire

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// What one decision records at most, so that it fits in a block; a single transaction may be larger.
const (
	maxFacts = 500
	maxBytes = 200 << 10
)

// receiving is a decision on a file under way.
type receiving struct {
	view ledger.View
	cmd  *customsv1.ReceiveWireRequest
	f    *File
	id   string
	// beside is a row in whose journal the file is recorded; nil where the sharing rules say which.
	beside interface{ GetJournal() string }
	most   int // facts that are decided at once, where one transaction does not need more
	facts  []proto.Message
	bytes  int
	// touched are the licences that this decision changed: what comes next of them is decided on what is on record then.
	touched map[string]bool
}

// Receive decides the next part of a file: that it came in, and as many of its transactions as fit in one block. Ask again until it
// decides nothing: the file is on record then, and it makes no difference where this was broken off. The same file again decides
// nothing. A file whose run number is not the next, or that differs from the one of its run on record, is put on record as refused,
// and nothing of it is processed. It refuses to begin a file while the one before in its sequence is not recorded to its end.
func Receive(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *File) ([]proto.Message, error) {
	return receive(view, cmd, f, maxFacts)
}

func receive(view ledger.View, cmd *customsv1.ReceiveWireRequest, f *File, most int) ([]proto.Message, error) {
	r := &receiving{view: view, cmd: cmd, f: f, most: most, touched: map[string]bool{}}
	row, err := Find(view, f)
	switch {
	case err != nil:
		return nil, err
	case row != nil:
		r.id, r.beside = row.GetId(), row
	default:
		refused, err := r.begin()
		if err != nil {
			return nil, err
		}
		if refused {
			return r.facts, nil
		}
	}
	for _, p := range f.parts {
		if !isPart(p) {
			continue
		}
		if row != nil {
			if held, err := view.WirePart(r.id, uint32(p.First)); held || err != nil {
				if err != nil {
					return nil, fmt.Errorf("read a part of file %s: %w", r.id, err)
				}
				continue
			}
		}
		more, err := r.part(p)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	return r.facts, nil
}

// Find returns the row of a file that is on record and was not refused, whether or not all of it is; nil when there is none.
func Find(view ledger.View, f *File) (*ledgerv1.WireFile, error) {
	base := wireID(f.stream(view.Agency()), f.Run())
	for _, id := range []string{base, base + "-" + f.short()} {
		row, err := view.WireFile(id)
		if err != nil {
			return nil, fmt.Errorf("read file %s: %w", id, err)
		}
		if row.GetReceived() != nil && row.GetReceived().GetRefused() == nil && bytes.Equal(row.GetReceived().GetSha256(), f.sum[:]) {
			return row, nil
		}
	}
	return nil, nil
}

// OnRecord returns the row of a file, also of one that was refused; nil when there is none.
func OnRecord(view ledger.View, f *File) (*ledgerv1.WireFile, error) {
	row, err := Find(view, f)
	if row != nil || err != nil {
		return row, err
	}
	return view.WireFile(f.refusedID(view.Agency()))
}

// begin puts a file on record that is not yet, and reports whether that is all.
func (r *receiving) begin() (refused bool, err error) {
	streamID := r.f.stream(r.view.Agency())
	base := wireID(streamID, r.f.Run())
	stream, err := r.view.WireStream(streamID)
	if err != nil {
		return false, fmt.Errorf("read run numbers %s: %w", streamID, err)
	}
	before, err := r.view.WireFile(base)
	if err != nil {
		return false, fmt.Errorf("read file %s: %w", base, err)
	}
	if stream != nil {
		r.beside = stream
	}
	e := r.f.received()
	if e.WireId = base; before != nil {
		e.WireId += "-" + r.f.short()
	}
	if !r.f.Header.DataID.IsReply() {
		e.Stream = streamID
	}
	if e.Refused, err = r.order(stream, before); err != nil {
		return false, err
	}
	if e.Refused == nil {
		r.id = e.WireId
		r.record(e)
		if e.Stream == "" {
			return false, nil
		}
		return false, whole(r.view, stream)
	}
	e.WireId = r.f.refusedID(r.view.Agency())
	e.Stream = ""
	again, err := r.view.WireFile(e.WireId)
	if err != nil || again != nil {
		return true, err
	}
	r.record(e)
	return true, nil
}

// whole refuses to go on while the last file of a sequence is not recorded to its end.
func whole(view ledger.View, stream *ledgerv1.WireStream) error {
	if stream.GetLastLine() == 0 {
		return nil
	}
	held, err := view.WirePart(stream.GetWireId(), stream.GetLastLine())
	if err == nil && !held {
		err = fault.Errorf(fault.Precondition, "file %s is not recorded to its end; send it once more, and then this one", stream.GetWireId())
	}
	return err
}

// order says why a file is out of order.
func (r *receiving) order(stream *ledgerv1.WireStream, before *ledgerv1.WireFile) (*customsv1.WireDefect, error) {
	if r.f.Header.DataID.IsReply() {
		if before == nil {
			return nil, nil
		}
		return &customsv1.WireDefect{Code: string(chief.RunOutOfOrder), Text: fmt.Sprintf("run %d was answered otherwise before", r.f.Run())}, nil
	}
	if r.cmd.GetAnyRun() {
		return nil, nil
	}
	err := chief.NextRun(int(stream.GetRun()), r.f.File)
	if refusal := fault.As(err); refusal != nil {
		return &customsv1.WireDefect{Code: refusal.Code, Text: refusal.Sentence}, nil
	}
	return nil, err
}

// record adds facts to the decision, beside what the file is recorded with.
func (r *receiving) record(facts ...proto.Message) {
	for _, fact := range facts {
		r.bytes += proto.Size(fact)
		if _, placed := fact.(ledger.Dated); !placed && r.beside != nil {
			fact = ledger.Beside(r.beside, fact)
		}
		r.facts = append(r.facts, fact)
	}
}

// part decides one part, and reports whether another may follow in this decision.
func (r *receiving) part(p chief.Part) (more bool, err error) {
	var facts []proto.Message
	subject := ""
	switch t := p.Whole.(type) {
	case *chief.LicenceTransaction:
		subject = t.Licence.LicenceRef
	case *chief.UsageTransaction:
		subject = t.Licence.LicenceRef
	}
	if subject != "" && r.touched[subject] {
		return false, nil
	}
	r.touched[subject] = true
	switch t := p.Whole.(type) {
	case *chief.LicenceTransaction:
		facts, err = r.licence(p, t)
	case *chief.UsageTransaction:
		facts, err = r.usage(p, t)
	case *chief.ReplyTransaction:
		m := t.Message()
		again := chief.ReplyOf(m)
		facts = []proto.Message{&customsv1.WireAnswered{WireId: r.id, Place: r.f.place(p, chief.Text(&again, r.f.ending())), Reply: m}}
	case *chief.FileError:
		m := t.Message()
		again := chief.FileErrorOf(m)
		facts = []proto.Message{&customsv1.WireAnswered{WireId: r.id, Place: r.f.place(p, chief.Text(&again, r.f.ending())), FileError: m}}
	default:
		facts = []proto.Message{r.unprocessed(p)}
	}
	if err != nil {
		return false, err
	}
	size := 0
	for _, fact := range facts {
		size += proto.Size(fact)
	}
	if len(r.facts) > 0 && (len(r.facts)+len(facts) > r.most || r.bytes+size > maxBytes) {
		return false, nil
	}
	r.record(facts...)
	return len(facts) == 1, nil // ids of discrepancies are given out on what is on record
}

// unprocessed keeps a broken transaction, or lines that belong to nothing, as they were written.
func (r *receiving) unprocessed(p chief.Part) proto.Message {
	if p.Broken == nil {
		return &customsv1.WireLinesKept{WireId: r.id, Place: r.f.place(p, nil)}
	}
	return &customsv1.WireTransactionRejected{
		WireId: r.id, Place: r.f.place(p, nil), Ref: string(bytes.ToValidUTF8([]byte(p.Broken.Ref), []byte("?"))), Defects: defects(p.Broken.Defects...),
	}
}
