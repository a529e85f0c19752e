package licence_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// rules are what a history is made of, so that one of them can be broken on purpose.
type rules struct {
	grant func(ledger.View, *licensingv1.GrantLicenceRequest) ([]proto.Message, error)
	sign  func(ledger.View, *licensingv1.SignDecisionRequest) ([]proto.Message, error)
}

// history is what licensing recorded of two applications by commands in any order.
type history struct {
	*rapid.T
	tx    *ledger.Tx
	n     uint64
	now   time.Time
	rules rules
}

var (
	people  = []string{"p-1", "p-2", "p-3"}
	listed  = &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Volnova Brigade", Country: "XC"}
	nearby  = &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Volnova Brigada", Country: "XB"}
	unknown = &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: "Harbour Police of XB", Country: "XB"}
)

func (h *history) record(facts ...proto.Message) error {
	for _, fact := range facts {
		if dated, ok := fact.(ledger.Dated); ok {
			fact = dated.Message
		}
		event, err := journal.NewEvent(fact, h.now, h.now)
		if err != nil {
			return err
		}
		entry, err := journal.Record(h.n+1, event, fact)
		if err != nil {
			return err
		}
		if err := h.tx.Apply(journal.ID{Agency: "licensing", Group: "all"}, entry); err != nil {
			return fmt.Errorf("what was decided cannot be folded: %w", err)
		}
		h.n++
	}
	return nil
}

// decided records what a rule decides; a refusal is no error.
func (h *history) decided(facts []proto.Message, err error) error {
	if err != nil {
		if fault.As(err) == nil {
			return err
		}
		return nil
	}
	return h.record(facts...)
}

func (h *history) by(person string) *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(h.now), Officer: &eventv1.Officer{Role: "officer", Person: person}}
}

func (h *history) deal() *licensingv1.Deal {
	d := deal()
	d.Parties[1] = proto.CloneOf(rapid.SampledFrom([]*transferv1.Party{listed, nearby, unknown, unknown}).Draw(h.T, "end user"))
	return d
}

// step is one command or fact of any kind.
func (h *history) step() error {
	h.now = h.now.Add(time.Minute)
	id := rapid.SampledFrom([]string{"licensing/A-2026-000001", "licensing/A-2026-000001", "licensing/A-2026-000002"}).Draw(h.T, "application")
	a, err := h.tx.Application(id)
	if err != nil {
		return err
	}
	person := rapid.SampledFrom(people).Draw(h.T, "person")
	if a == nil {
		return h.decided([]proto.Message{&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: h.deal()}}, nil)
	}
	number := fmt.Sprintf("%06d", h.n)
	switch rapid.SampledFrom([]int{0, 1, 1, 1, 3, 3, 4, 4, 4, 6, 6, 6, 7, 8, 8, 8, 9, 9, 9, 9}).Draw(h.T, "what") {
	case 0:
		if _, err := dossier.Undecided(h.tx.View, id); err != nil {
			return nil
		}
		return h.record(&licensingv1.ApplicationAmended{ApplicationId: id, Deal: h.deal(), Reason: "other end user"})
	case 1:
		result := rapid.SampledFrom([]licensingv1.GateResult{1, 1, 1, 1, 1, 1, 2, 3}).Draw(h.T, "result")
		return h.record(&licensingv1.ProhibitionChecked{CheckId: "licensing/G-2026-" + number, ApplicationId: id, Result: result, Deal: digest(a.Deal)})
	case 3:
		row := assessed(&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: a.Deal})
		row.AssessmentId = "licensing/V-2026-" + number
		row.Findings[0].Level = rapid.SampledFrom([]licensingv1.Level{1, 2, 2, 3, 4, 5}).Draw(h.T, "level")
		return h.record(row)
	case 4:
		fact, err := screening.Screen(h.tx.View, id, a.Deal, nil, h.now, "licensing/S-2026-"+number)
		if err != nil {
			return err
		}
		return h.record(fact)
	case 6:
		return h.judge(id)
	case 7:
		entry := &screeningv1.ListEntry{EntryId: "licensing/un-" + number, Source: "un", Key: number, Names: []*screeningv1.ListName{{Text: listed.Name, Kind: "primary"}}}
		return h.record(&screeningv1.ListEntryAdded{EntryId: entry.EntryId, Entry: entry, Edition: "2026-01-01"})
	case 8:
		return h.decided(h.rules.grant(h.tx.View, &licensingv1.GrantLicenceRequest{Particulars: h.by(person), ApplicationId: id}))
	default:
		proposals, err := h.tx.ProposalsWith("application", id)
		if err != nil || len(proposals) == 0 {
			return err
		}
		return h.decided(h.rules.sign(h.tx.View, &licensingv1.SignDecisionRequest{Particulars: h.by(person), ProposalId: proposals[len(proposals)-1].Id}))
	}
}

func (h *history) judge(id string) error {
	s, err := screening.Latest(h.tx.View, id)
	if err != nil || s == nil || len(s.Hits) == 0 {
		return err
	}
	hit := rapid.SampledFrom(s.Hits).Draw(h.T, "hit").Number
	judgement := rapid.SampledFrom([]screeningv1.Judgement{1, 1, 1, 2}).Draw(h.T, "judgement")
	return h.record(&screeningv1.HitJudged{ScreeningId: s.Id, Hit: hit, Judgement: judgement, Reason: "looked at", Evidence: []string{"address"}})
}

// sound says what is wrong with a licence: it stands without Article 6 found clear for its deal (nothing outweighs it), without
// a valid screening of every party, or by fewer than two persons.
func (h *history) sound(l *ledgerv1.Licence) error {
	b := l.GetBasis()
	check, err := h.tx.ProhibitionCheck(b.GetCheckId())
	if err != nil {
		return err
	}
	later, err := h.tx.ProhibitionChecksWith("application", l.ApplicationId)
	if err != nil {
		return err
	}
	for _, c := range later {
		if c.At.AsTime().Before(l.DecidedAt.AsTime()) && c.At.AsTime().After(check.GetAt().AsTime()) && bytes.Equal(c.Checked.Deal, digest(l.Deal)) {
			return fmt.Errorf("%s rests on a check that was followed by %s", l.Id, c.Id)
		}
	}
	if check == nil || check.Checked.Result != licensingv1.GateResult_GATE_RESULT_CLEAR || !bytes.Equal(check.Checked.Deal, digest(l.Deal)) {
		return fmt.Errorf("%s stands although Article 6 was not found clear", l.Id)
	}
	s, err := h.tx.Screening(b.GetScreening().GetScreeningId())
	if err != nil {
		return err
	}
	if s == nil || !ledger.Covers(s.Certificate, l.Deal) || s.Subject != l.ApplicationId {
		return fmt.Errorf("%s stands without a screening of its parties", l.Id)
	}
	for _, hit := range s.Hits {
		if hit.Judgement == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED {
			return fmt.Errorf("%s stands although hit %d of %s is open", l.Id, hit.Number, s.Id)
		}
	}
	persons := map[string]bool{}
	for _, signature := range b.GetSignatures() {
		persons[signature.Person] = true
	}
	if len(persons) < 2 || len(persons) != len(b.GetSignatures()) {
		return fmt.Errorf("%s is signed by %v", l.Id, b.GetSignatures())
	}
	return nil
}

// play makes a history and returns what is wrong with it.
func play(t *rapid.T, l *ledger.Ledger, rules rules) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	h := &history{T: t, tx: tx, now: now, rules: rules}
	for range rapid.IntRange(20, 60).Draw(t, "steps") {
		if err := h.step(); err != nil {
			return err
		}
	}
	var errs []error
	for _, id := range []string{"licensing/A-2026-000001", "licensing/A-2026-000002"} {
		licences, err := tx.LicencesWith("application", id)
		if err != nil {
			return err
		}
		for _, l := range licences {
			errs = append(errs, h.sound(l))
		}
	}
	return errors.Join(errs...)
}

func policied(t testing.TB) *ledger.Ledger {
	l := ledgertest.Open(t, "licensing")
	if err := ledgertest.Begin(t, l, registered, adopted("two", "signatures: 2")).Commit(); err != nil {
		t.Fatal(err)
	}
	return l
}

// On any history no grant stands without a valid screening certificate, no two signatures are by one person, and Article 6 is
// never outweighed.
func TestGrantsAreSound(t *testing.T) {
	l, granted := policied(t), 0
	rapid.Check(t, func(t *rapid.T) {
		counting := rules{grant: licence.Grant, sign: func(v ledger.View, cmd *licensingv1.SignDecisionRequest) ([]proto.Message, error) {
			facts, err := licence.Sign(v, cmd)
			granted += len(facts)
			return facts, err
		}}
		if err := play(t, l, counting); err != nil {
			t.Fatal(err)
		}
	})
	if granted == 0 {
		t.Error("no history came to a grant")
	}
}

// A rule that forgets one thing is caught.
func TestBrokenRulesAreCaught(t *testing.T) {
	l := policied(t)
	granted := func(v ledger.View, id string, edit func(*licensingv1.LicenceGranted)) ([]proto.Message, error) {
		a, err := dossier.Undecided(v, id)
		if err != nil {
			return nil, err
		}
		g := &licensingv1.LicenceGranted{LicenceId: "licensing/L" + id[len("licensing/A"):], ApplicationId: id, Deal: a.Deal, ValidFrom: timestamppb.New(now), Basis: &licensingv1.Basis{
			Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Screening: certificate(a.Deal, screeningv1.Result_RESULT_CLEAR),
			Signatures: []*licensingv1.Signature{signature("p-1", ""), signature("p-2", "")},
		}}
		edit(g)
		return []proto.Message{g}, nil
	}
	for name, broken := range map[string]func(ledger.View, *licensingv1.GrantLicenceRequest) ([]proto.Message, error){
		"takes Article 6 for clear": func(v ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
			return granted(v, cmd.ApplicationId, func(*licensingv1.LicenceGranted) {})
		},
		"weighs Article 6": func(v ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
			return granted(v, cmd.ApplicationId, func(g *licensingv1.LicenceGranted) {
				g.Basis.Prohibition = licensingv1.GateResult_GATE_RESULT_PROHIBITED
			})
		},
		"grants on no screening": func(v ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
			return granted(v, cmd.ApplicationId, func(g *licensingv1.LicenceGranted) { g.Basis.Screening = nil })
		},
		"one person signs twice": func(v ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
			return granted(v, cmd.ApplicationId, func(g *licensingv1.LicenceGranted) { g.Basis.Signatures[1].Person = "p-1" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			caught := false
			rapid.Check(t, func(t *rapid.T) {
				caught = play(t, l, rules{grant: broken, sign: licence.Sign}) != nil || caught
			})
			if !caught {
				t.Error("no history shows that the rule is broken")
			}
		})
	}
}
