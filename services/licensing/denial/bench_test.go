package denial_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// many are notices of denials to as many end users, with words that are in several of their names.
func many(b *testing.B, n int) ledger.View {
	words := []string{"Frontier", "Guard", "Coast", "Squadron", "Directorate", "Logistics", "Armament", "Brigade", "Northern", "Police"}
	facts := []proto.Message{registered, theirs, submitted, toldByThem}
	for i := range n {
		d := deniedDeal()
		d.Parties[0].Name = fmt.Sprintf("%s %s %d", words[i%10], words[i/10%10], i)
		d.Parties[0].Identifiers = []string{fmt.Sprintf("reg:N-%d", i)}
		facts = append(facts, ledgertest.By(theirAgency, &licensingv1.DenialNotified{
			NoticeId: fmt.Sprintf("%s/M-2024-%06d", theirAgency, i+1), State: "XB", Reference: fmt.Sprint(i), Deal: d, DeniedAt: timestamppb.New(now.AddDate(-2, 0, 0)),
		}))
	}
	l := ledgertest.Open(b, "licensing")
	if err := ledgertest.Begin(b, l, facts...).Commit(); err != nil {
		b.Fatal(err)
	}
	return ledgertest.Begin(b, l).View
}

func BenchmarkCandidates(b *testing.B) {
	view := many(b, 10_000)
	a, err := view.Application(applicationID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		list, err := denial.Candidates(view, a, &policyv1.Undercut{LookBackYears: 3}, now)
		if err != nil || len(list) != 1 {
			b.Fatalf("%d candidates, %v", len(list), err)
		}
	}
}

func BenchmarkPublishTokens(b *testing.B) {
	facts := []proto.Message{aloneRule}
	for i := range 1000 {
		d := deal()
		d.Parties[1].Identifiers = []string{fmt.Sprintf("reg:N-%d", i)}
		facts = append(facts, &licensingv1.LicenceDenied{DenialId: fmt.Sprintf("licensing/N-2026-%06d", i+1), Deal: d})
	}
	view := ledgertest.Given(b, facts...)
	for b.Loop() {
		if _, err := denial.PublishTokens(view, keys()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	asked, err := denial.CheckBlindly(ledgertest.Given(b, aloneGroup, aloneRule, theyPublished(b, deniedDeal()), submitted),
		&licensingv1.CheckBlindlyRequest{Particulars: particulars, ApplicationId: applicationID}, secret)
	if err != nil {
		b.Fatal(err)
	}
	view := ledgertest.GivenAs(b, theirAgency, plain(asked)...)
	for b.Loop() {
		if facts, _, err := denial.Answer(view, key, now, 1); err != nil || len(facts) != 1 {
			b.Fatalf("%v, %v", facts, err)
		}
	}
}
