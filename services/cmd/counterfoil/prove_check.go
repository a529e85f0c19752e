package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/proofs"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// checkedProof is what a file was found to prove. Its keys are stable.
type checkedProof struct {
	File    string `json:"file"`
	Kind    string `json:"kind"`
	Journal string `json:"journal"`
	// State is named by a signed note only, and Block and Recorded by a header.
	State    string `json:"state"`
	Events   uint64 `json:"events"`
	Block    uint64 `json:"block"`
	Recorded string `json:"recorded_at"`
	Root     string `json:"root"`
	KeyID    string `json:"key_id"`
	// Trusted is whether the key is one that was given.
	Trusted bool `json:"key_trusted"`
	// Event, its leaf hash, and whether its bytes are in the file, of a proof of an event.
	Event     string `json:"event"`
	Leaf      string `json:"leaf"`
	WithEvent bool   `json:"with_event"`
	// FromEvents and FromBlock are the earlier end, of a proof that a journal grew.
	FromEvents uint64 `json:"from_events"`
	FromBlock  uint64 `json:"from_block"`
}

// checkFile checks a file without a node.
func (p *prover) checkFile() error {
	what := "prove --check " + p.check
	keys, err := readKeys(p.keys)
	if err != nil {
		return usage("--key: %v", err)
	}
	trust, err := proofs.ParseTrust(keys)
	if err != nil {
		return usage("--key: %v", err)
	}
	data, err := os.ReadFile(p.check)
	if err != nil {
		return usage("%v", err)
	}
	r, err := proofs.Check(data, trust)
	switch {
	case errors.Is(err, fault.Invalid):
		return usage("%v", err)
	case err != nil:
		return problems(what, err.Error(), "counterfoil prove --help")
	}
	done := checkedOf(p.check, r)
	done.Trusted = len(trust) > 0
	if !done.Trusted {
		agency := r.Head.ID.Agency
		p.env.Advise("that key %s is one of %s is what the file says: compare it with counterfoil key list at %s, or give --key %s=KEY", done.KeyID, agency, agency, agency)
	}
	return p.env.Print(done.document())
}

// readKeys reads the files that keys are in, one a line: those that are given as @FILE.
func readKeys(given []string) (keys []string, err error) {
	for _, key := range given {
		name, isFile := strings.CutPrefix(key, "@")
		if !isFile {
			keys = append(keys, key)
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, strings.Fields(string(data))...)
	}
	return keys, nil
}

func checkedOf(name string, r *proofs.Result) checkedProof {
	done := checkedProof{File: name, Kind: r.Kind, WithEvent: len(r.Event) > 0}
	if h := r.Head; h != nil {
		done.Journal, done.Events, done.Block, done.Recorded = h.ID.String(), h.Events, h.Block, h.RecordedAt.Format(time.RFC3339)
		done.Root, done.KeyID = fmt.Sprintf("%x", h.Root[:]), h.KeyID
	}
	if n := r.Note; n != nil {
		done.Journal, done.State, done.Events, done.Root, done.KeyID = n.ID.String(), n.State, n.Events, fmt.Sprintf("%x", n.Root[:]), keyID(n.Key)
	}
	if r.Number > 0 {
		done.Event, done.Leaf = fmt.Sprintf("%s/%d", done.Journal, r.Number), fmt.Sprintf("%x", r.Leaf[:])
	}
	if f := r.From; f != nil {
		done.FromEvents, done.FromBlock = f.Events, f.Block
	}
	return done
}

func (c checkedProof) document() output.Document {
	says := map[string]string{
		"inclusion":   fmt.Sprintf("event %s is among the %d events that were signed", c.Event, c.Events),
		"consistency": fmt.Sprintf("the %d events of %s begin with the %d of before", c.Events, c.Journal, c.FromEvents),
		"header":      fmt.Sprintf("%s had %d events at block %d", c.Journal, c.Events, c.Block),
		"checkpoint":  fmt.Sprintf("%s had %d events", c.Journal, c.Events),
	}[c.Kind]
	grid := output.Grid{Heads: []string{"journal", "events", "block", "signed", "key", "root", "leaf"}}
	grid.Add(c.Journal, number(c.Events), stated(c.Block > 0, number(c.Block)), c.Recorded, c.KeyID, c.Root, c.Leaf)
	flat := output.Grid{Heads: []string{"file", "kind", "journal", "state", "events", "block", "recorded_at", "root", "key_id", "key_trusted", "event", "leaf", "with_event", "from_events", "from_block"}}
	flat.Add(c.File, c.Kind, c.Journal, c.State, number(c.Events), number(c.Block), c.Recorded, c.Root, c.KeyID, fmt.Sprint(c.Trusted), c.Event, c.Leaf, fmt.Sprint(c.WithEvent), number(c.FromEvents), number(c.FromBlock))
	return output.Document{Value: c, Flat: &flat, Sections: []output.Section{{Grid: grid, Text: "it holds: " + says}}}
}
