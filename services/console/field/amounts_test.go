package field

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestReceived(t *testing.T) {
	item := func(line uint32, thousandths int64, unit string, serials ...string) *customsv1.DeliveredItem {
		i := &customsv1.DeliveredItem{LicenceLine: line, Quantity: &transferv1.Quantity{Thousandths: thousandths, Unit: unit}}
		if len(serials) > 0 {
			i.Serials = []*transferv1.Serials{{Serials: serials}}
		}
		return i
	}
	tests := []struct {
		name, text, serials string
		want                []*customsv1.DeliveredItem
		refused             bool
	}{
		{"nothing", " \n ", "", nil, false},
		{"pieces", "1=100", "A-1, A-2", []*customsv1.DeliveredItem{item(1, 100000, "H87", "A-1", "A-2")}, false},
		{"units and lines", "1 = 98\n2=12.5 kgm\n", "1=A-1 2=B-1", []*customsv1.DeliveredItem{item(1, 98000, "H87", "A-1"), item(2, 12500, "KGM", "B-1")}, false},
		{"a serial with an equals sign", "1=2", "A=1", []*customsv1.DeliveredItem{item(1, 2000, "H87", "A=1")}, false},
		{"a serial of no line", "1=1\n2=1", "A-1", nil, true},
		{"a serial of a line that was not received", "1=1", "3=A-1", nil, true},
		{"no line", "100", "", nil, true},
		{"line 0", "0=100", "", nil, true},
		{"no quantity", "1=", "", nil, true},
		{"too fine", "1=1.2345", "", nil, true},
		{"less than nothing", "1=-4", "", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := received(tt.text, tt.serials)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); (err != nil) != tt.refused || !tt.refused && diff != "" {
				t.Errorf("received: %v\n%s", err, diff)
			}
		})
	}
}

func TestMoney(t *testing.T) {
	for text, want := range map[string]*transferv1.Money{"": nil, "1200.50 EUR": {Minor: 120050, Currency: "EUR"}, "5 jpy": {Minor: 5, Currency: "JPY"}} {
		if got, err := money(text); err != nil || !cmp.Equal(want, got, protocmp.Transform()) {
			t.Errorf("money(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"1200", "1.234 EUR", "EUR", "5 XQZ"} {
		if got, err := money(text); err == nil {
			t.Errorf("money(%q) = %v", text, got)
		}
	}
}

// What people type never stops the page, and what is read is never less than nothing.
func FuzzReceived(f *testing.F) {
	f.Add("1=100\n2=12.5KGM", "1=A-1")
	f.Add("9999999999=1", "=")
	f.Fuzz(func(t *testing.T, text, serials string) {
		items, err := received(text, serials)
		if err != nil && items != nil {
			t.Error("items beside an error")
		}
		for _, i := range items {
			if i.LicenceLine == 0 || i.Quantity.Thousandths < 0 || i.Quantity.Unit == "" {
				t.Errorf("received %v", i)
			}
		}
	})
}
