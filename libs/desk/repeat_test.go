package desk_test

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

var licensingBorder = journal.ID{Agency: "licensing", Group: "border"}

// repeated decides to repeat event number of licensing's journal of group border for group all.
func repeated(number uint64) desk.Decide {
	return func(v ledger.View) ([]proto.Message, error) {
		e, err := v.Event(licensingBorder, number)
		if err != nil {
			return nil, err
		}
		recorded := &eventv1.Event{}
		if err := proto.Unmarshal(e.Raw, recorded); err != nil {
			return nil, err
		}
		fact, err := e.Fact.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		origin := &eventv1.Cause{Journal: licensingBorder.String(), Number: number, Id: recorded.Id}
		return []proto.Message{ledger.Dated{Message: fact, Group: "all", Repeats: recorded, Origin: origin}}, nil
	}
}

// alarm has customs record something for each licence that it hears of.
var alarm = desk.Reaction{
	Name: "alarm", Kind: (&licensingv1.LicenceGranted{}).ProtoReflect().Descriptor().FullName(),
	React: func(v ledger.View, _ journal.ID, e journal.Entry) ([]proto.Message, error) {
		id, err := v.NextID("heard") // another each time, so that the ledger would take a second answer
		return []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: id, Summary: e.Fact.(*licensingv1.LicenceGranted).LicenceId}}, err
	},
}

// An event that is shared later has its effect once at a reader of both groups, also after a restart and when the ledger is
// built anew and the repetition comes first there.
func TestARepeatedEventIsHeardOnce(t *testing.T) {
	w := desktest.New(t, "licensing", "customs")
	licensing, customs := w.Agency("licensing"), w.Agency("customs")
	grant := func(n int) *eventv1.Receipt {
		t.Helper()
		id := fmt.Sprint("licensing/L-", n)
		receipt, err := licensing.Desk.Record(t.Context(), &eventv1.Particulars{Marking: "border", IdempotencyKey: id}, desktest.Facts(granted(id)))
		if err != nil {
			t.Fatal(err)
		}
		return receipt
	}
	grant(0)
	if r := licensing.Record(repeated(1)); r.Journal != licensingAll.String() || r.Subject != "licensing/L-0" {
		t.Errorf("repeated: %v", r)
	}
	if r := grant(0); !r.Repeated || r.Journal != licensingBorder.String() {
		t.Errorf("sent again: %v; want the first receipt", r)
	}
	stop := func() {}
	for round, again := range []func(){func() {}, func() {}, customs.Forget} {
		stop()
		again()
		customs.Open(alarm)
		stop = customs.Start()
		w.Carry(licensing, customs, "border")
		w.Carry(licensing, customs, "all")
		customs.Wait(licensingAll, 1)
		customs.Wait(licensingBorder, uint64(round)+1)
		grant(round + 1)
		w.Carry(licensing, customs, "border")
		heard := journal.ID{Agency: "customs", Group: "border"}
		customs.Wait(heard, uint64(round)+2) // all that there was before it has been heard
		err := customs.Ledger.View(func(v ledger.View) error {
			alerts, err := v.AlertsWith("journal", heard.String())
			for n, a := range alerts {
				if want := fmt.Sprint("licensing/L-", n); a.Raised.Summary != want {
					t.Errorf("round %d: alarm %s is about %s; want one for each licence, this for %s", round, a.Id, a.Raised.Summary, want)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The block after a consent was taken back is of a new epoch, also when both are recorded in one go.
func TestTheBlockAfterAnEndIsOfANewEpoch(t *testing.T) {
	w := desktest.New(t, "licensing", "customs")
	licensing := w.Agency("licensing")
	licensing.Record(desktest.Facts(granted("licensing/L-0")))
	for n := range uint32(5) {
		licensing.Record(desktest.Facts(&directoryv1.ReleaseEnded{Group: "all", Reader: "customs", Reason: "its part is over"}))
		licensing.Record(desktest.Facts(granted(fmt.Sprint("licensing/L-", n+1))))
		blocks := licensing.Blocks("all")
		b, err := journal.Parse(blocks[len(blocks)-1])
		if err != nil {
			t.Fatal(err)
		}
		if want := n + 2; b.Header.Epoch != want {
			t.Fatalf("the block after the end is of epoch %d; want %d", b.Header.Epoch, want)
		}
		licensing.Record(func(v ledger.View) ([]proto.Message, error) {
			return directory.Keeper{Agency: "licensing", Keys: licensing.Keys}.Agree(v, "all", "customs")
		})
	}
}

// counter is a signer that is no file: it only lends its key.
type counter struct {
	key    ed25519.PrivateKey
	signed atomic.Int64
}

func (c *counter) Public() crypto.PublicKey { return c.key.Public() }

func (c *counter) Sign(random io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.signed.Add(1)
	return c.key.Sign(random, message, opts)
}

// What signs is asked for before each block and may be anything that is a crypto.Signer.
func TestASignerThatIsNoFile(t *testing.T) {
	w := desktest.New(t, "licensing", "customs")
	licensing, customs := w.Agency("licensing"), w.Agency("customs")
	device := &counter{key: licensing.Signer}
	licensing.Open()
	licensing.Desk.Signer = func() crypto.Signer { return device }
	licensing.Start()
	for n := range 3 {
		licensing.Record(desktest.Facts(granted(fmt.Sprint("licensing/L-", n))))
	}
	if n := device.signed.Load(); n != 3 {
		t.Errorf("it signed %d times for 3 blocks", n)
	}
	w.Carry(licensing, customs, "all")
	customs.Wait(licensingAll, 3)
}
