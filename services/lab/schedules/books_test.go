package schedules

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// books add up what all agencies recorded, in the order in which they did: what nobody among them sees.
type books struct {
	limit   amounts
	parties map[string]*party
}

type party struct {
	reserved, used, given, returned amounts
	// open is what each declaration has reserved.
	open map[string]amounts
	// back is what was restored of each, committed what moved of it.
	committed, back map[string]amounts
}

func (p *party) taken() amounts { return p.reserved.plus(p.used) }

func (b *books) party(name string) *party {
	if b.parties[name] == nil {
		b.parties[name] = &party{open: map[string]amounts{}, committed: map[string]amounts{}, back: map[string]amounts{}}
	}
	return b.parties[name]
}

// enter adds a block's facts.
func (b *books) enter(block *journal.Block) {
	for _, e := range block.Entries {
		b.fact(b.party(block.ID.Agency), e.Fact)
	}
}

func (b *books) fact(p *party, fact proto.Message) {
	ended := func(id string) {
		p.reserved = p.reserved.less(p.open[id])
		delete(p.open, id)
	}
	switch f := fact.(type) {
	case *customsv1.LicenceQuantityReserved:
		p.open[f.DeclarationId] = of(f.Quantity, f.Value)
		p.reserved = p.reserved.plus(of(f.Quantity, f.Value))
	case *customsv1.LicenceQuantityReleased:
		ended(f.DeclarationId)
	case *customsv1.LicenceQuantityCommitted:
		ended(f.DeclarationId)
		p.used = p.used.plus(of(f.Quantity, f.Value))
		p.committed[f.DeclarationId] = of(f.Quantity, f.Value)
	case *customsv1.LicenceQuantityCorrected:
		change := amounts{f.Change.Thousandths, f.Change.Minor}
		p.used = p.used.plus(change)
		p.committed[f.DeclarationId] = p.committed[f.DeclarationId].plus(change)
	case *customsv1.LicenceQuantityRestored:
		p.used = p.used.less(of(f.Quantity, f.Value))
		p.back[f.DeclarationId] = p.back[f.DeclarationId].plus(of(f.Quantity, f.Value))
	case *customsv1.AllowanceGiven:
		to := b.party(f.Post)
		to.given = to.given.plus(of(f.Quantity, f.Value))
	case *customsv1.AllowanceReturned:
		p.returned = p.returned.plus(of(f.Quantity, f.Value))
	}
}

// taken is what all agencies have written off.
func (b *books) taken() (sum amounts) {
	for _, p := range b.parties {
		sum = sum.plus(p.taken())
	}
	return sum
}

// wrong says which invariant does not hold (docs/border.md); nil when all do.
func (b *books) wrong() error {
	promised := b.party(counter).taken()
	for name, p := range b.parties {
		if p.taken() != p.taken().most(amounts{}) || p.used != p.used.most(amounts{}) {
			return fmt.Errorf("%s has %v reserved and %v used", name, p.reserved, p.used)
		}
		for id, back := range p.back {
			if !back.within(p.committed[id]) {
				return fmt.Errorf("of %s came back %v, and only %v moved", id, back, p.committed[id])
			}
		}
		if name == counter || !strings.HasPrefix(name, "customs-") {
			continue
		}
		lent := p.given.less(p.returned)
		if !p.taken().within(lent) {
			return fmt.Errorf("%s has written off %v of the %v that it was lent", name, p.taken(), lent)
		}
		promised = promised.plus(lent)
	}
	switch {
	case !b.taken().within(b.limit):
		return fmt.Errorf("%v is written off of %v", b.taken(), b.limit)
	case !promised.within(b.limit):
		return fmt.Errorf("%v is written off or lent of %v", promised, b.limit)
	}
	return nil
}
