package ledgertest

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Journals is a history: the blocks of each journal, in order.
type Journals map[journal.ID][]*journal.Block

// History draws a history of several agencies and journals in which every event can be applied, whatever order the
// journals' blocks come in.
func History(t *rapid.T) Journals { return draw(t, false) }

// RoughHistory is History with events among the others that cannot be applied: on rows that are not there, are there
// already, stand otherwise or are of another journal, and of unknown kinds.
func RoughHistory(t *rapid.T) Journals { return draw(t, true) }

// story is the state that a history is drawn from.
type story struct {
	t        *rapid.T
	w        *Writer
	pending  map[journal.ID][]*eventv1.Event
	out      Journals
	rough    bool
	made     int
	licences []*told // and denials
	declared []*told
	alerts   []*told
	reviews  []*told
	epochs   map[string]uint32
	keys     int
}

// told is a row that the story has told of.
type told struct {
	id, status string
	group      string
	denial     bool
	reserved   int
	licence    string
	committed  bool
}

func draw(t *rapid.T, rough bool) Journals {
	s := &story{
		t: t, w: NewWriter(), pending: map[journal.ID][]*eventv1.Event{}, out: Journals{}, rough: rough, epochs: map[string]uint32{},
	}
	steps := rapid.IntRange(1, 60).Draw(t, "steps")
	for range steps {
		s.step()
	}
	for id := range s.pending {
		s.cut(id)
	}
	return s.out
}

func (s *story) step() {
	acts := []func(){s.decide, s.decide, s.decide, s.changeLicence, s.changeLicence, s.declare, s.declare, s.move, s.alert, s.followAlert, s.answer,
		s.review, s.directory, s.edition, s.apply}
	if s.rough {
		acts = append(acts, s.nonsense)
	}
	rapid.SampledFrom(acts).Draw(s.t, "act")()
}

// tell records a fact, and now and then ends the block.
func (s *story) tell(fact proto.Message) {
	id, e := s.w.Event(At(s.time(), fact))
	if rapid.IntRange(0, 4).Draw(s.t, "keyed") == 0 {
		s.keys++
		e.Command = &eventv1.Command{Key: fmt.Sprintf("key %d", s.keys), Digest: []byte{byte(s.keys)}, Events: 1}
	}
	s.pending[id] = append(s.pending[id], e)
	if rapid.Bool().Draw(s.t, "cut") {
		s.cut(id)
	}
}

func (s *story) cut(id journal.ID) {
	if len(s.pending[id]) > 0 {
		s.out[id] = append(s.out[id], s.w.Block(id, s.pending[id]...))
		s.pending[id] = nil
	}
}

func (s *story) time() time.Time {
	day := rapid.IntRange(0, 4*365).Draw(s.t, "day")
	return time.Date(2007, 11, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
}

func (s *story) id(agency, prefix string) string {
	s.made++
	return fmt.Sprintf("%s/%s-%06d", agency, prefix, s.made)
}

func pick[T any](s *story, what string, from ...T) T { return rapid.SampledFrom(from).Draw(s.t, what) }

func (s *story) group() string { return pick(s, "group", "all", "border") }

func (s *story) edition() {
	s.made++
	s.tell(&licensingv1.EditionRecorded{Source: "uk-licences", Edition: time.Date(2012, 1, s.made, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Entries: 3, Lines: 4})
}

func (s *story) directory() {
	s.made++
	name := fmt.Sprintf("name-%d", s.made)
	key := &directoryv1.SigningKey{Public: []byte(name)}
	switch rapid.IntRange(0, 4).Draw(s.t, "directory") {
	case 0:
		s.tell(&directoryv1.AgencyRegistered{Agency: name, Title: "Agency", State: "XA", SigningKey: key})
		s.tell(&directoryv1.SigningKeyAdded{Agency: name, Key: key})
		s.tell(&directoryv1.AgencySuspended{Agency: name, Reason: "audit"})
		s.tell(&directoryv1.AgencyRemoved{Agency: name, Reason: "closed"})
	case 1:
		group := s.group()
		s.tell(&directoryv1.GroupDefined{Group: group, Purpose: name, Members: []string{"customs", name}, History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START})
		s.tell(&directoryv1.GroupRekeyed{Group: group})
	case 2:
		s.tell(&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: name}}})
	case 3:
		s.publisher(name)
	default:
		s.tell(&directoryv1.PolicyAdopted{PolicyId: name + "/1", Content: []byte("decider: licensing")})
		s.tell(&directoryv1.CalendarAdopted{CalendarId: "XA", Holidays: []string{name}})
	}
}

// publisher is what an agency says of its own journals and of how far it is with others'.
func (s *story) publisher(name string) {
	agency := pick(s, "publisher", "licensing", "customs", "enforcement")
	say := func(fact proto.Message) { s.tell(By(agency, fact)) }
	s.epochs[agency]++
	say(&directoryv1.JournalKeyIssued{Group: "all", Epoch: s.epochs[agency]})
	say(&directoryv1.ReleaseAgreed{Group: "all", Reader: name, Keys: []*directoryv1.EpochKey{{Epoch: s.epochs[agency]}}})
	say(&directoryv1.ReleaseRefused{Group: "border", Reader: name, Reason: "no basis"})
	say(&directoryv1.ReleaseEnded{Group: "all", Reader: name})
	say(&directoryv1.SealingKeyChanged{Key: &directoryv1.SealingKey{Public: []byte(name)}})
	say(&directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "reporting/all", Block: uint64(s.made), Events: uint64(s.made)}}})
	widening := s.id(agency, "widening")
	say(&directoryv1.AudienceWidened{WideningId: widening, ToGroup: "all"})
	say(&directoryv1.WideningEnded{WideningId: widening})
	say(&directoryv1.WideningReviewed{WideningId: widening, Outcome: "kept"})
	say(&directoryv1.RoleHandedOver{HandoverId: s.id(agency, "handover"), Role: "duty officer"})
	say(&directoryv1.WithdrawalCarriedOut{WithdrawalId: s.id("reporting", "withdrawal"), Journal: "reporting/all", Number: 1})
}

// nonsense is what cannot be applied.
func (s *story) nonsense() {
	any := func(rows []*told, otherwise string) string {
		if len(rows) == 0 {
			return otherwise
		}
		return pick(s, "any", rows...).id
	}
	licence, declaration := any(s.licences, "licensing/L-0"), any(s.declared, "customs/D-0")
	facts := []proto.Message{
		&licensingv1.LicenceSuspended{LicenceId: "licensing/never-granted"},
		&licensingv1.LicenceGranted{LicenceId: "customs/not-ours"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/"},
		In("committee", &licensingv1.LicenceRevoked{LicenceId: licence}),
		By("customs", &licensingv1.LicenceRevoked{LicenceId: licence}),
		By("enforcement", &customsv1.ExitConfirmed{DeclarationId: declaration}),
		By("licensing", &customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 9}),
		&customsv1.LicenceQuantityReserved{DeclarationId: "customs/never-accepted", Item: 1},
		By("licensing", &directoryv1.GroupDefined{Group: "all", Members: []string{"intruder"}}),
		In("all", &directoryv1.AgencyRegistered{Agency: "intruder"}),
		&directoryv1.GroupKeyIssued{Group: "all", Epoch: 1},
		By("customs", In("all", &directoryv1.ReleaseAgreed{Group: "all", Reader: "intruder"})),
		By("customs", &directoryv1.JournalKeyIssued{Group: "all", Epoch: 77_000}),
		By("customs", &directoryv1.WideningEnded{WideningId: "licensing/widening-1"}),
		&licensingv1.LicenceGranted{LicenceId: s.id("licensing", "N"), Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 1, Rating: "a"}, {Number: 1, Rating: "b"}}}},
		&transferv1.Party{Name: "no event"},
	}
	s.tell(pick(s, "nonsense", facts...))
}

// Unknown makes an event of a kind that no program knows yet.
func (w *Writer) Unknown(agency string) (journal.ID, *eventv1.Event) {
	id, e := w.Event(By(agency, In("all", &licensingv1.LicenceSuspended{LicenceId: agency + "/x"})))
	e.Kind = "counterfoil.licensing.v9.LicenceTransferred"
	return id, e
}
