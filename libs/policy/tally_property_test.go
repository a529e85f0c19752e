package policy

import (
	gocmp "cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drawn is a policy and a round that were drawn.
type drawn struct {
	p *Policy
	r Round
}

var members = []string{"foreign", "defence", "justice", "interior", "customs"}

func draw(t *rapid.T) drawn {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	p := load(t, fmt.Sprintf("rule: %s\nsilence: %s\nquorum: %d\nveto_by: [%s]\n"+
		"escalation: [{to: chair, role: chair, working_days: 1}, {to: cabinet, role: secretary}]\n"+
		"conflict_of_interest: {alternates: [{agency: defence, alternate: audit}]}\n",
		one("rule", "advisory", "majority", "unanimous", "veto"), one("silence", "concurs", "no_view", "objects", "escalates"),
		rapid.IntRange(0, 5).Draw(t, "quorum"), one("veto", members...)))
	r := Round{Due: due, Now: rapid.SampledFrom([]time.Time{begun, after}).Draw(t, "now"), Stopped: rapid.Bool().Draw(t, "stopped")}
	for _, agency := range rapid.SliceOfNDistinct(rapid.SampledFrom(members), 0, len(members), rapid.ID[string]).Draw(t, "asked") {
		r.Asked = append(r.Asked, Consultee{Agency: agency, Part: one("part", parts...), Serves: "ATT 7(1)"})
	}
	for range rapid.IntRange(0, 8).Draw(t, "voices") {
		v := Voice{Agency: one("agency", append([]string{"chair", "cabinet", "audit"}, members...)...), View: one("view", views...),
			Recused: rapid.IntRange(0, 5).Draw(t, "recused") == 0, At: begun.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "at")) * time.Hour)}
		if v.For = ""; rapid.Bool().Draw(t, "for another") {
			v.For = one("for", members...)
		}
		r.Voices = append(r.Voices, v)
	}
	return drawn{p, r}
}

// rule is what a property is held against: permits, or a mutant of it.
type rule func(table, []Standing) ([]string, bool)

func (r rule) grants(d drawn) Result { return tally(seat(d.p, d.r), r) }

// objecting returns an error where an objection in the place of another answer, or of silence that was already counted,
// turns a refusal into a permission.
func objecting(t *rapid.T, by rule) error {
	d := draw(t)
	if len(d.r.Asked) == 0 {
		return nil
	}
	before := by.grants(d)
	s := before.Standings[rapid.IntRange(0, len(d.r.Asked)-1).Draw(t, "who")]
	if s.How == Recused || s.How == ByAnother || s.How == Waited && s.By != s.Agency {
		return nil // not a place of its own
	}
	d.r.Voices = append(slices.Clone(d.r.Voices), Voice{Agency: s.Agency, View: Object, At: after})
	missing := slices.Contains(before.Waiting, s.Agency) || s.How == Escalating || !before.Quorum.Met && s.View == ""
	if now := by.grants(d); now.MayGrant && !before.MayGrant && !missing {
		return fmt.Errorf("an objection of %s turned %q into a permission", s.Agency, before.Reasons)
	}
	return nil
}

// Caught: a majority that counts who answered and not what, a committee that agrees when all say the same, a veto read the
// wrong way round. TestObjectionsCatchMutants shows the first two.
func TestObjectionsNeverPermit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := objecting(t, permits); err != nil {
			t.Error(err)
		}
	})
}

// The property rejects rules that are wrong.
func TestObjectionsCatchMutants(t *testing.T) {
	for name, mutant := range map[string]rule{
		"a majority of those that answered, whatever they say": func(_ table, s []Standing) ([]string, bool) {
			if count(s, Concur)+count(s, Object) > count(s, Abstain) {
				return nil, false
			}
			return []string{"too few"}, false
		},
		"a committee that agrees when all say the same": func(_ table, s []Standing) ([]string, bool) {
			if n := count(s, Concur); n > 0 && count(s, Object) > 0 {
				return []string{"they differ"}, false
			}
			return nil, false
		},
	} {
		if !fails(func(t *rapid.T) error { return objecting(t, mutant) }) {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// fails reports whether a property is broken by one of many draws.
func fails(property func(*rapid.T) error) bool {
	found := rapid.Custom(func(t *rapid.T) bool { return property(t) != nil })
	for seed := range 2000 {
		if found.Example(seed) {
			return true
		}
	}
	return false
}

// Caught: a guest that counts for the quorum, that vetoes or that breaks unanimity; a recused agency whose view is counted
// all the same, which the mutant does by counting every view there is.
func TestGuestsAndRecusedNeverCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := outsiders(t, permits); err != nil {
			t.Error(err)
		}
	})
	everyView := rule(func(t table, standings []Standing) ([]string, bool) {
		standings = slices.Clone(standings)
		for i := range standings {
			standings[i].Counts = standings[i].View
		}
		return permits(t, standings)
	})
	if !fails(func(t *rapid.T) error { return outsiders(t, everyView) }) {
		t.Error("a rule that counts guests is not noticed")
	}
}

// outsiders returns an error where a guest's voice, or the view of an agency that is recused, changes what may be done.
func outsiders(t *rapid.T, by rule) error {
	d := draw(t)
	before := by.grants(d)
	var voices []Voice
	for _, v := range d.r.Voices {
		place := gocmp.Or(v.For, v.Agency)
		guest := slices.ContainsFunc(d.r.Asked, func(c Consultee) bool { return c.Agency == place && c.Part == Guest })
		if v.Recused || guest {
			v.View = rapid.SampledFrom(views).Draw(t, "other view")
		}
		if !guest || rapid.Bool().Draw(t, "kept") {
			voices = append(voices, v)
		}
	}
	d.r.Voices = voices
	if diff := cmp.Diff(before, by.grants(d), cmpopts.IgnoreFields(Result{}, "Standings"), cmp.AllowUnexported(Result{})); diff != "" {
		return fmt.Errorf("the view of one that does not count changed the result: %s", diff)
	}
	return nil
}

// Caught: a later voice that replaces an earlier one by its place in the list and not by its time.
func TestOrderOfVoicesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		before := Tally(d.p, d.r)
		d.r.Voices = rapid.Permutation(d.r.Voices).Draw(t, "order")
		if diff := cmp.Diff(before, Tally(d.p, d.r), cmp.AllowUnexported(Result{})); diff != "" {
			t.Error(diff)
		}
	})
}

// A permission has no obstacle, and a refusal names at least one.
func TestRefusalsHaveReasons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		got := Tally(d.p, d.r)
		if !got.MayGrant && len(got.Reasons) == 0 || got.MayGrant && len(got.Reasons) > 0 && !got.Against {
			t.Errorf("%s with reasons %q", got.Outcome(), got.Reasons)
		}
		if got.MayGrant && len(got.Waiting)+len(got.Escalate) > 0 {
			t.Errorf("granted while %v and %v are missing", got.Waiting, got.Escalate)
		}
	})
}
