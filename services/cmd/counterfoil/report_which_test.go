package main

import (
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func TestParseWhich(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		year uint32
		want *reportingv1.Which
	}{
		{"att-annual/2025", 0, &reportingv1.Which{Report: "att-annual", Year: 2025}},
		{"att-annual/2025", 2025, &reportingv1.Which{Report: "att-annual", Year: 2025}},
		{"att-annual", 2025, &reportingv1.Which{Report: "att-annual", Year: 2025}},
		{"reporting/att-annual-2025.1", 0, &reportingv1.Which{ReportId: "reporting/att-annual-2025.1"}},
		{"reporting/att-annual-2025.1#2", 0, &reportingv1.Which{ReportId: "reporting/att-annual-2025.1", Draft: 2}},
		{"att-annual/2025", 2024, nil},
		{"att-annual", 0, nil},
		{"att-annual", 40, nil},
		{"att-annual/2025#2", 0, nil},
		{"att-annual/9999", 0, nil},
		{"reporting/att-annual-2025.1", 2025, nil},
		{"reporting/att-annual-2025.1#0", 0, nil},
		{"reporting/att-annual-2025.1#02", 0, nil},
		{"reporting/att-annual-2025.1#", 0, nil},
		{"reporting/att-annual-2025.1#2#3", 0, nil},
		{"reporting/att-annual-2025.1#99999999999", 0, nil},
		{"reporting/a/b", 0, nil},
		{"Annual/2025", 0, nil},
		{"", 2025, nil},
		{"*", 2025, nil},
	} {
		got, err := parseWhich(tt.text, tt.year)
		if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || (err == nil) != (tt.want != nil) {
			t.Errorf("parseWhich(%q, %d): %v\n%s", tt.text, tt.year, err, diff)
		}
	}
}

// What is read is what the contract takes, and is written as it was read.
func FuzzParseWhich(f *testing.F) {
	for _, text := range []string{"att-annual/2025", "reporting/att-annual-2025.1#2", "national", "reporting/x#0", "a/b"} {
		f.Add(text, uint32(2025))
		f.Add(text, uint32(0))
	}
	f.Fuzz(func(t *testing.T, text string, year uint32) {
		which, err := parseWhich(text, year)
		if err != nil {
			return
		}
		if err := protovalidate.Validate(which); err != nil {
			t.Errorf("parseWhich(%q, %d) is against the contract: %v", text, year, err)
		}
		again, err := parseWhich(whichText(which), 0)
		if diff := cmp.Diff(which, again, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%q is written as %q: %v\n%s", text, whichText(which), err, diff)
		}
	})
}

// whichText names a report as parseWhich reads it.
func whichText(w *reportingv1.Which) string {
	switch {
	case w.GetReportId() == "":
		return w.GetReport() + "/" + count(int(w.GetYear()))
	case w.GetDraft() > 0:
		return w.GetReportId() + "#" + count(int(w.GetDraft()))
	}
	return w.GetReportId()
}
