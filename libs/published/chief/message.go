package chief

import (
	"bytes"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// A message of the contract has what its record has: field 1 is the number, field 2 the width, and the record's own fields follow
// in their order. Bytes that are no UTF-8 become the replacement character there; nothing else is lost.

// message fills m with a record, and returns it.
func message[M interface {
	*T
	protoreflect.ProtoMessage
}, T any](r record) M {
	m := M(new(T))
	into := m.ProtoReflect()
	known := into.Descriptor().Fields()
	set := func(number int, text string) {
		into.Set(known.ByNumber(protoreflect.FieldNumber(number)), protoreflect.ValueOfString(strings.ToValidUTF8(text, "\uFFFD")))
	}
	set(1, string(r.mark().Seq))
	into.Set(known.ByNumber(2), protoreflect.ValueOfUint32(uint32(max(0, r.mark().Width))))
	_, _, fields := r.layout()
	for i, f := range fields {
		set(i+3, *f.text)
	}
	return m
}

// messages is message for a list.
func messages[M interface {
	*T
	protoreflect.ProtoMessage
}, T any, P interface {
	*R
	record
}, R any](from []R) (list []M) {
	for i := range from {
		list = append(list, message[M](P(&from[i])))
	}
	return list
}

// restore fills a record with its message. Widths that no line of a file has become the largest.
func restore(r record, m protoreflect.ProtoMessage) {
	from := m.ProtoReflect()
	known := from.Descriptor().Fields()
	text := func(number int) string { return from.Get(known.ByNumber(protoreflect.FieldNumber(number))).String() }
	_, _, fields := r.layout()
	for i, f := range fields {
		*f.text = text(i + 3)
	}
	*r.mark() = Record{Seq: Number(text(1)), Width: int(min(from.Get(known.ByNumber(2)).Uint(), MaxFields))}
}

// restored is restore for a list.
func restored[P interface {
	*R
	record
}, R any, M protoreflect.ProtoMessage](from []M) (list []R) {
	for _, m := range from {
		var r R
		restore(P(&r), m)
		list = append(list, r)
	}
	return list
}

// Message is the header in the contract's form, and HeaderOf the header of that.
func (h *Header) Message() *customsv1.WireHeader { return message[*customsv1.WireHeader](h) }

func HeaderOf(m *customsv1.WireHeader) (h Header) {
	restore(&h, m)
	return h
}

// Message is the trailer in the contract's form, and TrailerOf the trailer of that.
func (t *Trailer) Message() *customsv1.WireTrailer {
	m := &customsv1.WireTrailer{Seq: strings.ToValidUTF8(string(t.Seq), "\uFFFD"), Width: uint32(max(0, t.Width))}
	for _, c := range t.Counts {
		m.Counts = append(m.Counts, strings.ToValidUTF8(string(c), "\uFFFD"))
	}
	return m
}

func TrailerOf(m *customsv1.WireTrailer) (t Trailer) {
	t.Record = Record{Seq: Number(m.GetSeq()), Width: int(min(m.GetWidth(), MaxFields))}
	for _, c := range m.GetCounts() {
		t.Counts = append(t.Counts, Number(c))
	}
	return t
}

// Message is the transaction in the contract's form, and LicenceOf the transaction of that.
func (t *LicenceTransaction) Message() *customsv1.WireLicence {
	return &customsv1.WireLicence{
		Licence: message[*customsv1.WireLicenceRecord](&t.Licence), Traders: messages[*customsv1.WireTrader](t.Traders),
		Countries: messages[*customsv1.WireCountry](t.Countries), ForeignTraders: messages[*customsv1.WireForeignTrader](t.ForeignTraders),
		Restrictions: messages[*customsv1.WireRestrictions](t.Restrictions), Lines: messages[*customsv1.WireLicenceLine](t.Lines),
		End: message[*customsv1.WireEnd](&t.End),
	}
}

func LicenceOf(m *customsv1.WireLicence) (t LicenceTransaction) {
	restore(&t.Licence, m.GetLicence())
	t.Traders, t.Countries = restored[*Trader](m.GetTraders()), restored[*Country](m.GetCountries())
	t.ForeignTraders = restored[*ForeignTrader](m.GetForeignTraders())
	t.Restrictions, t.Lines = restored[*Restrictions](m.GetRestrictions()), restored[*Line](m.GetLines())
	restore(&t.End, m.GetEnd())
	return t
}

// Message is the transaction in the contract's form, and UsageOf the transaction of that.
func (t *UsageTransaction) Message() *customsv1.WireUsage {
	m := &customsv1.WireUsage{Licence: message[*customsv1.WireUsageLicence](&t.Licence), End: message[*customsv1.WireEnd](&t.End)}
	for i := range t.Lines {
		l := &t.Lines[i]
		m.Lines = append(m.Lines, &customsv1.WireUsageLine{
			Line: message[*customsv1.WireUsageLineRecord](l), Usages: messages[*customsv1.WireUsageRecord](l.Usages), End: message[*customsv1.WireEnd](&l.End),
		})
	}
	return m
}

func UsageOf(m *customsv1.WireUsage) (t UsageTransaction) {
	restore(&t.Licence, m.GetLicence())
	for _, l := range m.GetLines() {
		one := UsageLine{Usages: restored[*Usage](l.GetUsages())}
		restore(&one, l.GetLine())
		restore(&one.End, l.GetEnd())
		t.Lines = append(t.Lines, one)
	}
	restore(&t.End, m.GetEnd())
	return t
}

// Message is the transaction in the contract's form, and ReplyOf the transaction of that.
func (r *ReplyTransaction) Message() *customsv1.WireReply {
	m := &customsv1.WireReply{Reply: message[*customsv1.WireReplyRecord](r), Accepted: r.Accepted, Errors: messages[*customsv1.WireReplyError](r.Errors)}
	if !r.Accepted {
		m.End = message[*customsv1.WireEnd](&r.End)
	}
	return m
}

func ReplyOf(m *customsv1.WireReply) (r ReplyTransaction) {
	r.Accepted = m.GetAccepted()
	restore(&r, m.GetReply())
	r.Errors = restored[*ReplyError](m.GetErrors())
	if !r.Accepted {
		restore(&r.End, m.GetEnd())
	}
	return r
}

// Message is the error in the contract's form, and FileErrorOf the error of that.
func (e *FileError) Message() *customsv1.WireFileError { return message[*customsv1.WireFileError](e) }

func FileErrorOf(m *customsv1.WireFileError) (e FileError) {
	restore(&e, m)
	return e
}

// Written is something of a file that can be written by itself.
type Written interface{ written() []record }

func (h *Header) written() []record             { return []record{h} }
func (t *Trailer) written() []record            { return []record{t} }
func (e *FileError) written() []record          { return []record{e} }
func (t *LicenceTransaction) written() []record { return t.records(nil) }
func (t *UsageTransaction) written() []record   { return t.records(nil) }
func (r *ReplyTransaction) written() []record   { return r.records(nil) }

// Text returns its lines, each with an ending such as "\n".
func Text(w Written, ending string) []byte {
	var b bytes.Buffer
	for _, r := range w.written() {
		b.Write(appendRecord(nil, r))
		b.WriteString(ending)
	}
	return b.Bytes()
}
