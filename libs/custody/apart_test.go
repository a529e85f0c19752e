package custody_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/marks"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// foreign is another maker's with the same serial.
var foreign = with(func(m *transferv1.Mark) { m.Maker, m.Country = "Opsterveld", "XD" })

func TestItemsThatShareASerialAreApart(t *testing.T) {
	given := came.and(imported("customs-xd/I-1", "XD", 5, foreign), recovered("XD", 9, foreign))
	tests := []struct {
		name  string
		asked *transferv1.Mark
		want  []string
	}{
		{"the serial alone", &transferv1.Mark{Serial: "ka 12340"}, []string{"Opsterveld same " + consignee, "Tarnholm Arsenal same " + guard}},
		{"with the maker", &transferv1.Mark{Serial: "KA12340", Maker: "OPSTERVELD"}, []string{"Opsterveld same " + consignee}},
		{"with the country", &transferv1.Mark{Serial: "KA12340", Country: "XA"}, []string{"Tarnholm Arsenal same " + guard}},
		{"a maker that none is of", &transferv1.Mark{Serial: "KA12340", Maker: "Juxford Rifle Company"}, nil},
		{"another reading: nobody is named", &transferv1.Mark{Serial: "KA-I2340"}, []string{"Opsterveld ambiguous ", "Tarnholm Arsenal ambiguous "}},
		{"a serial that none has", &transferv1.Mark{Serial: "KA-99999"}, nil},
	}
	view := ledgertest.GivenAs(t, "enforcement", given...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chains, err := custody.Of(view, tt.asked)
			var got []string
			for _, c := range chains {
				got = append(got, fmt.Sprintf("%s %s %s", c.Mark.Maker, c.Match, c.GetLastLawful().GetParty().GetName()))
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestFindable(t *testing.T) {
	for serial, want := range map[string]error{"KA-12340": nil, "": fault.Invalid, " - ": fault.Invalid, "KA-1?340": fault.Invalid, "KA*": fault.Invalid} {
		if err := custody.Findable(&transferv1.Mark{Serial: serial}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", serial, err, want)
		}
	}
}

// What records answer: who had the item, by every agency's records or by one's own, and nobody where they can be read in two ways.
func TestTraced(t *testing.T) {
	nameless := with(func(m *transferv1.Mark) { m.Maker = "" })
	tests := []struct {
		name, agency string
		given        history
		marks        []*transferv1.Mark
		holders      []string
		last         string
		wantErr      error
	}{
		{"all records", "", came, []*transferv1.Mark{rifle}, []string{"licensed " + guard, "declared " + consignee, "exited " + carrier, "delivery_verified " + guard}, guard, nil},
		{"of one agency", "licensing", came, []*transferv1.Mark{rifle}, []string{"licensed " + guard}, guard, nil},
		{"of an agency that has none", "defence", came, []*transferv1.Mark{rifle}, nil, "", fault.NotFound},
		{"another maker's", "", came, []*transferv1.Mark{foreign}, nil, "", fault.NotFound},
		{"a mark without its maker", "", came, []*transferv1.Mark{nameless}, nil, "", fault.NotFound},
		{"records that can be read in two ways", "", asked.and(disputed(rifle)), []*transferv1.Mark{rifle}, nil, "", fault.Precondition},
		{"two items, of whom no one had both", "", came, []*transferv1.Mark{rifle, reading("KA-12341")},
			[]string{"licensed " + guard, "declared " + consignee, "exited " + carrier, "delivery_verified " + guard}, "", nil},
		{"one that is marked twice", "", came, []*transferv1.Mark{rifle, reading("ka 12340")},
			[]string{"licensed " + guard, "declared " + consignee, "exited " + carrier, "delivery_verified " + guard}, guard, nil},
		{"two items, of one of which nothing is known", "", came, []*transferv1.Mark{rifle, foreign},
			[]string{"licensed " + guard, "declared " + consignee, "exited " + carrier, "delivery_verified " + guard}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "enforcement", tt.given...)
			answer, err := custody.Traced(view, &ledgerv1.Trace{Id: "enforcement/T-2", Opened: &enforcementv1.TraceOpened{Marks: tt.marks}}, tt.agency)
			var got []string
			for _, h := range answer.Holders {
				got = append(got, h.Document+" "+h.To)
			}
			if !errors.Is(err, tt.wantErr) || !slices.Equal(got, tt.holders) || answer.LastLawful != tt.last {
				t.Errorf("%q, %q, %v; want %q, %q, %v", got, answer.LastLawful, err, tt.holders, tt.last, tt.wantErr)
			}
		})
	}
}

// beside draws records of other agencies on items whose mark is one of some, all with the rifle's serial or a reading of it.
func beside(t *rapid.T, of ...*transferv1.Mark) (facts []proto.Message) {
	for i := range rapid.IntRange(1, 4).Draw(t, "records") {
		m := rapid.SampledFrom(of).Draw(t, "mark")
		month := time.Month(rapid.IntRange(1, 12).Draw(t, "month"))
		state := rapid.SampledFrom([]string{"XB", "XC", "XD"}).Draw(t, "state")
		var fact proto.Message
		switch rapid.IntRange(0, 3).Draw(t, "record") {
		case 0:
			fact = &enforcementv1.TraceOpened{TraceId: fmt.Sprintf("other/T-%d", i), Marks: []*transferv1.Mark{m}, RecoveredAt: on(month), Country: state}
		case 1:
			fact = &enforcementv1.SightingAdded{SightingId: fmt.Sprintf("other/G-%d", i), Serials: listing(m), SeenAt: on(month), Country: state}
		case 2:
			fact = imported(fmt.Sprintf("other/I-%d", i), state, month, m)
		case 3:
			fact = declared(fmt.Sprintf("other/E-%d", i), "", state, "XE", month, parties("Plover Brokers Ltd", "Navy of XE"), m)
		}
		facts = append(facts, ledgertest.By("other", fact.ProtoReflect().Interface()))
	}
	return facts
}

// ofRifle is the rifle's chain.
func ofRifle(v ledger.View, trace tracing) (*queryv1.Custody, error) {
	chains, err := trace(v, rifle)
	for _, c := range chains {
		if c.Match == string(marks.Same) && c.Mark.Maker == rifle.Maker {
			return c, err
		}
	}
	return nil, err
}

// swayed draws a history of the rifle and records of others, and returns its chain without them and with them.
func swayed(t testing.TB, rt *rapid.T, trace tracing, of ...*transferv1.Mark) (without, with *queryv1.Custody) {
	h := rapid.SampledFrom([]history{accepted, left, left.and(late("DX18")), asked, came, came.and(recovered("XB", 9, rifle)), came.and(resent("", "XB", guard), away)}).Draw(rt, "history")
	without, err := ofRifle(ledgertest.GivenAs(t, "enforcement", h...), trace)
	if err != nil {
		rt.Fatal(err)
	}
	if with, err = ofRifle(ledgertest.GivenAs(t, "enforcement", append(beside(rt, of...), h...)...), trace); err != nil {
		rt.Fatal(err)
	}
	return without, with
}

// Whatever is on record of other items with its serial, what is said of an item stays the same. Were the serial alone compared, it would
// not.
func TestOtherItemsSayNothingOfIt(t *testing.T) {
	others := []*transferv1.Mark{foreign, with(func(m *transferv1.Mark) { m.Model = "P7" })}
	same := func(a, b *queryv1.Custody) bool {
		return proto.Equal(a.GetLastLawful(), b.GetLastLawful()) && proto.Equal(a.GetOpen(), b.GetOpen()) && a.GetStage() == b.GetStage() && a.GetReason() == b.GetReason() && len(a.GetSteps()) == len(b.GetSteps())
	}
	rapid.Check(t, func(rt *rapid.T) {
		if without, with := swayed(t, rt, custody.Of, others...); !same(without, with) {
			rt.Errorf("it was %v\nand is %v", without, with)
		}
	})
	alone := func(v ledger.View, m *transferv1.Mark) ([]*queryv1.Custody, error) {
		return custody.OfCompared(v, m, func(marks.Mark, marks.Mark) marks.Match { return marks.Match{Level: marks.Same} })
	}
	caught := false
	rapid.Check(t, func(rt *rapid.T) {
		without, with := swayed(t, rt, alone, others...)
		caught = caught || !same(without, with)
	})
	if !caught {
		t.Error("comparing serials alone was not noticed")
	}
}

// What may be of the item or of another leads to no other name and no other stage: at most, nobody is named any more.
func TestWhatMayBeOfItNamesNobody(t *testing.T) {
	doubtful := []*transferv1.Mark{reading("KA-I2340"), with(func(m *transferv1.Mark) { m.Maker = "" }), {Serial: rifle.Serial}}
	rapid.Check(t, func(rt *rapid.T) {
		without, with := swayed(t, rt, custody.Of, doubtful...)
		if with.GetCannotBeTold() && with.GetLastLawful() == nil && with.GetOpen() == nil && with.GetStage() == 0 {
			return
		}
		if !proto.Equal(without.GetLastLawful(), with.GetLastLawful()) || !proto.Equal(without.GetOpen(), with.GetOpen()) || without.GetStage() != with.GetStage() {
			rt.Errorf("it was %v\nand is %v", without, with)
		}
	})
}
