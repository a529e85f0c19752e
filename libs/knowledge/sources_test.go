package knowledge_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

const denial = "licensing/N-1"

// denied is a denial at hour 10 that states how far licensing had enforcement's journal of two alerts about its end user, both of
// which had come in by the hour.
func denied(t *testing.T, state func(*eventv1.Reach)) *world {
	w := newWorld(t)
	named := func(n int) *enforcementv1.DiversionAlertRaised {
		return &enforcementv1.DiversionAlertRaised{AlertId: alert(n, "").AlertId, Parties: deal("Border Guard").Parties}
	}
	first := w.tell(said{written: 1, received: 2, name: "first", fact: named(1)})
	w.tell(said{written: 3, received: 4, name: "second", fact: named(2)})
	reach := &eventv1.Reach{Journal: "enforcement/all", Block: 1, Events: 1, Root: first.Header.Root}
	state(reach)
	knowledge := &eventv1.Knowledge{Journals: []*eventv1.Reach{reach, {Journal: "foreign/all", Block: 3, Events: 9}}, External: []string{"a report"}}
	w.tell(said{written: 10, name: "decision", fact: &licensingv1.LicenceDenied{DenialId: denial, Deal: deal("Border Guard"), Basis: &licensingv1.Basis{Knowledge: knowledge}}})
	return w
}

// What a decision states counts, where the journal has that position.
func TestStatedPositions(t *testing.T) {
	for name, tt := range map[string]struct {
		state                 func(*eventv1.Reach)
		received, notArrived  []string
		root                  queryv1.KnownRoot
		source                queryv1.KnowledgeSource
		finding, inTheSummary string
	}{
		"as the journal has it": {func(*eventv1.Reach) {}, []string{"first"}, []string{"second"}, queryv1.KnownRoot_KNOWN_ROOT_MATCHES, queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_STATED, "",
			"It states how far it had 2 journals, 1 of which are the same here. licensing knew of 1 fact that concerns the case and cites 0. 1 existed and had not arrived, the first came 6 h before and was not taken in yet."},
		"another root": {func(r *eventv1.Reach) { r.Root = []byte("x") }, []string{"first", "second"}, nil, queryv1.KnownRoot_KNOWN_ROOT_DIFFERS, queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_ARRIVAL,
			"with a Merkle root that the journal does not have", "1 thing does not fit together."},
		"another block": {func(r *eventv1.Reach) { r.Block = 2 }, []string{"first", "second"}, nil, queryv1.KnownRoot_KNOWN_ROOT_DIFFERS, queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_ARRIVAL, "does not have", ""},
		"further than it is here": {func(r *eventv1.Reach) { r.Block, r.Events = 5, 5 }, []string{"first", "second"}, nil, queryv1.KnownRoot_KNOWN_ROOT_NOT_HERE, queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_STATED, "",
			"none"},
	} {
		t.Run(name, func(t *testing.T) {
			w := denied(t, tt.state)
			res := review(t, w.view("licensing"), denial)
			if got := w.names(res.Received, every); !slices.Equal(got, append([]string{}, tt.received...)) {
				t.Errorf("received %q, want %q", got, tt.received)
			}
			if got := w.names(res.NotArrived, every); !slices.Equal(got, append([]string{}, tt.notArrived...)) {
				t.Errorf("not arrived %q, want %q", got, tt.notArrived)
			}
			j := res.Journals[slices.IndexFunc(res.Journals, func(j *queryv1.KnownJournal) bool { return j.Journal == "enforcement/all" })]
			if j.Root != tt.root || j.Source != tt.source || len(res.External) != 1 {
				t.Errorf("external %q; the journal is %v", res.External, j)
			}
			if said := len(res.Findings) > 0; said != (tt.finding != "") || said && !strings.Contains(res.Findings[0].What, tt.finding) {
				t.Errorf("findings %v; want %q", res.Findings, tt.finding)
			}
			if tt.inTheSummary != "none" && !strings.Contains(res.Summary, tt.inTheSummary) {
				t.Errorf("the summary is %s", res.Summary)
			}
		})
	}
}

// At another agency a decision is looked at by the receipts that its agency had given.
func TestReceipts(t *testing.T) {
	w := newWorld(t)
	receipt := func(events uint64) proto.Message {
		return ledgertest.By("licensing", &directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "enforcement/all", Block: events, Events: events}}})
	}
	for _, fact := range ledgertest.Registered("licensing", "enforcement", "customs") {
		w.tell(said{written: 1, fact: fact})
	}
	for _, s := range []said{
		{written: 1, fact: &directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "enforcement", "customs"}}},
		{written: 1, fact: ledgertest.By("enforcement", &directoryv1.ReleaseAgreed{Group: "all", Reader: "licensing"})},
		{written: 2, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence}},
		{written: 3, name: "receipted", fact: alert(1, licence)},
		{written: 4, name: "receipted in that moment", fact: alert(2, licence)},
		{written: 5, name: "receipted later", fact: alert(3, licence)},
		{written: 6, name: "cited", fact: alert(4, licence)},
		{written: 7, name: "not receipted", fact: alert(5, licence)},
		{written: 8, name: "not shared", fact: ledgertest.In("police", alert(6, licence))},
		{written: 9, fact: receipt(1)}, {written: 10, fact: receipt(2)},
		{written: 10, name: "decision", cites: []string{"cited"}, fact: &licensingv1.LicenceSuspended{LicenceId: licence}},
		{written: 12, fact: receipt(4)},
	} {
		w.tell(s)
	}
	res := review(t, w.view("enforcement"), licence)
	want := `used ["cited" "granted"], unused ["receipted" "receipted in that moment"], not arrived ["not receipted" "not shared" "receipted later"]`
	if got := w.lists(res); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, k := range res.NotArrived {
		if came := w.name(k) == "receipted later"; came != (k.CameAfterSeconds == 2*3600) || came != (k.ReceivedAt != nil) || k.NotShared != (w.name(k) == "not shared") {
			t.Errorf("%s: %v", w.name(k), k)
		}
	}
	for _, sentence := range []string{
		"What licensing had is told by the receipts that it had given: it had that much at least.",
		"3 existed and are not confirmed to have arrived (1 in journals that licensing is not given), the first came 2 h later.",
	} {
		if !strings.Contains(res.Summary, sentence) {
			t.Errorf("the summary does not say %q: %s", sentence, res.Summary)
		}
	}
	if len(res.Findings) != 1 || !strings.Contains(res.Findings[0].What, "it is taken as received") {
		t.Errorf("findings %v", res.Findings)
	}
}

// Each entry says by which link it concerns the case.
func TestWhatConcernsTheCase(t *testing.T) {
	parties := deal("Harbour Trading", "Border Guard").Parties
	w := newWorld(t)
	for _, s := range []said{
		{written: 1, name: "application", fact: &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: deal("Border Guard")}},
		{written: 1, name: "consultation", fact: &licensingv1.ConsultationOpened{ConsultationId: "licensing/C-1", ApplicationId: "licensing/A-1"}},
		{written: 2, name: "opinion", fact: ledgertest.By("customs", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"})},
		{written: 2, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence, ApplicationId: "licensing/A-1", Deal: deal("Border Guard")}},
		{written: 2, name: "no case of it", fact: &licensingv1.LicenceGranted{LicenceId: other, Deal: deal("Somebody Else")}},
		{written: 3, name: "held against", fact: ledgertest.By("customs", &licensingv1.LicenceDenied{DenialId: "customs/N-1", Deal: &licensingv1.Deal{Parties: parties[1:]}})},
		{written: 3, name: "near", fact: ledgertest.By("customs", &licensingv1.LicenceDenied{DenialId: "customs/N-2", Deal: deal("Border Gaurd")})},
		{written: 4, name: "declared", fact: &customsv1.DeclarationAccepted{DeclarationId: "customs/26XA1", LicenceId: licence}},
		{written: 4, name: "listed", fact: ledgertest.By("licensing", &screeningv1.ListEntryAdded{EntryId: "licensing/E-1"})},
		{written: 5, name: "screening", fact: ledgertest.By("licensing", &screeningv1.ScreeningPerformed{ScreeningId: "licensing/S-1", Subject: licence, Certificate: &screeningv1.Certificate{}, Hits: []*screeningv1.Hit{{Number: 1, Id: "licensing/E-1"}}})},
		{written: 6, name: "decision", fact: &licensingv1.LicenceRevoked{LicenceId: licence, Reason: "x"}},
	} {
		w.tell(s)
	}
	view := w.view("licensing")
	res := review(t, view, licence)
	got := map[string]string{}
	for _, k := range res.Received {
		got[w.name(k)] = strings.TrimPrefix(k.Relation.String(), "KNOWN_RELATION_") + " " + k.Why[0]
	}
	for name, want := range map[string]string{
		"application":  "RECORD licensing/L-1 names this application",
		"granted":      "RECORD the record that was decided on",
		"consultation": "DOSSIER consultation that names licensing/A-1",
		"opinion":      "DOSSIER opinion that names licensing/C-1",
		"declared":     "DOSSIER declaration that names licensing/L-1",
		"screening":    "DOSSIER screening that names licensing/L-1",
		"listed":       "SCREENED hit 1 of screening licensing/S-1",
		"held against": `SCREENED denial that comes near to party 1 (end user), 1000 of 1000`,
		"near":         `SCREENED denial that comes near to party 1 (end user), 9`,
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("and further %v", got)
	}
}
