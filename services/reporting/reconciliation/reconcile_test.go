package reconciliation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

const (
	authorizedActual = reportingv1.Comparison_COMPARISON_AUTHORIZED_ACTUAL
	customsLicensing = reportingv1.Comparison_COMPARISON_CUSTOMS_LICENSING
	ofPartner        = reportingv1.Comparison_COMPARISON_PARTNER
)

func short(res *reportingv1.ReconcileResponse) (list []found) {
	for _, d := range res.Differences {
		list = append(list, found{strings.Join(d.Keys, " "), d.Measure, d.Ours, d.Theirs, d.Owner})
	}
	return list
}

func not(res *reportingv1.ReconcileResponse) map[string]uint64 {
	if len(res.NotCompared) == 0 {
		return nil
	}
	all := map[string]uint64{}
	for _, n := range res.NotCompared {
		all[n.Reason] = n.Figures
	}
	return all
}

func TestAuthorizedActual(t *testing.T) {
	tolerant := rifles(1, 100)
	tolerant.TolerancePermille = 50
	unlimited := rifles(1, 100)
	unlimited.Quantity, unlimited.Value = nil, nil
	ended := licence("L-9", rifles(1, 5))
	ended.ValidUntil = timestamppb.New(ledgertest.Start.Add(-1))
	lasting := licence("L-9", rifles(1, 5))
	lasting.ValidUntil = timestamppb.New(ledgertest.Start.AddDate(0, 1, 0))
	const cell = "kind=export category=VIII destination=XB"
	tests := []struct {
		name     string
		given    []proto.Message
		permille uint32
		want     []found
		not      map[string]uint64
	}{
		{"as much moved", append(shipped("E-1", "licensing/L-1", 1, 100, "XB"), licence("L-1", rifles(1, 100))), 0, nil, nil},
		{"less moved", append(shipped("E-1", "licensing/L-1", 1, 1, "XB"), licence("L-1", rifles(1, 100))), 0, nil, nil},
		{"more moved", append(shipped("E-1", "licensing/L-1", 1, 101, "XB"), licence("L-1", rifles(1, 100))), 0, []found{
			{cell, "quantity H87", 100_000, 101_000, "customs"}, {cell, "value EUR", 100_000, 101_000, "customs"}}, nil},
		{"more moved, within one per cent", append(shipped("E-1", "licensing/L-1", 1, 101, "XB"), licence("L-1", rifles(1, 100))), 10, nil, nil},
		{"more moved, as the line allows", append(shipped("E-1", "licensing/L-1", 1, 105, "XB"), licence("L-1", tolerant)), 0, nil, nil},
		{"two licences, one cell", append(shipped("E-1", "licensing/L-1", 1, 150, "XB"), licence("L-1", rifles(1, 100)), licence("L-2", rifles(1, 50))), 0, nil, nil},
		{"not limited", append(shipped("E-1", "licensing/L-1", 1, 500, "XB"), licence("L-1", unlimited)), 0, nil, map[string]uint64{"licences that do not limit it": 2}},
		{"went elsewhere", append(shipped("E-1", "licensing/L-1", 1, 3, "XC"), licence("L-1", rifles(1, 100))), 0, []found{
			{"kind=export category=VIII destination=XC", "quantity H87", 0, 3000, "customs"}, {"kind=export category=VIII destination=XC", "value EUR", 0, 3000, "customs"}}, nil},
		{"of a licence that nobody knows", shipped("E-1", "licensing/L-1", 1, 3, "XB"), 0, nil, map[string]uint64{"entries against lines that are not on record; customs-licensing lists them": 1}},
		{"ended unused", []proto.Message{ended}, 0, []found{{"licence=licensing/L-9", "lines used", 1, 0, "licensing"}}, nil},
		{"ended, used", append(shipped("E-1", "licensing/L-9", 1, 1, "XB"), ended), 0, nil, nil},
		{"unused, not ended", []proto.Message{lasting}, 0, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := reconcile(t, view(t, tt.given...), authorizedActual, tt.permille)
			if diff := cmp.Diff(tt.want, short(res), cmp.AllowUnexported(found{})); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.not, not(res)); diff != "" {
				t.Errorf("not compared (-want +got):\n%s", diff)
			}
		})
	}
}

// usage is a report of another customs computer, which states how much was ever used.
func usage(total string, n int64) []proto.Message {
	return []proto.Message{
		&customsv1.LicenceUsageReported{
			UsageId: "customs/u-1.2", WireId: "customs/u-1", Place: &customsv1.WirePlace{Line: 2}, LicenceId: "customs/GB-1",
			Transaction: &customsv1.WireUsage{Licence: &customsv1.WireUsageLicence{Status: "O"}, Lines: []*customsv1.WireUsageLine{{Line: &customsv1.WireUsageLineRecord{Number: "1", Quantity: total}}}},
			Entries:     []*customsv1.UsageEntry{{Item: 1, LicenceLine: 1, Quantity: pieces(n)}},
		},
	}
}

func onFile() []proto.Message {
	return []proto.Message{&customsv1.WireReceived{WireId: "customs/u-1"}, &customsv1.LicenceOnFile{
		LicenceId: "customs/GB-1", WireId: "customs/u-1", Place: &customsv1.WirePlace{Line: 1}, Deal: licence("", rifles(1, 100)).Deal, OnFile: &customsv1.OnFile{Reference: "GB-1"},
	}}
}

func TestCustomsLicensing(t *testing.T) {
	kilograms := rifles(1, 100)
	kilograms.Quantity = &transferv1.Quantity{Thousandths: 1000, Unit: "KGM"}
	kilograms.Value.Currency = "GBP"
	const line = "licence=licensing/L-1 line=1"
	tests := []struct {
		name     string
		given    []proto.Message
		permille uint32
		want     []found
	}{
		{"all is well", append(shipped("E-1", "licensing/L-1", 1, 100, "XB"), licence("L-1", rifles(1, 100))), 0, nil},
		{"an unknown licence, whatever the tolerance", shipped("E-1", "licensing/L-1", 1, 1, "XB"), 1000, []found{{line, "entries of an unknown licence", 0, 1, "customs"}}},
		{"an unknown line", append(shipped("E-1", "licensing/L-1", 2, 1, "XB"), licence("L-1", rifles(1, 100))), 0, []found{{"licence=licensing/L-1 line=2", "entries of an unknown line", 0, 1, "customs"}}},
		{"other units", append(shipped("E-1", "licensing/L-1", 1, 1, "XB"), licence("L-1", kilograms)), 0, []found{
			{line, "entries in another currency", 0, 1, "customs"}, {line, "entries in another unit", 0, 1, "customs"}}},
		{"above the line", append(join(shipped("E-1", "licensing/L-1", 1, 60, "XB"), shipped("E-2", "licensing/L-1", 1, 60, "XB")), licence("L-1", rifles(1, 100))), 0, []found{
			{line, "quantity H87", 100_000, 120_000, "customs"}, {line, "value EUR", 100_000, 120_000, "customs"}}},
		{"above the line, within a fifth", append(shipped("E-1", "licensing/L-1", 1, 120, "XB"), licence("L-1", rifles(1, 100))), 200, nil},
		{"another destination", append(shipped("E-1", "licensing/L-1", 1, 1, "XC"), licence("L-1", rifles(1, 100))), 0, []found{
			{"declaration=customs/E-1 licence=licensing/L-1", "goods to another destination", 0, 1, "customs"}}},
		{"a usage file that agrees", join(onFile(), usage("5", 5)), 0, nil},
		{"a usage file that does not", join(onFile(), usage("7", 5)), 0, []found{{"licence=customs/GB-1 line=1", "quantity H87 in the usage file", 5000, 7000, "customs"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := reconcile(t, view(t, tt.given...), customsLicensing, tt.permille)
			if diff := cmp.Diff(tt.want, short(res), cmp.AllowUnexported(found{})); diff != "" || res.Compared == 0 {
				t.Errorf("of %d compared, differences (-want +got):\n%s", res.Compared, diff)
			}
		})
	}
}

func TestPartner(t *testing.T) {
	licences := func(n uint64) func(*reportingv1.PartnerFigure) {
		return func(f *reportingv1.PartnerFigure) { f.Licences = &n }
	}
	licensed := func(n int64) func(*reportingv1.PartnerFigure) {
		return func(f *reportingv1.PartnerFigure) { f.LicensedMinor = ptr(100 * n) }
	}
	exported := func(n int64) func(*reportingv1.PartnerFigure) {
		return func(f *reportingv1.PartnerFigure) { f.ExportedMinor = ptr(100 * n) }
	}
	granted := licence("L-1", rifles(1, 10), &transferv1.Line{Number: 2, Rating: "ML1.b", Value: euros(5)}, &transferv1.Line{Number: 3, Rating: "ML3", Value: euros(7)}) // ML1: 105 EUR, ML3: 7
	pounds := licence("L-2", &transferv1.Line{Number: 1, Rating: "ML1", Value: &transferv1.Money{Minor: 1, Currency: "GBP"}})
	unvalued := licence("L-3", &transferv1.Line{Number: 1, Rating: "ML1"})
	arriving := &licensingv1.LicenceGranted{LicenceId: "licensing/L-4", Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_IMPORT, Destination: &licensingv1.Place{Country: "XA"}, Sources: []*licensingv1.Place{{Country: "XC"}},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML2", Value: euros(9)}},
	}}
	const to = "kind=export counterpart=XB category="
	tests := []struct {
		name  string
		given []proto.Message
		want  []found
		not   map[string]uint64
	}{
		{"the same", append(recorded(partner(2, "ML1", licences(1)), partner(3, "ML3", licensed(7))), granted), nil, notStated(4)},
		{"other counts and values", append(recorded(partner(2, "ML1", licences(2)), partner(3, "ML3", licensed(8))), granted), []found{
			{to + "ML1", "licences", 1, 2, "reporting"}, {to + "ML3", "licensed EUR", 700, 800, "reporting"}}, notStated(4)},
		{"a total is not added to categories", append(recorded(partner(2, "Total", licensed(1000)), partner(3, "ML3", licensed(7))), granted), nil, notStated(4)},
		{"only a total", append(recorded(partner(2, "Total", licensed(112)), partner(3, "ML3", nil)), granted), nil, notStated(5)},
		{"only a total, that differs", append(recorded(partner(2, "Total", licensed(113))), granted), []found{{to + "Total", "licensed EUR", 11200, 11300, "reporting"}}, notStated(2)},
		{"nothing stated is no difference", append(recorded(partner(2, "ML1", nil)), granted), nil, with(notStated(3), "own figures that the source has nothing of", 1)},
		{"zero is stated", append(recorded(partner(2, "ML1", licences(0))), granted), []found{{to + "ML1", "licences", 1, 0, "reporting"}},
			with(notStated(2), "own figures that the source has nothing of", 1)},
		{"we have none", recorded(partner(2, "ML1", licensed(5))), []found{{to + "ML1", "licensed EUR", 0, 500, "reporting"}}, notStated(2)},
		{"another currency", append(recorded(partner(2, "ML1", licensed(5))), pounds), nil, with(notStated(2), "values that are not in the same currency; none is converted", 1)},
		{"no value of ours", append(recorded(partner(2, "ML1", licensed(5))), unvalued), nil, with(notStated(2), "values that own licences do not state", 1)},
		{"what left", append(recorded(partner(2, "ML1", exported(40))), append(shipped("E-1", "licensing/L-1", 1, 4, "XB"), granted)...), nil,
			with(notStated(2), "own figures that the source has nothing of", 1)},
		{"what left, otherwise", append(recorded(partner(2, "ML1", exported(41))), append(shipped("E-1", "licensing/L-1", 1, 4, "XB"), granted)...),
			[]found{{to + "ML1", "exported EUR", 4000, 4100, "reporting"}}, with(notStated(2), "own figures that the source has nothing of", 1)},
		{"our import is their export", append(recorded(partner(2, "ML2", func(f *reportingv1.PartnerFigure) {
			f.Exporter, f.Importer, f.LicensedMinor = "XC", "XA", ptr(int64(1000))
		})), arriving), []found{{"kind=import counterpart=XC category=ML2", "licensed EUR", 900, 1000, "reporting"}}, notStated(2)},
		{"twice", append(recorded(partner(2, "ML1", licensed(5)), partner(3, "ML1", licensed(6))), granted), nil,
			with(with(notStated(4), "figures that the source states twice", 2), "own figures that the source has nothing of", 1)},
		{"of others", recorded(partner(2, "ML1", func(f *reportingv1.PartnerFigure) { f.Exporter, f.Licences = "XC", ptr(uint64(4)) })), nil, nil},
		{"of somebody", recorded(partner(2, "ML1", func(f *reportingv1.PartnerFigure) { f.Importer = "" })), nil, map[string]uint64{"figures whose other State is not known by its name": 1}},
		{"the later edition counts", append(append(recordedOf(source, "2017-01-01", partner(2, "ML1", licences(1))), recorded(partner(2, "ML1", licences(9)))...), granted), nil,
			with(notStated(2), "own figures that the source has nothing of", 1)},
		{"two publications", append(recordedOf("a-source", edition, partner(2, "Total", licensed(5))), recordedOf("b-source", edition, partner(2, "", licensed(6)))...), []found{
			{to + "Total", "licensed EUR", 0, 500, "reporting"}, {to + "Total as-told-by=a-source", "licensed EUR", 500, 600, "reporting"},
			{to + "Total", "licensed EUR", 0, 600, "reporting"}}, notStated(4)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := reconcile(t, view(t, tt.given...), ofPartner, 0)
			if diff := cmp.Diff(tt.want, short(res), cmp.AllowUnexported(found{})); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.not, not(res)); diff != "" {
				t.Errorf("not compared (-want +got):\n%s", diff)
			}
		})
	}
}

func notStated(n uint64) map[string]uint64 {
	return map[string]uint64{"figures that the source does not state, which is not zero": n}
}

func with(m map[string]uint64, reason string, n uint64) map[string]uint64 {
	m[reason] = n
	return m
}

func TestReconcileRefuses(t *testing.T) {
	closed := view(t, recorded(partner(2, "ML1", nil))...)
	for name, tt := range map[string]struct {
		req  *reportingv1.ReconcileRequest
		want error
	}{
		"nothing to compare":        {&reportingv1.ReconcileRequest{Year: year}, fault.Invalid},
		"no year":                   {&reportingv1.ReconcileRequest{Comparison: ofPartner}, fault.Invalid},
		"a source of own figures":   {&reportingv1.ReconcileRequest{Comparison: customsLicensing, Year: year, Source: source}, fault.Invalid},
		"a source nobody read":      {&reportingv1.ReconcileRequest{Comparison: ofPartner, Year: year, Source: "un-comtrade"}, fault.NotFound},
		"an enum that is not known": {&reportingv1.ReconcileRequest{Comparison: 9, Year: year}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := reconciliation.Reconcile(closed, tt.req)
			if fault.As(err) == nil || fault.As(err).Kind != tt.want || res != nil {
				t.Errorf("%v, %v", res, err)
			}
		})
	}
}
