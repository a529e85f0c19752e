// Package custodytest makes up histories of many items, most of them lawful and some diverted, of which it knows what is true.
package custodytest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Item is an item of a world, and what is true of it.
type Item struct {
	Mark *transferv1.Mark
	// Story is what happened to the consignment that it was in last.
	Story string
	// Planted: it was diverted, at the stage, and this step did not follow. Otherwise nothing is wrong with it.
	Planted         bool
	Stage           enforcementv1.Stage
	Step, Indicator string
	// Holder is who had it lawfully last.
	Holder string
}

// World is a history.
type World struct {
	Facts []proto.Message
	Items []*Item
}

// Make makes up a history of so many items, with at least so many consignments in which something was diverted at each stage,
// and as many that look alike and are lawful. The same seed makes the same history.
func Make(seed uint64, items, perStage int) *World {
	m := &maker{rand: rand.New(rand.NewPCG(seed, 7)), world: &World{}, taken: map[string]bool{}}
	for _, state := range states {
		for _, kind := range []string{"customs", "licensing"} {
			m.tell(time.Time{}, "authority", &directoryv1.AgencyRegistered{Agency: agency(kind, state), State: state})
		}
	}
	stages := map[enforcementv1.Stage]int{}
	for _, s := range diversions {
		stages[s.stage]++
	}
	for _, s := range diversions {
		for range (perStage + stages[s.stage] - 1) / stages[s.stage] {
			m.play(s, 3+m.rand.IntN(6))
		}
	}
	for i := 0; i < 6*perStage; i++ {
		m.play(lookalikes[i%len(lookalikes)], 3+m.rand.IntN(6))
	}
	for len(m.world.Items) < items {
		size := 20 + m.rand.IntN(60)
		if m.rand.IntN(50) == 0 {
			size = 1000
		}
		m.play(lookalikes[m.rand.IntN(2)], min(size, items-len(m.world.Items)))
	}
	return m.world
}

// Fold puts the history on a ledger.
func (w *World) Fold(l *ledger.Ledger) error {
	writer := ledgertest.NewWriter()
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, b := range writer.Blocks(w.Facts...) {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

var states = []string{"XA", "XB", "XC", "XD", "XE"}

// agency is a State's; those of XA have no other name.
func agency(kind, state string) string {
	if state == "XA" {
		return kind
	}
	return kind + "-" + strings.ToLower(state)
}

type maker struct {
	rand  *rand.Rand
	world *World
	made  int
	taken map[string]bool // marks that an item has
}

// story is what happens to a consignment.
type story struct {
	name  string
	stage enforcementv1.Stage
	tell  func(*maker, *consignment)
}

func (m *maker) play(s story, size int) {
	c := m.consign(size)
	for _, it := range c.items {
		it.Story, it.Holder = s.name, c.endUser
	}
	c.stage = s.stage
	s.tell(m, c)
	m.world.Items = append(m.world.Items, c.items...)
}

// tell puts a fact on record by an agency.
func (m *maker) tell(at time.Time, by string, fact proto.Message) {
	if !at.IsZero() {
		fact = ledgertest.At(at, fact)
	}
	if by != "authority" {
		fact = ledgertest.By(by, fact)
	}
	m.world.Facts = append(m.world.Facts, fact)
}

func (m *maker) id(by, kind string) string {
	m.made++
	return fmt.Sprintf("%s/%s-%06d", by, kind, m.made)
}

// model is what makers make: models of several makers share serials, and so do models of one.
type model struct{ maker, country, name, calibre string }

var models = func() (all []model) {
	for _, by := range []struct{ name, country string }{
		{"Tarnholm Arsenal", "XA"}, {"Quisling & Vey", "XA"}, {"Brodmark Gun Works", "XB"}, {"Illyrane Defence", "XC"}, {"Opsterveld", "XD"}, {"Juxford Rifle Company", "XE"},
	} {
		for _, kind := range []struct{ name, calibre string }{{"M12", "7.62x39"}, {"M14", "5.56x45"}, {"P7", "9x19"}, {"P9", "9x19"}} {
			all = append(all, model{by.name, by.country, kind.name, kind.calibre})
		}
	}
	return all
}()

var prefixes = []string{"", "KA-", "B", "O", "AI", "S "}

// item makes one whose mark no other has, and whose serial no other of the consignment shares a reading with.
func (m *maker) item(of model, within map[string]bool) *Item {
	for {
		serial := fmt.Sprintf("%s%05d", prefixes[m.rand.IntN(len(prefixes))], m.rand.IntN(12_000))
		if m.rand.IntN(30) == 0 {
			serial = strings.Replace(serial, "0", "O", 1)
		}
		key := reading.Replace(serial)
		if id := fmt.Sprint(of, plain.Replace(serial)); !m.taken[id] && !within[key] {
			m.taken[id], within[key] = true, true
			return &Item{Mark: &transferv1.Mark{Maker: of.maker, Country: of.country, Model: of.name, Calibre: of.calibre, Serial: serial}}
		}
	}
}

var (
	plain   = strings.NewReplacer("-", "", " ", "")
	reading = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "B", "8")
)

// otherwise is a mark as somebody else writes it.
func (m *maker) otherwise(mark *transferv1.Mark) *transferv1.Mark {
	mark = proto.CloneOf(mark)
	switch m.rand.IntN(3) {
	case 0:
		mark.Serial, mark.Maker = strings.ToLower(mark.Serial), strings.ToUpper(mark.Maker)
	case 1:
		mark.Serial, mark.Calibre = plain.Replace(mark.Serial), ""
	}
	return mark
}

func stamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }
