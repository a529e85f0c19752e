package schedules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/release"
	"github.com/counterfoil/counterfoil/services/licensing/heartbeat"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// ages are how old a copy may be, by policy.
var ages = map[string]time.Duration{"": time.Hour, "near/1": 20 * time.Minute, "far/1": 2 * time.Hour}

// withPolicies is the directory with policies that say so.
var withPolicies = append(slices.Clone(directory), adoptedPolicy("near", 20), adoptedPolicy("far", 120))

func adoptedPolicy(name string, minutes int) proto.Message {
	return &directoryv1.PolicyAdopted{PolicyId: name + "/1", Content: fmt.Appendf(nil,
		"{name: %s, version: 1, title: alone, legal_basis: fictional, valid_from: 2000-01-01, decider: licensing, signatures: 1, release: {max_age_minutes: %d}}", name, minutes)}
}

// releasing are the rules that a schedule of releases is played by.
type releasing struct {
	try   func(view ledger.View, cmd *customsv1.ReleaseGoodsRequest, clock time.Time) ([]proto.Message, proto.Message, error)
	beats func() beats
}

// beats is what licensing asks whether a heartbeat is due.
type beats func(ledger.View, time.Time) ([]proto.Message, time.Time, error)

func realReleasing() releasing {
	return releasing{release.Try, func() beats {
		return new(heartbeat.Beats).Due
	}}
}

// licensed is a licence of a schedule, and when it could not be used.
type licensed struct {
	id, group string
	limit     time.Duration
	suspended []stop
}

// stop is a suspension: when it was recorded, truly and by licensing's clock, and until when it was in force, truly.
type stop struct{ at, stamped, until time.Time }

// border is a schedule of licences that are suspended and reinstated, and of goods under them that offices release.
type border struct {
	*net
	t        *rapid.T
	rules    releasing
	beats    beats
	licences []*licensed
	goods    []*held
	offices  []*node
	released int
}

// held is goods that wait for their release.
type held struct {
	id      string
	office  *node
	licence *licensed
	gone    bool
}

// playBorder draws a schedule and plays it.
func (o *offices) playBorder(t *rapid.T, r releasing) outcome {
	posts := allPosts[:rapid.IntRange(2, 4).Draw(t, "posts")]
	n, end, err := o.connect(append([]string{"licensing", counter}, posts...)...)
	defer end()
	if err != nil {
		return outcome{err: err}
	}
	b := &border{net: n, t: t, rules: r, beats: r.beats(), offices: n.nodes[1:]}
	n.reads = func(to *node, id journal.ID) bool {
		return id.Group != "closed" || to == n.nodes[0] || to.name == counter
	}
	if err := b.grants(); err != nil {
		return outcome{err: err}
	}
	for range 26 - rapid.IntRange(0, 16).Draw(t, "steps less") {
		if err := b.step(); err != nil {
			return outcome{err: err}
		}
	}
	return outcome{err: b.finish(), measured: float64(b.released)}
}

// grants puts licences on record: two that everybody reads of, in journals of their own, and one that only the counter does,
// which is shared with all afterwards.
func (b *border) grants() error {
	for i, group := range []string{"all", "border", "closed"} {
		policies := rapid.SampledFrom([]string{"", "near/1", "far/1", "far/1 near/1"}).Draw(b.t, "policies")
		l := &licensed{id: fmt.Sprintf("licensing/L-%d", i+1), group: group, limit: ages[""]}
		for j, p := range strings.Fields(policies) {
			if j == 0 || ages[p] < l.limit {
				l.limit = ages[p]
			}
		}
		b.licences = append(b.licences, l)
		b.say("%s in %s, copies at most %s old", l.id, group, l.limit)
		basis := &licensingv1.Basis{
			PolicyId: policies, Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Screening: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR},
		}
		fact := &licensingv1.LicenceGranted{LicenceId: l.id, Basis: basis, Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 1}}}}
		if err := b.record(b.nodes[0], group, fact); err != nil {
			return err
		}
	}
	granted := b.nodes[0].own[len(b.nodes[0].own)-1]
	if err := b.repeat(granted, "all"); err != nil {
		return err
	}
	return b.settle()
}

// repeat has licensing share an event with a wider group.
func (b *border) repeat(of *journal.Block, group string) error {
	first := of.Entries[0]
	again := proto.CloneOf(first.Event)
	again.Origin = &eventv1.Cause{Journal: of.ID.String(), Number: first.Number, Id: first.Event.Id}
	return b.send(b.nodes[0], b.w.Block(journal.ID{Agency: "licensing", Group: group}, again))
}

func (b *border) step() error {
	if err := b.wait(); err != nil {
		return err
	}
	b.cutLines(b.t, b.nodes)
	b.stepClock()
	office := b.offices[rapid.IntRange(0, len(b.offices)-1).Draw(b.t, "office")]
	if stuck := rapid.SampledFrom([]string{"", "", "all", "border"}).Draw(b.t, "stuck"); stuck != "" || rapid.Bool().Draw(b.t, "free") {
		office.stuck = journal.ID{Agency: "licensing", Group: stuck}
	}
	switch rapid.IntRange(0, 5).Draw(b.t, "step") {
	case 0, 1:
		if err := b.change(rapid.SampledFrom(b.licences).Draw(b.t, "licence")); err != nil {
			return err
		}
	case 2: // something else is said in the same journal
		id := fmt.Sprintf("licensing/L-%d", 10+len(b.steps))
		b.say("%s is granted", id)
		group := rapid.SampledFrom([]string{"all", "border"}).Draw(b.t, "group")
		if err := b.record(b.nodes[0], group, &licensingv1.LicenceGranted{LicenceId: id, ValidUntil: timestamppb.New(b.now)}); err != nil {
			return err
		}
		if l := rapid.SampledFrom(b.licences).Draw(b.t, "licence"); l.group == group { // in the same second
			if err := b.change(l); err != nil {
				return err
			}
		}
	default:
		if err := b.arrive(); err != nil {
			return err
		}
	}
	if err := b.beat(); err != nil {
		return err
	}
	if err := b.deliver(b.t); err != nil {
		return err
	}
	return b.tryAll()
}

// wait lets time pass: now and then until a copy is just as old as it may be, or a suspension so long ago, or a little longer.
func (b *border) wait() error {
	b.now = b.now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 300, 300, 600, 900}).Draw(b.t, "seconds")) * time.Second)
	l, office := rapid.SampledFrom(b.licences).Draw(b.t, "licence"), b.offices[rapid.IntRange(0, len(b.offices)-1).Draw(b.t, "office")]
	p, err := office.tx.Position(journal.ID{Agency: "licensing", Group: l.group})
	if p == nil || err != nil {
		return err
	}
	from := p.GetRecordedAt().AsTime()
	if n := len(l.suspended); n > 0 && rapid.Bool().Draw(b.t, "suspension") {
		from = l.suspended[n-1].at
	}
	old := from.Add(l.limit + time.Duration(rapid.SampledFrom([]int{0, 1, 61}).Draw(b.t, "older"))*time.Second)
	if old.After(b.now) && old.Before(b.now.Add(15*time.Minute)) {
		b.now = old
	}
	return nil
}

// stepClock sets the clock of some node ahead or back, or right, now and then.
func (b *border) stepClock() {
	if rapid.IntRange(0, 9).Draw(b.t, "step a clock") < 9 {
		return
	}
	x := b.nodes[rapid.IntRange(0, len(b.nodes)-1).Draw(b.t, "clock")]
	x.skew = time.Duration(rapid.SampledFrom([]int{0, -1, -2, -1, -2, 1, -10, 30, -600}).Draw(b.t, "minutes")) * time.Minute
	x.skewed = x.skewed || x.skew != 0
	b.say("the clock of %s is off by %s", x.name, x.skew)
}

// change suspends a licence, or reinstates one that is suspended.
func (b *border) change(l *licensed) error {
	licensing := b.nodes[0]
	if n := len(l.suspended); n > 0 && l.suspended[n-1].until.IsZero() {
		facts, err := licence.Reinstate(licensing.tx.View, &licensingv1.ReinstateLicenceRequest{Particulars: at(b.now), LicenceId: l.id, Reason: "cleared"})
		if err != nil || len(facts) == 0 {
			return b.failed("%s is not reinstated: %v", l.id, err)
		}
		l.suspended[n-1].until = b.now
		b.say("%s is reinstated", l.id)
		return b.record(licensing, l.group, facts...)
	}
	facts, err := licence.Suspend(licensing.tx.View, &licensingv1.SuspendLicenceRequest{Particulars: at(b.now), LicenceId: l.id, Reason: "looked at"})
	if err != nil || len(facts) == 0 {
		return b.failed("%s is not suspended: %v", l.id, err)
	}
	b.say("%s is suspended", l.id)
	if err := b.record(licensing, l.group, facts...); err != nil {
		return err
	}
	l.suspended = append(l.suspended, stop{at: b.now, stamped: licensing.own[len(licensing.own)-1].Header.RecordedAt.AsTime()})
	return nil
}

func (b *border) arrive() error {
	g := &held{office: b.offices[rapid.IntRange(0, len(b.offices)-1).Draw(b.t, "office")], licence: rapid.SampledFrom(b.licences).Draw(b.t, "licence")}
	g.id = fmt.Sprintf("%s/D-%d", g.office.name, len(b.goods)+1)
	b.goods = append(b.goods, g)
	b.say("%s comes under %s", g.id, g.licence.id)
	return b.record(g.office, "all", &customsv1.DeclarationAccepted{DeclarationId: g.id, LicenceId: g.licence.id})
}

// beat has licensing say what is due, as its desk does.
func (b *border) beat() error {
	for range 10 {
		facts, _, err := b.beats(b.nodes[0].tx.View, b.nodes[0].clock(b.net))
		if err != nil || len(facts) == 0 {
			return err
		}
		b.say("licensing says that nothing is newer in %s", facts[0].(ledger.Dated).Group)
		if err := b.record(b.nodes[0], "", facts...); err != nil {
			return err
		}
	}
	return b.failed("heartbeats do not end")
}

// tryAll has every office try to release what waits there; its officers state any time they like.
func (b *border) tryAll() error {
	for _, g := range b.goods {
		if g.gone {
			continue
		}
		stated := b.now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(b.t, "back-dated")) * time.Minute)
		clock := g.office.clock(b.net)
		facts, came, err := b.rules.try(g.office.tx.View, &customsv1.ReleaseGoodsRequest{Particulars: at(stated), DeclarationId: g.id}, clock)
		if err != nil {
			if fault.As(err) != nil {
				continue
			}
			return b.failed("%s: %w", g.id, err)
		}
		switch came := came.(type) {
		case *customsv1.GoodsReleased:
			b.say("%s is released", g.id)
			g.gone = true
			b.released++
			err = b.mayGo(g, came)
		case *customsv1.GoodsHeld:
			err = b.mustWait(g, came)
		}
		if err != nil {
			return err
		}
		if err := b.record(g.office, "all", facts...); err != nil {
			return err
		}
	}
	return nil
}

func releasesBy(r releasing) func(testing.TB) func(*rapid.T) outcome {
	return func(t testing.TB) func(*rapid.T) outcome {
		o := open(t, withPolicies, append([]string{"licensing", counter}, allPosts...)...)
		return func(t *rapid.T) outcome { return o.playBorder(t, r) }
	}
}
