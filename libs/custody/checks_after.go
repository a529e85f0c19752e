package custody

import (
	"fmt"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// afterwards looks where the item was found after it was delivered, and before it was sent on.
func (w *walk) afterwards(l, next *leg) (*outcome, error) {
	p, there := l.verified(), l.arrived()
	outside := func(f finding) bool { return f.country != "" && f.country != l.first.to() }
	found := w.foundIn(l, next, true, func(f finding) bool { return !f.sighting || outside(f) && p != nil && f.at.After(p.at) })
	if found == nil {
		return nil, nil
	}
	c, in := high, fmt.Sprintf("%s says that it was found in %s on %s", found.id, found.country, day(found.at))
	if found.sighting {
		c = low
	}
	switch {
	case p != nil && found.at.Before(p.at):
		return cannotTell("%s, before %s has it delivered on %s", in, p.id, day(p.at)), nil
	case p == nil && l.exported():
		return cannotTell("%s, and that it was delivered is not verified", in), nil
	case there != nil && found.at.Before(there.arrivedAt()):
		return cannotTell("%s, before it arrived under declaration %s on %s", in, there.GetId(), day(there.arrivedAt())), nil
	}
	record, since := l.first.GetId(), l.first.start()
	if w.holder != nil {
		record, since = w.holder.GetRecordId(), w.holder.GetAt().AsTime()
	}
	switch {
	case outside(*found):
		return broken(d5, min(c, medium), "consent", "RF19", record, found.at, "it came to %s by %s on %s, no consented re-export is on record, and %s", l.first.to(), record, day(since), in), nil
	case l.exported():
		return broken(d4, c, "custody", "RF27", record, found.at, "it came to its holder by %s on %s, no re-export is on record, and %s in the hands of others", record, day(since), in), nil
	}
	return broken(d6, c, "custody", "RF27", record, found.at, "it came to its holder by %s on %s and never left %s by the records, and %s in the hands of others", record, day(since), l.first.to(), in), nil
}

// passedOn looks whether a transfer goes lawfully on from the one before: by whom the goods were for, from where they went, with
// consent.
func (w *walk) passedOn(before, l *leg) (*outcome, error) {
	exporter := l.party(transferv1.Role_ROLE_EXPORTER)
	is := func(p *transferv1.Party) likeness { return alike(exporter, p) }
	held := among(is, before.parties(holders...))
	from := fmt.Sprintf("declaration %s of %s has it sent from %s", l.first.GetId(), day(l.first.start()), l.first.from())
	switch {
	case held == one || l.first.from() == before.first.to():
		return w.consent(before, l, from)
	case l.first.from() == "":
		return cannotTell("declaration %s does not say where it was sent from", l.first.GetId()), nil
	case l.first.from() == before.first.from():
		return cannotTell("%s, which it left before under declaration %s, and no return is on record", from, before.first.GetId()), nil
	case before.arrived() == nil && before.verified() == nil:
		return broken(d2, medium, "arrival", "DX18", before.first.GetId(), before.exit(), "it left under declaration %s on %s for %s, no arrival is on record, and %s",
			before.first.GetId(), day(before.exit()), before.first.to(), from), nil
	}
	return broken(d5, medium, "consent", "RF19", l.first.GetId(), l.first.start(), "it was delivered to %s under declaration %s, no consented re-export from there is on record, and %s",
		before.first.to(), before.first.GetId(), from), nil
}

// consent is a licence that names who had the goods as their exporter.
func (w *walk) consent(before, l *leg, from string) (*outcome, error) {
	id, since := l.first.GetAccepted().GetLicenceId(), l.first.start()
	without := func(why string) *outcome {
		return broken(d5, medium, "consent", "RF19", l.first.GetId(), since, "it was delivered to %s under declaration %s, %s, %s", before.first.to(), before.first.GetId(), from, why)
	}
	licence := l.first.licence
	switch {
	case id == "":
		return without("and it names no licence"), nil
	case licence == nil:
		return cannotTell("%s under licence %s, which is not on record here: whether it was consented to cannot be told", from, id), nil
	}
	named := among(func(p *transferv1.Party) likeness {
		return alike(partyOf(licence.GetDeal().GetParties(), transferv1.Role_ROLE_EXPORTER), p)
	}, before.parties(holders...))
	switch {
	case named == one:
		return nil, nil
	case named == doubtful:
		return cannotTell("%s under licence %s: whether its exporter is who had the goods has to be looked at", from, id), nil
	}
	return without("and licence " + id + " does not name who had it there as exporter"), nil
}

// certificate looks whether what the licence rests on is genuine.
func (w *walk) certificate(l, _ *leg) (*outcome, error) {
	licence := l.first.licence
	if licence == nil {
		return nil, nil
	}
	if o, err := w.alerted(l, licence); o != nil || err != nil {
		return o, err
	}
	application, err := w.view.Application(licence.GetApplicationId())
	if err != nil {
		return nil, fmt.Errorf("read application %s: %w", licence.GetApplicationId(), err)
	}
	since := licence.GetDecidedAt().AsTime()
	for _, paper := range certificates(licence) {
		var last *licensingv1.DocumentVerified
		for _, v := range application.GetVerified() {
			if v.GetKind() == paper.GetKind() && v.GetNumber() == paper.GetNumber() {
				last = v
			}
		}
		if last != nil && !last.GetGenuine() {
			return broken(d1, high, "certificate", "RF15", licence.GetId(), since, "certificate %s that licence %s rests on was found not to be genuine by %s", paper.GetNumber(), licence.GetId(), last.GetMethod()), nil
		}
		earlier, err := w.usedBefore(licence, paper)
		if err != nil {
			return nil, err
		}
		if earlier != "" {
			return broken(d1, low, "certificate", "RF17", licence.GetId(), since, "certificate %s that licence %s rests on was used for licence %s before", paper.GetNumber(), licence.GetId(), earlier), nil
		}
	}
	return nil, nil
}

func certificates(l *ledgerv1.Licence) (list []*licensingv1.Document) {
	for _, d := range l.GetDeal().GetDocuments() {
		if d.GetKind() == "end_user_certificate" && d.GetNumber() != "" {
			list = append(list, d)
		}
	}
	return list
}
