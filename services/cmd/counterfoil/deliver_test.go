package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func items(list ...*customsv1.DeliveredItem) []*customsv1.DeliveredItem { return list }

func ofLine(line uint32, thousandths int64, unit string, serials ...string) *customsv1.DeliveredItem {
	i := &customsv1.DeliveredItem{LicenceLine: line, Quantity: &transferv1.Quantity{Thousandths: thousandths, Unit: unit}}
	if len(serials) > 0 {
		i.Serials = []*transferv1.Serials{{Serials: serials}}
	}
	return i
}

func TestParseReceived(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*customsv1.DeliveredItem{
		"1=100": ofLine(1, 100_000, ""), "2=12.5KGM": ofLine(2, 12_500, "KGM"), "3=0.125 H87": ofLine(3, 125, "H87"), "4=0": ofLine(4, 0, ""), "5=1 2N": ofLine(5, 1000, "2N"),
		"": nil, "1": nil, "1=": nil, "=1": nil, "1=-2": nil, "1=1.2345": nil, "x=1": nil, "1=1 pieces": nil, "1=1=2": nil,
	} {
		got, err := parseReceived([]string{text})
		if want == nil {
			if err == nil {
				t.Errorf("%q is read as %v", text, got)
			}
			continue
		}
		if diff := cmp.Diff(items(want), got, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestSerialsAndUnits(t *testing.T) {
	t.Parallel()
	got := items(ofLine(1, 2000, ""), ofLine(2, 500, ""), ofLine(3, 1, ""))
	if err := withSerials(got, []string{"1=A-1", "1=A=2", "2=B-1"}); err != nil {
		t.Fatal(err)
	}
	expectUnits(got, items(ofLine(2, 1, "KGM")))
	want := items(ofLine(1, 2000, "H87", "A-1", "A=2"), ofLine(2, 500, "KGM", "B-1"), ofLine(3, 1, "H87"))
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"A-1", "4=A-1"} {
		if err := withSerials(got, []string{text}); err == nil {
			t.Errorf("%q is of a line", text)
		}
	}
	alone := items(ofLine(7, 1, "H87"))
	if err := withSerials(alone, []string{"A-1", "x=y"}); err != nil || len(alone[0].Serials[0].Serials) != 2 {
		t.Errorf("serials of the only line: %v, %v", alone, err)
	}
}

func TestParseShare(t *testing.T) {
	t.Parallel()
	if some, all, err := parseShare("serials", "98/100"); some != 98 || all != 100 || err != nil {
		t.Errorf("98/100 is read as %d of %d, %v", some, all, err)
	}
	for _, text := range []string{"98", "/", "a/b", "1/2/3", "-1/2"} {
		if _, _, err := parseShare("serials", text); err == nil {
			t.Errorf("%q is a share", text)
		}
	}
}

// What is read keeps to the contract, and never panics.
func FuzzParseReceived(f *testing.F) {
	for _, seed := range []string{"1=100", "2=12.5KGM", "5=1 2N", "999999999=999999999999999.999", "0=0"} {
		f.Add(seed, "1=A-1")
	}
	f.Fuzz(func(t *testing.T, text, serial string) {
		got, err := parseReceived(strings.Split(text, ","))
		for _, i := range got {
			if q := i.Quantity; q.Thousandths < 0 || len(q.Unit) > 3 {
				t.Errorf("%q is read as %v", text, i)
			}
		}
		if err == nil {
			_ = withSerials(got, []string{serial})
			expectUnits(got, nil)
		}
	})
}

func FuzzParseShare(f *testing.F) {
	f.Add("98/100")
	f.Fuzz(func(t *testing.T, text string) {
		some, all, err := parseShare("serials", text)
		if err != nil && (some != 0 || all != 0) {
			t.Errorf("%q is refused and read as %d of %d", text, some, all)
		}
	})
}
