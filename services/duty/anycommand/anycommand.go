// Package anycommand puts commands of any content before the rules of an agency, in tests: no content makes a rule
// panic or fail otherwise than by a refusal, and what it decides on a command that keeps to the contract can be folded.
package anycommand

import (
	"math"
	"slices"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Command is a request with particulars.
type Command interface {
	proto.Message
	GetParticulars() *eventv1.Particulars
}

// Rule is a rule and a command that it decides facts on.
type Rule struct {
	good   Command
	decide func(ledger.View, Command) ([]proto.Message, error)
}

// Of returns a rule for Check. It must decide facts on the good command, given what is on record.
func Of[C Command](decide func(ledger.View, C) ([]proto.Message, error), good C) Rule {
	return Rule{good, func(view ledger.View, c Command) ([]proto.Message, error) { return decide(view, c.(C)) }}
}

// Check tries each rule on an agency's ledger in which the facts are on record, with its good command more or less
// spoiled. words are values that strings have now and then, such as the ids on record, beside ones that fit nothing.
func Check(t *testing.T, agency string, given []proto.Message, words []string, rules map[string]Rule) {
	l := ledgertest.Open(t, agency)
	if err := ledgertest.Begin(t, l, given...).Commit(); err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			good, err := decideOn(l, rule)
			if len(good) == 0 || err != nil || !keepsToContract(rule.good) {
				t.Fatalf("the good command decides %v, %v: what is drawn from it would not try the rule", good, err)
			}
			refused := 0
			rapid.Check(t, func(t *rapid.T) {
				tx, err := l.Begin()
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback() // also when a draw ends the run
				command := proto.CloneOf(rule.good)
				spoil(t, command.ProtoReflect(), words, 0)
				facts, err := rule.decide(tx.View, command)
				if err != nil && fault.As(err) == nil {
					t.Fatalf("%v fails: %v", command, err)
				}
				if err != nil && len(facts) > 0 {
					t.Fatalf("%v is refused (%v) and decided on: %v", command, err, facts)
				}
				if err != nil {
					refused++
				}
				if keepsToContract(command) {
					record(t, tx, agency, command, facts)
				}
			})
			if refused == 0 {
				t.Error("no command was refused: the commands drawn do not try the rule")
			}
		})
	}
}

// decideOn decides on a rule's good command as it is.
func decideOn(l *ledger.Ledger, rule Rule) (facts []proto.Message, err error) {
	err = l.View(func(v ledger.View) error {
		facts, err = rule.decide(v, proto.CloneOf(rule.good))
		return err
	})
	return facts, err
}

// keepsToContract reports whether a command is one that a rule is given: valid by its .proto, and dated by the desk.
func keepsToContract(c Command) bool {
	at := c.GetParticulars().GetOccurredAt()
	return protovalidate.Validate(c) == nil && at != nil && at.CheckValid() == nil
}

func record(t *rapid.T, tx *ledger.Tx, agency string, c Command, facts []proto.Message) {
	id := journal.ID{Agency: agency, Group: "all"}
	facts = slices.Clone(facts)
	for i, fact := range facts {
		if dated, ok := fact.(ledger.Dated); ok {
			facts[i] = dated.Message
		}
	}
	if len(facts) > 0 && facts[0].ProtoReflect().Descriptor().FullName().Parent() == statements {
		id.Group = ledger.Directory.Group
	}
	position, err := tx.Position(id)
	if err != nil {
		t.Fatal(err)
	}
	at := c.GetParticulars().GetOccurredAt().AsTime()
	for i, fact := range facts {
		if dated, ok := fact.(ledger.Dated); ok {
			fact = dated.Message
		}
		event, err := journal.NewEvent(fact, at, at)
		if err != nil {
			t.Fatal(err)
		}
		entry, err := journal.Record(position.GetEvents()+uint64(i)+1, event, fact)
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Apply(id, entry); err != nil {
			t.Fatalf("what was decided on %v cannot be folded: %v", c, err)
		}
	}
}

// statements is the package of what agencies say in the directory.
var statements = (&directoryv1.RoleHandedOver{}).ProtoReflect().Descriptor().ParentFile().Package()

// deepest is how far messages are nested that are drawn.
const deepest = 4

// spoil draws some of a message's fields anew, and of its lists' elements.
func spoil(t *rapid.T, m protoreflect.Message, words []string, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := string(f.Name())
		switch {
		case depth > deepest:
			return
		case rapid.IntRange(0, 14).Draw(t, "spoil "+name) == 0:
			draw(t, m, f, words, depth)
		case f.Message() == nil || f.IsMap() || isTime(f) || !m.Has(f):
		case f.IsList():
			for n := range m.Get(f).List().Len() {
				spoil(t, m.Mutable(f).List().Get(n).Message(), words, depth+1)
			}
		default:
			spoil(t, m.Mutable(f).Message(), words, depth+1)
		}
	}
}

// draw gives a field a value that may fit and may not, or none.
func draw(t *rapid.T, m protoreflect.Message, f protoreflect.FieldDescriptor, words []string, depth int) {
	name := string(f.Name())
	m.Clear(f)
	if f.IsMap() {
		drawMap(t, m.Mutable(f).Map(), f, words, depth)
		return
	}
	if !f.IsList() {
		if rapid.Bool().Draw(t, "has "+name) {
			m.Set(f, value(t, f, m.NewField(f), words, depth))
		}
		return
	}
	list := m.Mutable(f).List()
	for range rapid.IntRange(0, 3).Draw(t, "number of "+name) {
		var element protoreflect.Value
		if f.Message() != nil {
			element = list.NewElement()
		}
		list.Append(value(t, f, element, words, depth))
	}
}

// drawMap draws a few entries of a map whose values are no messages.
func drawMap(t *rapid.T, m protoreflect.Map, f protoreflect.FieldDescriptor, words []string, depth int) {
	for range rapid.IntRange(0, 3).Draw(t, "number of "+string(f.Name())) {
		key := value(t, f.MapKey(), protoreflect.Value{}, words, depth)
		m.Set(key.MapKey(), value(t, f.MapValue(), protoreflect.Value{}, words, depth))
	}
}

// value draws one value of a field; message is a new one to be filled, where the field has messages.
func value(t *rapid.T, f protoreflect.FieldDescriptor, message protoreflect.Value, words []string, depth int) protoreflect.Value {
	name := string(f.Name())
	switch f.Kind() {
	case protoreflect.MessageKind:
		if isTime(f) {
			return timestamp(t, message, name)
		}
		for i := range f.Message().Fields().Len() {
			if depth < deepest {
				draw(t, message.Message(), f.Message().Fields().Get(i), words, depth+1)
			}
		}
		return message
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(-1, int32(f.Enum().Values().Len())).Draw(t, name)))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.OneOf(rapid.SampledFrom(words), rapid.SampledFrom(words), rapid.StringN(0, 12, 40)).Draw(t, name))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, name))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.OneOf(rapid.Uint32Range(0, 3), rapid.Uint32()).Draw(t, name))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, name))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(rapid.OneOf(rapid.Int64Range(0, 100), rapid.SampledFrom([]int64{-1, math.MinInt64, math.MaxInt64}), rapid.Int64()).Draw(t, name))
	default:
		t.Fatalf("no values are drawn of %s, a %s", f.FullName(), f.Kind())
		return protoreflect.Value{}
	}
}

func isTime(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && f.Message().FullName() == "google.protobuf.Timestamp"
}

// timestamp draws a date: mostly about now, sometimes one that is none.
func timestamp(t *rapid.T, message protoreflect.Value, name string) protoreflect.Value {
	about := ledgertest.Start.Unix()
	year := int64(365 * 24 * time.Hour / time.Second)
	seconds := rapid.OneOf(rapid.Int64Range(about-year, about+year), rapid.Int64Range(about-year, about+year), rapid.Int64()).Draw(t, name)
	fields := message.Message().Descriptor().Fields()
	message.Message().Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(seconds))
	message.Message().Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(rapid.SampledFrom([]int32{0, 0, 999_999_999, -1}).Draw(t, name)))
	return message
}
