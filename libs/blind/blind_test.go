package blind_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cloudflare/circl/group"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
)

var (
	holder = newKey('h')
	secret = bytes.Repeat([]byte("s"), blind.MinSecret)
)

func newKey(seed byte) *blind.Key {
	k, err := blind.NewKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		panic(err)
	}
	return k
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

func ask(t failer, checkID string, inputs [][]byte, size int) *blind.Question {
	t.Helper()
	q, err := blind.AskPadded(secret, checkID, inputs, size)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// answered is a question put to a holder, and what comes of it.
func answered(t failer, k *blind.Key, q *blind.Question) [][]byte {
	t.Helper()
	evaluated, proof, err := k.Answer(q.Elements())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := q.Finish(k.Public(), evaluated, proof)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func published(t failer, k *blind.Key, inputs [][]byte, padTo int) [][]byte {
	t.Helper()
	tokens, err := k.Tokens(inputs, padTo)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func has(tokens [][]byte, token []byte) bool {
	_, ok := slices.BinarySearchFunc(tokens, token, bytes.Compare)
	return ok
}

func TestHitAndMiss(t *testing.T) {
	held := blind.Inputs([]blind.Party{{Name: "Acme Arms Co., Ltd.", Country: "XB", Identifiers: []string{"lei:213800KUD8LAJWSQ9D15"}}}, []string{"ML1.a"})
	set := published(t, holder, held, 64)
	for _, tt := range []struct {
		name   string
		party  blind.Party
		rating string
		hit    bool
	}{
		{"same name", blind.Party{Name: "ACME ARMS", Country: "XB"}, "WA-2023:ML1.a.2", true},
		{"same identifier", blind.Party{Name: "Other", Country: "XC", Identifiers: []string{"LEI:2138 00KU D8LA JWSQ 9D15"}}, "ML1a", true},
		{"another letter", blind.Party{Name: "Acme Arms", Country: "XB"}, "ML1.b", false},
		{"another country", blind.Party{Name: "Acme Arms", Country: "XC"}, "ML1.a", false},
		{"misspelt", blind.Party{Name: "Acmee Arms", Country: "XB"}, "ML1.a", false},
	} {
		inputs := blind.Inputs([]blind.Party{tt.party}, []string{tt.rating})
		hit := false
		for _, token := range answered(t, holder, ask(t, "check "+tt.name, inputs, 8)) {
			hit = hit || has(set, token)
		}
		if hit != tt.hit {
			t.Errorf("%s: hit is %v", tt.name, hit)
		}
	}
}

func TestFinishRefuses(t *testing.T) {
	q := ask(t, "check", [][]byte{[]byte("a"), []byte("b")}, 3)
	elements := q.Elements()
	evaluated, proof, err := holder.Answer(elements)
	if err != nil {
		t.Fatal(err)
	}
	other := newKey('o')
	byOther, proofOfOther, err := other.Answer(elements)
	if err != nil {
		t.Fatal(err)
	}
	forMore, proofForMore, err := holder.Answer(ask(t, "another", [][]byte{[]byte("a"), []byte("b")}, 3).Elements())
	if err != nil {
		t.Fatal(err)
	}
	swapped := [][]byte{evaluated[1], evaluated[0], evaluated[2]}
	tests := []struct {
		name      string
		public    []byte
		evaluated [][]byte
		proof     []byte
		is        error // nil: any error
	}{
		{"key that was not published", holder.Public(), byOther, proofOfOther, blind.ErrProof},
		{"answer said to be of another key", other.Public(), evaluated, proof, blind.ErrProof},
		{"elements swapped", holder.Public(), swapped, proof, blind.ErrProof},
		{"one element of another key", holder.Public(), [][]byte{evaluated[0], byOther[1], evaluated[2]}, proof, blind.ErrProof},
		{"the question itself", holder.Public(), elements, proof, blind.ErrProof},
		{"answer to another question", holder.Public(), forMore, proofForMore, blind.ErrProof},
		{"proof of another question", holder.Public(), evaluated, proofForMore, blind.ErrProof},
		{"no proof", holder.Public(), evaluated, nil, nil},
		{"proof cut short", holder.Public(), evaluated, proof[:63], nil},
		{"proof of nothing", holder.Public(), evaluated, make([]byte, 64), blind.ErrProof},
		{"element left out", holder.Public(), evaluated[:2], proof, nil},
		{"element too many", holder.Public(), append(slices.Clone(evaluated), evaluated[0]), proof, nil},
		{"identity", holder.Public(), [][]byte{{0}, evaluated[1], evaluated[2]}, proof, fault.Invalid},
		{"identity as key", []byte{0}, evaluated, proof, nil},
		{"no key", nil, evaluated, proof, nil},
	}
	for i := range proof {
		bad := bytes.Clone(proof)
		bad[i] ^= 1
		tests = append(tests, struct {
			name      string
			public    []byte
			evaluated [][]byte
			proof     []byte
			is        error
		}{fmt.Sprintf("byte %d of the proof", i), holder.Public(), evaluated, bad, blind.ErrProof})
	}
	for _, tt := range tests {
		tokens, err := q.Finish(tt.public, tt.evaluated, tt.proof)
		if err == nil || tokens != nil || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, %d tokens", tt.name, err, len(tokens))
		}
	}
	if _, err := q.Finish(holder.Public(), evaluated, proof); err != nil {
		t.Errorf("the true answer: %v", err)
	}
}

func TestAnswerRefuses(t *testing.T) {
	good := ask(t, "check", [][]byte{[]byte("a")}, 1).Elements()[0]
	notOnCurve := append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)
	uncompressed, err := group.P256.Generator().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	many := slices.Repeat([][]byte{good}, blind.MaxElements)
	for name, elements := range map[string][][]byte{
		"none": {}, "too many": append(slices.Clone(many), good), "identity": {good, {0}}, "long identity": {make([]byte, blind.ElementSize)},
		"empty": {{}}, "no point": {notOnCurve}, "uncompressed": {uncompressed}, "longer": {append(bytes.Clone(good), 0)}, "nil": {nil},
	} {
		if _, _, err := holder.Answer(elements); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := holder.Answer(many); err != nil {
		t.Errorf("%d elements: %v", len(many), err)
	}
}

func TestAskRefuses(t *testing.T) {
	one := [][]byte{[]byte("a")}
	for name, ask := range map[string]func() (*blind.Question, error){
		"short secret":    func() (*blind.Question, error) { return blind.Ask(secret[1:], "check", one) },
		"no id":           func() (*blind.Question, error) { return blind.Ask(secret, "", one) },
		"no inputs":       func() (*blind.Question, error) { return blind.Ask(secret, "check", nil) },
		"too many inputs": func() (*blind.Question, error) { return blind.Ask(secret, "check", slices.Repeat(one, 257)) },
		"no room":         func() (*blind.Question, error) { return blind.AskPadded(secret, "check", slices.Repeat(one, 3), 2) },
		"padded too far":  func() (*blind.Question, error) { return blind.AskPadded(secret, "check", one, 257) },
		"long input": func() (*blind.Question, error) {
			return blind.Ask(secret, "check", [][]byte{make([]byte, blind.MaxInput+1)})
		},
	} {
		if q, err := ask(); err == nil || q != nil {
			t.Errorf("%s is asked", name)
		}
	}
}

func inputsOf(min, max int) *rapid.Generator[[][]byte] {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), min, max)
}

// What asking gives is what holding gives, and nothing else is among the tokens.
func TestAskingEqualsHolding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := inputsOf(1, 4).Draw(t, "inputs")
		held := inputsOf(0, 4).Draw(t, "held")
		k := newKey(rapid.Byte().Draw(t, "seed"))
		size := len(inputs) + rapid.IntRange(0, 2).Draw(t, "dummies")
		tokens := answered(t, k, ask(t, "check", inputs, size))
		if len(tokens) != len(inputs) {
			t.Fatalf("%d tokens for %d inputs", len(tokens), len(inputs))
		}
		set := published(t, k, held, 4)
		for i, input := range inputs {
			want := slices.ContainsFunc(held, func(h []byte) bool { return bytes.Equal(h, input) })
			if has(set, tokens[i]) != want {
				t.Fatalf("input %x among %x is %v", input, held, !want)
			}
		}
	})
}

// The same arguments ask the same question; another check, index, secret or input shares no element with it.
func TestQuestionsShareNoElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := inputsOf(1, 4).Draw(t, "inputs")
		inputs = append(inputs, inputs[0]) // at two indexes
		first := ask(t, "check 1", inputs, 6).Elements()
		if !slices.EqualFunc(first, ask(t, "check 1", inputs, 6).Elements(), bytes.Equal) {
			t.Fatal("the same question is not the same")
		}
		otherSecret, err := blind.AskPadded(bytes.Repeat([]byte("t"), 32), "check 1", inputs, 6)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, elements := range [][][]byte{first, ask(t, "check 2", inputs, 6).Elements(), otherSecret.Elements()} {
			for _, element := range elements {
				if seen[string(element)] {
					t.Fatalf("element %x is there twice", element)
				}
				seen[string(element)] = true
			}
		}
	})
}

// Whatever is asked, a padded question has the same number of elements, of one size.
func TestPaddedQuestionsLookAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := ask(t, rapid.StringN(1, 20, -1).Draw(t, "id"), inputsOf(0, 8).Draw(t, "inputs"), 8).Elements()
		if len(elements) != 8 {
			t.Fatalf("%d elements", len(elements))
		}
		for _, element := range elements {
			if len(element) != blind.ElementSize {
				t.Fatalf("an element of %d bytes", len(element))
			}
		}
	})
}

func TestTokensArePadded(t *testing.T) {
	var held [][]byte
	var before [][]byte
	for n := range 10 {
		tokens := published(t, holder, append(held, held...), 4)
		if want := max(4, (n+3)/4*4); len(tokens) != want {
			t.Errorf("%d inputs give %d tokens; want %d", n, len(tokens), want)
		}
		for i, token := range tokens {
			if len(token) != blind.TokenSize || i > 0 && bytes.Compare(tokens[i-1], token) >= 0 {
				t.Errorf("%d inputs: token %d has %d bytes or is not in order", n, i, len(token))
			}
		}
		// One more input puts one token in the place of another, or opens four places: padding is not drawn anew.
		changed := 0
		for _, token := range tokens {
			if !has(before, token) {
				changed++
			}
		}
		if n > 0 && changed != 1 && len(tokens) == len(before) {
			t.Errorf("%d inputs: %d tokens changed", n, changed)
		}
		held, before = append(held, []byte{byte(n)}), tokens
	}
	if bytes.Equal(published(t, holder, nil, 1)[0], published(t, newKey('o'), nil, 1)[0]) {
		t.Error("two keys pad alike")
	}
	if _, err := holder.Tokens(nil, 0); err == nil {
		t.Error("padded to 0")
	}
	if _, err := holder.Tokens([][]byte{make([]byte, blind.MaxInput+1)}, 1); !errors.Is(err, fault.Invalid) {
		t.Errorf("long input: %v", err)
	}
}
