package lab_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// Every call that reads leaves one entry, with who read what of whose, and calls that read nothing leave none.
func TestEveryReadLeavesOneEntry(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	n := l.Agencies["customs"].Node
	record(t, l.Agencies["licensing"].Node, granted(1), granted(2))
	record(t, n, accepted(1))
	wait(t, n, licensingAll, 2)
	addUser(t, usersOf(folder, "customs"), "u-12", people.Officer, people.Auditor)
	ctx, q := t.Context(), queryv1connect.NewQueryServiceClient(as(n, sessionOf(t, n, "u-12"), "", ""))
	prove := queryv1connect.NewProofServiceClient(as(n, sessionOf(t, n, "u-12"), "", ""))
	officer := queryv1connect.NewQueryServiceClient(as(n, sessionOf(t, n, "u-12"), "officer", ""))
	knowledge := queryv1connect.NewKnowledgeServiceClient(as(n, sessionOf(t, n, "u-12"), "", ""))
	border := as(n, sessionOf(t, n, "u-12"), "officer", "")
	wires, screening := customsv1connect.NewChiefServiceClient(border), screeningv1connect.NewScreeningServiceClient(border)
	sent, err := wires.ReceiveWire(ctx, &customsv1.ReceiveWireRequest{Name: "n", Data: licenceFile(t)})
	if err != nil {
		t.Fatal(err)
	}
	licences := queryv1.Table_TABLE_LICENCES
	refused := func(_ any, err error) error {
		if err == nil {
			return fmt.Errorf("it was answered")
		}
		return nil
	}
	done := func(_ any, err error) error { return err }
	reads := []struct {
		call func() error
		// left is the entry in one line, empty for none: call, id, table, rows, owners, role.
		left string
	}{
		{func() error { return done(q.Get(ctx, &queryv1.GetRequest{Table: licences, Id: "licensing/L-1"})) }, "Get licensing/L-1 LICENCES 1 [licensing] auditor"},
		{func() error {
			return done(officer.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_DECLARATIONS, Id: "customs/D-1"}))
		}, "Get customs/D-1 DECLARATIONS 1 [customs] officer"},
		{func() error {
			return done(q.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_EVENTS, Id: "licensing/all/1"}))
		}, "Get licensing/all/1 EVENTS 1 [licensing] auditor"},
		{func() error { return done(q.List(ctx, &queryv1.ListRequest{Table: licences})) }, "List  LICENCES 3 [customs licensing] auditor"},
		{func() error { return done(q.List(ctx, &queryv1.ListRequest{Table: licences, PageSize: 1})) }, "List  LICENCES 1 [licensing] auditor"},
		{func() error { return done(q.List(ctx, &queryv1.ListRequest{Table: queryv1.Table_TABLE_ALERTS})) }, "List  ALERTS 0 [] auditor"},
		{func() error { return done(q.Count(ctx, &queryv1.CountRequest{Table: licences, By: "destination"})) }, "Count  LICENCES 0 [] auditor"},
		{func() error { return done(q.Explain(ctx, &queryv1.ExplainRequest{Id: "licensing/L-1"})) }, "Explain licensing/L-1 LICENCES 3 [customs licensing] auditor"},
		{func() error {
			return done(knowledge.Knew(ctx, &queryv1.KnewRequest{Id: "customs/D-1"}))
		}, "Knew customs/D-1 DECLARATIONS 2 [customs licensing] auditor"},
		{func() error { return refused(knowledge.Knew(ctx, &queryv1.KnewRequest{Id: "licensing/L-404"})) }, ""},
		{func() error {
			stream, err := q.Watch(ctx, &queryv1.WatchRequest{UntilCaughtUp: true, Filter: &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "journal", Values: []string{"licensing/all"}}}}})
			for err == nil {
				_, err = stream.Receive()
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}, "Watch  EVENTS 2 [licensing] auditor"},
		{func() error {
			return done(prove.Prove(ctx, &queryv1.ProveRequest{Event: "licensing/all/1", WithEvent: true}))
		}, "Prove licensing/all/1 EVENTS 1 [licensing] auditor"},
		{func() error {
			stream, err := prove.Entries(ctx, &queryv1.EntriesRequest{Journal: "licensing/all"})
			for err == nil {
				_, err = stream.Receive()
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}, "Entries licensing/all EVENTS 2 [licensing] auditor"},
		{func() error {
			return done(wires.Wire(ctx, &customsv1.WireRequest{WireId: sent.WireId, Form: customsv1.WireForm_WIRE_FORM_ITSELF}))
		}, "Wire " + sent.WireId + " UNSPECIFIED 1 [customs] officer"},
		{func() error {
			return refused(wires.Wire(ctx, &customsv1.WireRequest{WireId: "customs/nothing", Form: customsv1.WireForm_WIRE_FORM_ITSELF}))
		}, ""},
		{func() error {
			return done(screening.ScreenName(ctx, &screeningv1.ScreenNameRequest{Party: &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Northgate Arms XA"}}))
		}, "ScreenName  UNSPECIFIED 0 [] officer"},
		{func() error {
			return done(prove.Consistency(ctx, &queryv1.ConsistencyRequest{Journal: "licensing/all"}))
		}, ""},
		{func() error { return refused(prove.Prove(ctx, &queryv1.ProveRequest{Event: "licensing/all/404"})) }, ""},
		{func() error { return refused(q.Get(ctx, &queryv1.GetRequest{Table: licences, Id: "licensing/L-404"})) }, ""},
		{func() error {
			return refused(q.ParkedEvent(ctx, &queryv1.ParkedEventRequest{Journal: "licensing/all", Number: 1}))
		}, ""},
		{func() error { return done(q.Parked(ctx, &queryv1.ParkedRequest{})) }, ""},
		{func() error { return refused(q.Explain(ctx, &queryv1.ExplainRequest{Id: "licensing/L-404"})) }, ""},
		{func() error { return refused(q.Count(ctx, &queryv1.CountRequest{Table: licences, By: "colour"})) }, ""},
		{func() error { return done(q.Status(ctx, &queryv1.StatusRequest{})) }, ""},
		{func() error { return done(q.Doctor(ctx, &queryv1.DoctorRequest{})) }, ""},
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var want []string
	for i := range 150 {
		r := reads[i%len(reads)]
		if i >= len(reads) {
			r = reads[random.IntN(len(reads))]
		}
		if err := r.call(); err != nil {
			t.Fatalf("%q: %v", r.left, err)
		}
		if r.left != "" {
			want = append(want, "u-12 p-u-12 "+r.left)
		}
	}
	slices.Reverse(want)
	got := accesses(t, q, &queryv1.AccessRequest{PageSize: 7})
	if !slices.Equal(got, want) {
		t.Errorf("in the journal are %d entries, want %d:\n%s\nwant\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, tt := range map[string]struct {
		req  *queryv1.AccessRequest
		keep func(string) bool
	}{
		"of an owner":  {&queryv1.AccessRequest{Owner: "customs"}, func(s string) bool { return strings.Contains(s, "[customs") }},
		"of a record":  {&queryv1.AccessRequest{Id: "licensing/L-1"}, func(s string) bool { return strings.Contains(s, " licensing/L-1 ") }},
		"in an hour":   {&queryv1.AccessRequest{Since: timestamppb.New(time.Now().Add(time.Hour))}, func(string) bool { return false }},
		"from an hour": {&queryv1.AccessRequest{Since: timestamppb.New(time.Now().Add(-time.Hour))}, func(string) bool { return true }},
	} {
		some := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return !tt.keep(s) })
		if got := accesses(t, q, tt.req); !slices.Equal(got, some) {
			t.Errorf("%s: %d entries, want %d", name, len(got), len(some))
		}
	}
	judgedAgain(t, caller(t, folder, "licensing", "auditor"))
}

// What is judged again is read: decisions and what they rested on, and at last the totals.
func judgedAgain(t *testing.T, to *connect.Client) {
	t.Helper()
	stream, err := queryv1connect.NewWhatIfServiceClient(to).WhatIf(t.Context(), &queryv1.WhatIfRequest{Embargoes: []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2011-02-26"}}, Unchanged: true, Published: true})
	for err == nil {
		_, err = stream.Receive()
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got := accesses(t, queryv1connect.NewQueryServiceClient(to), &queryv1.AccessRequest{Calls: []string{"WhatIf"}}); len(got) != 2 || !strings.HasSuffix(got[1], "WhatIf  APPLICATIONS 2 [licensing] auditor") {
		t.Errorf("of decisions that were judged again is on record %q", got)
	}
}

// licenceFile is a file of one licence that a licensing system sends.
func licenceFile(t *testing.T) []byte {
	t.Helper()
	f := chief.NewLicenceData("SPIRE", "CHIEF", "202601010000", 1)
	f.Licences = []chief.LicenceTransaction{{
		Licence: chief.Licence{Ref: "R1", Action: chief.Insert, LicenceRef: "GBSIEL/2026/1", Type: "SIE", Usage: "E", Start: "20260101", End: chief.NoEnd},
		Traders: []chief.Trader{{TURN: "1", Name: "Northgate Arms XA"}}, Countries: []chief.Country{{Code: "XB", Use: "D"}},
		Lines: []chief.Line{{Number: "1", Description: "rifles", ControlledBy: "Q", Unit: "030", QuantityIssued: "10"}},
	}}
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// accesses are the entries that a request finds, over all pages, each in one line. The chain must be whole.
func accesses(t *testing.T, q queryv1connect.QueryServiceClient, req *queryv1.AccessRequest) (lines []string) {
	t.Helper()
	for {
		res, err := q.Access(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Broken != "" || req.PageToken == "" && res.Entries == 0 {
			t.Fatalf("the chain is broken: %s (%d entries)", res.Broken, res.Entries)
		}
		for _, a := range res.Accesses {
			lines = append(lines, fmt.Sprintf("%s %s %s %s %s %d %v %s", a.User, a.Officer.GetPerson(), a.Call, a.Id,
				strings.TrimPrefix(a.Table.String(), "TABLE_"), a.Rows, a.Owners, a.Officer.GetRole()))
		}
		if res.NextPageToken == "" {
			return lines
		}
		req.PageToken = res.NextPageToken
	}
}

// called counts the entries of p-1's calls that begin with this.
func called(lines []string, call string) (n int) {
	for _, line := range lines {
		if strings.HasPrefix(line, "node p-1 "+call) {
			n++
		}
	}
	return n
}

// Reads are in the journal after a restart, and a watch that waits is on record while it does.
func TestAccessesOutliveTheNode(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	var before []string
	t.Run("read", func(t *testing.T) {
		l := start(t, folder, lab.Options{})
		n := l.Agencies["licensing"].Node
		record(t, n, granted(1))
		q := queryv1connect.NewQueryServiceClient(as(n, tokenOf(t, n), "officer", "p-1"))
		stream, err := q.Watch(t.Context(), &queryv1.WatchRequest{})
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		if _, err := stream.Receive(); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Get(t.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-1"}); err != nil {
			t.Fatal(err)
		}
		before = accesses(t, q, &queryv1.AccessRequest{})
		if called(before, "Get licensing/L-1") != 1 || called(before, "Watch") == 0 { // what arrives meanwhile is a message of the watch more
			t.Errorf("in the journal: %q", before)
		}
		if _, err := q.Get(t.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-1"}); err != nil {
			t.Fatal(err)
		}
	})
	n := start(t, folder, lab.Options{}).Agencies["licensing"].Node
	after := accesses(t, queryv1connect.NewQueryServiceClient(as(n, tokenOf(t, n), "", "")), &queryv1.AccessRequest{})
	lost := slices.ContainsFunc(before, func(line string) bool { return !slices.Contains(after, line) })
	if called(after, "Get licensing/L-1") != 2 || called(after, "Watch") < called(before, "Watch") || lost {
		t.Errorf("after a restart: %q, before: %q", after, before)
	}
	if info, err := os.Stat(string(folder.Home("licensing")) + "/access.db"); err != nil || info.Mode() != 0o600 {
		t.Errorf("access.db: %v, %v", info, err)
	}
}
