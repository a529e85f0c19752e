package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/names"
	"github.com/counterfoil/counterfoil/libs/screening"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// alerting times an immediate alert until customs' own ledger has the licence suspended, under a policy that has it so.
func alerting(ctx context.Context, dir string, _ options) (rows []row, err error) {
	const alerts = 300
	err = running(ctx, filepath.Join(dir, "alerting"), lab.Options{}, func(l *lab.Lab) error {
		customs, licensing, enforcement := l.Agencies["customs"].Node, l.Agencies["licensing"].Node, l.Agencies["enforcement"].Node
		urgent := &directoryv1.PolicyAdopted{PolicyId: "urgent/1", Content: []byte("{name: urgent, version: 1, title: t, legal_basis: fictional, valid_from: 2000-01-01, decider: licensing, alerts: {suspend_on: immediate}}")}
		if _, err := record(ctx, l.Hub.Authority(), urgent); err != nil {
			return err
		}
		for i := range alerts {
			if _, err := record(ctx, licensing, urgentLicence(i)); err != nil {
				return err
			}
		}
		last := urgentID(alerts - 1)
		granted := func(id string, status ledgerv1.Status) func(ledger.View) bool {
			return func(v ledger.View) bool {
				row, err := v.Licence(id)
				return err == nil && row.GetStatus() == status
			}
		}
		if err := until(ctx, customs.Ledger, granted(last, ledgerv1.Status_STATUS_GRANTED)); err != nil {
			return err
		}
		var took []float64 // seconds
		for i := range alerts {
			began := time.Now()
			if _, err := record(ctx, enforcement, &enforcementv1.DiversionAlertRaised{
				AlertId: fmt.Sprintf("enforcement/D-2026-%06d", i+1), Priority: enforcementv1.Priority_PRIORITY_IMMEDIATE,
				LicenceIds: []string{urgentID(i)}, Addressees: []string{"licensing", "customs"}, Parties: []*transferv1.Party{{Name: "unknown"}},
			}); err != nil {
				return err
			}
			if err := until(ctx, customs.Ledger, granted(urgentID(i), ledgerv1.Status_STATUS_SUSPENDED)); err != nil {
				return err
			}
			took = append(took, time.Since(began).Seconds())
		}
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		rows = []row{{
			what:     "immediate alert at enforcement until customs has the licence suspended",
			measured: fmt.Sprintf("median %.0f ms, 99 %% %.0f ms", took[len(took)/2]*1e3, p99*1e3),
			target:   "99 % within 1 s", ok: p99 < 1,
		}}
		return nil
	})
	return rows, err
}

func urgentID(i int) string { return fmt.Sprintf("licensing/L-2026-%06d", i+1) }

func urgentLicence(i int) *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{
		LicenceId: urgentID(i), ValidFrom: timestamppb.Now(), Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}},
		Basis: &licensingv1.Basis{
			PolicyId: "urgent/1", Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR,
			Screening: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR},
		},
	}
}

// until waits until a ledger is as wanted.
func until(ctx context.Context, l *ledger.Ledger, holds func(ledger.View) bool) error {
	for {
		changed, ok := l.Changed(), false
		if err := l.View(func(v ledger.View) error { ok = holds(v); return nil }); ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// screens times one party against 25,000 names on record, beside comparing it with every one of them.
func screens(_ context.Context, dir string, _ options) ([]row, error) {
	const listed, parties = 25_000, 100
	l, err := ledger.Open(filepath.Join(dir, "screening.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	made := madeUpNames(listed + parties)
	if err := recordList(l, made[:listed]); err != nil {
		return nil, err
	}
	all := make([]names.Name, listed)
	for i, n := range made[:listed] {
		all[i] = names.Parse(n)
	}
	var ours, every []float64 // seconds
	err = l.View(func(v ledger.View) error {
		for _, name := range made[listed:] {
			began := time.Now()
			if _, err := screening.Party(v, &transferv1.Party{Name: name}, float64(screening.ReviewLine)/1000); err != nil {
				return err
			}
			ours = append(ours, time.Since(began).Seconds())
			began = time.Now()
			query := names.Parse(name)
			for _, n := range all {
				names.Score(query, n)
			}
			every = append(every, time.Since(began).Seconds())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(ours)
	slices.Sort(every)
	a, b := ours[parties/2], every[parties/2]
	return []row{{
		what: fmt.Sprintf("screen a party against %d names on record", listed), measured: fmt.Sprintf("%.1f ms", a*1e3),
		limit: fmt.Sprintf("%.1f ms to compare with every one, in memory", b*1e3), ratio: fmt.Sprintf("%.2f", a/b),
		target: "no longer than comparing with every one", ok: a <= b,
	}}, nil
}

// recordList folds entries of a list into a ledger, a thousand to a block.
func recordList(l *ledger.Ledger, listed []string) error {
	w := ledgertest.NewWriter()
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for part := range slices.Chunk(listed, 1000) {
		for _, name := range part {
			id := "licensing/un-" + strings.ReplaceAll(name, " ", "_")
			entry := &screeningv1.ListEntry{EntryId: id, Source: "un", Key: name, Names: []*screeningv1.ListName{{Text: name, Kind: "primary"}}}
			for _, b := range w.Blocks(ledgertest.By("licensing", &screeningv1.ListEntryAdded{EntryId: id, Entry: entry})) {
				if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
					return err
				}
			}
		}
	}
	return tx.Commit()
}

// madeUpNames are different names of two or three words.
func madeUpNames(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ka ro mi sal tun ver ost lin bar gho dra min pel zu kor ani wes tal nor esh")
	word := func() string {
		text := ""
		for range 2 + r.IntN(2) {
			text += syllables[r.IntN(len(syllables))]
		}
		return text
	}
	seen, list := map[string]bool{}, []string{}
	for len(list) < n {
		name := word() + " " + word()
		if r.IntN(2) == 0 {
			name += " " + word()
		}
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}
