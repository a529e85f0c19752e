package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	begun = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	due   = time.Date(2026, 1, 9, 23, 59, 59, 0, time.UTC)
	after = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
)

func load(t rapid.TB, body string) *Policy {
	t.Helper()
	p, err := Load("p.yaml", []byte("name: p1\nversion: 1\ntitle: P\nlegal_basis: fictional\nvalid_from: 2026-01-01\ndecider: licensing\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// people reads "foreign! defence interior? audit* transport~": mandatory, optional, chosen and guest.
func people(text string) []Consultee {
	marks := map[byte]string{'!': Mandatory, '?': Optional, '*': Chosen, '~': Guest}
	var list []Consultee
	for word := range strings.FieldsSeq(text) {
		last := len(word) - 1
		list = append(list, Consultee{Agency: word[:last], Part: marks[word[last]], Serves: "ATT 7(1)"})
	}
	return list
}

// answers reads "foreign=concur, chair for justice=object".
func answers(text string) []Voice {
	var list []Voice
	for _, part := range strings.Split(text, ", ") {
		who, view, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		agency, place, _ := strings.Cut(who, " for ")
		list = append(list, Voice{Agency: agency, For: place, View: view, Recused: view == Recused, At: begun})
	}
	return list
}

func TestTally(t *testing.T) {
	const escalates = "silence: escalates\nescalation: [{to: chair, role: chair, working_days: 2}, {to: cabinet, role: secretary}]\n"
	const alternates = "conflict_of_interest: {alternates: [{agency: defence, alternate: audit}]}\n"
	tests := []struct {
		name, policy, asked, voices string
		now                         time.Time
		want                        string // outcome
		against                     bool
		because                     string
	}{
		{"M1: nobody was asked", "", "", "", begun, MayGrant, false, ""},
		{"M1: asked, and no reply at all", "", "foreign* customs*", "", begun, MayGrant, false, ""},
		{"M1: an objection is advice", "", "foreign*", "foreign=object", begun, MayGrant, true, "foreign objects (ATT 7(1)): a grant needs a reason"},
		{"M1: an answer of who was not asked", "", "", "foreign=object", begun, MayGrant, false, ""},
		{"M1: silence that objects is advice too", "silence: objects\n", "foreign*", "", after, MayGrant, true, "foreign did not answer, which counts as an objection"},

		{"M2: all concur", "rule: unanimous\n", "foreign! defence!", "foreign=concur, defence=concur_with_conditions", begun, MayGrant, false, ""},
		{"M2: one objection blocks, whoever is still missing", "rule: unanimous\n", "foreign! defence! justice!", "foreign=object, defence=concur", begun, Blocked, true, "foreign objects, and all have to concur"},
		{"M2: an abstention blocks", "rule: unanimous\n", "foreign! defence!", "foreign=abstain, defence=concur", begun, Blocked, false, "foreign abstains"},
		{"M2: silence without a view blocks", "rule: unanimous\n", "foreign! defence!", "defence=concur", after, Blocked, false, "foreign did not answer"},
		{"M2: silence that concurs does not", "rule: unanimous\nsilence: concurs\n", "foreign! defence!", "defence=concur", after, MayGrant, false, ""},
		{"M2: optional members vote too", "rule: unanimous\n", "foreign! defence?", "foreign=concur", begun, Waiting, false, "defence has not answered"},
		{"M2: a guest's vote is not counted", "rule: unanimous\n", "foreign! transport~", "foreign=concur, transport=object", begun, MayGrant, false, ""},
		{"M2: guests alone grant nothing", "rule: unanimous\n", "transport~", "transport=concur", begun, Blocked, false, "nobody that votes has concurred"},
		{"M2: silence is with the chair", "rule: unanimous\n" + escalates, "foreign! justice!", "foreign=concur", after, Waiting, false, "chair of chair has to answer in its place"},
		{"M2: the chair rules", "rule: unanimous\n" + escalates, "foreign! justice!", "foreign=concur, chair for justice=concur", after, MayGrant, false, ""},
		{"M2: the chair rules too early", "rule: unanimous\n" + escalates, "foreign! justice!", "foreign=concur, chair for justice=concur", begun, Waiting, false, "justice has not answered"},
		{"M2: the cabinet overrules the chair", "rule: unanimous\n" + escalates, "foreign! justice!", "foreign=concur, chair for justice=concur, cabinet for justice=object", after, Blocked, true, "cabinet objects in place of justice"},
		{"M2: another's ruling is none", "rule: unanimous\n" + escalates, "foreign! justice!", "foreign=concur, foreign for justice=concur", after, Waiting, false, ""},

		{"M3: a mandatory opinion is missing", "", "foreign! defence?", "defence=concur", begun, Waiting, false, "foreign has not answered (ATT 7(1)) and may until 2026-01-09 23:59 UTC"},
		{"M3: its time ran out", "", "foreign!", "", after, MayGrant, false, ""},
		{"M3: and escalated", escalates, "foreign!", "", after, Waiting, false, "foreign is silent"},
		{"M3: an optional opinion does not escalate", escalates, "foreign?", "", after, MayGrant, false, ""},
		{"M3: decided against advice", "", "foreign!", "foreign=object", begun, MayGrant, true, "a grant needs a reason"},
		{"M3: who is recused is not waited for", "", "defence!", "defence=recused", begun, MayGrant, false, ""},
		{"M3: but its alternate is", alternates, "defence!", "defence=recused", begun, Waiting, false, "audit has not answered in place of defence"},
		{"M3: the alternate answered", alternates, "defence!", "defence=recused, audit for defence=object", begun, MayGrant, true, "audit objects in place of defence"},
		{"M3: an alternate of who is not recused", alternates, "defence!", "audit for defence=concur", begun, Waiting, false, "defence has not answered"},
		{"M3: the alternate is recused too", alternates, "defence!", "defence=recused, audit for defence=recused", begun, MayGrant, false, ""},

		{"M4: more concur than object", "rule: majority\nquorum: 2\n", "foreign! customs? enforcement!", "foreign=concur, customs=object, enforcement=concur", begun, MayGrant, true, ""},
		{"M4: as many object", "rule: majority\n", "foreign! customs!", "foreign=concur, customs=object", begun, Blocked, true, "1 concur and 1 object"},
		{"M4: abstentions are no votes", "rule: majority\n", "foreign! customs! justice!", "foreign=concur, customs=abstain, justice=abstain", begun, MayGrant, false, ""},
		{"M4: every vote is waited for", "rule: majority\n", "foreign! customs?", "foreign=concur", begun, Waiting, false, "customs has not answered"},
		{"M4: too few are there", "rule: majority\nquorum: 2\n", "foreign! customs!", "foreign=concur", after, Blocked, false, "the quorum is 2, and 1 have answered"},
		{"M4: silence that concurs is not there either", "rule: majority\nquorum: 2\nsilence: concurs\n", "foreign! customs!", "foreign=concur", after, Blocked, false, "the quorum is 2"},
		{"M4: silence that objects outvotes", "rule: majority\nsilence: objects\n", "foreign! customs!", "foreign=concur", after, Blocked, true, "1 concur and 1 object"},

		{"M5: a veto", "rule: veto\nveto_by: [foreign]\n", "foreign! customs?", "foreign=object, customs=concur", begun, Blocked, true, "foreign objects, and its objection is final"},
		{"M5: an objection of another", "rule: veto\nveto_by: [foreign]\n", "foreign! customs?", "foreign=concur, customs=object", begun, MayGrant, true, ""},
		{"M5: who may veto is waited for, mandatory or not", "rule: veto\nveto_by: [foreign]\n", "foreign? customs!", "customs=concur", begun, Waiting, false, "foreign has not answered"},
		{"M5: a veto of a guest", "rule: veto\nveto_by: [foreign]\n", "foreign~", "foreign=object", begun, MayGrant, false, ""},

		{"CH2: an objection is seen even where it changes nothing", "", "foreign! defence!", "foreign=object, defence=concur", begun, MayGrant, true, "foreign objects"},
		{"CH2: silence that escalates to nobody has no owner, and blocks", "silence: escalates\n", "foreign!", "", after, Waiting, false, "names nobody"},
		{"CH7: no deadline, no silence", "", "foreign!", "", time.Time{}, Waiting, false, "there is no deadline"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Round{Asked: people(tt.asked), Voices: answers(tt.voices), Due: due, Now: tt.now}
			if tt.now.IsZero() {
				r.Due, r.Now = time.Time{}, after.AddDate(10, 0, 0)
			}
			got := Tally(load(t, tt.policy), r)
			if got.Outcome() != tt.want || got.Against != tt.against || got.MayGrant != (tt.want == MayGrant) {
				t.Errorf("%s, against advice %v; want %s, %v: %q", got.Outcome(), got.Against, tt.want, tt.against, got.Reasons)
			}
			if reasons := strings.Join(got.Reasons, "\n"); !strings.Contains(reasons, tt.because) {
				t.Errorf("reasons %q, want %q", reasons, tt.because)
			}
		})
	}
}

// P7: in an emergency the deadline, the quorum, the rule and silence are those of its variant.
func TestTallyInAnEmergency(t *testing.T) {
	p := load(t, "rule: unanimous\nquorum: 3\ndeadline: {working_days: 10}\nemergency: {hours: 6, rule: majority, quorum: 1, silence: concurs}\n")
	if got := p.Due(nil, begun, true, nil); !got.Equal(begun.Add(6 * time.Hour)) {
		t.Errorf("due %s", got)
	}
	r := Round{Asked: people("foreign! defence! justice!"), Voices: answers("foreign=object, defence=concur"), Due: p.Due(nil, begun, true, nil), Now: begun.Add(7 * time.Hour)}
	if got := Tally(p, r); got.MayGrant {
		t.Errorf("an ordinary case may be granted: %v", got)
	}
	r.Emergency = true
	if got := Tally(p, r); !got.MayGrant || !got.Against {
		t.Errorf("an emergency is %s: %q", got.Outcome(), got.Reasons)
	}
	if got := Tally(load(t, "rule: unanimous\n"), r); got.MayGrant {
		t.Error("a policy without an emergency variant has one")
	}
}

func TestClockStandsStill(t *testing.T) {
	r := Round{Asked: people("foreign!"), Due: due, Now: after, Stopped: true}
	if got := Tally(load(t, ""), r); got.Outcome() != Waiting || !strings.Contains(got.Reasons[0], "the clock stands still") {
		t.Errorf("%s: %q", got.Outcome(), got.Reasons)
	}
}

func TestEscalationClimbs(t *testing.T) {
	p := load(t, "silence: escalates\nescalation: [{role: director, working_days: 2}, {to: cabinet, role: secretary}]\n")
	first := time.Date(2026, 1, 13, 23, 59, 59, 0, time.UTC) // two working days after the Friday
	for now, want := range map[time.Time]Escalated{
		after:                  {Agency: "foreign", To: "foreign", Role: "director", Due: first},
		first:                  {Agency: "foreign", To: "foreign", Role: "director", Due: first},
		first.Add(time.Second): {Agency: "foreign", To: "cabinet", Role: "secretary"},
	} {
		got := Tally(p, Round{Asked: people("foreign!"), Due: due, Now: now})
		if diff := cmp.Diff([]Escalated{want}, got.Escalate); diff != "" {
			t.Errorf("at %s: %s", now, diff)
		}
	}
}

func TestStandings(t *testing.T) {
	p := load(t, "conflict_of_interest: {alternates: [{agency: defence, alternate: audit}]}\n")
	r := Round{Asked: people("foreign! defence! justice? transport~ customs!"), Due: due, Now: after,
		Voices: append(answers("defence=recused, audit for defence=concur_with_conditions, transport=object, police=object"),
			Voice{Agency: "foreign", View: Object, At: begun}, Voice{Agency: "foreign", View: Concur, At: after})}
	var got []string
	for _, s := range Tally(p, r).Standings {
		got = append(got, fmt.Sprintf("%s %s by %s: %s counts %s, late %v", s.Agency, s.How, s.By, s.View, s.Counts, s.Late))
	}
	want := []string{
		"foreign answered by foreign: concur counts concur, late true",
		"defence alternate by audit: concur_with_conditions counts concur, late false",
		"justice silent by justice:  counts no_view, late false",
		"transport guest by transport: object counts , late false",
		"customs silent by customs:  counts no_view, late false",
		"police not asked by police: object counts , late false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
