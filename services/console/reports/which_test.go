package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func TestWhichReportAnAddressNames(t *testing.T) {
	for _, tt := range []struct {
		name, number, draft string
		want                *reportingv1.Which
		path                string
	}{
		{"att-annual", "2026", "", &reportingv1.Which{Report: "att-annual", Year: 2026}, "/reports/att-annual/2026"},
		{"reporting", "att-annual-2026.1", "", &reportingv1.Which{ReportId: "reporting/att-annual-2026.1"}, "/reports/reporting/att-annual-2026.1"},
		{"reporting", "att-annual-2026.1", "2", &reportingv1.Which{ReportId: "reporting/att-annual-2026.1", Draft: 2}, "/reports/reporting/att-annual-2026.1?draft=2"},
		{"att-annual", "1989", "", nil, ""},
		{"att-annual", "2026", "1", nil, ""},
		{"reporting", "att-annual-2026.1", "0", nil, ""},
		{"reporting", "att-annual-2026.1", "first", nil, ""},
	} {
		got, err := parseWhich(tt.name, tt.number, tt.draft)
		if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || (err == nil) != (tt.want != nil) {
			t.Errorf("%s/%s#%s: %v\n%s", tt.name, tt.number, tt.draft, err, diff)
		}
		if tt.want != nil && path(got) != tt.path {
			t.Errorf("%v stands at %s, want %s", got, path(got), tt.path)
		}
	}
}

func TestPagesBelowAReport(t *testing.T) {
	for which, want := range map[string]string{
		"att-annual/2026":               "/console/reports/att-annual/2026/freeze",
		"reporting/att-annual-2026.1#2": "/console/reports/reporting/att-annual-2026.1/freeze?draft=2",
	} {
		w, err := parseNamed(which)
		if err != nil || at(w, "/freeze") != want {
			t.Errorf("%s: %s, %v; want %s", which, at(w, "/freeze"), err, want)
		}
	}
}

// What named writes is what parseNamed reads.
func FuzzParseNamed(f *testing.F) {
	for _, s := range []string{"att-annual/2026", "reporting/att-annual-2026.1", "reporting/att-annual-2026.1#2", "", "#", "a/b#0", "reporting/2026#1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		which, err := parseNamed(text)
		if err != nil {
			return
		}
		again, err := parseNamed(named(which))
		if err != nil || !proto.Equal(which, again) {
			t.Errorf("%q reads as %v, which is written %q and reads as %v, %v", text, which, named(which), again, err)
		}
	})
}
