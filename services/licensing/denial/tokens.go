package denial

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// padding is what the number of published tokens is a multiple of, so that it tells little.
const padding = 64

// Keys are what an agency makes and answers blind checks with. They may be used from several goroutines.
type Keys struct {
	// Holder makes the tokens of the denials it holds, and answers others.
	Holder *blind.Key
	// Secret hides what it asks itself: blind.MinSecret random bytes.
	Secret []byte

	// The tokens that were made last, and what of: a reaction decides twice, the second time while others wait.
	mu     sync.Mutex
	inputs [][]byte
	tokens [][]byte
}

// tokensOf makes the tokens of inputs, which always come out the same.
func (k *Keys) tokensOf(inputs [][]byte) ([][]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tokens != nil && slices.EqualFunc(inputs, k.inputs, bytes.Equal) {
		return k.tokens, nil
	}
	tokens, err := k.Holder.Tokens(inputs, padding)
	if err != nil {
		return nil, fmt.Errorf("make the tokens of denials: %w", err)
	}
	k.inputs, k.tokens = inputs, tokens
	return tokens, nil
}

// PublishTokens publishes what this agency holds denials about, where that is not what it published last. It takes part in
// blind checks when a sharing rule names DenialTokensPublished; without one it publishes nothing.
func PublishTokens(view ledger.View, keys *Keys) ([]proto.Message, error) {
	fact := &licensingv1.DenialTokensPublished{TokensId: view.Agency() + "/denial-tokens", PublicKey: keys.Holder.Public()}
	part, err := takesPart(view)
	if !part || err != nil {
		return nil, err
	}
	inputs, err := heldInputs(view)
	if err != nil {
		return nil, err
	}
	if fact.Tokens, err = keys.tokensOf(inputs); err != nil {
		return nil, err
	}
	all, err := view.DenialTokens()
	if err != nil {
		return nil, fmt.Errorf("read the tokens on record: %w", err)
	}
	for _, t := range all {
		if t.GetId() == fact.TokensId && proto.Equal(t.GetPublished(), fact) {
			return nil, nil
		}
	}
	return []proto.Message{fact}, nil
}

func takesPart(view ledger.View) (bool, error) {
	rules, err := view.SharingRules()
	if err != nil {
		return false, fmt.Errorf("read the sharing rules: %w", err)
	}
	kind := string((&licensingv1.DenialTokensPublished{}).ProtoReflect().Descriptor().FullName())
	for _, r := range rules.GetRules() {
		if r.GetKind() == kind && r.GetMarking() == "" && (r.GetAgency() == "" || r.GetAgency() == view.Agency()) {
			return true, nil
		}
	}
	return false, nil
}

// heldInputs are what the standing denials of this agency are about.
func heldInputs(view ledger.View) ([][]byte, error) {
	denials, err := view.DenialsWith("status", "refused")
	if err != nil {
		return nil, fmt.Errorf("read the denials that are held: %w", err)
	}
	var inputs [][]byte
	for _, d := range denials {
		if view.Owns(d.GetId()) {
			inputs = append(inputs, inputsOf(d.GetDeal())...)
		}
	}
	slices.SortFunc(inputs, bytes.Compare)
	return slices.CompactFunc(inputs, bytes.Equal), nil
}

// inputsOf are what two deals have to have in common to be found by a blind check: an end user or consignee, by an
// identifier, or by its name with or without the country, and the rating of a line.
func inputsOf(d *licensingv1.Deal) [][]byte {
	var parties []blind.Party
	for _, p := range recipients(d) {
		parties = append(parties,
			blind.Party{Name: p.GetName(), Country: p.GetCountry(), Identifiers: p.GetIdentifiers()},
			blind.Party{Name: p.GetName()})
	}
	return blind.Inputs(parties, ratingsOf(d.GetLines()))
}

func ratingsOf(lines []*transferv1.Line) []string {
	ratings := make([]string, len(lines))
	for i, l := range lines {
		ratings[i] = l.GetRating()
	}
	return ratings
}
