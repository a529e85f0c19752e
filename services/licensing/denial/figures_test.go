package denial_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// The consultations of a year among the States of the European Union, as their report counts them: of each State as many are made
// as it asked, to those that were asked, about the destinations, and the same rows come back. In the years taken all
// who asked, were asked and the destinations add up to one number.
func TestFiguresOfPublishedYears(t *testing.T) {
	rows := consultations(t)
	for _, year := range []uint32{2006, 2007, 2009, 2011, 2012} {
		t.Run(strconv.Itoa(int(year)), func(t *testing.T) {
			var want []*licensingv1.ConsultationFigure
			var askers, asked, destinations []string
			for _, f := range rows {
				if f.Year != year || f.Initiated+f.Received+f.Concerning == 0 {
					continue
				}
				want = append(want, f)
				askers = append(askers, repeat(f.State, f.Initiated)...)
				asked = append(asked, repeat(f.State, f.Received)...)
				destinations = append(destinations, repeat(f.Destination, f.Concerning)...)
			}
			if len(askers) != len(asked) || len(asked) != len(destinations) {
				t.Fatalf("%d asked %d about %d", len(askers), len(asked), len(destinations))
			}
			view := ledgertest.Given(t, history(year, askers, asked, destinations)...)
			got, err := denial.Figures(view, year)
			if err != nil {
				t.Fatal(err)
			}
			sorted := protocmp.SortRepeated(func(a, b *licensingv1.ConsultationFigure) bool { return a.State+a.Destination < b.State+b.Destination })
			if diff := cmp.Diff(&licensingv1.ConsultationFiguresResponse{Figures: want}, &licensingv1.ConsultationFiguresResponse{Figures: got}, protocmp.Transform(), sorted); diff != "" {
				t.Errorf("figures (-published +counted):\n%s", diff)
			}
			if other, err := denial.Figures(view, year+1); len(other) > 0 || err != nil {
				t.Errorf("the year after: %v, %v", other, err)
			}
			t.Logf("%d consultations in %d rows", len(asked), len(got))
		})
	}
}

func repeat(what string, n uint64) (all []string) {
	for range n {
		all = append(all, what)
	}
	return all
}

// history are consultations on denials: number i is by askers[i], of asked[i], about destinations[i].
func history(year uint32, askers, asked, destinations []string) (facts []proto.Message) {
	at := time.Date(int(year), 6, 1, 0, 0, 0, 0, time.UTC)
	agency := func(state string) string { return strings.ToLower(state) + "-licensing" }
	known := map[string]bool{}
	for i := range asked {
		for _, state := range []string{askers[i], asked[i]} {
			if !known[state] {
				known[state] = true
				facts = append(facts, &directoryv1.AgencyRegistered{Agency: agency(state), State: state})
			}
		}
		to := &licensingv1.Place{Country: destinations[i]}
		if len(destinations[i]) != 2 {
			to = &licensingv1.Place{Name: destinations[i]}
		}
		notice, id := fmt.Sprintf("%s/M-2005-%06d", agency(asked[i]), i+1), fmt.Sprintf("%s/U-2005-%06d", agency(askers[i]), i+1)
		by := func(fact proto.Message) proto.Message { return ledgertest.By(agency(askers[i]), fact) }
		facts = append(facts,
			ledgertest.By(agency(asked[i]), &licensingv1.DenialNotified{NoticeId: notice, State: asked[i], Deal: &licensingv1.Deal{Destination: to}}),
			by(&licensingv1.UndercutFound{UndercutId: id, DenialId: notice, State: asked[i]}),
			by(&licensingv1.UndercutJudged{UndercutId: id, Identical: true}),
			by(&licensingv1.UndercutConsultationOpened{UndercutId: id, OpenedAt: timestamppb.New(at)}))
	}
	return facts
}

// consultations are the rows of the published file that are of a State or of a destination.
func consultations(t *testing.T) (rows []*licensingv1.ConsultationFigure) {
	t.Helper()
	f, err := os.Open(publishedtest.Data(t, "caat-eu-brokering-2014", "consult.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 32)
		if s != "" && err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, r := range all {
		row := &licensingv1.ConsultationFigure{
			Year: uint32(number(r[0])), State: r[1], Destination: r[3], Initiated: number(r[5]), Received: number(r[6]), Concerning: number(r[7]),
		}
		if row.Destination == "" {
			row.Destination = r[4]
		}
		rows = append(rows, row)
	}
	return rows
}
