package ledger

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// wireSource is what licences that came in a file of another system are found under as their source.
const wireSource = "chief"

var wireFiles = define("wire_files", queryv1.Table_TABLE_WIRE_FILES, func() *ledgerv1.WireFile { return new(ledgerv1.WireFile) },
	func(r *ledgerv1.WireFile) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.WireFile, x *entries) {
		h, status := r.Received.GetHeader(), "received"
		switch {
		case r.Sent != nil:
			h, status = r.Sent.Header, "sent"
		case r.Received.GetRefused() != nil:
			status = "refused"
		}
		x.add(byStatus, status)
		x.add(byKind, h.GetDataId())
		x.add(bySource, h.GetSource())
	}, byStatus, byKind, bySource, byYear).
	dated(6, func(r *ledgerv1.WireFile) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.WireFile) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_WireFile{WireFile: r}} })

var usages = define("usages", queryv1.Table_TABLE_USAGES, func() *ledgerv1.Usage { return new(ledgerv1.Usage) },
	func(r *ledgerv1.Usage) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Usage, x *entries) {
		x.add(byLicence, r.Reported.GetLicenceId())
		x.add(byRecord, r.Reported.GetWireId())
	}, byLicence, byRecord, byYear).
	dated(5, func(r *ledgerv1.Usage) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Usage) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Usage{Usage: r}} })

var wireParts = define("wire_parts", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.WirePart { return new(ledgerv1.WirePart) },
	func(r *ledgerv1.WirePart) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.WirePart, *entries) {}, byRecord).
	ownedBy(byRecord)

var wireStreams = define("wire_streams", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.WireStream { return new(ledgerv1.WireStream) },
	func(r *ledgerv1.WireStream) header { return header{&r.Id, &r.Journal, &r.Events} })

// onFile are the countries that a licence on file may be used for.
func (x *entries) onFile(o *customsv1.OnFile) {
	if o == nil {
		return
	}
	x.add(bySource, wireSource)
	for _, c := range o.Countries {
		if c.Use == "D" {
			x.addOnce(byDestination, c.Country)
		}
	}
}
