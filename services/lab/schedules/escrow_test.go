package schedules

import (
	"fmt"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var (
	allPosts  = []string{"customs-b", "customs-c", "customs-d", "customs-e"}
	directory = ledgertest.Registered(append([]string{"licensing", counter}, allPosts...)...)
)

// declared is goods that come to an office, and what becomes of them: cancelled; or left, as much as moved, which is corrected
// and comes back in part, as far as that is drawn. Each waits until it is taken.
type declared struct {
	id, group string
	at        string
	asked     amounts
	wishes    []wish
	// done is how many of them were, central how many at a single counter.
	done, central int
	// lacks is what was refused last.
	lacks amounts
}

type wish struct {
	what string
	due  time.Time
	to   amounts
}

// escrow is a schedule of a licence that a counter and posts write off, and of a single counter that hears of the same goods in
// the same order, and is never cut off.
type escrow struct {
	*net
	t        *rapid.T
	rules    rules
	books    books
	central  books
	goods    []*declared
	offices  []*node
	authored amounts
	stock    amounts
}

// share is the share of what a single counter has written off that the offices have, by the limit that is nearest to its end.
func (e *escrow) share() float64 {
	fullest := func(a amounts) float64 {
		return math.Max(float64(a.quantity)/float64(e.books.limit.quantity), float64(a.value)/float64(e.books.limit.value))
	}
	if alone := fullest(e.central.taken()); alone > 0 {
		return fullest(e.books.taken()) / alone
	}
	return 1
}

// playEscrow draws a schedule and plays it.
func (o *offices) playEscrow(t *rapid.T, r rules) (out outcome) {
	posts := allPosts[:rapid.IntRange(2, 4).Draw(t, "posts")]
	n, end, err := o.connect(append([]string{"licensing", counter}, posts...)...)
	defer end()
	if err != nil {
		return outcome{err: err}
	}
	e := &escrow{net: n, t: t, rules: r, offices: n.nodes[1:]}
	audited := rapid.IntRange(0, 3).Draw(t, "licensing hears of it") == 0
	apart := rapid.IntRange(0, 3).Draw(t, "posts hear of each other") > 0
	e.hears = func(to, from *node) bool {
		if to == n.nodes[0] {
			return audited
		}
		return !apart || !slices.Contains(e.offices[1:], to) || !slices.Contains(e.offices[1:], from)
	}
	out.err = e.licence()
	for range 23 - rapid.IntRange(0, 13).Draw(t, "steps less") {
		if out.err == nil {
			out.err = e.step()
		}
	}
	if out.measured = e.share(); out.err == nil {
		out.err = e.finish()
	}
	out.counted = slices.ContainsFunc(e.goods, func(g *declared) bool { return g.central < len(g.wishes) })
	switch s := e.share(); {
	case out.err != nil:
	case s < 0.95:
		out.err = e.failed("%v is written off of %v at the end, and a single counter would have %v: %.1f %%", e.books.taken(), e.books.limit, e.central.taken(), 100*s)
	case audited:
		out.err = e.agree()
	}
	return out
}

// licence puts it on record and has everybody hear of it.
func (e *escrow) licence() error {
	line := &transferv1.Line{Number: 1, Rating: "ML1.a", TolerancePermille: rapid.Uint32Range(0, 100).Draw(e.t, "tolerance")}
	stated := amounts{rapid.Int64Range(400, 1200).Draw(e.t, "quantity"), rapid.Int64Range(400, 1200).Draw(e.t, "value")}
	line.Quantity, line.Value = stated.stated()
	with := func(a int64) int64 { return a + a*int64(line.TolerancePermille)/1000 }
	limit := amounts{with(stated.quantity), with(stated.value)}
	e.books, e.central = books{limit, map[string]*party{}}, books{limit, map[string]*party{}}
	e.authored = amounts{stated.quantity / 20, stated.value / 20}
	e.stock = amounts{stated.quantity / 20, stated.value / 20}
	e.say("%v with %d permille", stated, line.TolerancePermille)
	err := e.record(e.nodes[0], "all", &licensingv1.LicenceGranted{
		LicenceId: licenceID, Deal: &licensingv1.Deal{Lines: []*transferv1.Line{line}}, ValidUntil: timestamppb.New(e.now.AddDate(2, 0, 0)),
	})
	if err != nil {
		return err
	}
	return e.settle()
}

// step is one thing that happens, and what follows at every office.
func (e *escrow) step() error {
	e.now = e.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(e.t, "minutes")) * time.Minute)
	e.cutLines(e.t, e.offices)
	switch rapid.IntRange(0, 9).Draw(e.t, "step") {
	case 0:
		if err := e.someGiveBack(); err != nil {
			return err
		}
	default:
		for range 3 - rapid.IntRange(0, 3).Draw(e.t, "arrivals less") {
			e.arrive()
		}
	}
	if err := e.work(); err != nil {
		return err
	}
	e.centralWorks()
	return e.deliver(e.t)
}

// arrive brings goods to an office.
func (e *escrow) arrive() {
	office := e.offices[rapid.IntRange(0, len(e.offices)-1).Draw(e.t, "office")]
	small := rapid.IntRange(0, 9).Draw(e.t, "small") == 9
	draw := func(what string, most int64) int64 {
		if small {
			return rapid.Int64Range(1, 5).Draw(e.t, what)
		}
		return most - rapid.Int64Range(0, most/2).Draw(e.t, what) // what is drawn is rather small
	}
	g := &declared{
		id: fmt.Sprintf("%s/D-%d", office.name, len(e.goods)+1), at: office.name, group: rapid.SampledFrom([]string{"all", "border"}).Draw(e.t, "group"),
		asked: amounts{draw("quantity", e.authored.quantity), draw("value", e.authored.value)},
	}
	due := e.now
	then := func(what string, to amounts) {
		g.wishes = append(g.wishes, wish{what, due, to})
		due = due.Add(time.Duration(rapid.IntRange(1, 72).Draw(e.t, "hours")) * time.Hour)
	}
	about := func(a amounts) amounts { // up to a tenth off
		some := func(x int64) int64 { return max(1, x+rapid.Int64Range(-x/10, x/10).Draw(e.t, "off")) }
		return amounts{some(a.quantity), some(a.value)}
	}
	then("accept", g.asked)
	moved := about(g.asked)
	switch rapid.IntRange(0, 15).Draw(e.t, "fate") {
	case 0:
		then("cancel", amounts{})
	case 1, 2, 3:
		then("commit", g.asked)
	case 4, 5:
		then("commit", moved)
	case 6, 7:
		then("commit", moved)
		then("correct", about(moved))
	case 8:
		then("commit", moved)
		then("restore", amounts{moved.quantity / 2, moved.value / 2})
	}
	e.goods = append(e.goods, g)
	e.say("%v of %s come to %s", g.asked, g.id, g.at)
}

// someGiveBack has the officers of a post give back a part of what it has.
func (e *escrow) someGiveBack() error {
	post := e.offices[rapid.IntRange(1, len(e.offices)-1).Draw(e.t, "post")]
	back := amounts{rapid.Int64Range(0, 20).Draw(e.t, "quantity"), rapid.Int64Range(0, 20).Draw(e.t, "value")}
	facts, err := e.rules.giveBack(post.tx.View, e.now, back)
	return e.decided(post, "all", "gives back", facts, err)
}

// finish mends the lines. Within three times as long as an allowance may lie idle, all that can be taken is.
func (e *escrow) finish() error {
	e.now = e.now.AddDate(0, 0, 10)
	e.say("the lines are mended")
	for range 4 {
		for before := -1; before != len(e.steps); {
			before = len(e.steps)
			if err := e.settle(); err != nil {
				return err
			}
			if err := e.work(); err != nil {
				return err
			}
			e.centralWorks()
		}
		e.now = e.now.Add(idle)
	}
	return nil
}

// agree compares what each ledger says with the books, once everything has arrived.
func (e *escrow) agree() error {
	for _, n := range e.nodes {
		left, err := e.rules.left(n.tx.View)
		if err != nil {
			return e.failed("%s: %w", n.name, err)
		}
		want := amounts{}
		switch {
		case n.name == counter:
			want = e.books.limit.less(e.books.party(counter).taken())
			for _, p := range e.offices[1:] {
				want = want.less(e.books.party(p.name).given.less(e.books.party(p.name).returned))
			}
		case slices.Contains(e.offices, n):
			p := e.books.party(n.name)
			want = p.given.less(p.returned).less(p.taken())
		}
		if left != want {
			return e.failed("%s says that %v is left to it, and it is %v", n.name, left, want)
		}
	}
	return nil
}
