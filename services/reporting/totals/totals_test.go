package totals_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/totals"
)

const (
	year, rating, category  = reportingv1.Dimension_DIMENSION_YEAR, reportingv1.Dimension_DIMENSION_RATING, reportingv1.Dimension_DIMENSION_CATEGORY
	destination, kind       = reportingv1.Dimension_DIMENSION_DESTINATION, reportingv1.Dimension_DIMENSION_KIND
	small, armoured, nolist = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES, transferv1.Category_CATEGORY_UNSPECIFIED
)

func deal(k transferv1.Kind, to *licensingv1.Place, lines ...*transferv1.Line) *licensingv1.Deal {
	for i, l := range lines {
		l.Number = uint32(i + 1)
	}
	return &licensingv1.Deal{Kind: k, Destination: to, Lines: lines}
}

func line(rating string, c transferv1.Category, licences uint32, minor int64, currency string) *transferv1.Line {
	l := &transferv1.Line{Rating: rating, Category: c, Licences: licences}
	if currency != "" {
		l.Value = &transferv1.Money{Minor: minor, Currency: currency}
	}
	return l
}

func in(year int, fact proto.Message) proto.Message {
	return ledgertest.At(time.Date(year, 12, 31, 23, 59, 59, 0, time.UTC), fact)
}

// onRecord is two years of licences in every state, and denials.
func onRecord() []proto.Message {
	xb, xc, seas := &licensingv1.Place{Country: "XB", Name: "B-land"}, &licensingv1.Place{Country: "XC"}, &licensingv1.Place{Name: "High seas"}
	export, imp := transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_IMPORT
	grant := func(id string, d *licensingv1.Deal) proto.Message {
		return &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: d}
	}
	return []proto.Message{
		in(2024, grant("1", deal(export, xb, line("ML1.a", small, 0, 100, "EUR"), line("ML6", armoured, 3, 20, "GBP")))),
		in(2025, grant("2", deal(export, xb, line("ML1.a", small, 1, 7, "EUR"), line("ML1.a", small, 0, 5, "GBP"), line("ML22", nolist, 0, 0, "")))),
		in(2025, grant("3", deal(export, xc, line("ML6", armoured, 0, 11, "EUR")))),
		in(2025, &licensingv1.LicenceSuspended{LicenceId: "licensing/3"}),
		in(2025, grant("4", deal(imp, seas, line("ML6", armoured, 0, 13, "EUR")))),
		in(2025, &licensingv1.LicenceRevoked{LicenceId: "licensing/4"}),
		in(2025, grant("5", deal(export, xc, line("ML6", armoured, 0, 1000, "EUR")))),
		in(2025, &licensingv1.EntryWithdrawn{Id: "licensing/5"}),
		in(2025, &licensingv1.LicenceDenied{DenialId: "licensing/6", Deal: deal(export, xc, line("ML6", armoured, 0, 17, "EUR"))}),
		in(2025, &licensingv1.LicenceDenied{DenialId: "licensing/7", Deal: deal(export, xc, line("ML6", armoured, 0, 19, "EUR"))}),
		in(2025, &licensingv1.EntryWithdrawn{Id: "licensing/7"}),
	}
}

func TestOf(t *testing.T) {
	total := func(lines, licences uint64, eur, gbp int64, keys ...string) *reportingv1.Total {
		t := &reportingv1.Total{Keys: keys, Lines: lines, Licences: licences}
		if eur > 0 {
			t.Values = append(t.Values, &reportingv1.Sum{Minor: eur, Currency: "EUR"})
		}
		if gbp > 0 {
			t.Values = append(t.Values, &reportingv1.Sum{Minor: gbp, Currency: "GBP"})
		}
		return t
	}
	tests := []struct {
		name    string
		request *reportingv1.TotalsRequest
		want    []*reportingv1.Total
	}{
		{"by year", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{year}},
			[]*reportingv1.Total{total(2, 4, 100, 20, "2024"), total(5, 5, 31, 5, "2025")}},
		{"of one year by destination", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{destination}, Year: 2025},
			[]*reportingv1.Total{total(1, 1, 13, 0, "High seas"), total(3, 3, 7, 5, "XB"), total(1, 1, 11, 0, "XC")}},
		{"by category and kind", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{category, kind}},
			[]*reportingv1.Total{
				total(1, 1, 0, 0, "", "export"), total(2, 4, 11, 20, "ii_armoured_combat_vehicles", "export"),
				total(1, 1, 13, 0, "ii_armoured_combat_vehicles", "import"), total(3, 3, 107, 5, "viii_small_arms_light_weapons", "export"),
			}},
		{"by rating and year", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{rating, year}},
			[]*reportingv1.Total{
				total(1, 1, 100, 0, "ML1.a", "2024"), total(2, 2, 7, 5, "ML1.a", "2025"), total(1, 1, 0, 0, "ML22", "2025"),
				total(1, 3, 0, 20, "ML6", "2024"), total(2, 2, 24, 0, "ML6", "2025"),
			}},
		{"refused", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{year, destination}, Refused: true},
			[]*reportingv1.Total{total(1, 1, 17, 0, "2025", "XC")}},
		{"a year without lines", &reportingv1.TotalsRequest{By: []reportingv1.Dimension{year}, Year: 1999}, nil},
	}
	view := ledgertest.GivenAs(t, "reporting", onRecord()...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := totals.Of(view, tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Totals, protocmp.Transform()); diff != "" {
				t.Errorf("totals (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("by nothing that there is", func(t *testing.T) {
		if _, err := totals.Of(view, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{9}}); !errors.Is(err, fault.Invalid) {
			t.Errorf("got %v, want a refusal", err)
		}
	})
}

// The sum of two values that each fit may not.
func TestOfMoreThanANumberHolds(t *testing.T) {
	xb := &licensingv1.Place{Country: "XB"}
	view := ledgertest.GivenAs(t, "reporting",
		&licensingv1.LicenceGranted{LicenceId: "licensing/1", Deal: deal(transferv1.Kind_KIND_EXPORT, xb, line("ML1", small, 0, math.MaxInt64, "EUR"))},
		&licensingv1.LicenceGranted{LicenceId: "licensing/2", Deal: deal(transferv1.Kind_KIND_EXPORT, xb, line("ML2", small, 0, 1, "EUR"))},
	)
	if _, err := totals.Of(view, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{destination}}); !errors.Is(err, fault.Precondition) {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := totals.Of(view, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{rating}}); err != nil {
		t.Errorf("kept apart, the values fit: %v", err)
	}
}

// Lines are read page by page, and none is lost or counted twice at a page's edge.
func TestOfManyLines(t *testing.T) {
	const n = 10_000
	lines := make([]*transferv1.Line, n)
	for i := range lines {
		lines[i] = line(fmt.Sprintf("ML%d", i%7), small, 0, int64(i), "EUR")
	}
	view := ledgertest.GivenAs(t, "reporting", &licensingv1.LicenceGranted{LicenceId: "licensing/1", Deal: deal(transferv1.Kind_KIND_EXPORT, &licensingv1.Place{Country: "XB"}, lines...)})
	got, err := totals.Of(view, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{destination}})
	if err != nil {
		t.Fatal(err)
	}
	want := []*reportingv1.Total{{Keys: []string{"XB"}, Lines: n, Licences: n, Values: []*reportingv1.Sum{{Minor: n * (n - 1) / 2, Currency: "EUR"}}}}
	if diff := cmp.Diff(want, got.Totals, protocmp.Transform()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}
