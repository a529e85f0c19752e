package denial_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

const checkID = "licensing/B-2026-000001"

var (
	secret     = bytes.Repeat([]byte("s"), blind.MinSecret)
	key        = newKey('k')
	aloneGroup = &directoryv1.GroupDefined{Group: "internal", Members: []string{"licensing"}}
	aloneRule  = &directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{
		{Group: "all"}, {Kind: "counterfoil.licensing.v1.BlindCheckConcluded", Group: "internal"}, {Kind: "counterfoil.licensing.v1.DenialTokensPublished", Group: "all"},
	}}
)

func protoString(s string) protoreflect.Value { return protoreflect.ValueOfString(s) }

func keys() *denial.Keys { return &denial.Keys{Holder: key, Secret: secret} }

func newKey(seed byte) *blind.Key {
	k, err := blind.NewKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		panic(err)
	}
	return k
}

// must returns what a rule decided, without what else it said of it.
func must(t testing.TB, facts []proto.Message, err error) []proto.Message {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return plain(facts)
}

// published is what an agency that holds denials of these deals publishes.
func published(t testing.TB, agency string, deals ...*licensingv1.Deal) *licensingv1.DenialTokensPublished {
	t.Helper()
	facts := []proto.Message{aloneRule}
	for i, d := range deals {
		facts = append(facts, ledgertest.By(agency, &licensingv1.LicenceDenied{DenialId: fmt.Sprintf("%s/N-2025-%06d", agency, i+1), Deal: d}))
	}
	decided, err := denial.PublishTokens(ledgertest.GivenAs(t, agency, facts...), keys())
	return must(t, decided, err)[0].(*licensingv1.DenialTokensPublished)
}

func theyPublished(t testing.TB, deals ...*licensingv1.Deal) proto.Message {
	t.Helper()
	return ledgertest.By(theirAgency, published(t, theirAgency, deals...))
}

func TestPublishTokens(t *testing.T) {
	none := published(t, "licensing")
	one := published(t, "licensing", deal())
	if len(none.Tokens) != 64 || len(one.Tokens) != 64 || proto.Equal(none, one) {
		t.Errorf("published %d tokens of nothing and %d of one denial", len(none.Tokens), len(one.Tokens))
	}
	denied := &licensingv1.LicenceDenied{DenialId: ownDenialID, Deal: deal()}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"no rule names the kind", []proto.Message{&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}}, denied}, nil},
		{"nothing held", []proto.Message{aloneRule}, []proto.Message{none}},
		{"a denial", []proto.Message{aloneRule, denied}, []proto.Message{one}},
		{"published already", []proto.Message{aloneRule, denied, one}, nil},
		{"revoked", []proto.Message{aloneRule, denied, one, &licensingv1.DenialRevoked{DenialId: ownDenialID}}, []proto.Message{none}},
		{"another's denial", []proto.Message{aloneRule, ledgertest.By("defence", with(denied, func(d *licensingv1.LicenceDenied) { d.DenialId = "defence/N-2026-000001" }))}, []proto.Message{none}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.PublishTokens(ledgertest.Given(t, tt.given...), keys())
			expect(t, got, err, tt.want, nil)
		})
	}
}

func TestCheckBlindly(t *testing.T) {
	ask := &licensingv1.CheckBlindlyRequest{Particulars: particulars, ApplicationId: applicationID}
	base := []proto.Message{aloneGroup, aloneRule, theyPublished(t, deniedDeal())}
	large := with(submitted, func(a *licensingv1.ApplicationSubmitted) {
		for i := range 60 {
			a.Deal.Lines = append(a.Deal.Lines, &transferv1.Line{Rating: fmt.Sprintf("PL%d", i)})
		}
	})
	nobody := with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.Deal.Parties = nil })
	tests := []struct {
		name    string
		given   []proto.Message
		wantErr error
	}{
		{"asked", plus(base, submitted), nil},
		{"nobody published", []proto.Message{aloneGroup, aloneRule, submitted}, fault.Precondition},
		{"others would read the conclusion", plus(base, &directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs"}},
			&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Kind: "counterfoil.licensing.v1.BlindCheckConcluded", Group: "all"}}}, submitted), fault.Precondition},
		{"more than fits", plus(base, large), fault.Invalid},
		{"nobody to ask about", plus(base, nobody), fault.Precondition},
		{"not submitted", base, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var kinds, ids []string
			if tt.wantErr == nil {
				kinds, ids = []string{"BlindCheckAsked"}, []string{checkID}
			}
			got, err := denial.CheckBlindly(given(t, tt.given...), ask, secret)
			expectKinds(t, got, err, kinds, ids, tt.wantErr)
		})
	}
}

// A hit, a miss and a deal with other parties and more lines look the same to everybody but the asker: the same facts about the
// same holders, of the same sizes.
func TestHitAndMissLookAlike(t *testing.T) {
	other := with(deal(), func(d *licensingv1.Deal) { d.Parties[1].Name, d.Parties[1].Identifiers = "Coast Guard", nil })
	long := with(other, func(d *licensingv1.Deal) {
		for i := range 5 {
			d.Lines = append(d.Lines, &transferv1.Line{Rating: fmt.Sprintf("ML%d.a", i+2)})
		}
	})
	type seen struct{ asked, answered, elements int }
	var first *seen
	for _, tt := range []struct {
		name string
		deal *licensingv1.Deal
		hit  bool
	}{{"hit", deal(), true}, {"miss", other, false}, {"long miss", long, false}} {
		c := newCheck(t, tt.deal)
		res, err := denial.ResultOf(c.view, checkID, secret)
		if err != nil || slices.Equal(res.Holders, []string{theirAgency}) != tt.hit || len(res.Open)+len(res.Invalid) > 0 || res.ApplicationID != applicationID {
			t.Errorf("%s: %+v, %v", tt.name, res, err)
		}
		if !slices.Equal(c.asked.Holders, []string{theirAgency}) {
			t.Errorf("%s: asked %v", tt.name, c.asked.Holders)
		}
		looks := seen{proto.Size(c.asked), proto.Size(c.answered), len(c.asked.Elements)}
		if first == nil {
			first = &looks
		}
		if looks != *first {
			t.Errorf("%s looks like %+v, the first like %+v", tt.name, looks, *first)
		}
	}
}

// check is a question that was asked and answered, and the asker's ledger after it.
type check struct {
	asked    *licensingv1.BlindCheckAsked
	answered *licensingv1.BlindCheckAnswered
	facts    []proto.Message
	view     ledger.View
}

func newCheck(t *testing.T, d *licensingv1.Deal, later ...proto.Message) check {
	t.Helper()
	c := check{facts: []proto.Message{aloneGroup, aloneRule, theyPublished(t, deniedDeal()), &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: d}}}
	decided, err := denial.CheckBlindly(given(t, c.facts...), &licensingv1.CheckBlindlyRequest{Particulars: particulars, ApplicationId: applicationID}, secret)
	c.asked = must(t, decided, err)[0].(*licensingv1.BlindCheckAsked)
	decided, _, err = denial.Answer(ledgertest.GivenAs(t, theirAgency, c.asked), key, now, 1)
	c.answered = must(t, decided, err)[0].(*licensingv1.BlindCheckAnswered)
	c.facts = append(c.facts, c.asked)
	c.view = given(t, plus(c.facts, append(later, ledgertest.By(theirAgency, c.answered))...)...)
	return c
}

// The question is made again also when the application was amended since.
func TestResultAfterAmendment(t *testing.T) {
	amended := with(deal(), func(d *licensingv1.Deal) { d.Parties[1].Name, d.Parties[1].Identifiers = "Coast Guard", nil })
	c := newCheck(t, deal(), &licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: amended})
	res, err := denial.ResultOf(c.view, checkID, secret)
	if err != nil || !slices.Equal(res.Holders, []string{theirAgency}) {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := denial.ResultOf(c.view, checkID, bytes.Repeat([]byte("x"), 32)); fault.As(err) == nil {
		t.Errorf("with another secret: %v", err)
	}
}

func TestConclude(t *testing.T) {
	c := newCheck(t, deal())
	command := &licensingv1.BlindCheckRequest{Particulars: particulars, CheckId: checkID}
	want := &licensingv1.BlindCheckConcluded{ConclusionId: checkID + ".concluded", CheckId: checkID, ApplicationId: applicationID, Holders: []string{theirAgency}}
	false1 := with(c.answered, func(a *licensingv1.BlindCheckAnswered) { a.Evaluated[0] = a.Evaluated[1] })
	otherKey := with(c.answered, func(a *licensingv1.BlindCheckAnswered) { a.PublicKey = newKey('o').Public() })
	by := func(a *licensingv1.BlindCheckAnswered) proto.Message { return ledgertest.By(theirAgency, a) }
	invalid := with(want, func(w *licensingv1.BlindCheckConcluded) { w.Holders, w.Open = nil, []string{theirAgency} })
	tests := []struct {
		name    string
		given   []proto.Message
		want    []proto.Message
		wantErr error
	}{
		{"answered", plus(c.facts, by(c.answered)), []proto.Message{want}, nil},
		{"again", plus(c.facts, by(c.answered), ledgertest.In("internal", want)), nil, nil},
		{"not answered", c.facts, nil, nil},
		{"answered wrongly", plus(c.facts, by(false1)), []proto.Message{invalid}, nil},
		{"answered with another key", plus(c.facts, by(otherKey)), []proto.Message{invalid}, nil},
		{"others would read it", plus(c.facts, by(c.answered), &directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Kind: "counterfoil.licensing.v1.BlindCheckConcluded", Group: "all"}}}), nil, fault.Precondition},
		{"never asked", nil, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := denial.Conclude(given(t, tt.given...), command, secret)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	if _, err := denial.Conclude(ledgertest.GivenAs(t, theirAgency, c.asked), command, secret); fault.As(err) == nil {
		t.Errorf("the holder reads what was asked: %v", err)
	}
}

// Each asker has so many answers in a day; the rest waits for the next.
func TestAnswerIsLimited(t *testing.T) {
	question, err := blind.Ask(secret, "any", [][]byte{[]byte("a")})
	if err != nil {
		t.Fatal(err)
	}
	asked := func(asker string, n int) proto.Message {
		id := fmt.Sprintf("%s/B-2026-%06d", asker, n)
		return ledgertest.By(asker, partners(&licensingv1.BlindCheckAsked{CheckId: id, Elements: question.Elements(), Holders: []string{theirAgency}}))
	}
	answered := func(asker string, n int, at time.Time) proto.Message {
		return ledgertest.At(at, ledgertest.By(theirAgency, &licensingv1.BlindCheckAnswered{CheckId: fmt.Sprintf("%s/B-2026-%06d", asker, n)}))
	}
	noQuestion := ledgertest.By("licensing", &licensingv1.BlindCheckAsked{CheckId: "licensing/B-2026-000001", Elements: [][]byte{{1}}, Holders: []string{theirAgency}})
	tomorrow := time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		given []proto.Message
		at    time.Time
		want  []string
		next  time.Time
	}{
		{"nothing asked", nil, now, nil, time.Time{}},
		{"the oldest first", []proto.Message{asked("licensing", 2), asked("defence", 1)}, now, []string{"licensing/B-2026-000002"}, time.Time{}},
		{"used up", []proto.Message{asked("licensing", 1), asked("licensing", 2), answered("licensing", 1, now)}, now, nil, tomorrow},
		{"used up by another", []proto.Message{asked("licensing", 1), asked("licensing", 2), answered("licensing", 1, now), asked("defence", 1)}, now, []string{"defence/B-2026-000001"}, time.Time{}},
		{"the next day", []proto.Message{asked("licensing", 1), asked("licensing", 2), answered("licensing", 1, now)}, tomorrow, []string{"licensing/B-2026-000002"}, time.Time{}},
		{"all answered", []proto.Message{asked("licensing", 1), answered("licensing", 1, now)}, now, nil, time.Time{}},
		{"no question", []proto.Message{noQuestion}, now, nil, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := denial.Answer(ledgertest.GivenAs(t, theirAgency, tt.given...), key, tt.at, 1)
			var kinds []string
			if tt.want != nil {
				kinds = []string{"BlindCheckAnswered"}
			}
			expectKinds(t, got, err, kinds, tt.want, nil)
			if !next.Equal(tt.next) {
				t.Errorf("next at %s, want %s", next, tt.next)
			}
			if len(got) == 1 && groups(got)[0] != "partners" {
				t.Errorf("answered to %q", groups(got))
			}
		})
	}
}

// A check finds a denial when they have a recipient, in one spelling, and a rating down to its letter in common.
func TestBlindChecksFindWhatIsHeld(t *testing.T) {
	asker, holder := ledgertest.Open(t, "licensing"), ledgertest.Open(t, theirAgency)
	on := func(l *ledger.Ledger, facts []proto.Message, decide func(ledger.View) ([]proto.Message, error)) []proto.Message {
		tx := ledgertest.Begin(t, l, facts...)
		defer tx.Rollback()
		decided, err := decide(tx.View)
		return must(t, decided, err)
	}
	for _, tt := range []struct {
		held, asked [3]string
		hit         bool
	}{
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"ALPHA Ltd.", "XC", "ML1a"}, true},
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"Alpha", "", "ML1.a"}, true},
		{[3]string{"Alpha", "", "ML1.a"}, [3]string{"Alpha", "XD", "ML1.a.2"}, true},
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"Alpha", "XD", "ML1.a"}, true},
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"Beta", "XC", "ML1.a"}, false},
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"Alpha", "XC", "ML2.a"}, false},
		{[3]string{"Alpha", "XC", "ML1.a"}, [3]string{"Alfa", "XC", "ML1.a"}, false},
	} {
		held, asked := dealWith(tt.held), dealWith(tt.asked)
		denied := []proto.Message{aloneRule, ledgertest.By(theirAgency, &licensingv1.LicenceDenied{DenialId: theirDenialID, Deal: held})}
		tokens := on(holder, denied, func(v ledger.View) ([]proto.Message, error) { return denial.PublishTokens(v, keys()) })[0]
		facts := []proto.Message{aloneGroup, aloneRule, ledgertest.By(theirAgency, tokens), &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: asked}}
		question := on(asker, facts, func(v ledger.View) ([]proto.Message, error) {
			return denial.CheckBlindly(v, &licensingv1.CheckBlindlyRequest{Particulars: particulars, ApplicationId: applicationID}, secret)
		})[0]
		answer := on(holder, []proto.Message{question}, func(v ledger.View) ([]proto.Message, error) {
			facts, _, err := denial.Answer(v, key, now, 1)
			return facts, err
		})[0]
		on(asker, plus(facts, question, ledgertest.By(theirAgency, answer)), func(v ledger.View) ([]proto.Message, error) {
			res, err := denial.ResultOf(v, checkID, secret)
			if err != nil || (len(res.Holders) == 1) != tt.hit {
				t.Errorf("held %v, asked %v: %+v, %v", held, asked, res, err)
			}
			return nil, nil
		})
	}
}

// dealWith is a deal with a consignee of a name and country, of goods of a rating.
func dealWith(of [3]string) *licensingv1.Deal {
	return &licensingv1.Deal{
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_CONSIGNEE, Name: of[0], Country: of[1]}},
		Lines:   []*transferv1.Line{{Number: 1, Rating: of[2]}},
	}
}
