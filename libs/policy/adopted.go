package policy

import (
	"crypto/sha256"
	"slices"
	"sync"

	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// adopted keeps policies that were read, by the SHA-256 of their content: reading compiles their expressions, and the same
// content always reads the same. There are as many as were ever adopted.
var adopted sync.Map

// LoadAdopted is Load for the content of PolicyAdopted, which is read once.
func LoadAdopted(id string, content []byte) (*Policy, error) {
	key := sha256.Sum256(content)
	if p, ok := adopted.Load(key); ok {
		return p.(*Policy), nil
	}
	p, err := Load(id, content)
	if err != nil {
		return nil, err
	}
	adopted.Store(key, p)
	return p, nil
}

// Offers are what an alert puts before the owner of a record under policies, or has done by itself: each consequence once,
// automatic where one of the policies says so. on is what the alert is: "raised", "immediate", "confirmed". Without a policy
// the defaults hold.
func Offers(policies []*Policy, on ...string) []*policyv1.Offer {
	var all []*policyv1.Offer
	if len(policies) == 0 {
		all = defaultOffers()
	}
	for _, p := range policies {
		all = append(all, p.Terms.GetAlerts().GetOffers()...)
	}
	var offers []*policyv1.Offer
	at := map[string]int{}
	for _, o := range all {
		i, known := at[o.GetConsequence()]
		switch {
		case !slices.Contains(on, o.GetOn()):
		case !known:
			at[o.GetConsequence()] = len(offers)
			offers = append(offers, &policyv1.Offer{On: o.GetOn(), Consequence: o.GetConsequence(), Automatic: o.GetAutomatic()})
		case o.GetAutomatic() && !offers[i].GetAutomatic():
			offers[i].On, offers[i].Automatic = o.GetOn(), true
		}
	}
	return offers
}
