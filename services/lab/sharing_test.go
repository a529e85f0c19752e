package lab_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// declared is the row of a declaration at a node; nil when it has none.
func declared(v ledger.View, id string) *ledgerv1.Declaration {
	d, err := v.Declaration(id)
	if err != nil {
		return nil
	}
	return d
}

// at returns a row as a node has it.
func at(t *testing.T, n *node.Node, id string) (d *ledgerv1.Declaration) {
	t.Helper()
	if err := n.Ledger.View(func(v ledger.View) error { d = declared(v, id); return nil }); err != nil {
		t.Fatal(err)
	}
	return d
}

// Customs lets a wider group have one declaration afterwards: those who had it have it once, those who did not have the same
// row, and can explain it.
func TestARowIsSharedLater(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{ReceiptEvery: often})
	customs, licensing, observer := l.Agencies["customs"].Node, l.Agencies["licensing"].Node, l.Agencies["observer"].Node
	say := statements(t, folder, "customs")
	id := "customs/D-1"
	record(t, customs, accepted(1), &customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: "licensing/L-1", LicenceLine: 1})
	record(t, customs, accepted(2))
	record(t, customs, &customsv1.ExitConfirmed{DeclarationId: id})
	share := &directoryv1.ShareRequest{Id: id, Group: "all", Reason: "parliament asks"}
	res, err := say.Share(t.Context(), share)
	if err != nil {
		t.Fatal(err)
	}
	if r := res.Receipt; r.Journal != "customs/all" || r.Events != 3 || r.Subject != id {
		t.Errorf("Share: %v", r)
	}
	if res, err = say.Share(t.Context(), share); err != nil || res.Receipt.Events != 0 {
		t.Errorf("Share again: %v, %v", res, err)
	}
	wait(t, observer, journal.ID{Agency: "customs", Group: "all"}, 3)
	want := at(t, customs, id)
	for _, n := range []*node.Node{licensing, observer} {
		comesTo(t, n, "it has the declaration", func(v ledger.View) bool { return proto.Equal(want, declared(v, id)) })
	}
	if at(t, observer, "customs/D-2") != nil {
		t.Error("the observer has a declaration that was not shared")
	}
	explained, err := queryv1connect.NewQueryServiceClient(caller(t, folder, "observer", "analyst")).Explain(t.Context(), &queryv1.ExplainRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	if len(explained.Events) != 2 || explained.Events[0].Journal != "customs/all" || len(explained.Related) != 1 {
		t.Errorf("Explain: %v; related %v", explained.Events, explained.Related)
	}
	isSeenByTheObserver(t, folder, id)
	for _, agency := range []string{"customs", "licensing", "observer"} {
		findsNothing(t, folder, agency)
	}
	if _, err := statements(t, folder, "licensing").Share(t.Context(), share); err == nil {
		t.Error("licensing shares a row of customs")
	}
}

// isSeenByTheObserver looks at customs whether audience and receipts of a row count in what was shared later.
func isSeenByTheObserver(t *testing.T, folder lab.Folder, id string) {
	t.Helper()
	ask := queryv1connect.NewQueryServiceClient(caller(t, folder, "customs", "analyst"))
	audience, err := ask.Audience(t.Context(), &queryv1.AudienceRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	reads := func(a *queryv1.Audience) bool {
		return slices.ContainsFunc(a.Readers, func(r *queryv1.Reader) bool { return r.Agency == "observer" && r.Reads })
	}
	if all := audience.Audiences; len(all) != 2 || reads(all[0]) || all[1].Journal != "customs/all" || !reads(all[1]) || !strings.Contains(all[1].Rule, "shared it") {
		t.Errorf("Audience: %v", all)
	}
	var observer *queryv1.HolderReceipt
	until(t, func() bool {
		res, err := ask.Receipts(t.Context(), &queryv1.ReceiptsRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(res.Events[0].Holders, func(h *queryv1.HolderReceipt) bool { return h.Agency == "observer" })
		observer = res.Events[0].Holders[i]
		return observer.State == queryv1.HolderState_HOLDER_STATE_ARRIVED && strings.HasPrefix(observer.Reason, "in customs/all")
	}, func() string { return "the observer's receipt is " + observer.String() })
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// In an emergency customs lets the observer read declarations for four hours: those made meanwhile are seen, those before and
// after are not, the list of what was seen is exact, and it has to be reviewed.
func TestAnEmergencyWidening(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	now := &clock{now: time.Now()}
	l := start(t, folder, lab.Options{Now: now.Now})
	customs, observer, licensing := l.Agencies["customs"].Node, l.Agencies["observer"].Node, l.Agencies["licensing"].Node
	say := statements(t, folder, "customs")
	record(t, customs, accepted(1), accepted(2))
	now.move(time.Minute)
	opened, err := say.Widen(t.Context(), &directoryv1.WidenRequest{ToGroup: "all", Seconds: 4 * 3600, Reason: "an explosion at the port"})
	if err != nil {
		t.Fatal(err)
	}
	now.move(time.Hour)
	record(t, customs, accepted(3))
	record(t, customs, &customsv1.ExitConfirmed{DeclarationId: "customs/D-2"}) // begun before, goes on meanwhile
	for _, id := range []string{"customs/D-3", "customs/D-2"} {
		comesTo(t, observer, id+" is seen", func(v ledger.View) bool { return declared(v, id) != nil })
	}
	review := &directoryv1.ReviewWideningRequest{WideningId: opened.WideningId, Outcome: "in order"}
	if _, err := say.ReviewWidening(t.Context(), review); err == nil {
		t.Error("reviewed while it is in force")
	}
	now.move(3 * time.Hour) // it narrows by itself
	record(t, customs, accepted(4), &customsv1.DeclarationCancelled{DeclarationId: "customs/D-3", Reason: "void"})
	// What comes next for the wider group shows that nothing else came before it.
	record(t, customs, &enforcementv1.AlertAcknowledged{AlertId: "enforcement/AL-1"})
	wait(t, observer, journal.ID{Agency: "customs", Group: "all"}, 4)
	wait(t, licensing, journal.ID{Agency: "customs", Group: "border"}, 6)
	for id, want := range map[string]ledgerv1.DeclarationStatus{
		"customs/D-2": ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED, "customs/D-3": ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED,
	} {
		if got := at(t, observer, id).GetStatus(); got != want {
			t.Errorf("the observer has %s as %v; want %v", id, got, want)
		}
	}
	for _, id := range []string{"customs/D-1", "customs/D-4"} {
		if at(t, observer, id) != nil {
			t.Errorf("the observer has %s", id)
		}
	}
	seen, err := say.Seen(t.Context(), &directoryv1.SeenRequest{WideningId: opened.WideningId})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range seen.Events {
		list = append(list, e.Subject+" "+e.Kind[strings.LastIndexByte(e.Kind, '.')+1:])
	}
	if diff := cmp.Diff([]string{"customs/D-3 DeclarationAccepted", "customs/D-2 DeclarationAccepted", "customs/D-2 ExitConfirmed"}, list); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"observer"}, seen.Readers); diff != "" {
		t.Errorf("readers (-want +got):\n%s", diff)
	}
	reviewIs(t, folder, opened.WideningId, "is to be reviewed")
	now.move(15 * 24 * time.Hour)
	reviewIs(t, folder, opened.WideningId, "overdue")
	if _, err := say.ReviewWidening(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	reviewIs(t, folder, opened.WideningId, "")
	for _, agency := range []string{"customs", "observer"} {
		findsNothing(t, folder, agency)
	}
}

// reviewIs checks what duties and doctor say of customs' widening: what the doctor's words contain, or nothing.
func reviewIs(t *testing.T, folder lab.Folder, id, want string) {
	t.Helper()
	duties, err := statements(t, folder, "customs").Duties(t.Context(), &directoryv1.DutiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.ContainsFunc(duties.Duties, func(d *directoryv1.Duty) bool { return d.Subject == id && d.What == "review" })
	if listed != (want != "") {
		t.Errorf("duties: %v", duties.Duties)
	}
	checks, err := queryv1connect.NewQueryServiceClient(caller(t, folder, "customs", "operator")).Doctor(t.Context(), &queryv1.DoctorRequest{})
	if err != nil {
		t.Fatal(err)
	}
	check := checks.Checks[slices.IndexFunc(checks.Checks, func(c *queryv1.Check) bool { return c.Name == "widenings" })]
	if check.Ok != (want == "") || !strings.Contains(check.Detail, want) {
		t.Errorf("doctor: %v; want %q", check, want)
	}
}
