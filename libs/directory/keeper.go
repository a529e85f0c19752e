package directory

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Keeper decides what a publisher has to say about its own journals: whom it lets read them, and the keys that they are
// sealed with. Nobody else makes or hands out these keys, so no operator of a hub or a directory can read what is sealed.
type Keeper struct {
	Agency string
	Keys   *Keys
	// Ask leaves a consent to a person. Otherwise the publisher agrees to every member that the directory names.
	Ask bool
}

// Due returns what has to be recorded in the agency's own directory journal before it records anything else: a new epoch
// where somebody holds the newest key who is no longer a reader, where the group was told to begin one, or where there is
// none; consents to newcomers; and their end for those who left. It returns nothing when the ledger says all that already.
func (k Keeper) Due(view ledger.View) ([]proto.Message, error) { return k.decide(view, nil) }

// Agree returns the facts by which the publisher lets a member of the group read its journal.
func (k Keeper) Agree(view ledger.View, group, reader string) ([]proto.Message, error) {
	state, err := k.stateOf(view, group, reader)
	if err != nil || state == agreed {
		return nil, err
	}
	return k.decide(view, func(g, r string) bool { return g == group && r == reader })
}

// Refuse returns the fact by which the publisher does not let a member read its journal, or ends that it does.
func (k Keeper) Refuse(view ledger.View, group, reader, reason string) ([]proto.Message, error) {
	state, err := k.stateOf(view, group, reader)
	if err != nil || state == refused {
		return nil, err
	}
	return []proto.Message{&directoryv1.ReleaseRefused{Group: group, Reader: reader, Reason: reason}}, nil
}

// stateOf is where the publisher's consent to a member of the group stands. Whoever is none is refused.
func (k Keeper) stateOf(view ledger.View, group, reader string) (state ledgerv1.ReleaseState, err error) {
	p, err := k.open(view, group)
	switch {
	case err != nil:
		return state, err
	case p == nil:
		return state, fault.Errorf(fault.Precondition, "%s does not record for group %s", k.Agency, group)
	case !slices.Contains(p.members, reader):
		return state, fault.Errorf(fault.Precondition, "%s is not a member of group %s; the coordinating authority defines who is", reader, group)
	}
	return p.state(reader), nil
}

// End returns the fact by which the publisher takes a consent back. It does not come back by itself while the reader stays in
// the group; the next block is sealed with a key that the reader does not have (Due).
func (k Keeper) End(view ledger.View, group, reader, reason string) ([]proto.Message, error) {
	release, err := view.Release(ledger.ReleaseID(k.Agency, group, reader))
	switch {
	case err != nil:
		return nil, err
	case release.GetState() == ended:
		return nil, nil
	case release.GetState() != agreed:
		return nil, fault.Errorf(fault.Precondition, "%s does not read the journal of %s for group %s; to keep it out: counterfoil release refuse", reader, k.Agency, group)
	}
	return []proto.Message{&directoryv1.ReleaseEnded{Group: group, Reader: reader, Reason: reason}}, nil
}

const (
	agreed  = ledgerv1.ReleaseState_RELEASE_STATE_AGREED
	refused = ledgerv1.ReleaseState_RELEASE_STATE_REFUSED
	ended   = ledgerv1.ReleaseState_RELEASE_STATE_ENDED
)

func (k Keeper) decide(view ledger.View, agree func(group, reader string) bool) ([]proto.Message, error) {
	groups, err := view.Groups()
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, g := range groups {
		p, err := k.open(view, g.Id)
		if p == nil || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		more, err := p.facts(func(reader string) bool {
			return p.comesByItself(reader, k.Ask) || agree != nil && agree(g.Id, reader)
		})
		if err != nil {
			return nil, fmt.Errorf("keep journal %s: %w", p.id, err)
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

// published is one journal of the agency, as the ledger has it.
type published struct {
	Keeper
	view     ledger.View
	id       journal.ID
	group    *ledgerv1.Group
	members  []string // that may read it, without the publisher
	releases map[string]*ledgerv1.Release
	epoch    *ledgerv1.JournalKey // the newest; nil when there is none
	position *ledgerv1.Position   // nil before the first block
}

// open reads a journal that the agency keeps for a group; nil for a group that it does not record for.
func (k Keeper) open(view ledger.View, group string) (*published, error) {
	g, err := view.Group(group)
	if err != nil {
		return nil, err
	}
	if g == nil || group == Group || !Publishes(g, k.Agency) {
		return nil, nil
	}
	p := &published{Keeper: k, view: view, id: journal.ID{Agency: k.Agency, Group: group}, group: g, releases: map[string]*ledgerv1.Release{}}
	p.members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return m == k.Agency })
	if p.position, err = view.Position(p.id); err != nil {
		return nil, err
	}
	mine, err := view.ReleasesWith("journal", Own(k.Agency).String())
	if err != nil {
		return nil, err
	}
	for _, r := range mine {
		if r.Group == group {
			p.releases[r.Reader] = r
		}
	}
	for epoch := uint32(1); ; epoch++ {
		row, err := view.JournalKey(ledger.JournalKeyID(p.id.String(), epoch))
		if row == nil || err != nil {
			return p, err
		}
		p.epoch = row
	}
}

// Publishes reports whether an agency records for a group.
func Publishes(g *ledgerv1.Group, agency string) bool {
	return slices.Contains(g.GetMembers(), agency) && (len(g.GetPublishers()) == 0 || slices.Contains(g.GetPublishers(), agency))
}

func (p *published) state(reader string) ledgerv1.ReleaseState {
	return p.releases[reader].GetState()
}

// comesByItself reports whether a member that does not read the journal is let in without anybody being asked: one that was
// never decided on, or that left the group and came back since.
func (p *published) comesByItself(reader string, ask bool) bool {
	r := p.releases[reader]
	return !ask && (r == nil || r.State == ended && r.Left)
}

// facts are what is due for this journal. Whom agree names is let in if it is a member and does not read yet.
func (p *published) facts(agree func(reader string) bool) (facts []proto.Message, err error) {
	var readers, newcomers []string
	for _, m := range p.members {
		switch {
		case p.state(m) == agreed:
			readers = append(readers, m)
		case agree(m):
			readers, newcomers = append(readers, m), append(newcomers, m)
		}
	}
	for _, reader := range sortedKeys(p.releases) {
		if p.state(reader) == agreed && !slices.Contains(p.members, reader) {
			facts = append(facts, &directoryv1.ReleaseEnded{Group: p.id.Group, Reader: reader, Reason: "it is no longer a member of the group", Left: true})
		}
	}
	next := p.epoch.GetIssued().GetEpoch()
	if p.needsEpoch(readers, newcomers) {
		next++
		issued, failed := p.issue(next, readers)
		if slices.Contains(failed, p.Agency) {
			return nil, fmt.Errorf("keys cannot be wrapped for the agency's own sealing key in the directory")
		}
		facts = append(facts, issued)
		newcomers = slices.DeleteFunc(newcomers, func(n string) bool { return slices.Contains(failed, n) })
		for _, reader := range failed {
			facts = append(facts, p.unwrappable(reader))
		}
	}
	for _, n := range newcomers {
		if _, err := p.wrap(n, next, seal.NewKey()); err != nil {
			facts = append(facts, p.unwrappable(n))
			continue
		}
		consent, err := p.consent(n)
		if err != nil {
			return nil, err
		}
		facts = append(facts, consent)
	}
	return facts, nil
}

// unwrappable keeps a reader out that no key can be wrapped for, so that it keeps nobody else from recording.
func (p *published) unwrappable(reader string) *directoryv1.ReleaseRefused {
	return &directoryv1.ReleaseRefused{Group: p.id.Group, Reader: reader, Reason: "keys cannot be wrapped for the sealing key that the directory has of it"}
}

// needsEpoch reports whether the next block has to be sealed with a new key.
func (p *published) needsEpoch(readers, newcomers []string) bool {
	if p.epoch == nil || p.group.Rekeyed > p.epoch.Issued.Rekeyed {
		return true
	}
	for _, w := range p.epoch.Issued.Wrapped {
		if w.Agency != p.Agency && !slices.Contains(readers, w.Agency) {
			return true
		}
	}
	for reader, r := range p.releases {
		given := slices.ContainsFunc(r.Keys, func(key *directoryv1.EpochKey) bool { return key.Epoch == p.epoch.Issued.Epoch })
		if given && !slices.Contains(readers, reader) {
			return true
		}
	}
	return slices.ContainsFunc(newcomers, p.beginsNow)
}

// beginsNow reports whether a newcomer is given nothing of what there is: by its rule, or because the day that it is given the
// history from has not come.
func (p *published) beginsNow(newcomer string) bool {
	rule, from := HistoryFor(p.group, newcomer)
	return rule == directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING ||
		rule == directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE && p.position.GetRecordedAt().AsTime().Before(from.AsTime())
}

// issue makes a key and wraps it for the readers and the publisher itself. Readers for whom it cannot be wrapped are
// returned: they are let in no more.
func (p *published) issue(epoch uint32, readers []string) (issued *directoryv1.JournalKeyIssued, failed []string) {
	key := seal.NewKey()
	issued = &directoryv1.JournalKeyIssued{Group: p.id.Group, Epoch: epoch, Rekeyed: p.group.Rekeyed}
	for _, agency := range append([]string{p.Agency}, readers...) {
		sealed, err := p.wrap(agency, epoch, key)
		if err != nil {
			failed = append(failed, agency)
			continue
		}
		issued.Wrapped = append(issued.Wrapped, &directoryv1.WrappedKey{Agency: agency, Sealed: sealed})
	}
	return issued, failed
}

func (p *published) wrap(agency string, epoch uint32, key []byte) ([]byte, error) {
	public, err := SealingKey(p.view, agency)
	if err != nil {
		return nil, err
	}
	return seal.Wrap(public, key, seal.Place(p.id.String(), epoch, agency))
}

// SealingKey is the public key that keys are wrapped for an agency with: the last it made known.
func SealingKey(view ledger.View, agency string) ([]byte, error) {
	a, err := view.AgencyRow(agency)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, fmt.Errorf("agency %s is not registered", agency)
	}
	own, err := view.AgencyKeys(agency + "/keys")
	if err != nil {
		return nil, err
	}
	if n := len(own.GetSealingKeys()); n > 0 && !readmittedSince(a, own) {
		return own.SealingKeys[n-1].Public, nil
	}
	return a.SealingKey.GetPublic(), nil
}

// readmittedSince reports whether the agency came back with new keys after it last changed them itself.
func readmittedSince(a *ledgerv1.Agency, own *ledgerv1.AgencyKeys) bool {
	return a.Readmitted != nil && own.ChangedAt.AsTime().Before(a.Readmitted.AsTime())
}

// consent lets a newcomer in, from where its history rule has its copy begin.
func (p *published) consent(reader string) (*directoryv1.ReleaseAgreed, error) {
	rule, from := HistoryFor(p.group, reader)
	fact := &directoryv1.ReleaseAgreed{Group: p.id.Group, Reader: reader, History: rule, Head: p.position.GetBlock()}
	first := uint32(1)
	switch {
	case fact.Head == 0:
	case p.beginsNow(reader):
		head, err := journal.HeadAt(p.id, p.position)
		if err != nil {
			return nil, err
		}
		fact.Start = head.Start()
		return fact, nil // the epoch that begins now is all that it may open
	case rule == directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE:
		var err error
		if fact.Start, first, err = startAt(p.view, p.id, from.AsTime()); err != nil {
			return nil, err
		}
	}
	for epoch := first; epoch <= p.epoch.GetIssued().GetEpoch(); epoch++ {
		key, err := p.Keys.Key(p.id, epoch)
		if err != nil {
			return nil, err
		}
		sealed, err := p.wrap(reader, epoch, key)
		if err != nil {
			return nil, err
		}
		fact.Keys = append(fact.Keys, &directoryv1.EpochKey{Epoch: epoch, Sealed: sealed})
	}
	return fact, nil
}
