package reconciliation_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

func record(figures ...*reportingv1.PartnerFigure) *reportingv1.RecordPartnerFiguresRequest {
	return &reportingv1.RecordPartnerFiguresRequest{Particulars: today, Source: source, Edition: edition, Figures: figures}
}

func TestRecord(t *testing.T) {
	first, second := partner(2, "ML1", nil), partner(3, "ML2", nil)
	otherwise := partner(2, "ML1", func(f *reportingv1.PartnerFigure) { f.Licences = ptr(uint64(1)) })
	facts := func(id string, figures ...*reportingv1.PartnerFigure) []proto.Message {
		return []proto.Message{&reportingv1.PartnerFiguresRecorded{BatchId: "reporting/eu-armsexports-2016-05-02-" + id, Source: source, Edition: edition, Figures: figures}}
	}
	odd := func(change func(*reportingv1.PartnerFigure)) *reportingv1.RecordPartnerFiguresRequest {
		return record(partner(2, "ML1", change))
	}
	onRecord := recorded(first)
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *reportingv1.RecordPartnerFiguresRequest
		want    []proto.Message
		wantErr error
	}{
		{"new", nil, record(first, second), facts("2", first, second), nil},
		{"again", onRecord, record(first), nil, nil},
		{"in part again", onRecord[:1], record(first, second), facts("3", second), nil},
		{"again, in another batch", onRecord[:1], record(second), facts("3", second), nil},
		{"stated otherwise", onRecord[:1], record(otherwise), nil, fault.Conflict},
		{"of a closed edition", onRecord, record(second), nil, fault.Precondition},
		{"of another edition", onRecord, &reportingv1.RecordPartnerFiguresRequest{Source: source, Edition: "2017-01-01", Figures: []*reportingv1.PartnerFigure{otherwise}},
			[]proto.Message{&reportingv1.PartnerFiguresRecorded{BatchId: "reporting/eu-armsexports-2017-01-01-2", Source: source, Edition: "2017-01-01", Figures: []*reportingv1.PartnerFigure{otherwise}}}, nil},
		{"no day", nil, &reportingv1.RecordPartnerFiguresRequest{Source: source, Edition: "2016-02-30", Figures: []*reportingv1.PartnerFigure{first}}, nil, fault.Invalid},
		{"lines in another order", nil, record(second, first), nil, fault.Invalid},
		{"a line twice", nil, record(first, first), nil, fault.Invalid},
		{"no line", nil, odd(func(f *reportingv1.PartnerFigure) { f.Line = 0 }), nil, fault.Invalid},
		{"no year", nil, odd(func(f *reportingv1.PartnerFigure) { f.Year = 1 }), nil, fault.Invalid},
		{"no State's code", nil, odd(func(f *reportingv1.PartnerFigure) { f.Importer = "Q1" }), nil, fault.Invalid},
		{"a State that ended", nil, odd(func(f *reportingv1.PartnerFigure) { f.Importer = "YU" }), facts("2", partner(2, "ML1", func(f *reportingv1.PartnerFigure) { f.Importer = "YU" })), nil},
		{"by name alone", nil, odd(func(f *reportingv1.PartnerFigure) { f.Importer = "" }), facts("2", partner(2, "ML1", func(f *reportingv1.PartnerFigure) { f.Importer = "" })), nil},
		{"to nobody", nil, odd(func(f *reportingv1.PartnerFigure) { f.Importer, f.ImporterName = "", "" }), nil, fault.Invalid},
		{"below zero", nil, odd(func(f *reportingv1.PartnerFigure) { f.LicensedMinor = ptr(int64(-1)) }), nil, fault.Invalid},
		{"a value without a currency", nil, odd(func(f *reportingv1.PartnerFigure) { f.Currency, f.ExportedMinor = "", ptr(int64(1)) }), nil, fault.Invalid},
		{"odd in no known way", nil, odd(func(f *reportingv1.PartnerFigure) { f.Oddities = []string{"strange"} }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := reconciliation.Record(view(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestClose(t *testing.T) {
	onRecord := recorded(partner(2, "ML1", nil), partner(3, "ML2", nil))
	closing := func(figures uint64, digest byte) *reportingv1.ClosePartnerEditionRequest {
		return &reportingv1.ClosePartnerEditionRequest{Particulars: today, Source: source, Edition: edition, Digest: append(make([]byte, 31), digest), Figures: figures}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *reportingv1.ClosePartnerEditionRequest
		want    []proto.Message
		wantErr error
	}{
		{"all is on record", onRecord[:1], closing(2, 0), []proto.Message{&reportingv1.PartnerEditionClosed{
			EditionId: "reporting/eu-armsexports-2016-05-02", Source: source, Edition: edition, Digest: make([]byte, 32), Figures: 2}}, nil},
		{"again", onRecord, closing(2, 0), nil, nil},
		{"another file", onRecord, closing(2, 1), nil, fault.Conflict},
		{"one is missing", onRecord[:1], closing(3, 0), nil, fault.Precondition},
		{"nothing is on record", nil, closing(2, 0), nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := reconciliation.Close(view(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
