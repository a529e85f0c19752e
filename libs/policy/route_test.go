package policy_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func write(t testing.TB, id, decider, more string) *policy.Policy {
	t.Helper()
	name, version, _ := strings.Cut(id, "/")
	p, err := policy.Load(id, []byte(fmt.Sprintf("name: %s\nversion: %s\ntitle: T\nlegal_basis: fictional\nvalid_from: 2026-01-01\ndecider: %s\n%s", name, version, decider, more)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lines reads "export viii, export ii": kind and category of lines 1, 2 and so on.
func lines(text string) []policy.Facts {
	var list []policy.Facts
	for i, part := range strings.Split(text, ", ") {
		kind, category, _ := strings.Cut(part, " ")
		list = append(list, policy.Facts{Line: uint32(i + 1), Kind: kind, Categories: []string{category}, Destination: "XB"})
	}
	return list
}

func TestRoute(t *testing.T) {
	m4, m5, joint := templates(t, "m4-heavy", "m4-small-arms"), templates(t, "m5-export", "m5-import", "m5-transit"), templates(t, "m3-m4-heavy", "m3-m4-small-arms")
	one := []*policy.Policy{write(t, "committee/1", "licensing", "scope: '\"ii\" in categories'\nprecedence: 1\n"), write(t, "desk/1", "licensing", "")}
	tests := []struct {
		name     string
		policies []*policy.Policy
		lines    string
		want     string // policy lines case
	}{
		{"M1: one policy for everything", templates(t, "example"), "export viii, export ii", "example/1 [1 2] 1"},
		{"M4: small arms only", m4, "export viii, export parts", "small-arms/1 [1 2] 1"},
		{"M4: a mixed consignment is split", m4, "export viii, export ii, export ammunition", "small-arms/1 [1 3] 1, heavy-arms/1 [2] 2"},
		{"M3 M4: a mixed consignment is decided jointly", joint, "export viii, export ii", "combined-small-arms/1 [1] 1, combined-heavy-arms/1 [2] 1"},
		{"M5: an import", m5, "import ii", "imports/1 [1] 1"},
		{"M5: trans-shipment goes with transit", m5, "trans_shipment ii", "transits/1 [1] 1"},
		{"one decider, two policies: one case", one, "export ii, export viii", "committee/1 [1] 1, desk/1 [2] 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parts, err := policy.Route(tt.policies, lines(tt.lines))
			var got []string
			for _, p := range parts {
				got = append(got, fmt.Sprintf("%s %v %d", p.Policy.ID(), p.Lines, p.Case))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("got %s, %v; want %s", strings.Join(got, ", "), err, tt.want)
			}
		})
	}
}

func TestRouteRefuses(t *testing.T) {
	tests := []struct {
		name     string
		policies []*policy.Policy
		lines    string
		want     string
	}{
		{"CH2: a line that is nobody's", templates(t, "m4-heavy"), "export ii, export viii", "no policy in force is for line 2 (export of category viii to XB)"},
		{"two of equal precedence", templates(t, "example", "m1-ad-hoc"), "export ii", "line 1 falls under ad-hoc/1 and example/1"},
		{"what an expression asks for is not there", []*policy.Policy{write(t, "dear/1", "licensing", "scope: values[\"USD\"] > 100\n")}, "export ii", "policy dear/1 cannot be applied to this transfer: scope: no such key: USD"},
		{"an expression that does too much", []*policy.Policy{write(t, "slow/1", "licensing", "scope: '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, a + b + c + d > 0))))'\n")}, "export ii", "cost limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := policy.Route(tt.policies, lines(tt.lines)); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := policy.Route(templates(t, "example"), nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("no lines: %v", err)
	}
}

func TestInForce(t *testing.T) {
	first, second := write(t, "ask/1", "licensing", ""), write(t, "ask/2", "licensing", "")
	second.ValidFrom = first.ValidFrom.AddDate(0, 1, 0)
	never := write(t, "other/1", "licensing", "")
	never.ValidFrom = time.Time{}
	all := []*policy.Policy{second, never, first}
	for at, want := range map[time.Time]*policy.Policy{
		first.ValidFrom.Add(-1):  nil,
		first.ValidFrom:          first,
		second.ValidFrom.Add(-1): first,
		second.ValidFrom:         second,
	} {
		got := policy.InForce(all, at)
		if want == nil && len(got) != 0 || want != nil && (len(got) != 1 || got[0] != want) {
			t.Errorf("at %s: %v", at, got)
		}
	}
}

func TestConsultees(t *testing.T) {
	p := write(t, "ask/1", "licensing", `consultees:
  - {agency: foreign, part: guest, serves: ATT 7(1)}
  - {agency: defence, part: mandatory, serves: ATT 7(1), when: '"ii" in categories'}
  - {agency: foreign, part: mandatory, serves: ATT 6(3), when: 'parties.end_user.exists(s, s == "XC")'}
requires: [{kind: end_user_certificate, when: 'kind == "export"'}]
obligations: [{kind: report, owner: holder, days: 3, after: exit, text: Report., when: 'kind == "import"'}]
`)
	f := policy.Facts{Kind: "export", Categories: []string{"viii"}, Parties: map[string][]string{"end_user": {"XC"}}}
	got, err := policy.Consultees(p, f)
	if diff := cmp.Diff([]policy.Consultee{{Agency: "foreign", Part: policy.Mandatory, Serves: "ATT 7(1); ATT 6(3)"}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	requires, err := policy.Requires(p, f)
	if err != nil || len(requires) != 1 {
		t.Errorf("requires %v, %v", requires, err)
	}
	obligations, err := policy.Obligations(p, f)
	if err != nil || len(obligations) != 0 {
		t.Errorf("obligations %v, %v", obligations, err)
	}
}

func TestFacts(t *testing.T) {
	line := func(n uint32, rating string, c transferv1.Category, minor int64) *transferv1.Line {
		return &transferv1.Line{Number: n, Rating: rating, Category: c, Value: &transferv1.Money{Minor: minor, Currency: "EUR"}}
	}
	deal := &licensingv1.Deal{
		Kind:        transferv1.Kind_KIND_TRANS_SHIPMENT,
		Destination: &licensingv1.Place{Country: "XB"},
		Onward:      []*licensingv1.Place{{Country: "XC"}, {Name: "a sea area"}},
		Parties: []*transferv1.Party{
			{Role: transferv1.Role_ROLE_END_USER, Name: "A", Country: "XB"}, {Role: transferv1.Role_ROLE_END_USER, Name: "B", Country: "XC"},
			{Role: transferv1.Role_ROLE_BROKER, Name: "C"},
		},
		Lines: []*transferv1.Line{
			line(1, "ML1.a", transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, math.MaxInt64),
			line(2, "ML3.a", transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION, 5), line(3, "ML1.a", transferv1.Category_CATEGORY_UNSPECIFIED, 7),
		},
	}
	want := policy.Facts{
		Kind: "trans_shipment", Categories: []string{"viii", "ammunition", "none"}, Ratings: []string{"ML1.a", "ML3.a"}, Destination: "XB",
		Onward: []string{"XC"}, Route: []string{"XD"}, Parties: map[string][]string{"end_user": {"XB", "XC"}},
		Values: map[string]int64{"EUR": math.MaxInt64}, State: "XA",
	}
	c := policy.Circumstances{Route: []string{"XD"}}
	if diff := cmp.Diff(want, policy.FactsOf(deal, "XA", c)); diff != "" {
		t.Error(diff)
	}
	perLine := policy.LineFacts(deal, "XA", c)
	if len(perLine) != 3 || perLine[1].Line != 2 || perLine[1].Values["EUR"] != 5 || !cmp.Equal(perLine[2].Categories, []string{"none"}) {
		t.Errorf("lines %+v", perLine)
	}
	if got := policy.FactsOf(nil, "", policy.Circumstances{}); got.Kind != "" || len(policy.LineFacts(nil, "", c)) != 0 {
		t.Errorf("no deal: %+v", got)
	}
}
