package links_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/links"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const alertID, licenceID, declarationID, sightingID, traceID, deliveryID = "enforcement/D-1", "licensing/L-1", "customs/26XA1", "reporting/SI-1", "enforcement/T-1", "licensing/DV-1"

func serials(lot string, numbers ...string) []*transferv1.Serials {
	return []*transferv1.Serials{{Serials: numbers, Lot: lot}}
}

// onRecord is one record of every table that is linked, each with its own way of saying what they have in common.
func onRecord() []proto.Message {
	return []proto.Message{
		&licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{
			Parties:   []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Border-Guard of XB"}},
			Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: "EUC 7"}},
			Route:     []*licensingv1.Place{{Country: "XC"}, {Country: "XB"}},
		}},
		&customsv1.DeclarationAccepted{DeclarationId: declarationID, Parties: []*transferv1.Party{{Name: "Other", Identifiers: []string{"lei:1"}}},
			Items: []*customsv1.Item{{Number: 1}}},
		&customsv1.DeclarationAmended{DeclarationId: declarationID, Parties: []*transferv1.Party{{Name: "Other", Identifiers: []string{"lei:1"}}},
			Items:       []*customsv1.Item{{Number: 1, Serials: serials("Lot 7", "AB-0012")}},
			Consignment: &customsv1.Consignment{Ucr: "6XA1", Containers: []string{"CSQU3054383"}, TransportDocuments: []string{"BL 9"}, Certificates: []string{"EUC 7"}, Route: []string{"XC", "XB"}, Transport: &customsv1.Transport{Identity: "imo:9319466"}}},
		&enforcementv1.DiversionAlertRaised{AlertId: alertID, Parties: []*transferv1.Party{{Name: "border guard of XB", Identifiers: []string{"lei:1"}}, {Name: "unknown"}},
			Serials: serials("lot-7", "ab 0012"), Links: &enforcementv1.Links{Certificates: []string{"EUC 7"}, Ucrs: []string{"6XA1"}, Containers: []string{"CSQU3054383"}, TransportDocuments: []string{"BL 9"}, Vessels: []string{"imo:9319466"}},
			Places: &enforcementv1.Places{Transit: []string{"XC", "XB"}}},
		ledgertest.By("reporting", &enforcementv1.SightingAdded{SightingId: sightingID, Serials: serials("LOT 7"), Parties: []*transferv1.Party{{Name: "Unknown"}}}),
		&enforcementv1.TraceOpened{TraceId: traceID, Marks: []*transferv1.Mark{{Serial: "AB OO12"}}},
		ledgertest.By("licensing", &customsv1.DeliveryVerificationRequested{DeliveryId: deliveryID, Certificate: "EUC 7"}),
	}
}

// Every kind of value links the records that have it, each with the events that say it.
func TestOf(t *testing.T) {
	view := ledgertest.Given(t, onRecord()...)
	found, err := links.Of(view, alertID, links.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range found.Links {
		line := fmt.Sprintf("%s %q %s:", l.Attribute, l.Value, l.Id)
		for _, e := range append(slices.Clone(l.Here), l.There...) {
			line += fmt.Sprintf(" %s/%d", e.Journal, e.Number)
		}
		got = append(got, line)
	}
	want := []string{
		`party "lei:1" customs/26XA1: enforcement/all/1 customs/all/1 customs/all/2`,
		`party "name:border guard of xb" licensing/L-1: enforcement/all/1 licensing/all/1`,
		`serial "A80012" customs/26XA1: enforcement/all/1 customs/all/2`,
		`serial "A80012" enforcement/T-1: enforcement/all/1 enforcement/all/2`,
		`lot "lot 7" customs/26XA1: enforcement/all/1 customs/all/2`,
		`lot "lot 7" reporting/SI-1: enforcement/all/1 reporting/all/1`,
		`vessel "imo:9319466" customs/26XA1: enforcement/all/1 customs/all/2`,
		`container "CSQU3054383" customs/26XA1: enforcement/all/1 customs/all/2`,
		`certificate "EUC 7" licensing/L-1: enforcement/all/1 licensing/all/1`,
		`certificate "EUC 7" customs/26XA1: enforcement/all/1 customs/all/2`,
		`certificate "EUC 7" licensing/DV-1: enforcement/all/1 licensing/all/2`,
		`ucr "6XA1" customs/26XA1: enforcement/all/1 customs/all/2`,
		`document "BL 9" customs/26XA1: enforcement/all/1 customs/all/2`,
		`route "XC-XB" licensing/L-1: enforcement/all/1 licensing/all/1`,
		`route "XC-XB" customs/26XA1: enforcement/all/1 customs/all/2`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if len(found.Rows) != 6 || len(found.LeftOut) != 0 || found.Table != queryv1.Table_TABLE_ALERTS {
		t.Errorf("%d rows, left out %v, of %s", len(found.Rows), found.LeftOut, found.Table)
	}
}

func TestOptions(t *testing.T) {
	view := ledgertest.Given(t, onRecord()...)
	by, err := links.Of(view, alertID, links.Options{By: []string{"lot", "ucr"}})
	if err != nil || len(by.Links) != 3 {
		t.Errorf("by lot and reference: %v, %v", by.Links, err)
	}
	capped, err := links.Of(view, alertID, links.Options{By: []string{"certificate", "ucr"}, Cap: 2})
	want := []*queryv1.CommonValue{{Attribute: "certificate", Value: "EUC 7", Records: 4}}
	if err != nil || len(capped.Links) != 1 || len(capped.LeftOut) != 1 || !proto.Equal(capped.LeftOut[0], want[0]) {
		t.Errorf("at most two: %v, left out %v, %v", capped.Links, capped.LeftOut, err)
	}
	if _, err := links.Of(view, alertID, links.Options{By: []string{"colour"}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("by colour: %v", err)
	}
	if _, err := links.Of(view, "customs/nothing", links.Options{}); !errors.Is(err, fault.NotFound) {
		t.Errorf("of nothing: %v", err)
	}
}

// find is links.Of, or a mutant of it.
type find func(ledger.View, string, links.Options) (links.Result, error)

// drawn are records of a few tables with a few values, so that many have some in common.
func drawn(t *rapid.T) (facts []proto.Message, ids []string) {
	pick := func(what string, values ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 2, rapid.ID).Draw(t, what)
	}
	for n := range rapid.IntRange(2, 12).Draw(t, "records") {
		numbers, containers, certificates := pick("serials", "AB-1", "ab 1", "AB2", "C3"), pick("containers", "C1", "C2"), pick("certificates", "EUC 1", "EUC 2")
		var parties []*transferv1.Party
		for _, name := range pick("parties", "Harbour Trading", "HARBOUR trading", "unknown", "Border Guard") {
			parties = append(parties, &transferv1.Party{Name: name})
		}
		switch rapid.IntRange(0, 2).Draw(t, "table") {
		case 0:
			id := fmt.Sprintf("customs/%d", n)
			facts, ids = append(facts, &customsv1.DeclarationAccepted{DeclarationId: id, Parties: parties, Items: []*customsv1.Item{{Serials: serials("", numbers...)}},
				Consignment: &customsv1.Consignment{Containers: containers, Certificates: certificates}}), append(ids, id)
		case 1:
			id := fmt.Sprintf("enforcement/D-%d", n)
			facts, ids = append(facts, &enforcementv1.DiversionAlertRaised{AlertId: id, Parties: parties, Serials: serials("", numbers...),
				Links: &enforcementv1.Links{Containers: containers, Certificates: certificates}}), append(ids, id)
		default:
			id := fmt.Sprintf("licensing/L-%d", n)
			deal := &licensingv1.Deal{Parties: parties}
			for _, c := range certificates {
				deal.Documents = append(deal.Documents, &licensingv1.Document{Kind: "end_user_certificate", Number: c})
			}
			facts, ids = append(facts, &licensingv1.LicenceGranted{LicenceId: id, Deal: deal}), append(ids, id)
		}
	}
	return facts, ids
}

// wrong says what is wrong with the links of all records: they are mutual, each cites an event of both, what more than the cap
// have links nobody and is listed, and nothing else is left out.
func wrong(view ledger.View, of find, ids []string, most int) error {
	linked := map[string]bool{}
	under := map[string]int{}
	var common []string
	for _, id := range ids {
		found, err := of(view, id, links.Options{Cap: most})
		if err != nil {
			return err
		}
		for _, l := range found.Links {
			linked[strings.Join([]string{id, l.Attribute, l.Value, l.Id}, "|")] = true
			if len(l.Here) == 0 || len(l.There) == 0 || l.Id == id {
				return fmt.Errorf("%s is linked by %v", id, l)
			}
		}
		_, _, values, err := view.LinkValues(id)
		if err != nil {
			return err
		}
		for _, v := range values {
			if v.Value != "name:unknown" {
				under[v.Attribute+"|"+v.Value]++
			}
		}
		for _, c := range found.LeftOut {
			if int(c.Records) <= most {
				return fmt.Errorf("%v is left out of %s, at most %d", c, id, most)
			}
			common = append(common, fmt.Sprintf("%s|%s|%d", c.Attribute, c.Value, c.Records))
		}
	}
	want := 0
	for value, n := range under {
		if n > most {
			for range n {
				i := slices.Index(common, fmt.Sprintf("%s|%d", value, n))
				if i < 0 {
					return fmt.Errorf("%s stands under %d records and is not listed by each", value, n)
				}
				common = slices.Delete(common, i, i+1)
			}
			continue
		}
		want += n * (n - 1)
	}
	for key := range linked {
		p := strings.Split(key, "|")
		if !linked[strings.Join([]string{p[3], p[1], p[2], p[0]}, "|")] {
			return fmt.Errorf("%s, and not the other way round", key)
		}
	}
	if len(linked) != want || len(common) > 0 {
		return fmt.Errorf("%d links, want %d; %v listed for nothing", len(linked), want, common)
	}
	return nil
}

func property(t *testing.T, of find, found func(*rapid.T, error)) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		facts, ids := drawn(t)
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range ledgertest.NewWriter().Blocks(facts...) {
			if err := errors.Join(tx.Apply(b.ID, b.Entries...), tx.Fold(b, ledgertest.Position(b))); err != nil {
				t.Fatal(err)
			}
		}
		found(t, wrong(tx.View, of, ids, rapid.IntRange(1, 5).Draw(t, "cap")))
	})
}

func TestLinksAreMutualAndCapped(t *testing.T) {
	property(t, links.Of, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestLinksCatchMutants(t *testing.T) {
	for name, mutant := range map[string]find{
		"one cap for alerts": func(v ledger.View, id string, o links.Options) (links.Result, error) {
			if strings.HasPrefix(id, "enforcement/") {
				o.Cap++
			}
			return links.Of(v, id, o)
		},
		"no links from licences": func(v ledger.View, id string, o links.Options) (links.Result, error) {
			r, err := links.Of(v, id, o)
			if strings.HasPrefix(id, "licensing/") {
				r.Links = nil
			}
			return r, err
		},
		"what is common is not listed": func(v ledger.View, id string, o links.Options) (links.Result, error) {
			r, err := links.Of(v, id, o)
			r.LeftOut = nil
			return r, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			caught := 0
			property(t, mutant, func(_ *rapid.T, err error) {
				if err != nil {
					caught++
				}
			})
			if caught == 0 {
				t.Error("the property holds for it")
			}
		})
	}
}
