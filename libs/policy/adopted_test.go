package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/policy"
)

// What an alert leads to: by the defaults, by what a policy says itself, and by several at once.
func TestOffers(t *testing.T) {
	read := func(alerts string) *policy.Policy {
		t.Helper()
		p, err := policy.LoadAdopted("own/1", []byte("name: own\nversion: 1\ntitle: P\nlegal_basis: fictional\ndecider: licensing\nalerts: "+alerts+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	own := read("{offers: [{on: confirmed, consequence: reassess}, {on: raised, consequence: hold, automatic: true}]}")
	held := read("{offers: [{on: immediate, consequence: hold}, {on: confirmed, consequence: reassess, automatic: true}]}")
	all := []string{"reassess", "hold", "denial_check", "post_delivery_check"}
	automatic := []string{"reassess by itself", "hold", "denial_check", "post_delivery_check"}
	for _, tt := range []struct {
		name     string
		policies []*policy.Policy
		on       []string
		want     []string
	}{
		{"no policy, any alert", nil, []string{"raised"}, nil},
		{"no policy, immediate", nil, []string{"raised", "immediate"}, all},
		{"no policy, confirmed", nil, []string{"raised", "confirmed"}, automatic},
		{"no policy, immediate and confirmed", nil, []string{"raised", "immediate", "confirmed"}, automatic},
		{"one that says nothing", []*policy.Policy{read("{}")}, []string{"raised", "confirmed"}, automatic},
		{"its own", []*policy.Policy{own}, []string{"raised"}, []string{"hold by itself"}},
		{"its own, confirmed", []*policy.Policy{own}, []string{"raised", "confirmed"}, []string{"reassess", "hold by itself"}},
		{"two", []*policy.Policy{own, held}, []string{"raised", "immediate", "confirmed"}, []string{"reassess by itself", "hold by itself"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, o := range policy.Offers(tt.policies, tt.on...) {
				line := o.GetConsequence()
				if o.GetAutomatic() {
					line += " by itself"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("offers (-want +got):\n%s", diff)
			}
		})
	}
}
