package matching_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

func route(countries ...string) *customsv1.DeclarationAccepted {
	return consigned(&customsv1.Consignment{Route: countries, Dispatch: "XA"})
}

func carried(mode, identity string) *customsv1.DeclarationAccepted {
	return consigned(&customsv1.Consignment{Transport: &customsv1.Transport{Mode: mode, Identity: identity}})
}

func place(country string) *licensingv1.Place { return &licensingv1.Place{Country: country} }

func party(p *transferv1.Party, change func(*transferv1.Party)) *customsv1.DeclarationAccepted {
	return as(func(d *customsv1.DeclarationAccepted) {
		d.Parties = []*transferv1.Party{with(p, change)}
	})
}

// reserved is what another agency has reserved on the licence, and given what it was lent.
func reserved(agency string) []proto.Message {
	id := agency + "/1"
	return []proto.Message{
		ledgertest.By(agency, &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID, Kind: transferv1.Kind_KIND_EXPORT}),
		ledgertest.By(agency, &customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(5), Value: euros(250)}),
	}
}

// Each code has a row that raises it, and it alone, and one beside it that does not.
func TestDiscrepancies(t *testing.T) {
	onWay := granted(func(l *licensingv1.LicenceGranted) { l.Deal.Route = []*licensingv1.Place{place("XC")} })
	ofXA := granted(func(l *licensingv1.LicenceGranted) { l.Deal.Sources = []*licensingv1.Place{place("XA")} })
	limited := granted(func(l *licensingv1.LicenceGranted) {
		l.Conditions = []string{"report the delivery", "Office: XA000102, XA000103", "mode: sea"}
	})
	asked := granted(func(l *licensingv1.LicenceGranted) {
		l.Kept = []*licensingv1.ConditionKept{{ConditionId: "enforcement/K-1", AskedBy: "enforcement", Text: "office: XA000103"}}
	})
	unnumbered := granted(func(l *licensingv1.LicenceGranted) { l.Deal.Lines[0].HsCode = "" })
	embargo := &screeningv1.EmbargoRecorded{EmbargoId: "screening/E-1", Country: "XC", Measure: "arms", ValidFrom: "2025-01-01", Resolution: "2216"}
	lately := with(embargo, func(e *screeningv1.EmbargoRecorded) { e.Country, e.ValidFrom = "XB", "2026-01-10" })
	lrn := consigned(&customsv1.Consignment{Lrn: "LRN 7"})
	twice := with(lrn, func(d *customsv1.DeclarationAccepted) {
		d.DeclarationId, d.LicenceId, d.Items[0].LicenceLine = "customs/0", licenceID, 1
	})
	given := []proto.Message{&customsv1.AllowanceGiven{AllowanceId: "customs/AW-1", Post: "customs-b", LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(5), Value: euros(250)}}
	all := func(groups ...any) (facts []proto.Message) {
		for _, g := range groups {
			switch g := g.(type) {
			case proto.Message:
				facts = append(facts, g)
			case []proto.Message:
				facts = append(facts, g...)
			}
		}
		return facts
	}
	tests := []struct {
		name  string
		given []proto.Message
		d     *customsv1.DeclarationAccepted
		want  string
	}{
		{"nothing differs", all(licence), declared, ""},
		{"licence unknown", nil, declared, "DX01"},
		{"licence for another kind", all(granted(func(l *licensingv1.LicenceGranted) { l.Deal.Kind = transferv1.Kind_KIND_IMPORT })), declared, "DX01"},
		{"line unknown", all(licence), item(func(i *customsv1.Item) { i.LicenceLine = 9 }), "DX01"},
		{"no line for it", all(licence), item(func(i *customsv1.Item) { i.Rating = "ML10.a" }), "DX01"},
		{"suspended", all(licence, &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged"}), declared, "DX02"},
		{"expired", all(granted(func(l *licensingv1.LicenceGranted) { l.ValidUntil = licence.ValidFrom })), declared, "DX02"},
		{"above what is left", all(licence), item(func(i *customsv1.Item) { i.Quantity, i.Value = pieces(101), euros(5_000) }), "DX03"},
		{"all that is left", all(licence), item(func(i *customsv1.Item) { i.Quantity, i.Value = pieces(100), euros(5_000) }), ""},
		{"value above", all(licence), item(func(i *customsv1.Item) { i.Quantity, i.Value = pieces(100), euros(5_001) }), "DX04"},
		{"unit that does not convert", all(licence), item(func(i *customsv1.Item) { i.Quantity.Unit = "SET" }), "DX05"},
		{"no quantity", all(licence), item(func(i *customsv1.Item) { i.Quantity = nil }), "DX05"},
		{"no value", all(licence), item(func(i *customsv1.Item) { i.Value = nil }), "DX05"},
		{"unit that converts", all(licence), item(func(i *customsv1.Item) { i.Quantity = &transferv1.Quantity{Thousandths: 1000, Unit: "DZN"} }), ""},
		{"other HS code than the line's", all(licence), item(func(i *customsv1.Item) { i.HsCode, i.LicenceLine = "930200", 1 }), "DX06"},
		{"HS code of another category", all(unnumbered), item(func(i *customsv1.Item) { i.HsCode = "871000" }), "DX06"},
		{"HS code of the category", all(unnumbered), item(func(i *customsv1.Item) { i.HsCode = "930120" }), ""},
		{"HS code of another edition", all(unnumbered), with(item(func(i *customsv1.Item) { i.HsCode = "871000" }), func(d *customsv1.DeclarationAccepted) {
			d.Consignment = &customsv1.Consignment{HsEdition: "2017"}
		}), ""},
		{"national digits", all(licence), item(func(i *customsv1.Item) { i.HsCode = "930190000099" }), ""},
		{"other rating", all(licence), item(func(i *customsv1.Item) { i.Rating, i.LicenceLine = "ML1.b", 1 }), "DX07"},
		{"rating below the letter", all(licence), item(func(i *customsv1.Item) { i.Rating, i.LicenceLine = "wa-2023:ml1a", 1 }), ""},
		{"other model", all(licence), item(func(i *customsv1.Item) { i.Model = "Carbine 9" }), "DX07"},
		{"described as something else", all(licence), item(func(i *customsv1.Item) { i.Description = "hunting shotguns" }), "DX07"},
		{"described in another spelling", all(licence), item(func(i *customsv1.Item) { i.Description = "RIFLE, ASAULT" }), ""},
		{"other consignee", all(licence), party(consignee, func(p *transferv1.Party) { p.Name = "Meridian Logistics" }), "DX08"},
		{"consignee in another spelling", all(licence), party(consignee, func(p *transferv1.Party) { p.Name = "HARBOR TRADING Ltd." }), ""},
		{"consignee of the same name elsewhere", all(licence), party(consignee, func(p *transferv1.Party) { p.Country = "XC" }), "DX08"},
		{"other end user", all(licence), party(endUser, func(p *transferv1.Party) { p.Name = "Palace Police" }), "DX08"},
		{"carrier, which no licence names", all(licence), party(consignee, func(p *transferv1.Party) { p.Role, p.Name = transferv1.Role_ROLE_CARRIER, "Any Line" }), ""},
		{"other destination", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.Destination = "XC" }), "DX09"},
		{"destination of no State", all(granted(func(l *licensingv1.LicenceGranted) { l.Deal.Destination = &licensingv1.Place{Name: "High seas"} })), declared, "DX09"},
		{"country that is not on the route", all(onWay), route("XC", "XZ", "XB"), "DX10"},
		{"countries of the route, and ours", all(onWay), route("XA", "XC", "XB"), ""},
		{"route where the licence states none", all(licence), route("XZ"), ""},
		{"embargoed country", all(licence, embargo), route("XC"), "DX10"},
		{"embargo that has ended", all(licence, embargo, &screeningv1.EmbargoEnded{EmbargoId: embargo.EmbargoId, On: "2026-01-01"}), route("XC"), ""},
		{"embargo on other goods", all(licence, with(embargo, func(e *screeningv1.EmbargoRecorded) {
			e.Categories = []transferv1.Category{transferv1.Category_CATEGORY_VI_WARSHIPS}
		}), amended(func(l *transferv1.Line) { l.Category = transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION })), route("XC"), ""},
		{"embargo on the destination since the decision", all(ledgertest.At(now.AddDate(0, -1, 0), licence), lately), declared, "DX10"},
		{"embargo on the destination before it", all(ledgertest.At(now.AddDate(0, -1, 0), licence), with(lately, func(e *screeningv1.EmbargoRecorded) { e.ValidFrom = "2020-01-01" })), declared, ""},
		{"other exporter", all(licence), party(exporter, func(p *transferv1.Party) { p.Name, p.Identifiers = "Southgate Arms", nil }), "DX11"},
		{"exporter of the same name and another number", all(licence), party(exporter, func(p *transferv1.Party) { p.Identifiers[0] = "lei:213800KUD8LAJWSQ9D15" }), "DX11"},
		{"exporter of the same number and another name", all(licence), party(exporter, func(p *transferv1.Party) { p.Name, p.Country = "NGA Holding", "XZ" }), ""},
		{"office that the licence does not allow", all(limited), declared, "DX12"},
		{"office that another agency's condition does not allow", all(asked), declared, "DX12"},
		{"office that it allows", all(limited), as(func(d *customsv1.DeclarationAccepted) { d.Office = "XA000103" }), ""},
		{"mode that it does not allow", all(limited), with(carried("air", ""), func(d *customsv1.DeclarationAccepted) { d.Office = "XA000102" }), "DX12"},
		{"mode that it allows", all(limited), with(carried("sea", ""), func(d *customsv1.DeclarationAccepted) { d.Office = "XA000102" }), ""},
		{"used by another agency", all(licence, reserved("customs-b")), declared, "DX13"},
		{"used by another agency that was lent a part", all(licence, given, reserved("customs-b")), declared, ""},
		{"given back by another agency", all(licence, reserved("customs-b"), ledgertest.By("customs-b", &customsv1.LicenceQuantityReleased{
			DeclarationId: "customs-b/1", Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(5), Value: euros(250)})), declared, ""},
		{"the same reference and items", all(licence, twice), lrn, "DX14"},
		{"the same reference and items, cancelled", all(licence, twice, &customsv1.DeclarationCancelled{DeclarationId: "customs/0"}), lrn, ""},
		{"the same reference, other items", all(licence, twice), with(lrn, func(d *customsv1.DeclarationAccepted) { d.Items[0].Quantity = pieces(11) }), ""},
		{"other origin", all(ofXA), item(func(i *customsv1.Item) { i.Origin = "XC" }), "DX19"},
		{"the licence's origin", all(ofXA), item(func(i *customsv1.Item) { i.Origin = "XA" }), ""},
		{"controlled, and no licence claimed", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.LicenceReference = "" }), "DX20"},
		{"not controlled, and no licence claimed", all(licence), with(item(func(i *customsv1.Item) { i.HsCode = "930400" }), func(d *customsv1.DeclarationAccepted) { d.LicenceReference = "" }), ""},
		{"container with a wrong check digit", all(licence), consigned(&customsv1.Consignment{Containers: []string{"CSQU3054384"}}), "DX23"},
		{"container", all(licence), consigned(&customsv1.Consignment{Containers: []string{"CSQU3054383"}}), ""},
		{"ship with a wrong check digit", all(licence), carried("sea", "imo:8814274"), "DX23"},
		{"ship", all(licence), carried("sea", "imo:9319466"), ""},
		{"MRN with a wrong check digit", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.Number = "22GB02I89012847596" }), "DX23"},
		{"MRN", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.Number = "26XAATT00000000016" }), ""},
		{"LEI with a wrong check digit", all(licence), party(consignee, func(p *transferv1.Party) { p.Identifiers = []string{"lei:213800KUD8LXJWSQ9D15"} }), "DX23"},
		{"UN/LOCODE of no country", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.Office = "ANCUR" }), "DX23"},
		{"UN/LOCODE", all(licence), as(func(d *customsv1.DeclarationAccepted) { d.Office = "GHTEM" }), ""},
		{"waybill with a wrong check digit", all(licence), consigned(&customsv1.Consignment{
			Transport: &customsv1.Transport{Mode: "air"}, TransportDocuments: []string{"020-12345678"}}), "DX23"},
		{"other currency", all(licence), item(func(i *customsv1.Item) { i.Value.Currency = "USD" }), "DX24"},
		{"worth more than ten times as much", all(licence), item(func(i *customsv1.Item) { i.Quantity, i.Value = pieces(9), euros(4_501) }), "DX24"},
		{"worth ten times as much", all(licence), item(func(i *customsv1.Item) { i.Quantity, i.Value = pieces(9), euros(4_500) }), ""},
		{"worth less than a tenth", all(licence), item(func(i *customsv1.Item) { i.Value = euros(49) }), "DX24"},
		{"worth a tenth", all(licence), item(func(i *customsv1.Item) { i.Value = euros(50) }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := match(t, tt.d, tt.given...)
			var codes []string
			for _, r := range found.Discrepancies {
				codes = append(codes, r.GetCode())
				if c, ok := refdata.Discrepancy(r.GetCode()); !ok || r.Severity.String() != "SEVERITY_"+strings.ToUpper(string(c.Severity)) || r.Expected == "" || r.Found == "" || r.Text == "" {
					t.Errorf("%v lacks something, or weighs otherwise than the list says", r)
				}
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("raised %q, want %q: %v", got, tt.want, found.Discrepancies)
			}
		})
	}
	for _, code := range refdata.Codes(refdata.Discrepancies).Codes {
		tried := slices.ContainsFunc(tests, func(tt struct {
			name  string
			given []proto.Message
			d     *customsv1.DeclarationAccepted
			want  string
		}) bool {
			return tt.want == code.Code
		})
		if elsewhere := []string{"DX15", "DX16", "DX17", "DX18", "DX21", "DX22"}; tried == slices.Contains(elsewhere, code.Code) {
			t.Errorf("%s is raised here: %v", code.Code, tried)
		}
	}
}

// amended is the licence's second line, changed.
func amended(change func(*transferv1.Line)) *licensingv1.LicenceAmended {
	return &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: with(licence.Deal, func(d *licensingv1.Deal) { change(d.Lines[1]) })}
}

func TestLicence(t *testing.T) {
	other := granted(func(l *licensingv1.LicenceGranted) { l.LicenceId = "ministry/L-2026-000001" })
	odd := granted(func(l *licensingv1.LicenceGranted) { l.LicenceId = "licensing/SIEL.2026-17" })
	for _, tt := range []struct {
		name, reference string
		given           []proto.Message
		want            string
	}{
		{"id", licenceID, []proto.Message{licence}, licenceID},
		{"number", "L-2026-000001", []proto.Message{licence}, licenceID},
		{"number in another spelling", " l 2026/000001", []proto.Message{licence}, licenceID},
		{"id in another spelling", "LICENSING L.2026.000001", []proto.Message{licence}, licenceID},
		{"number of two agencies", "L-2026-000001", []proto.Message{licence, ledgertest.By("ministry", other)}, ""},
		{"id beside the other", licenceID, []proto.Message{licence, ledgertest.By("ministry", other)}, licenceID},
		{"number of another form", "SIEL.2026-17", []proto.Message{odd}, odd.LicenceId},
		{"number of another form in another spelling", "siel 2026 17", []proto.Message{odd}, odd.LicenceId},
		{"part of a number", "2026-000001", []proto.Message{licence}, ""},
		{"nothing but separators", " / ", []proto.Message{licence}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := append(ledgertest.Registered("ministry"), tt.given...)
			found := match(t, as(func(d *customsv1.DeclarationAccepted) { d.LicenceReference = tt.reference }), given...)
			if found.Licence.GetId() != tt.want {
				t.Errorf("found %s, want %s", found.Licence.GetId(), tt.want)
			}
			if want := map[bool]matching.Outcome{true: matching.Unmatched, false: matching.Matched}[tt.want == ""]; found.Outcome(declared) != want {
				t.Errorf("the outcome is %s, want %s", found.Outcome(declared), want)
			}
		})
	}
}

// Without a reference licences are suggested, and none is taken, even if there is only one.
func TestCandidates(t *testing.T) {
	unnamed := as(func(d *customsv1.DeclarationAccepted) { d.LicenceReference = "" })
	for _, tt := range []struct {
		name  string
		given proto.Message
		d     *customsv1.DeclarationAccepted
		want  int
	}{
		{"by number", licence, unnamed, 1},
		{"by name", licence, with(unnamed, func(d *customsv1.DeclarationAccepted) { d.Parties[0].Identifiers = nil }), 1},
		{"other exporter", licence, with(unnamed, func(d *customsv1.DeclarationAccepted) { d.Parties[0].Name, d.Parties[0].Identifiers = "Southgate", nil }), 0},
		{"other destination", licence, with(unnamed, func(d *customsv1.DeclarationAccepted) { d.Destination = "XC" }), 0},
		{"other HS code", licence, with(unnamed, func(d *customsv1.DeclarationAccepted) { d.Items[0].HsCode = "871000" }), 0},
		{"not in force", granted(func(l *licensingv1.LicenceGranted) { l.ValidUntil = l.ValidFrom }), unnamed, 0},
		{"unknown reference", licence, with(unnamed, func(d *customsv1.DeclarationAccepted) { d.LicenceReference = "L-2026-000009" }), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := match(t, tt.d, tt.given)
			if len(found.Suggestions) != tt.want || found.Licence != nil {
				t.Errorf("%v is taken, and suggested is %v", found.Licence, found.Suggestions)
			}
		})
	}
}

func TestLines(t *testing.T) {
	line := func(n uint32, rating, hs, model, unit string) *transferv1.Line {
		return &transferv1.Line{Number: n, Rating: rating, HsCode: hs, Model: model, Quantity: &transferv1.Quantity{Thousandths: 1_000_000, Unit: unit}}
	}
	lines := []*transferv1.Line{
		line(1, "ML1.a", "930190", "NG-5", "H87"), line(2, "ML1.a", "930190", "NG-7", "H87"), line(3, "ML1.a", "930591", "", "H87"),
		line(4, "ML3.a", "930630", "", "KGM"), line(5, "ML3.a", "930630", "", "H87"),
	}
	for _, tt := range []struct {
		name      string
		item      *customsv1.Item
		want      uint32
		suggested []uint32
	}{
		{"named", &customsv1.Item{LicenceLine: 4, Rating: "ML1.a"}, 4, nil},
		{"by rating and HS6", &customsv1.Item{Rating: "ML1.a.1", HsCode: "93059100"}, 3, nil},
		{"by HS6 alone", &customsv1.Item{HsCode: "930591"}, 3, nil},
		{"by model", &customsv1.Item{Rating: "ML1.a", HsCode: "930190", Model: "ng 7"}, 2, nil},
		{"by a model that no line has", &customsv1.Item{Rating: "ML1.a", HsCode: "930190", Model: "NG-9"}, 0, []uint32{1, 2}},
		{"by unit", &customsv1.Item{Rating: "ML3.a", Quantity: &transferv1.Quantity{Thousandths: 1, Unit: "TNE"}}, 4, nil},
		{"by unit alone", &customsv1.Item{Quantity: &transferv1.Quantity{Thousandths: 1, Unit: "KGM"}}, 0, []uint32{1, 2, 3, 4, 5}},
		{"several", &customsv1.Item{Rating: "ML3.a"}, 0, []uint32{4, 5}},
		{"rating of one and HS6 of another", &customsv1.Item{Rating: "ML3.a", HsCode: "930591"}, 0, []uint32{3, 4, 5}},
		{"like none", &customsv1.Item{Rating: "ML22"}, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.item.Number = 1
			found := match(t, as(func(d *customsv1.DeclarationAccepted) { d.Items = []*customsv1.Item{tt.item} }),
				granted(func(l *licensingv1.LicenceGranted) { l.Deal.Lines = lines }))
			var suggested []uint32
			for _, s := range found.Suggestions {
				suggested = append(suggested, s.LicenceLine)
			}
			if found.Lines[1] != tt.want || !slices.Equal(suggested, tt.suggested) {
				t.Errorf("line %d, suggested %v; want %d, %v", found.Lines[1], suggested, tt.want, tt.suggested)
			}
		})
	}
}

// The only line of a licence needs no evidence for it, only none against it.
func TestTheOnlyLine(t *testing.T) {
	one := granted(func(l *licensingv1.LicenceGranted) { l.Deal.Lines = l.Deal.Lines[:1] })
	for rating, want := range map[string]uint32{"": 1, "ML1.a": 1, "ML2.a": 0} {
		found := match(t, item(func(i *customsv1.Item) { i.Rating, i.HsCode, i.Model = rating, "", "" }), one)
		if found.Lines[1] != want {
			t.Errorf("rated %q: line %d, want %d", rating, found.Lines[1], want)
		}
	}
}

func TestAtAnotherTime(t *testing.T) {
	view := ledgertest.GivenAs(t, "customs", append(slices.Clone(directory), licence)...)
	for days, want := range map[int]string{0: "[]", 40: "[DX02]", -40: "[DX02]"} {
		found, err := matching.Match(view, declared, now.AddDate(0, 0, days))
		codes := []string{}
		for _, r := range found.Discrepancies {
			codes = append(codes, r.Code)
		}
		if fmt.Sprint(codes) != want || err != nil {
			t.Errorf("after %s: %v, %v; want %s", time.Duration(days)*24*time.Hour, codes, err, want)
		}
	}
}
