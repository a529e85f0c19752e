package policy

import (
	"iter"
	"maps"
	"math"
	"slices"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Facts is what the expressions of a policy see of a transfer or of one of its lines, each under the name beside it.
// States are ISO 3166-1 alpha-2; one that has no code is left out. Lists have no order that means something.
type Facts struct {
	// Line is the number of the line that they are about; 0: the whole deal. Expressions do not see it.
	Line uint32

	Kind        string              // kind: export, import, transit, trans_shipment or brokering
	Categories  []string            // categories: i to viii (Article 2(1)), ammunition (3), parts (4), none
	Ratings     []string            // ratings: as the authority writes them, such as "ML1.a"
	Destination string              // destination
	Onward      []string            // onward: States that it goes on to
	Sources     []string            // sources: States that it comes from
	Route       []string            // route: States that it passes through
	Parties     map[string][]string // parties: States of the parties by role, such as parties.end_user; every role is there
	EndUse      string              // end_use
	Values      map[string]int64    // values: by currency, in its minor unit
	State       string              // state: the State that decides
	Emergency   bool                // emergency
}

// Circumstances are facts that a deal does not hold.
type Circumstances struct {
	// States that the goods pass through.
	Route     []string
	Emergency bool
}

var kinds = map[transferv1.Kind]string{
	transferv1.Kind_KIND_EXPORT:         "export",
	transferv1.Kind_KIND_IMPORT:         "import",
	transferv1.Kind_KIND_TRANSIT:        "transit",
	transferv1.Kind_KIND_TRANS_SHIPMENT: "trans_shipment",
	transferv1.Kind_KIND_BROKERING:      "brokering",
}

var roles = map[transferv1.Role]string{
	transferv1.Role_ROLE_EXPORTER:  "exporter",
	transferv1.Role_ROLE_IMPORTER:  "importer",
	transferv1.Role_ROLE_CONSIGNEE: "consignee",
	transferv1.Role_ROLE_END_USER:  "end_user",
	transferv1.Role_ROLE_BROKER:    "broker",
	transferv1.Role_ROLE_CARRIER:   "carrier",
	transferv1.Role_ROLE_FORWARDER: "forwarder",
	transferv1.Role_ROLE_FINANCIER: "financier",
}

// categories are in the order of transferv1.Category.
var categories = []string{"none", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ammunition", "parts"}

// FactsOf returns the facts of a whole deal, as the State that decides on it sees them.
func FactsOf(deal *licensingv1.Deal, state string, c Circumstances) Facts {
	return factsOf(deal, deal.GetLines(), state, c)
}

// LineFacts returns the facts of each line of a deal, in their order. They differ in number, category, rating and value.
func LineFacts(deal *licensingv1.Deal, state string, c Circumstances) []Facts {
	var list []Facts
	for i, line := range deal.GetLines() {
		f := factsOf(deal, deal.Lines[i:i+1], state, c)
		f.Line = line.Number
		list = append(list, f)
	}
	return list
}

func factsOf(deal *licensingv1.Deal, lines []*transferv1.Line, state string, c Circumstances) Facts {
	f := Facts{
		Kind: kinds[deal.GetKind()], Destination: deal.GetDestination().GetCountry(),
		Onward: codes(deal.GetOnward()), Sources: codes(deal.GetSources()), Route: c.Route,
		Parties: map[string][]string{}, EndUse: deal.GetEndUse(), Values: map[string]int64{},
		State: state, Emergency: c.Emergency,
	}
	for _, party := range deal.GetParties() {
		if role := roles[party.Role]; role != "" && party.Country != "" {
			f.Parties[role] = with(f.Parties[role], party.Country)
		}
	}
	for _, line := range lines {
		f.Ratings = with(f.Ratings, line.Rating)
		if n := int(line.Category); n >= 0 && n < len(categories) {
			f.Categories = with(f.Categories, categories[n])
		}
		if v := line.Value; v != nil {
			f.Values[v.Currency] += min(v.Minor, math.MaxInt64-f.Values[v.Currency])
		}
	}
	return f
}

func codes(places []*licensingv1.Place) []string {
	var list []string
	for _, p := range places {
		if p.Country != "" {
			list = with(list, p.Country)
		}
	}
	return list
}

// with returns a list that has an item, once.
func with(list []string, item string) []string {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// variables returns the facts by the names that expressions use.
func (f Facts) variables() map[string]any {
	parties := map[string][]string{}
	for _, role := range roles {
		parties[role] = f.Parties[role]
	}
	return map[string]any{
		"kind": f.Kind, "categories": f.Categories, "ratings": f.Ratings, "destination": f.Destination,
		"onward": f.Onward, "sources": f.Sources, "route": f.Route, "parties": parties, "end_use": f.EndUse,
		"values": f.Values, "state": f.State, "emergency": f.Emergency,
	}
}

// ordered ranges over a map in order of key.
func ordered[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
