package field

import (
	"net/url"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func typed(pairs ...string) url.Values {
	f := url.Values{"number": {"26XA1"}, "kind": {"export"}, "office": {" XA000101 "}, "licence": {"L-1"}, "destination": {"xb"}, "consignee": {"Harbour Stores"}, "consignee_country": {"xb"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func TestDeclarationOf(t *testing.T) {
	got, err := declarationOf(typed("quantity.2", "12.5", "unit.2", "kgm", "value.2", "100.50", "currency.2", "eur", "line.2", "2", "serials.2", "KA-1, KA-2", "model.2", "NGA 7",
		"unit.1", "H87", "containers", "CSQU3054383", "mode", "sea", "transport", "imo:9319466"))
	want := &customsv1.LodgeDeclarationRequest{
		Number: "26XA1", Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceReference: "L-1", Destination: "XB",
		Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Stores", Country: "XB"}},
		Consignment: &customsv1.Consignment{Containers: []string{"CSQU3054383"}, Transport: &customsv1.Transport{Mode: "sea", Identity: "imo:9319466"}},
		Items: []*customsv1.Item{{
			Number: 1, LicenceLine: 2, Model: "NGA 7", Quantity: &transferv1.Quantity{Thousandths: 12_500, Unit: "KGM"}, Value: &transferv1.Money{Minor: 10_050, Currency: "EUR"},
			Serials: []*transferv1.Serials{{Mark: &transferv1.Mark{Model: "NGA 7"}, Serials: []string{"KA-1", "KA-2"}}},
		}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if err := protovalidate.Validate(got); err != nil {
		t.Error(err)
	}
}

func TestDeclarationOfWrong(t *testing.T) {
	for want, f := range map[string]url.Values{
		"no goods are declared": typed("unit.1", "H87"),
		"is no quantity":        typed("quantity.1", "1,5", "unit.1", "H87"),
		"is no value":           typed("quantity.1", "1", "unit.1", "H87", "value.1", "10", "currency.1", "QQQ"),
		"licence line":          typed("quantity.1", "1", "unit.1", "H87", "line.1", "one"),
	} {
		if _, err := declarationOf(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// Whatever is typed is read, or refused by a sentence: what is declared has a quantity or a value, and items are numbered from 1.
func FuzzDeclarationOf(f *testing.F) {
	f.Add("quantity.1=5&unit.1=H87")
	f.Add("value.50=1.5&currency.50=JPY&kind=import")
	f.Add("quantity.1=-1&quantity.2=9223372036854775807")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := declarationOf(form)
		if err != nil {
			return
		}
		for i, item := range got.Items {
			if item.Number != uint32(i+1) || item.Quantity == nil && item.Value == nil || item.GetQuantity().GetThousandths() < 0 || item.GetValue().GetMinor() < 0 {
				t.Errorf("%q: item %v", query, item)
			}
		}
	})
}
