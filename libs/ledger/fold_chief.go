package ledger

import (
	"strconv"

	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// wires keeps the rows of files of licence messages, and of what they put on record: licences are licences like any other, and
// usages write off like declarations.
func (f *folding) wires(fact proto.Message) error {
	switch e := fact.(type) {
	case *customsv1.WireReceived:
		return f.received(e)
	case *customsv1.WireSent:
		return f.sent(e)
	case *customsv1.LicenceOnFile:
		return f.onFile(e)
	case *customsv1.LicenceOnFileReplaced:
		return f.replaced(e)
	case *customsv1.LicenceOnFileCancelled:
		if err := f.part(e.WireId, e.Place); err != nil {
			return err
		}
		return f.changeStatus(e.LicenceId, revoked, "cancelled by "+e.WireId, granted, suspended)
	case *customsv1.LicenceUsageReported:
		return f.usage(e)
	case *customsv1.WireAnswered:
		return f.part(e.WireId, e.Place)
	case *customsv1.WireTransactionRejected:
		return f.part(e.WireId, e.Place)
	case *customsv1.WireLinesKept:
		return f.part(e.WireId, e.Place)
	}
	return errUnknown
}

func (f *folding) received(e *customsv1.WireReceived) error {
	if err := put(f, wireFiles, &ledgerv1.WireFile{Id: e.WireId, Received: e, At: f.event.OccurredAt}); err != nil {
		return err
	}
	if e.Refused != nil || e.Stream == "" {
		return nil
	}
	return f.stream(e.Stream, func(r *ledgerv1.WireStream) { r.Run, r.WireId, r.LastLine = runOf(e.Header), e.WireId, e.LastLine })
}

func (f *folding) sent(e *customsv1.WireSent) error {
	if err := put(f, wireFiles, &ledgerv1.WireFile{Id: e.WireId, Sent: e, At: f.event.OccurredAt}); err != nil {
		return err
	}
	return f.stream(e.Stream, func(r *ledgerv1.WireStream) { r.Run, r.WireId, r.Covers = runOf(e.Header), e.WireId, e.Covers })
}

func (f *folding) stream(id string, fn func(*ledgerv1.WireStream)) error {
	return upsert(f, wireStreams, id, func() *ledgerv1.WireStream { return &ledgerv1.WireStream{Id: id} }, fn)
}

// runOf is a file's run number; 0 where it states none.
func runOf(h *customsv1.WireHeader) uint32 {
	n, err := strconv.ParseUint(h.GetRun(), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// part notes which event has a part of a file of this journal.
func (f *folding) part(wire string, place *customsv1.WirePlace) error {
	if _, err := own(f, wireFiles, wire); err != nil {
		return err
	}
	return put(f, wireParts, &ledgerv1.WirePart{Id: wirePartID(wire, place.GetLine())})
}

func wirePartID(wire string, line uint32) string {
	return wire + "#" + strconv.FormatUint(uint64(line), 10)
}

func (f *folding) onFile(e *customsv1.LicenceOnFile) error {
	if err := f.part(e.WireId, e.Place); err != nil {
		return err
	}
	if other, _, err := f.tx.peek(denials.table, e.LicenceId); other != nil || err != nil {
		return orErr(err, f.refuse("%s is a denial", e.LicenceId))
	}
	r := &ledgerv1.Licence{
		Id: e.LicenceId, Deal: e.Deal, Status: granted, DecidedAt: f.event.OccurredAt,
		ValidFrom: e.ValidFrom, ValidUntil: e.ValidUntil, Conditions: e.Conditions, OnFile: e.OnFile,
	}
	if err := put(f, licences, r); err != nil {
		return err
	}
	return f.putLines(licenceLines(r), nil)
}

func (f *folding) replaced(e *customsv1.LicenceOnFileReplaced) error {
	if err := f.part(e.WireId, e.Place); err != nil {
		return err
	}
	var before, after *ledgerv1.Licence
	err := change(f, licences, e.LicenceId, func(r *ledgerv1.Licence) error {
		if r.OnFile == nil || r.Status != granted && r.Status != suspended {
			return f.refuse("%s is %s", r.Id, statusNames.of(r.Status.Number()))
		}
		before, after = proto.CloneOf(r), r
		r.Deal, r.ValidFrom, r.ValidUntil, r.Conditions, r.OnFile = e.Deal, e.ValidFrom, e.ValidUntil, e.Conditions, e.OnFile
		return nil
	})
	if err != nil {
		return err
	}
	return f.putLines(licenceLines(after), before.Deal)
}

// usage writes off what another customs computer says was used. A licence that it says was cancelled or surrendered is of no use
// any more.
func (f *folding) usage(e *customsv1.LicenceUsageReported) error {
	if err := f.part(e.WireId, e.Place); err != nil {
		return err
	}
	licence, err := own(f, licences, e.LicenceId)
	if err != nil {
		return err
	}
	if err := put(f, usages, &ledgerv1.Usage{Id: e.UsageId, Reported: e, At: f.event.OccurredAt}); err != nil {
		return err
	}
	for _, entry := range e.Entries {
		w := &ledgerv1.WriteOff{
			DeclarationId: e.UsageId, Item: entry.Item, LicenceId: e.LicenceId, LicenceLine: entry.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_COMMITTED, Quantity: entry.Quantity, Value: entry.Value, Reason: entry.Reason,
		}
		if entry.Change != nil {
			w.Effect, w.Change, w.Quantity, w.Value = ledgerv1.Effect_EFFECT_CORRECTED, entry.Change, nil, nil
		}
		if err := f.entry(0, w); err != nil {
			return err
		}
	}
	ended := map[string]string{"C": "cancelled", "S": "surrendered"}[e.Transaction.GetLicence().GetStatus()]
	if ended == "" || licence.Status != granted && licence.Status != suspended {
		return nil
	}
	return f.changeStatus(e.LicenceId, revoked, ended+", as "+e.WireId+" says", granted, suspended)
}
