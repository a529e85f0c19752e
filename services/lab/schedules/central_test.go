package schedules

// centralWorks has a single counter do what waits, as the offices do (work): it has all goods at once and no lines.
func (e *escrow) centralWorks() {
	p := e.central.party(counter)
	for _, g := range e.goods {
		for g.central < len(g.wishes) && !g.wishes[g.central].due.After(e.now) && e.takes(p, g) {
			g.central++
		}
	}
}

// takes reports whether what is next of some goods fits, and enters it then.
func (e *escrow) takes(p *party, g *declared) bool {
	w := g.wishes[g.central]
	before, room := p.committed[g.id], e.central.limit.less(p.taken())
	switch w.what {
	case "accept":
		if !w.to.within(room) {
			return false
		}
		p.open[g.id], p.reserved = w.to, p.reserved.plus(w.to)
	case "cancel":
		p.reserved = p.reserved.less(p.open[g.id])
		delete(p.open, g.id)
	case "commit":
		if !w.to.less(g.asked).most(amounts{}).within(room.most(amounts{})) {
			return false
		}
		p.reserved, p.used = p.reserved.less(p.open[g.id]), p.used.plus(w.to)
		p.committed[g.id] = w.to
		delete(p.open, g.id)
	case "correct":
		if !w.to.less(before).most(amounts{}).within(room) {
			return false
		}
		p.used, p.committed[g.id] = p.used.plus(w.to.less(before)), w.to
	case "restore":
		p.used = p.used.less(w.to)
	}
	return true
}
