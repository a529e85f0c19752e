package screening_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	entryID, denialID, noticeID, alertID = "licensing/un-XAi.001", "licensing/N-1", "licensing/M-1", "enforcement/D-1"
	applicationID                        = "licensing/A-1"
	listID                               = "licensing/list-un"
)

// now is when screenings are made.
var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func party(role transferv1.Role, name, country string, identifiers ...string) *transferv1.Party {
	return &transferv1.Party{Role: role, Name: name, Country: country, Identifiers: identifiers}
}

func endUser(name string, identifiers ...string) *transferv1.Party {
	return party(transferv1.Role_ROLE_END_USER, name, "XB", identifiers...)
}

// listed is an entry of a watch list, by its names.
func listed(id, country string, identifiers []string, texts ...string) *screeningv1.ListEntryAdded {
	e := &screeningv1.ListEntry{EntryId: id, Source: "un", Key: id, Type: "entity", Identifiers: identifiers, Digest: []byte(id + texts[0])}
	if country != "" {
		e.Countries = []string{country}
	}
	for _, text := range texts {
		e.Names = append(e.Names, &screeningv1.ListName{Text: text, Kind: "alias"})
	}
	return &screeningv1.ListEntryAdded{EntryId: id, Entry: e, Edition: "2026-03-01"}
}

func closed(edition string) *screeningv1.ListEditionRecorded {
	return &screeningv1.ListEditionRecorded{ListId: listID, Source: "un", Edition: edition, Entries: 1}
}

func deal(parties ...*transferv1.Party) *licensingv1.Deal {
	return &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: parties}
}

func denied(id string, parties ...*transferv1.Party) *licensingv1.LicenceDenied {
	return &licensingv1.LicenceDenied{DenialId: id, Deal: deal(parties...), Criteria: []string{"7"}}
}

func notified(parties ...*transferv1.Party) *licensingv1.DenialNotified {
	return &licensingv1.DenialNotified{NoticeId: noticeID, State: "XC", Deal: deal(parties...)}
}

func raised(parties ...*transferv1.Party) *enforcementv1.DiversionAlertRaised {
	return &enforcementv1.DiversionAlertRaised{AlertId: alertID, Parties: parties}
}

// facts are recorded by licensing where their package names no agency.
func facts(list ...proto.Message) []proto.Message {
	for i, f := range list {
		if f.ProtoReflect().Descriptor().ParentFile().Package() == "counterfoil.screening.v1" {
			list[i] = ledgertest.By("licensing", f)
		}
	}
	return list
}

// screened screens a deal, puts what came of it on record, and returns the row.
func screened(t testing.TB, given []proto.Message, d *licensingv1.Deal, lists ...screening.Required) (ledger.View, *ledgerv1.Screening) {
	t.Helper()
	fact, err := screening.Screen(ledgertest.Given(t, given...), applicationID, d, lists, now, "licensing/S-1")
	if err != nil {
		t.Fatal(err)
	}
	view := ledgertest.Given(t, append(given, facts(fact)...)...)
	s, err := screening.Latest(view, applicationID)
	if err != nil || s == nil {
		t.Fatalf("the screening is %v, %v", s, err)
	}
	return view, s
}

func refuted() proto.Message { return &enforcementv1.AlertRefuted{AlertId: alertID} }

// ownDenial is the denial of the application itself.
func ownDenial(d *licensingv1.Deal) proto.Message {
	return &licensingv1.LicenceDenied{DenialId: denialID, ApplicationId: applicationID, Deal: d, Criteria: []string{"7"}}
}
