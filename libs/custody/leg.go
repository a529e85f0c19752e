package custody

import (
	"maps"
	"slices"
	"time"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// leg is one transfer of the item: what it was declared for export under, what it was declared as on the way and on arrival, and
// what is known of its delivery.
type leg struct {
	// first is the export, or the import where no export is on record.
	first      *declaration
	rest       []*declaration
	deliveries []*delivery
}

func (l *leg) all() []*declaration { return append([]*declaration{l.first}, l.rest...) }

func (l *leg) exported() bool { return l.first.kind() == transferv1.Kind_KIND_EXPORT }

// legs are the item's transfers, in order of time.
func (it *item) legs() (legs []*leg) {
	for _, d := range it.declarations {
		if !d.counts() {
			continue
		}
		if last := len(legs) - 1; last >= 0 && legs[last].takes(d) {
			legs[last].rest = append(legs[last].rest, d)
			continue
		}
		legs = append(legs, &leg{first: d})
	}
	for _, d := range it.deliveries {
		for _, l := range legs {
			if l.has(d) {
				l.deliveries = append(l.deliveries, d)
				break
			}
		}
	}
	return legs
}

// takes reports whether a declaration goes on with the transfer: one on the way or on arrival, as long as the goods are not known
// to have arrived, or where they go.
func (l *leg) takes(d *declaration) bool {
	return d.kind() != transferv1.Kind_KIND_EXPORT && (l.arrived() == nil || d.to() == l.first.to())
}

func (l *leg) has(d *delivery) bool {
	ids := d.GetRequested().GetDeclarationIds()
	for _, one := range l.all() {
		if slices.Contains(ids, one.GetId()) || len(ids) == 0 && one.GetAccepted().GetLicenceId() == d.GetRequested().GetLicenceId() {
			return true
		}
	}
	return false
}

// left reports whether the goods are known to have left where they came from.
func (l *leg) left() bool {
	return !l.exported() || slices.ContainsFunc(l.all(), (*declaration).moved) || l.arrived() != nil
}

// arrived is the declaration by which the goods came to where they go; nil while none is on record.
func (l *leg) arrived() *declaration {
	i := slices.IndexFunc(l.all(), func(d *declaration) bool { return !d.arrivedAt().IsZero() && d.to() == l.first.to() })
	if i < 0 {
		return nil
	}
	return l.all()[i]
}

// elsewhere is the declaration by which they came to another State before; nil when none did.
func (l *leg) elsewhere() *declaration {
	i := slices.IndexFunc(l.rest, func(d *declaration) bool { return d.kind() == transferv1.Kind_KIND_IMPORT && d.to() != l.first.to() })
	if i < 0 {
		return nil
	}
	return l.rest[i]
}

// passes are the States that the goods may lawfully be in on the way.
func (l *leg) passes(state string) bool {
	for _, d := range l.all() {
		if state == d.from() || state == d.to() || state == d.state || slices.Contains(d.GetAccepted().GetConsignment().GetRoute(), state) {
			return true
		}
	}
	return false
}

// exit is when the goods left, as far as is known.
func (l *leg) exit() time.Time {
	if at := l.first.GetExitedAt(); at != nil {
		return at.AsTime()
	}
	return l.first.start()
}

// party is who has one of the roles in the transfer: by its declarations, then by its licence.
func (l *leg) party(roles ...transferv1.Role) *transferv1.Party {
	for _, role := range roles {
		for _, d := range l.all() {
			if p := d.party(role); p != nil {
				return p
			}
		}
		if p := partyOf(l.first.licence.GetDeal().GetParties(), role); p != nil {
			return p
		}
	}
	return nil
}

// parties are all who have one of the roles.
func (l *leg) parties(roles ...transferv1.Role) (all []*transferv1.Party) {
	lists := [][]*transferv1.Party{l.first.licence.GetDeal().GetParties()}
	for _, d := range l.all() {
		lists = append(lists, d.GetAccepted().GetParties())
	}
	for _, p := range slices.Concat(lists...) {
		if slices.Contains(roles, p.GetRole()) {
			all = append(all, p)
		}
	}
	return all
}

// takeOver is who took the goods over by a declaration; nil where it names nobody with such a role.
func takeOver(p *transferv1.Party, step string, d *declaration, at time.Time) *queryv1.Custodian {
	if p == nil {
		return nil
	}
	return &queryv1.Custodian{Party: p, Step: step, RecordId: d.GetId(), At: stamp(at)}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
