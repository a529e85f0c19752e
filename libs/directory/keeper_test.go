package directory_test

import (
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// A run in passing draws fewer cases than rapid would; go test -rapid.checks=1000 draws more.
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "rapid.checks") }) {
		if err := flag.Set("rapid.checks", "30"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

const (
	publisher = "customs"
	fromStart = directoryv1.HistoryRule_HISTORY_RULE_FROM_START
	joining   = directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING
	fromDate  = directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE
)

var (
	border  = journal.ID{Agency: publisher, Group: "border"}
	readers = []string{"enforcement", "licensing", "observer", "reporting"}
)

// keeping is a publisher's ledger, what all agencies can open of it, and what they should.
type keeping struct {
	tx     *ledger.Tx
	signer ed25519.PrivateKey
	heads  map[journal.ID]journal.Head
	keeper directory.Keeper
	keys   map[string]*directory.Keys
	// due is the keeper's, or a mutant's.
	due func(ledger.View) ([]proto.Message, error)
	now time.Time

	group *directoryv1.GroupDefined
	// may are the readers that should be let in; sealed says of each block who should be able to open it.
	may    map[string]bool
	sealed []block
}

// block is a recorded block: the epoch that seals it, who could read when it was written, and when that was.
type block struct {
	number, epoch uint64
	readers       map[string]bool
	at            time.Time
}

func newKeeping(l *ledger.Ledger) (*keeping, error) {
	tx, err := l.Begin()
	if err != nil {
		return nil, err
	}
	k := &keeping{tx: tx, heads: map[journal.ID]journal.Head{}, keys: map[string]*directory.Keys{}, may: map[string]bool{}, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	if _, k.signer, err = ed25519.GenerateKey(nil); err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, agency := range append([]string{directory.Authority, publisher}, readers...) {
		private, public, err := seal.GenerateMember()
		if err != nil {
			return nil, err
		}
		k.keys[agency] = directory.NewKeys(agency, directory.Secrets{Sealing: [][]byte{private}})
		facts = append(facts, &directoryv1.AgencyRegistered{Agency: agency, SealingKey: &directoryv1.SealingKey{Public: public}})
	}
	k.keeper = directory.Keeper{Agency: publisher, Keys: k.keys[publisher]}
	k.due = k.keeper.Due
	k.group = &directoryv1.GroupDefined{Group: "border", Purpose: "declarations", Members: []string{publisher}, History: fromStart}
	return k, k.tell(directory.Journal, append(facts, k.group)...)
}

// tell records a block of facts, a minute later.
func (k *keeping) tell(id journal.ID, facts ...proto.Message) error {
	k.now = k.now.Add(time.Minute)
	head := k.heads[id]
	head.ID = id
	var entries []journal.Entry
	for i, fact := range facts {
		event, err := journal.NewEvent(fact, k.now, k.now)
		if err != nil {
			return err
		}
		e, err := journal.Record(head.Events+uint64(i)+1, event, fact)
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	sealer := journal.Sealer{Signer: k.signer}
	if id == border {
		var err error
		if sealer.Epoch, sealer.Key, err = k.keys[publisher].Newest(border); err != nil {
			return fmt.Errorf("the publisher cannot seal: %w", err)
		}
	}
	_, b, next, err := sealer.Write(&head, entries, k.now)
	if err != nil {
		return err
	}
	b.Sequence, next.Sequence = next.Block, next.Block
	k.heads[id] = next
	return k.tx.Fold(b, next.Position())
}

// settle records what is due, as the desk does before anything else, and has everybody learn of it.
func (k *keeping) settle() error {
	facts, err := k.due(k.tx.View)
	if err != nil {
		return err
	}
	if len(facts) > 0 {
		if err := k.tell(directory.Own(publisher), facts...); err != nil {
			return err
		}
		if again, err := k.due(k.tx.View); err != nil || len(again) > 0 {
			return fmt.Errorf("after what was due was recorded, more is due: %v, %v", again, err)
		}
	}
	for _, keys := range k.keys {
		if err := keys.Learn(k.tx.View); err != nil {
			return err
		}
	}
	return nil
}

// record seals a block for the group as it stands.
func (k *keeping) record() error {
	if err := k.settle(); err != nil {
		return err
	}
	epoch, _, err := k.keys[publisher].Newest(border)
	if err != nil {
		return fmt.Errorf("the publisher cannot seal: %w", err)
	}
	n := len(k.sealed) + 1
	if err := k.tell(border, &customsv1.DeclarationAccepted{DeclarationId: fmt.Sprintf("customs/D-%d", n)}); err != nil {
		return err
	}
	b := block{number: uint64(n), epoch: uint64(epoch), readers: map[string]bool{}, at: k.now}
	for reader, may := range k.may {
		b.readers[reader] = may
	}
	k.sealed = append(k.sealed, b)
	return nil
}

// opens reports whether an agency has the key of a block.
func (k *keeping) opens(agency string, b block) bool {
	_, err := k.keys[agency].Key(border, uint32(b.epoch))
	return err == nil
}

// define says anew who is in the group.
func (k *keeping) define(members []string, rule directoryv1.HistoryRule, from time.Time) error {
	k.group = proto.CloneOf(k.group)
	k.group.Members, k.group.History, k.group.HistoryFrom = append([]string{publisher}, members...), rule, timestamppb.New(from)
	joined := map[string]bool{}
	for _, reader := range readers {
		in := slices.Contains(members, reader)
		joined[reader] = in && !k.may[reader]
		k.may[reader] = in
	}
	if err := k.tell(directory.Journal, k.group); err != nil {
		return err
	}
	if err := k.settle(); err != nil {
		return err
	}
	for _, reader := range readers {
		if !joined[reader] {
			continue
		}
		for i := range k.sealed {
			given := rule == fromStart || rule == fromDate && !k.sealed[i].at.Before(from)
			k.sealed[i].readers[reader] = k.sealed[i].readers[reader] || given
		}
	}
	return nil
}

// check compares what everybody can open with what they should, block by block. An epoch is the unit of a key: with a
// history from a date in the middle of one, the newcomer's key opens the epoch and the hub's release leaves out what is
// before; so blocks of that epoch are not held against it.
func (k *keeping) check() error {
	for _, b := range k.sealed {
		for _, reader := range readers {
			opens, may := k.opens(reader, b), b.readers[reader]
			if may && !opens {
				return fmt.Errorf("%s cannot open block %d, which it was to read", reader, b.number)
			}
			if opens && !may && !k.shares(reader, b.epoch) {
				return fmt.Errorf("%s can open block %d, which it was not to read", reader, b.number)
			}
		}
		if !k.opens(publisher, b) {
			return fmt.Errorf("the publisher cannot open its own block %d", b.number)
		}
	}
	return nil
}

// shares reports whether the reader was to read some block of the epoch.
func (k *keeping) shares(reader string, epoch uint64) bool {
	return slices.ContainsFunc(k.sealed, func(b block) bool { return b.epoch == epoch && b.readers[reader] })
}

// story draws what happens to a group and checks it after each step.
func story(t *rapid.T, folder string, mutate func(*keeping)) (err error) {
	f, err := os.CreateTemp(folder, "ledger-*")
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return err
	}
	l, err := ledger.Open(f.Name(), ledger.Options{Agency: publisher})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	k, err := newKeeping(l)
	if err != nil {
		return err
	}
	defer k.tx.Rollback()
	mutate(k)
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		switch rapid.IntRange(0, 3).Draw(t, "step") {
		case 0:
			members := rapid.SliceOfNDistinct(rapid.SampledFrom(readers), 0, len(readers), rapid.ID).Draw(t, "members")
			rule := rapid.SampledFrom([]directoryv1.HistoryRule{fromStart, joining, fromDate}).Draw(t, "history")
			from := k.now.Add(-time.Duration(rapid.IntRange(0, 10).Draw(t, "minutes")) * time.Minute)
			err = k.define(members, rule, from)
		case 1:
			if err = k.tell(directory.Journal, &directoryv1.GroupRekeyed{Group: "border"}); err == nil {
				err = k.settle()
			}
		default:
			err = k.record()
		}
		if err == nil {
			err = k.check()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Whatever becomes of a group, each block can be opened by those that were to read it and by nobody else: those who are in
// when it is written, and newcomers as far as their history rule reaches.
func TestKeysFollowMembership(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		if err := story(rt, folder, func(*keeping) {}); err != nil {
			rt.Fatal(err)
		}
	})
}

// A member whose sealing key is none is refused; it keeps nobody else from reading, and the publisher from nothing.
func TestNobodyIsHeldUpByAKeyThatIsNone(t *testing.T) {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger"), ledger.Options{Agency: publisher})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k, err := newKeeping(l)
	if err != nil {
		t.Fatal(err)
	}
	defer k.tx.Rollback()
	spoilt := &directoryv1.AgencyRegistered{Agency: "spoilt", SealingKey: &directoryv1.SealingKey{Public: []byte("too short")}}
	if err := k.tell(directory.Journal, spoilt); err != nil {
		t.Fatal(err)
	}
	if err := k.define([]string{"spoilt", "licensing"}, fromStart, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := k.record(); err != nil {
		t.Fatal(err)
	}
	if err := k.check(); err != nil {
		t.Error(err)
	}
	r, err := k.tx.Release(ledger.ReleaseID(publisher, "border", "spoilt"))
	if err != nil || r.GetState() != ledgerv1.ReleaseState_RELEASE_STATE_REFUSED {
		t.Errorf("the release to it is %v, %v; want it refused", r, err)
	}
}

// The property notices a keeper that goes on with the key of somebody who left, one that hands out the whole past, and one
// that hands out nothing.
func TestKeysFollowMembershipCatchesMutants(t *testing.T) {
	without := func(drop func(proto.Message) bool) func(*keeping) {
		return func(k *keeping) {
			k.due = func(v ledger.View) ([]proto.Message, error) {
				facts, err := k.keeper.Due(v)
				return slices.DeleteFunc(facts, drop), err
			}
		}
	}
	mutants := map[string]func(*keeping){
		"goes on with the key of who left": without(func(m proto.Message) bool {
			issued, ok := m.(*directoryv1.JournalKeyIssued)
			return ok && issued.Epoch > 1
		}),
		"hands out nothing of the past": func(k *keeping) {
			k.due = func(v ledger.View) ([]proto.Message, error) {
				facts, err := k.keeper.Due(v)
				for _, m := range facts {
					if agreed, ok := m.(*directoryv1.ReleaseAgreed); ok {
						agreed.Keys = nil
					}
				}
				return facts, err
			}
		},
	}
	for name, mutate := range mutants {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for seed := range 200 {
				if err := rapid.Custom(func(rt *rapid.T) string {
					if err := story(rt, folder, mutate); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed); err != "" {
					return // caught
				}
			}
			t.Error("200 stories did not catch it")
		})
	}
}
