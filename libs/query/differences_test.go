package query

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// gathered keeps what a stream sends.
type gathered struct {
	sent []*queryv1.DifferencesResponse
	each func()
}

func (g *gathered) Send(res *queryv1.DifferencesResponse) error {
	g.sent = append(g.sent, res)
	if g.each != nil {
		g.each()
	}
	return nil
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func asOn(n int) *queryv1.Horizon { return &queryv1.Horizon{AsOf: timestamppb.New(day(n))} }

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}

// dossierOfALicence: granted on day 1, amended on 2, suspended on 3, reinstated on 4, partly exported on 5 and 6.
func dossierOfALicence() []proto.Message {
	line := func(number uint32, rating string, n int64) *transferv1.Line {
		return &transferv1.Line{Number: number, Rating: rating, Quantity: pieces(n)}
	}
	deal := func(lines ...*transferv1.Line) *licensingv1.Deal {
		return &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Lines: lines,
			Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter", Country: "XA"}},
		}
	}
	at := func(n int, fact proto.Message) proto.Message { return ledgertest.At(day(n), fact) }
	const licence, declaration = "licensing/L-1", "customs/D-1"
	return []proto.Message{
		at(1, &licensingv1.LicenceGranted{LicenceId: licence, Deal: deal(line(1, "ML1.a", 500), line(2, "ML3.a", 9000)), Conditions: []string{"no re-export"}, ValidUntil: timestamppb.New(day(30))}),
		at(2, &licensingv1.LicenceAmended{LicenceId: licence, Deal: deal(line(1, "ML1.a", 800), line(3, "ML5.b", 20)), ValidUntil: timestamppb.New(day(31))}),
		at(3, &licensingv1.LicenceSuspended{LicenceId: licence, Reason: "forged end-user certificate"}),
		at(4, &licensingv1.LicenceReinstated{LicenceId: licence, Reason: "the certificate is genuine"}),
		at(5, &customsv1.DeclarationAccepted{DeclarationId: declaration, Kind: transferv1.Kind_KIND_EXPORT, Office: "XA001", LicenceId: licence, Destination: "XB", AcceptedAt: timestamppb.New(day(5))}),
		at(5, &customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: licence, LicenceLine: 1, Quantity: pieces(300)}),
		at(6, &customsv1.ExitConfirmed{DeclarationId: declaration}),
		at(6, &customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: licence, LicenceLine: 1, Quantity: pieces(300)}),
	}
}

func TestDifferencesOfADossier(t *testing.T) {
	s := comparingPast(t, ledgertest.Open(t, "licensing"))
	foldInto(t, s.Ledger, ledgertest.NewWriter().Blocks(dossierOfALicence()...)...)
	var b strings.Builder
	for n := 0; n < 6; n++ {
		fmt.Fprintf(&b, "## day %d to day %d\n", n, n+1)
		told(t, &b, s, &queryv1.DifferencesRequest{Id: "licensing/L-1", Before: asOn(n), After: asOn(n + 1)})
	}
	b.WriteString("## day 3 back to day 1, lines\n")
	told(t, &b, s, &queryv1.DifferencesRequest{Id: "licensing/L-1", Table: queryv1.Table_TABLE_LINES, Before: asOn(3), After: asOn(1)})
	b.WriteString("## day 3 to now, suspended and granted licences\n")
	for _, status := range []string{"suspended", "granted"} {
		filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "status", Values: []string{status}}}}
		told(t, &b, s, &queryv1.DifferencesRequest{Table: queryv1.Table_TABLE_LICENCES, Before: asOn(3), Filter: filter})
	}
	path := filepath.Join("testdata", "dossier.golden")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(b.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || b.String() != string(want) {
		t.Errorf("%v, got\n%s", err, b.String())
	}
}

// told writes what a request is answered, a line for each difference and each field.
func told(t *testing.T, b *strings.Builder, s *service, req *queryv1.DifferencesRequest) {
	t.Helper()
	var g gathered
	if err := s.differences(t.Context(), req, g.Send); err != nil {
		t.Fatal(err)
	}
	for _, res := range g.sent {
		for _, d := range res.Differences {
			fmt.Fprintf(b, "%s %s %s", strings.TrimPrefix(d.Kind.String(), "DIFFERENCE_KIND_"), d.Table, d.Id)
			for _, e := range d.Events {
				fmt.Fprintf(b, ", %s %s/%d", e.Kind[strings.LastIndexByte(e.Kind, '.')+1:], e.Journal, e.Number)
			}
			b.WriteByte('\n')
			for _, c := range d.Changes {
				fmt.Fprintf(b, "    %s: %s -> %s\n", c.Path, orNothing(c.Before), orNothing(c.After))
			}
		}
	}
	done := g.sent[len(g.sent)-1].Done
	fmt.Fprintf(b, "%d came, %d went, %d changed\n", done.Came, done.Went, done.Changed)
}

func orNothing(text *string) string {
	if text == nil {
		return "nothing"
	}
	return *text
}

// A ledger that has many differences sends them in parts, and says whether it went on meanwhile.
func TestDifferencesComeInParts(t *testing.T) {
	for _, moves := range []bool{false, true} {
		s := comparingPast(t, ledgertest.Open(t, "licensing"))
		w := ledgertest.NewWriter()
		const n = 2*differencesBatch + 50
		for k := range n {
			foldInto(t, s.Ledger, w.Blocks(ledgertest.At(day(1+k%2), licence(fmt.Sprintf("licensing/L-%04d", k), 0)))...)
		}
		g := gathered{each: func() {
			if moves {
				foldInto(t, s.Ledger, w.Blocks(ledgertest.At(day(3), &licensingv1.Heartbeat{}))...)
			}
		}}
		if err := s.differences(t.Context(), &queryv1.DifferencesRequest{After: asOn(0)}, g.Send); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for i, res := range g.sent {
			if len(res.Differences) > differencesBatch || (res.Done != nil) != (i == len(g.sent)-1) {
				t.Errorf("part %d has %d differences, done %v", i, len(res.Differences), res.Done)
			}
			for _, d := range res.Differences {
				ids = append(ids, fmt.Sprint(d.Table, " ", d.Id))
			}
		}
		done := g.sent[len(g.sent)-1].Done
		if done.Went != 2*n || len(ids) != 2*n || done.Moved != moves || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 2*n {
			t.Errorf("%d differences, %v; want %d, moved %v", len(ids), done, 2*n, moves)
		}
	}
}

// Whoever compares two points of the past does not wait for themselves when others ask for many.
func TestDifferencesOfTwoPointsBesideOthers(t *testing.T) {
	s := comparingPast(t, ledgertest.Open(t, "licensing"))
	foldInto(t, s.Ledger, ledgertest.NewWriter().Blocks(dossierOfALicence()...)...)
	err := s.at(t.Context(), asOn(1), func(earlier ledger.View) error {
		for n := 2; n < 9; n++ {
			if err := s.at(t.Context(), asOn(n), func(ledger.View) error { return nil }); err != nil {
				return err
			}
		}
		p, err := earlier.Positions()
		if err == nil && len(p) != 1 {
			t.Errorf("positions %v", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDifferencesThatCannotBeSaid(t *testing.T) {
	s := comparingPast(t, ledgertest.Open(t, "licensing"))
	status := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "status", Values: []string{"granted"}}}}
	for name, tt := range map[string]struct {
		req  *queryv1.DifferencesRequest
		want error
	}{
		"now and now":             {&queryv1.DifferencesRequest{}, fault.Invalid},
		"the same day":            {&queryv1.DifferencesRequest{Before: asOn(1), After: asOn(1)}, fault.Invalid},
		"a filter of no table":    {&queryv1.DifferencesRequest{Before: asOn(1), Filter: status}, fault.Invalid},
		"the events":              {&queryv1.DifferencesRequest{Before: asOn(1), Table: queryv1.Table_TABLE_EVENTS}, fault.Invalid},
		"nothing of that name":    {&queryv1.DifferencesRequest{Before: asOn(1), Id: "licensing/L-1"}, fault.NotFound},
		"an attribute of another": {&queryv1.DifferencesRequest{Before: asOn(1), Table: queryv1.Table_TABLE_GROUPS, Filter: status}, fault.Invalid},
	} {
		if err := s.differences(context.Background(), tt.req, new(gathered).Send); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if err := s.differences(t.Context(), &queryv1.DifferencesRequest{Before: asOn(1), Filter: &queryv1.Filter{Withdrawn: true}}, new(gathered).Send); err != nil {
		t.Errorf("withdrawn rows of every table: %v", err)
	}
}
