package blind

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/cloudflare/circl/oprf"
)

// Test vectors of RFC 9497, appendix A.3.2 (P256-SHA256, VOPRF mode).
const (
	vectorPrivate = "ca5d94c8807817669a51b196c34c1b7f8442fde4334a7121ae4736364312fca6"
	vectorPublic  = "03e17e70604bcabe198882c0a1f27a92441e774224ed9c702e51dd17038b102462"
	zeroes        = "00"
	fives         = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
	zeroesBlind   = "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364"
	zeroesOutput  = "0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1"
	fivesOutput   = "771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18"
)

var vectors = []struct {
	name                                        string
	inputs, blinds, blinded, evaluated, outputs []string
	proof                                       string
}{
	{
		name:      "vector 1, batch size 1",
		inputs:    []string{zeroes},
		blinds:    []string{zeroesBlind},
		blinded:   []string{"02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da"},
		evaluated: []string{"0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2"},
		outputs:   []string{zeroesOutput},
		proof: "e7c2b3c5c954c035949f1f74e6bce2ed539a3be267d1481e9ddb178533df4c26" +
			"64f69d065c604a4fd953e100b856ad83804eb3845189babfa5a702090d6fc5fa",
	},
	{
		name:      "vector 2, batch size 1",
		inputs:    []string{fives},
		blinds:    []string{zeroesBlind},
		blinded:   []string{"03cd0f033e791c4d79dfa9c6ed750f2ac009ec46cd4195ca6fd3800d1e9b887dbd"},
		evaluated: []string{"030d2985865c693bf7af47ba4d3a3813176576383d19aff003ef7b0784a0d83cf1"},
		outputs:   []string{fivesOutput},
		proof: "2787d729c57e3d9512d3aa9e8708ad226bc48e0f1750b0767aaff73482c44b8d" +
			"2873d74ec88aebd3504961acea16790a05c542d9fbff4fe269a77510db00abab",
	},
	{
		name:   "vector 3, batch size 2",
		inputs: []string{zeroes, fives},
		blinds: []string{zeroesBlind, "f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1"},
		blinded: []string{
			"02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da",
			"03462e9ae64cae5b83ba98a6b360d942266389ac369b923eb3d557213b1922f8ab",
		},
		evaluated: []string{
			"0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2",
			"02bb24f4d838414aef052a8f044a6771230ca69c0a5677540fff738dd31bb69771",
		},
		outputs: []string{zeroesOutput, fivesOutput},
		proof: "bdcc351707d02a72ce49511c7db990566d29d6153ad6f8982fad2b435d6ce4d6" +
			"0da1e6b3fa740811bde34dd4fe0aa1b5fe6600d0440c9ddee95ea7fad7a60cf2",
	},
}

func TestRFC9497(t *testing.T) {
	bin := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	all := func(texts []string) (list [][]byte) {
		for _, s := range texts {
			list = append(list, bin(s))
		}
		return list
	}
	k, err := parseKey(bin(vectorPrivate))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.Public(), bin(vectorPublic)) {
		t.Fatalf("public key is %x", k.Public())
	}
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			inputs, outputs := all(v.inputs), all(v.outputs)
			var blinds []oprf.Blind
			for _, b := range all(v.blinds) {
				scalar := suite.Group().NewScalar()
				if err := scalar.UnmarshalBinary(b); err != nil {
					t.Fatal(err)
				}
				blinds = append(blinds, scalar)
			}
			q, err := ask(inputs, blinds, len(inputs))
			if err != nil {
				t.Fatal(err)
			}
			if got := q.Elements(); !slices.EqualFunc(got, all(v.blinded), bytes.Equal) {
				t.Fatalf("blinded: %x", got)
			}
			evaluated, _, err := k.Answer(q.Elements())
			if err != nil || !slices.EqualFunc(evaluated, all(v.evaluated), bytes.Equal) {
				t.Fatalf("evaluated: %x, %v", evaluated, err)
			}
			// The RFC's own proof holds; ours has other randomness.
			tokens, err := q.Finish(bin(vectorPublic), all(v.evaluated), bin(v.proof))
			if err != nil || !slices.EqualFunc(tokens, outputs, bytes.Equal) {
				t.Fatalf("tokens: %x, %v", tokens, err)
			}
			held, err := k.Tokens(inputs, len(inputs))
			slices.SortFunc(outputs, bytes.Compare)
			if err != nil || !slices.EqualFunc(held, outputs, bytes.Equal) {
				t.Fatalf("held: %x, %v", held, err)
			}
		})
	}
}
