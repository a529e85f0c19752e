package screening

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// After any history of watch lists, denials, alerts, amended deals, screenings and judgements, a screening is rested on when a
// model of that history says so, and never else.
func TestValidFailsClosed(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		if err := history(t, l, checks); err != nil {
			t.Fatal(err)
		}
	})
}

// The property notices a rule that forgets any one of its checks.
func TestValidFailsClosedCatchesMutants(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	for i, forgotten := range checks {
		name := runtime.FuncForPC(reflect.ValueOf(forgotten).Pointer()).Name()
		t.Run(strings.TrimPrefix(filepath.Ext(name), "."), func(t *testing.T) {
			mutant := slices.Delete(slices.Clone(checks), i, i+1)
			for seed := range 500 {
				caught := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(history(t, l, mutant)) }).Example(seed)
				if caught != fmt.Sprint(error(nil)) {
					return
				}
			}
			t.Error("500 histories did not catch it")
		})
	}
}

// somebodies are names far from one another.
var somebodies = []string{"Zarkovia Defence", "Harbour Police of Quell", "Blue Lantern Foods", "Unknown"}

// on is what the model knows of a row that parties are compared with.
type on struct {
	names   []string
	held    bool
	version int
}

// model is what a history came to, without looking at the ledger.
type model struct {
	t        *rapid.T
	tx       *ledger.Tx
	writer   *ledgertest.Writer
	now      time.Time
	deal     *licensingv1.Deal
	records  map[string]*on
	editions int
	edition  time.Time // of the list that is required
	judged   map[string]judgement
	last     *snapshot
	made     int
}

// judgement is the last of a hit, and what the row said then.
type judgement struct {
	screeningv1.Judgement
	version int
}

// snapshot is what a screening was made on.
type snapshot struct {
	id                   string
	performed, otherways bool
	parties              []*transferv1.Party
	editions             int
	hits                 []string // keys, in order
}

func history(t *rapid.T, l *ledger.Ledger, checks []func(subject) ([]string, error)) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	m := &model{
		t: t, tx: tx, writer: ledgertest.NewWriter(), now: ledgertest.Start, records: map[string]*on{}, judged: map[string]judgement{},
		deal: &licensingv1.Deal{Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: somebodies[0]}}},
	}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		step := rapid.SampledFrom([]func() error{
			m.list, m.list, m.restate, m.closeEdition, m.closeEdition, m.alert, m.deny, m.amend, m.wait, m.screen, m.screen, m.judge, m.judge,
		}).Draw(t, "step")
		if err := errors.Join(step(), m.compare(checks)); err != nil {
			return err
		}
	}
	return nil
}

// tell puts facts on record, and time goes on.
func (m *model) tell(facts ...proto.Message) error {
	for _, f := range facts {
		m.now = m.now.Add(time.Second)
		recorded := ledgertest.At(m.now, f)
		if _, alert := f.(*enforcementv1.DiversionAlertRaised); !alert {
			recorded = ledgertest.By("licensing", recorded)
		}
		for _, b := range m.writer.Blocks(recorded) {
			if err := errors.Join(m.tx.Apply(b.ID, b.Entries...), m.tx.Fold(b, ledgertest.Position(b))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *model) name() string { return rapid.SampledFrom(somebodies).Draw(m.t, "name") }

// id makes an id that is not on record yet.
func (m *model) id(agency, letter string) string {
	m.made++
	return fmt.Sprintf("%s/%s-%06d", agency, letter, m.made)
}

func entryOf(id string, version int, list ...string) *screeningv1.ListEntry {
	e := &screeningv1.ListEntry{EntryId: id, Source: "un", Key: id, Digest: []byte(fmt.Sprint(id, version))}
	for _, n := range list {
		e.Names = append(e.Names, &screeningv1.ListName{Text: n})
	}
	return e
}

func (m *model) list() error {
	id, name := m.id("licensing", "un"), m.name()
	m.records[id] = &on{names: []string{name}, held: true}
	return m.tell(&screeningv1.ListEntryAdded{EntryId: id, Entry: entryOf(id, 0, name)})
}

// restate amends an entry, or takes it off its list.
func (m *model) restate() error {
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		r := m.records[id]
		if !r.held || !strings.HasPrefix(id, "licensing/un-") || rapid.Bool().Draw(m.t, "another") {
			continue
		}
		if rapid.Bool().Draw(m.t, "removed") {
			r.held = false
			return m.tell(&screeningv1.ListEntryRemoved{EntryId: id})
		}
		r.version++
		r.names = append(r.names, m.name())
		return m.tell(&screeningv1.ListEntryAmended{EntryId: id, Entry: entryOf(id, r.version, r.names...)})
	}
	return nil
}

func (m *model) closeEdition() error {
	if m.edition.After(m.now) {
		return nil
	}
	m.editions, m.edition = m.editions+1, m.now.Truncate(24*time.Hour)
	return m.tell(&screeningv1.ListEditionRecorded{ListId: "licensing/list-un", Source: "un", Edition: m.edition.Format(time.DateOnly)})
}

func (m *model) alert() error {
	id, name := m.id("enforcement", "D"), m.name()
	m.records[id] = &on{names: []string{name}, held: true}
	return m.tell(&enforcementv1.DiversionAlertRaised{AlertId: id, Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_BROKER, Name: name}}})
}

func (m *model) deny() error {
	id, name := m.id("licensing", "N"), m.name()
	m.records[id] = &on{names: []string{name}, held: true}
	return m.tell(&licensingv1.LicenceDenied{DenialId: id, Deal: &licensingv1.Deal{Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_CONSIGNEE, Name: name}}}})
}

// amend states the deal anew: a party more, one less, one by another name or with an address.
func (m *model) amend() error {
	m.deal = proto.CloneOf(m.deal)
	p := m.deal.Parties
	switch rapid.IntRange(0, 3).Draw(m.t, "amended") {
	case 0:
		m.deal.Parties = append(p, &transferv1.Party{Role: transferv1.Role_ROLE_CARRIER, Name: m.name()})
	case 1:
		m.deal.Parties = p[:max(1, len(p)-1)]
	case 2:
		p[0].Name = m.name()
	default:
		p[0].Address += "1 Quay "
	}
	return nil
}

func (m *model) wait() error {
	m.now = m.now.AddDate(0, 0, rapid.IntRange(1, 20).Draw(m.t, "days"))
	return nil
}

const maxAge = 14

func (m *model) lists() []Required { return []Required{{"un", maxAge}} }

// fresh reports whether the required list may be used now.
func (m *model) fresh() bool {
	return m.editions > 0 && m.now.Before(m.edition.AddDate(0, 0, maxAge+1))
}

func (m *model) screen() error {
	m.last = &snapshot{id: m.id("licensing", "S"), editions: m.editions, otherways: rapid.IntRange(0, 9).Draw(m.t, "other matcher") == 0}
	m.last.performed = m.fresh() && !slices.ContainsFunc(m.deal.Parties, func(p *transferv1.Party) bool { return p.Name == "Unknown" })
	m.last.parties = proto.CloneOf(m.deal).Parties
	before := m.judged
	m.judged = maps.Clone(before)
	for key, id := range m.near() {
		j, version := before[key], m.records[id].version
		if !settled(id, j.Judgement) || j.version != version {
			j = judgement{version: version}
		}
		m.judged[key] = j
	}
	fact, err := Screen(m.tx.View, "licensing/A-1", m.deal, m.lists(), m.now, m.last.id)
	if err != nil {
		return err
	}
	performed, ok := fact.(*screeningv1.ScreeningPerformed)
	if ok != m.last.performed {
		return fmt.Errorf("the screening is %v, want it performed: %v", fact, m.last.performed)
	}
	if !ok {
		m.judged = before
	}
	for _, h := range performed.GetHits() {
		m.last.hits = append(m.last.hits, keyOf(m.deal.Parties[h.Party-1], h.Id))
	}
	return m.tell(fact)
}

func keyOf(p *transferv1.Party, id string) string { return string(ledger.PartyDigest(p)) + id }

// near are the ids of the rows that parties come near to, by party and row.
func (m *model) near() map[string]string {
	all := map[string]string{}
	for _, p := range m.deal.Parties {
		for id, r := range m.records {
			if p.Name != "Unknown" && r.held && slices.Contains(r.names, p.Name) {
				all[keyOf(p, id)] = id
			}
		}
	}
	return all
}

// settled reports whether a judgement of a hit against a row lets a grant be made: another, or a denial, which is for the
// consultation on it.
func settled(id string, j screeningv1.Judgement) bool {
	of := id[strings.Index(id, "/")+1:]
	denied := strings.HasPrefix(of, "N-") || strings.HasPrefix(of, "M-")
	return j == screeningv1.Judgement_JUDGEMENT_ANOTHER || denied && j == screeningv1.Judgement_JUDGEMENT_SAME
}

func (m *model) judge() error {
	if m.last == nil || len(m.last.hits) == 0 {
		return nil
	}
	n := rapid.IntRange(0, len(m.last.hits)-1).Draw(m.t, "hit")
	j := screeningv1.Judgement_JUDGEMENT_ANOTHER
	if rapid.IntRange(0, 9).Draw(m.t, "same") == 0 {
		j = screeningv1.Judgement_JUDGEMENT_SAME
	}
	key := m.last.hits[n]
	m.judged[key] = judgement{j, m.judged[key].version}
	return m.tell(&screeningv1.HitJudged{ScreeningId: m.last.id, Hit: uint32(n + 1), Judgement: j, Reason: "compared"})
}

// compare puts what the rule says of the last screening beside what the model says.
func (m *model) compare(checks []func(subject) ([]string, error)) error {
	s, err := Latest(m.tx.View, "licensing/A-1")
	if err != nil {
		return err
	}
	if s != nil && s.NotPerformed == nil && m.last.otherways {
		s.Certificate.Matcher = "names/0"
	}
	why := m.why()
	reasons := valid(checks, m.tx.View, s, m.deal, m.lists(), m.now)
	if (why == "") != (len(reasons) == 0) {
		return fmt.Errorf("the rule says %q, the model %q, of %v and %v", reasons, why, s, m.deal)
	}
	return nil
}

// why is a reason not to rest on the last screening; empty when it can be.
func (m *model) why() string {
	if m.last == nil || !m.last.performed || m.last.otherways {
		return "not performed, or otherwise"
	}
	for _, p := range m.deal.Parties {
		if !slices.ContainsFunc(m.last.parties, func(old *transferv1.Party) bool { return proto.Equal(old, p) }) {
			return "not covered: " + p.String()
		}
	}
	if m.last.editions != m.editions || !m.fresh() {
		return "lists"
	}
	for _, key := range m.last.hits {
		if !settled(key[sha256.Size:], m.judged[key].Judgement) {
			return "open or confirmed"
		}
	}
	for key, id := range m.near() {
		if !slices.Contains(m.last.hits, key) || m.judged[key].version != m.records[id].version {
			return "new: " + id
		}
	}
	return ""
}
