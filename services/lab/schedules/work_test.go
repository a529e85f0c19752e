package schedules

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// work has every office do what waits there, in the order in which it came, and a post give back what lies idle. A post that
// was refused something asks the counter, if the lines are there.
func (e *escrow) work() error {
	for _, office := range e.offices {
		var lacks []amounts
		for _, g := range e.goods {
			if g.at != office.name {
				continue
			}
			lacking, err := e.try(office, g)
			if err != nil {
				return err
			}
			if lacking != (amounts{}) {
				lacks = append(lacks, lacking)
			}
		}
		if office.name == counter {
			continue
		}
		if err := e.ask(office, lacks); err != nil {
			return err
		}
		if err := e.returnIdle(office); err != nil {
			return err
		}
	}
	return nil
}

// returnIdle has a post give back what lies idle, as its desk does: it looks when the next is due, and where none is after every
// change.
func (e *escrow) returnIdle(post *node) error {
	if post.next.After(e.now) || post.next.IsZero() && post.looked == post.knows() {
		return nil
	}
	facts, next, err := e.rules.returnIdle(post.tx.View, e.now, idle)
	post.looked, post.next = post.knows(), next
	return e.decided(post, "all", "returns what lies idle", facts, err)
}

// try takes goods as far as it goes, and says what is lacking for more.
func (e *escrow) try(office *node, g *declared) (lacks amounts, err error) {
	for g.done < len(g.wishes) && !g.wishes[g.done].due.After(e.now) {
		w := g.wishes[g.done]
		if again, err := e.worthTrying(office, g); !again {
			return g.lacks, err
		}
		var facts []proto.Message
		switch w.what {
		case "accept":
			facts, err = e.rules.accept(office.tx.View, g.id, w.to)
		case "cancel":
			facts, err = e.rules.cancel(office.tx.View, g.id)
		case "commit":
			facts, err = e.rules.commit(office.tx.View, g.id, g.asked, w.to)
		case "correct":
			facts, err = e.rules.correct(office.tx.View, g.id, w.to)
		case "restore":
			facts, err = e.rules.restore(office.tx.View, g.id, w.to)
		}
		if r := fault.As(err); r != nil && (r.Code == "DX03" || r.Code == "DX04") {
			g.lacks = w.to
			if g.done > 0 { // as much as it is more than before
				g.lacks = w.to.less(g.wishes[g.done-1].to).most(amounts{})
			}
			return g.lacks, nil
		}
		if err := e.decided(office, g.group, w.what+" "+g.id, facts, err); err != nil {
			return lacks, err
		}
		if _, stands := e.books.party(g.at).open[g.id]; stands && w.what == "cancel" {
			return lacks, e.failed("%s is cancelled and stays reserved", g.id)
		}
		g.done, g.lacks = g.done+1, amounts{}
	}
	return lacks, nil
}

// worthTrying reports whether goods that were refused are put before the rule again: once the office's balance has room.
func (e *escrow) worthTrying(office *node, g *declared) (bool, error) {
	if g.lacks == (amounts{}) {
		return true, nil
	}
	if office.read != office.knows() {
		left, err := e.rules.left(office.tx.View)
		if err != nil {
			return false, e.failed("%s: %w", office.name, err)
		}
		office.read, office.left = office.knows(), left
	}
	return g.lacks.within(office.left), nil
}

// decided records what a rule decided, and looks whether all is well.
func (e *escrow) decided(at *node, group, what string, facts []proto.Message, err error) error {
	if err != nil {
		if fault.As(err) != nil {
			return nil
		}
		return e.failed("%s: %s: %w", at.name, what, err)
	}
	if len(facts) == 0 {
		return nil
	}
	e.say("%s: %s", at.name, what)
	if err := e.record(at, group, facts...); err != nil {
		return err
	}
	e.books.enter(at.own[len(at.own)-1])
	if err := e.books.wrong(); err != nil {
		return e.failed("%w", err)
	}
	return nil
}

// ask has the counter see to it that a post has what all that waits there lacks, and a stock; or without a stock; or what the
// first of it lacks, as far as the counter has it.
func (e *escrow) ask(post *node, lacks []amounts) error {
	desk := e.offices[0]
	if len(lacks) == 0 || desk.cut || post.cut {
		return nil
	}
	sum := amounts{}
	for _, l := range lacks {
		sum = sum.plus(l)
	}
	for _, to := range []amounts{sum.plus(e.stock), sum, lacks[0]} {
		facts, err := e.rules.give(desk.tx.View, e.now, post.name, to)
		if fault.As(err) != nil {
			continue
		}
		return e.decided(desk, "all", "gives "+post.name, facts, err)
	}
	return nil
}
