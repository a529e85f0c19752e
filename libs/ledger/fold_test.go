package ledger_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

type facts = []proto.Message

var (
	lines12 = &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB", Name: "Borduria"},
		Lines: []*transferv1.Line{
			{Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS},
			{Number: 2, Rating: "PL5017"},
		},
	}
	lines13 = &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 1, Rating: "ML2"}, {Number: 3, Rating: "ML3"}}}

	grantedL    = &licensingv1.LicenceGranted{LicenceId: "licensing/L-000001", Deal: lines12, Published: &licensingv1.Published{Source: "uk-licences"}}
	suspendedL  = &licensingv1.LicenceSuspended{LicenceId: "licensing/L-000001", Reason: "forged end-user certificate"}
	reinstatedL = &licensingv1.LicenceReinstated{LicenceId: "licensing/L-000001", Reason: "certificate was genuine"}
	revokedL    = &licensingv1.LicenceRevoked{LicenceId: "licensing/L-000001", Reason: "diverted"}
	amendedL    = &licensingv1.LicenceAmended{LicenceId: "licensing/L-000001", Deal: lines13}
	withdrawnL  = &licensingv1.EntryWithdrawn{Id: "licensing/L-000001", Source: "uk-licences", Edition: "2012-10-11"}
	deniedX     = &licensingv1.LicenceDenied{DenialId: "licensing/X-000001", Deal: lines12, Criteria: []string{"2", "7"}}
	amendedX    = &licensingv1.DenialAmended{DenialId: "licensing/X-000001", Criteria: []string{"1"}}
	withdrawnX  = &licensingv1.EntryWithdrawn{Id: "licensing/X-000001", Source: "uk-licences", Edition: "2012-10-11"}
	openedR     = &licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-000001", LicenceId: "licensing/L-000001", AlertId: "enforcement/A-000001"}
	concludedR  = &licensingv1.ReassessmentConcluded{ReassessmentId: "licensing/R-000001", Outcome: licensingv1.Outcome_OUTCOME_SUSPENDED}

	acceptedD  = &customsv1.DeclarationAccepted{DeclarationId: "customs/D-000001", LicenceId: "licensing/L-000001", Destination: "XB", Office: "XA001"}
	reservedD  = &customsv1.LicenceQuantityReserved{DeclarationId: "customs/D-000001", Item: 1, LicenceId: "licensing/L-000001", LicenceLine: 1}
	exitedD    = &customsv1.ExitConfirmed{DeclarationId: "customs/D-000001"}
	arrivedD   = &customsv1.ArrivalRecorded{DeclarationId: "customs/D-000001"}
	cancelledD = &customsv1.DeclarationCancelled{DeclarationId: "customs/D-000001", Reason: "not presented"}

	raisedA       = &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/A-000001", Indicators: []string{"RF01"}, Addressees: []string{"customs"}}
	corroboratedA = &enforcementv1.AlertCorroborated{AlertId: "enforcement/A-000001", Indicators: []string{"RF02", "RF01"}}
	confirmedA    = &enforcementv1.AlertConfirmed{AlertId: "enforcement/A-000001"}
	refutedA      = &enforcementv1.AlertRefuted{AlertId: "enforcement/A-000001"}
	closedA       = &enforcementv1.AlertClosed{AlertId: "enforcement/A-000001"}
	acknowledgedA = &enforcementv1.AlertAcknowledged{AlertId: "enforcement/A-000001", Note: "units informed"}

	requestedR = &reportingv1.AgencyReturnRequested{RequestId: "reporting/R-000001", Year: 2025, Form: "att-annual-exports", Agencies: []string{"customs"}}
	submittedR = &reportingv1.AgencyReturnSubmitted{RequestId: "reporting/R-000001", Nil: true}

	registered = &directoryv1.AgencyRegistered{Agency: "customs", Title: "Customs", State: "XA", SigningKey: &directoryv1.SigningKey{Public: []byte("one")}}
	keyAdded   = &directoryv1.SigningKeyAdded{Agency: "customs", Key: &directoryv1.SigningKey{Public: []byte("two")}}
	defined    = &directoryv1.GroupDefined{Group: "border", Members: []string{"customs"}}
	redefined  = &directoryv1.GroupDefined{Group: "border", Members: []string{"customs", "licensing"}}
	rekeyed    = &directoryv1.GroupRekeyed{Group: "border"}
	directoryD = &directoryv1.GroupDefined{Group: "directory", Members: []string{"customs"}}
	issued     = &directoryv1.GroupKeyIssued{Group: "directory", Epoch: 1}
)

func TestFold(t *testing.T) {
	tests := []struct {
		name  string
		given facts
		fact  proto.Message
		// want is part of why the event cannot be applied; empty when it can.
		want string
	}{
		{"grant", nil, grantedL, ""},
		{"grant twice", facts{grantedL}, grantedL, "on record already"},
		{"grant for another agency", nil, ledgertest.By("customs", grantedL), "does not begin with customs/"},
		{"grant without a name", nil, &licensingv1.LicenceGranted{LicenceId: "licensing/"}, "does not begin with licensing/"},
		{"grant what was denied", facts{deniedX}, &licensingv1.LicenceGranted{LicenceId: "licensing/X-000001"}, "is a denial"},
		{"deny what was granted", facts{grantedL}, &licensingv1.LicenceDenied{DenialId: "licensing/L-000001"}, "is a licence"},
		{"grant two lines of one number", nil, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2", Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 1}, {Number: 1}}}}, "two lines 1"},
		{"grant a line of no number", nil, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2", Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{}}}}, "without a number"},
		{"grant anew", facts{grantedL, withdrawnL}, grantedL, ""},
		{"grant anew in another journal", facts{grantedL, withdrawnL}, ledgertest.In("border", grantedL), "is of journal licensing/all"},
		{"deny anew", facts{deniedX, withdrawnX}, deniedX, ""},
		{"suspend", facts{grantedL}, suspendedL, ""},
		{"suspend twice", facts{grantedL, suspendedL}, suspendedL, "is suspended"},
		{"suspend what is not there", nil, suspendedL, "is not on record"},
		{"suspend from another group", facts{grantedL}, ledgertest.In("border", suspendedL), "is of journal licensing/all"},
		{"suspend from another agency", facts{grantedL}, ledgertest.By("customs", suspendedL), "is of journal licensing/all"},
		{"reinstate", facts{grantedL, suspendedL}, reinstatedL, ""},
		{"reinstate what is not suspended", facts{grantedL}, reinstatedL, "is granted"},
		{"revoke", facts{grantedL, suspendedL}, revokedL, ""},
		{"suspend what is revoked", facts{grantedL, revokedL}, suspendedL, "is revoked"},
		{"amend", facts{grantedL}, amendedL, ""},
		{"amend what is revoked", facts{grantedL, revokedL}, amendedL, "is revoked"},
		{"amend what is withdrawn", facts{grantedL, withdrawnL}, amendedL, "is withdrawn"},
		{"withdraw", facts{grantedL}, withdrawnL, ""},
		{"withdraw twice", facts{grantedL, withdrawnL}, withdrawnL, "is withdrawn"},
		{"withdraw what is revoked", facts{grantedL, revokedL}, withdrawnL, "is revoked"},
		{"withdraw a denial", facts{deniedX}, withdrawnX, ""},
		{"amend a denial", facts{deniedX}, amendedX, ""},
		{"amend a withdrawn denial", facts{deniedX, withdrawnX}, amendedX, "is withdrawn"},
		{"open a reassessment of what is not here", nil, openedR, ""},
		{"conclude a reassessment", facts{openedR}, concludedR, ""},
		{"conclude it twice", facts{openedR, concludedR}, concludedR, "is concluded already"},
		{"conclude it with nothing", facts{openedR}, &licensingv1.ReassessmentConcluded{ReassessmentId: "licensing/R-000001"}, "without an outcome"},
		{"edition twice", facts{&licensingv1.EditionRecorded{Source: "s", Edition: "2012-01-01"}}, &licensingv1.EditionRecorded{Source: "s", Edition: "2012-01-01"}, "on record already"},

		{"accept a declaration on a licence that is not here", nil, acceptedD, ""},
		{"reserve", facts{acceptedD}, reservedD, ""},
		{"reserve twice", facts{acceptedD, reservedD}, reservedD, "on record already"},
		{"reserve without a declaration", nil, reservedD, "is not on record"},
		{"exit", facts{acceptedD}, exitedD, ""},
		{"exit twice", facts{acceptedD, exitedD}, exitedD, "is exited"},
		{"arrive", facts{acceptedD}, arrivedD, ""},
		{"arrive after exit", facts{acceptedD, exitedD}, arrivedD, ""},
		{"exit after arrival", facts{acceptedD, arrivedD}, exitedD, "is arrived"},
		{"cancel", facts{acceptedD}, cancelledD, ""},
		{"cancel after exit", facts{acceptedD, exitedD}, cancelledD, "is exited"},

		{"corroborate", facts{raisedA, corroboratedA}, corroboratedA, ""},
		{"close while open", facts{raisedA}, closedA, "is suspected"},
		{"close", facts{raisedA, confirmedA}, closedA, ""},
		{"close what is refuted", facts{raisedA, refutedA}, closedA, ""},
		{"confirm what is refuted", facts{raisedA, refutedA}, confirmedA, "is refuted"},
		{"acknowledge what is not here", nil, ledgertest.By("customs", acknowledgedA), ""},
		{"acknowledge twice", facts{ledgertest.By("customs", acknowledgedA)}, ledgertest.By("customs", acknowledgedA), "on record already"},
		{"submit what was not asked here", nil, ledgertest.By("customs", submittedR), ""},

		{"register", nil, registered, ""},
		{"register twice", facts{registered}, registered, "on record already"},
		{"register from elsewhere", nil, ledgertest.By("licensing", registered), "it is recorded in journal authority/directory"},
		{"register in another group", nil, ledgertest.In("all", registered), "it is recorded in journal authority/directory"},
		{"add a key", facts{registered}, keyAdded, ""},
		{"add a key of nobody", nil, keyAdded, "is not on record"},
		{"define a group anew", facts{defined, rekeyed}, redefined, ""},
		{"issue a key of no group", nil, issued, "is not on record"},
		{"issue an epoch twice", facts{directoryD, issued}, issued, "the next is 2"},
		{"issue a group's key in its publishers' place", facts{defined}, &directoryv1.GroupKeyIssued{Group: "border", Epoch: 1}, "its publishers' to issue"},
		{"suspend an agency that was removed", facts{registered, &directoryv1.AgencyRemoved{Agency: "customs"}}, &directoryv1.AgencySuspended{Agency: "customs"}, "agency customs is removed"},
		{"readmit an agency that takes part", facts{registered}, &directoryv1.AgencyReadmitted{Agency: "customs"}, "has not been removed"},
		{"issue a journal's epoch out of turn", nil, ledgertest.By("customs", &directoryv1.JournalKeyIssued{Group: "all", Epoch: 2}), "does not follow"},
		{"agree to a release elsewhere", nil, ledgertest.By("customs", ledgertest.In("all", &directoryv1.ReleaseAgreed{Group: "all", Reader: "observer"})), "recorded in journal customs/directory"},
		{"withdraw an event that is not before it", nil, ledgertest.By("customs", ledgertest.In("all", &directoryv1.EventWithdrawn{WithdrawalId: "customs/w", Number: 1})), "does not stand before"},

		{"no event at all", nil, &transferv1.Party{}, "does not know"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := ledgertest.Open(t, "licensing")
			w := ledgertest.NewWriter()
			fold(t, l, w.Blocks(tt.given...), never)
			before := viewOf(t, l)
			tx, err := l.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			b := w.Blocks(tt.fact)[0]
			err = tx.Apply(b.ID, b.Entries...)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Apply: %v", err)
				}
				return
			}
			var why *ledger.Unappliable
			if !errors.As(err, &why) || !strings.Contains(why.Reason, tt.want) {
				t.Fatalf("Apply: %v, want %q", err, tt.want)
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, viewOf(t, l), protocmp.Transform()); diff != "" {
				t.Errorf("the rows changed:\n%s", diff)
			}
			parked(t, l, b.ID, why)
		})
	}
}

// viewOf returns every row there is.
func viewOf(t *testing.T, l *ledger.Ledger) map[string]proto.Message {
	rows := map[string]proto.Message{}
	err := l.View(func(v ledger.View) error {
		for _, name := range ledger.TableNames() {
			scanned, err := v.Scan(name)
			if err != nil {
				return err
			}
			for _, s := range scanned {
				rows[name+" "+s.Row.GetId()] = s.Row
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// parked checks that the last event of the journal was parked for that reason, and can be read all the same.
func parked(t *testing.T, l *ledger.Ledger, id journal.ID, why *ledger.Unappliable) {
	err := l.View(func(v ledger.View) error {
		events, err := v.ParkedEvents()
		if err != nil {
			return err
		}
		if len(events) != 1 || events[0].Reason != why.Reason || events[0].Number != why.Number || events[0].Unknown != why.Unknown {
			t.Errorf("ParkedEvents: %v", events)
		}
		counts, err := v.Parked()
		if err != nil || counts[id] != 1 {
			t.Errorf("Parked: %v, %v", counts, err)
		}
		if e, err := v.Event(id, why.Number); err != nil || e.GetKind() != why.Kind {
			t.Errorf("Event: %v, %v", e, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFoldGolden folds one case as it goes through all agencies, and compares every row.
func TestFoldGolden(t *testing.T) {
	second := &licensingv1.LicenceGranted{
		LicenceId: "licensing/L-000002", ApplicationId: "licensing/AP-000001", Conditions: []string{"no re-export"},
		ValidUntil: timestamppb.New(ledgertest.Start.AddDate(1, 0, 0)),
		Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_BROKERING, Destination: &licensingv1.Place{Name: "Atlantis"},
			Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_BROKER, Name: "Bröker, Söhne", Country: "XA", Identifiers: []string{"lei:1"}}},
		},
	}
	l := ledgertest.Open(t, "licensing")
	w := ledgertest.NewWriter()
	blocks := w.Blocks(
		registered, keyAdded, defined, rekeyed, redefined,
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Marking: "border", Group: "border"}}},
		&licensingv1.ApplicationSubmitted{ApplicationId: "licensing/AP-000001", Deal: lines12},
		ledgertest.At(time.Date(2008, 2, 29, 0, 0, 0, 0, time.UTC), grantedL), second, suspendedL, amendedL, reinstatedL,
		deniedX, amendedX, withdrawnX, deniedX,
		&licensingv1.EditionRecorded{Source: "uk-licences", Edition: "2012-10-11", Entries: 2, Lines: 3},
		acceptedD, reservedD, exitedD,
		&customsv1.LicenceQuantityCommitted{DeclarationId: "customs/D-000001", Item: 1, LicenceId: "licensing/L-000001", LicenceLine: 1, Quantity: &transferv1.Quantity{Thousandths: 5000, Unit: "H87"}},
		raisedA, corroboratedA, confirmedA, closedA, ledgertest.By("customs", acknowledgedA), openedR, concludedR,
		requestedR, ledgertest.By("customs", submittedR),
	)
	id, e := w.Event(&licensingv1.LicenceRevoked{LicenceId: "licensing/L-000002", Reason: "on request"})
	e.Command = &eventv1.Command{Key: "k-1", Digest: []byte{1, 2}, Events: 1}
	fold(t, l, append(blocks, w.Block(id, e)), never)

	var got strings.Builder
	err := l.View(func(v ledger.View) error {
		for _, name := range ledger.TableNames() {
			rows, err := v.Scan(name)
			if err != nil {
				return err
			}
			for _, r := range rows {
				text := prototext.MarshalOptions{Multiline: false}.Format(r.Row)
				got.WriteString(name + ": " + spaces.ReplaceAllString(text, " ") + "\n")
			}
		}
		findings, err := v.Check(t.Context())
		if len(findings) > 0 {
			t.Errorf("Check: %v", findings)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "case", got.String())
}

// spaces vary in protobuf's text from build to build.
var spaces = regexp.MustCompile(` +`)

func golden(t *testing.T, name, got string) {
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (run with -update when this is meant):\n%s", path, diff)
	}
}

func TestAnEventRecordedAgainForMoreReadersCountsOnce(t *testing.T) {
	t.Run("in one transaction", func(t *testing.T) { recordedAgain(t, never) })
	t.Run("in several", func(t *testing.T) { recordedAgain(t, func() bool { return true }) })
}

func recordedAgain(t *testing.T, commit func() bool) {
	l := ledgertest.Open(t, "customs")
	w := ledgertest.NewWriter()
	border, e := w.Event(ledgertest.In("border", grantedL))
	wider := journal.ID{Agency: "licensing", Group: "all"}
	forged := journal.ID{Agency: "enforcement", Group: "all"}
	_, other := w.Event(raisedA)
	again := proto.CloneOf(e)
	again.Origin = &eventv1.Cause{Journal: border.String(), Number: 1, Id: e.Id}
	other.Id = e.Id // another agency's event is another event, whatever id it takes
	fold(t, l, []*journal.Block{w.Block(border, e), w.Block(wider, again), w.Block(forged, other)}, commit)
	err := l.View(func(v ledger.View) error {
		if p, err := v.Position(wider); err != nil || p.GetEvents() != 1 {
			t.Errorf("Position: %v, %v", p, err)
		}
		if parked, err := v.ParkedEvents(); err != nil || len(parked) > 0 {
			t.Errorf("ParkedEvents: %v, %v", parked, err)
		}
		if a, err := v.Alert(raisedA.AlertId); err != nil || a == nil {
			t.Errorf("Alert: %v, %v", a, err)
		}
		if n, _, err := v.Count(tableEvents, nil, ""); err != nil || n != 2 {
			t.Errorf("Count: %d, %v", n, err)
		}
		if events, _, _, err := v.EventsAfter("", nil, 10); err != nil || len(events) != 2 {
			t.Errorf("EventsAfter: %v, %v", events, err)
		}
		found, err := v.EventByID([16]byte(e.Id))
		if err != nil || found.GetJournal() != border.String() {
			t.Errorf("EventByID: %v, %v", found, err)
		}
		findings, err := v.Check(t.Context())
		if len(findings) > 0 {
			t.Errorf("Check: %v", findings)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnEventOfAKindFromTheFutureIsKeptAside(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	w := ledgertest.NewWriter()
	id, e := w.Unknown("licensing")
	b := w.Block(id, e)
	fold(t, l, []*journal.Block{b}, never)
	parked(t, l, id, &ledger.Unappliable{Number: 1, Kind: e.Kind, Reason: "this program does not know events of its kind", Unknown: true})
}
