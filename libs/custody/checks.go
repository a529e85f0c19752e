package custody

import (
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// exit looks whether goods that were declared for export left.
func (w *walk) exit(l, next *leg) (*outcome, error) {
	d, late := l.first, l.first.overdue("DX16")
	if l.left() {
		if l.exported() {
			w.took(takeOver(l.party(transferv1.Role_ROLE_CARRIER, transferv1.Role_ROLE_FORWARDER), "exited", d, l.exit()))
		}
		return nil, nil
	}
	indicator := "RF27"
	if late != nil {
		indicator = "DX16"
	}
	switch found := w.foundIn(l, next, false, anywhere); {
	case found != nil && found.country == d.from():
		o := broken(d1, medium, "exit", indicator, d.GetId(), d.start(), "declaration %s was accepted on %s and never left %s by the records, where %s says that it was found on %s",
			d.GetId(), day(d.start()), d.from(), found.id, day(found.at))
		o.missing = true
		return o, nil
	case found != nil:
		return cannotTell("declaration %s never left %s by the records, and %s says that it was found in %s on %s", d.GetId(), d.from(), found.id, found.country, day(found.at)), nil
	case late != nil:
		o := broken(0, 0, "exit", indicator, d.GetId(), late.GetDue().AsTime(), "the exit of declaration %s was due on %s and is not confirmed; whether it left cannot be told", d.GetId(), day(late.GetDue().AsTime()))
		o.missing = true
		return o, nil
	}
	return waits("exit", d.GetId(), d.start(), "declaration %s was accepted on %s and has not left yet", d.GetId(), day(d.start())), nil
}

// transit looks whether every transit that was opened was discharged. One of goods that arrived says nothing of them.
func (w *walk) transit(l, next *leg) (*outcome, error) {
	if next != nil || l.arrived() != nil || l.verified() != nil {
		return nil, nil
	}
	for _, d := range l.all() {
		t := d.GetTransit()
		if t == nil || d.GetDischargedAt() != nil {
			continue
		}
		due, found := t.GetDue().AsTime(), w.foundIn(l, next, false, func(f finding) bool { return !l.passes(f.country) })
		if d.overdue("DX17") == nil && found == nil {
			return waits("transit_discharge", d.GetId(), d.start(), "the transit of declaration %s is open until %s", d.GetId(), day(due)), nil
		}
		o := broken(d2, medium, "transit_discharge", "DX17", d.GetId(), due, "the transit of declaration %s was to be discharged by %s and was not", d.GetId(), day(due))
		o.missing = true
		return o.supported(found), nil
	}
	return nil, nil
}

// arrival looks whether the goods arrived where they should, at whom they should.
func (w *walk) arrival(l, next *leg) (*outcome, error) {
	left := day(l.exit())
	if there := l.elsewhere(); there != nil && l.arrived() == nil && l.verified() == nil {
		return broken(d2, high, "arrival", "DX18", there.GetId(), l.exit(), "it left under declaration %s on %s for %s, and declaration %s has it in %s on %s",
			l.first.GetId(), left, l.first.to(), there.GetId(), there.to(), day(there.start())), nil
	}
	if there := l.arrived(); there != nil {
		w.took(takeOver(l.party(transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER), "arrived", there, there.arrivedAt()))
	}
	if o := w.delivery(l, next); o != nil {
		return o, nil
	}
	if next != nil || l.arrived() != nil || l.verified() != nil {
		return nil, nil
	}
	outside := w.foundIn(l, next, false, func(f finding) bool { return !l.passes(f.country) })
	for _, d := range l.all() {
		if late := d.overdue("DX18"); late != nil {
			o := broken(d2, medium, "arrival", "DX18", d.GetId(), late.GetDue().AsTime(), "it left under declaration %s on %s, and its arrival was due on %s and is not on record", l.first.GetId(), left, day(late.GetDue().AsTime()))
			o.missing = true
			return o.supported(outside), nil
		}
	}
	for _, d := range l.deliveries {
		if due := d.GetRequested().GetDue().AsTime(); d.GetOverdueAt() != nil {
			o := broken(d2, medium, "delivery_verification", "RF26", d.GetId(), due, "it left under declaration %s on %s; delivery %s was to be verified by %s and was not, and no arrival is on record", l.first.GetId(), left, d.GetId(), day(due))
			o.missing = true
			return o.supported(outside), nil
		}
	}
	if outside != nil {
		o := broken(d2, high, "arrival", "RF27", l.first.GetId(), l.exit(), "it left under declaration %s on %s for %s, no arrival is on record, and %s says that it was found in %s on %s",
			l.first.GetId(), left, l.first.to(), outside.id, outside.country, day(outside.at))
		o.missing = true
		return o, nil
	}
	if found := w.foundIn(l, next, false, anywhere); found != nil {
		return cannotTell("it left under declaration %s on %s, no arrival is on record, and %s says that it was found in %s on %s, where it may have been on its way or delivered",
			l.first.GetId(), left, found.id, found.country, day(found.at)), nil
	}
	return waits("arrival", l.first.GetId(), l.exit(), "it left under declaration %s on %s and has not arrived yet", l.first.GetId(), left), nil
}

// supported adds where it was found meanwhile; nil: nowhere.
func (o *outcome) supported(found *finding) *outcome {
	if found != nil {
		o.confidence = high
		o.reason += "; " + found.id + " says that it was found in " + found.country + " on " + day(found.at)
	}
	return o
}
