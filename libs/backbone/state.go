package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// deciding bounds how long the servers of a hub may take to record a decision; a leader that was lost is replaced in
// less.
const deciding = 20 * time.Second

// stateStream, in the hub's own account, holds what is decided: its last message.
const (
	// formerStates is how many messages stay: more than are decided while a snapshot is taken, or the last one would be
	// missing from it.
	formerStates = 256
	stateStream  = "STATE"
	stateSubject = "state"
)

// Release is one group's journal let through to one reader.
type Release struct {
	Journal journal.ID `json:"journal"`
	Reader  string     `json:"reader"`
	// After is the relay's sequence that the reader is sent no block up to; zero is all history.
	After uint64 `json:"after,omitempty"`
}

func (r Release) String() string { return r.Journal.String() + " to " + r.Reader }

// hubState is what the hub's operator has decided. Accounts, streams and feeders follow from it, on every server. It is
// changed by edit only, and one that was read is never written to.
type hubState struct {
	Agencies map[string]member `json:"agencies"`
	Releases []Release         `json:"releases"`
}

// member is what is decided about an agency.
type member struct {
	// Signing is the Ed25519 key that the agency's requests to the hub are checked with.
	Signing []byte `json:"signing"`
	// User is the nkey of the agency's node; empty until it has joined.
	User string `json:"user,omitempty"`
	// Next is to take the place of User, which it does once it has presented itself; both are let in until then.
	Next string `json:"next,omitempty"`
	// Kit is the invitation that is still good; nil for none.
	Kit *kit `json:"kit,omitempty"`
	// RenewBy is by when the node must have a new user; zero when none is due.
	RenewBy time.Time `json:"renew_by,omitzero"`
	// Suspended and Removed shut the agency out.
	Suspended bool `json:"suspended,omitempty"`
	Removed   bool `json:"removed,omitempty"`
}

// kit is an invitation: the user that may join, until when, and what the rehearsal must have come to.
type kit struct {
	User  string    `json:"user"`
	Until time.Time `json:"until"`
	Root  []byte    `json:"root"`
}

// access is how an agency stands, in a word.
func (m member) access() string {
	switch {
	case m.Removed:
		return "removed"
	case m.Suspended:
		return "suspended"
	case m.User == "":
		return "invited"
	default:
		return "live"
	}
}

// passes are the users that are let in. An invitation stays in force while the agency is suspended: it allows nothing
// but to be told so.
func (m member) passes(agency string) (all []pass) {
	if m.Removed {
		return nil
	}
	if m.Kit != nil {
		all = append(all, pass{agency, m.Kit.User, m.Kit.Until})
	}
	if m.Suspended {
		return all
	}
	for _, user := range []string{m.User, m.Next} {
		if user != "" {
			all = append(all, pass{agency: agency, user: user})
		}
	}
	return all
}

func (s *hubState) clone() *hubState {
	return &hubState{Agencies: maps.Clone(s.Agencies), Releases: slices.Clone(s.Releases)}
}

// released returns what is released to the reader, in order.
func (s *hubState) released(reader string) (mine []Release) {
	for _, r := range s.Releases {
		if r.Reader == reader {
			mine = append(mine, r)
		}
	}
	return mine
}

// put sets the release, in place of one of the same journal to the same reader.
func (s *hubState) put(r Release) {
	s.drop(func(other Release) bool { return other.Journal == r.Journal && other.Reader == r.Reader })
	s.Releases = append(s.Releases, r)
	slices.SortFunc(s.Releases, func(a, b Release) int { return strings.Compare(a.String(), b.String()) })
}

func (s *hubState) drop(these func(Release) bool) { s.Releases = slices.DeleteFunc(s.Releases, these) }

func stateConfig() jetstream.StreamConfig {
	c := stream.Relay(stateStream, "")
	c.Subjects = []string{stateSubject}
	c.Discard, c.MaxMsgs = jetstream.DiscardOld, formerStates
	return c
}

// readState returns what is decided and the number under which it stands, zero when nothing is.
func (h *Hub) readState(ctx context.Context) (*hubState, uint64, error) {
	s, err := findStream(ctx, h.js, prompt, stateStream)
	if err != nil {
		return nil, 0, fmt.Errorf("read the hub's state: %w", err)
	}
	msg, err := lastOn(ctx, s, stateSubject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return &hubState{Agencies: map[string]member{}}, 0, nil
	} else if err != nil {
		return nil, 0, fmt.Errorf("read the hub's state: %w", err)
	}
	decided, err := parseState(msg.Data)
	return decided, msg.Sequence, err
}

func parseState(data []byte) (*hubState, error) {
	s := &hubState{Agencies: map[string]member{}}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("read the hub's state: %w", err)
	}
	return s, nil
}

// edit records a changed decision, on whichever server others decide at the same time, and lets in and shuts out on
// this one accordingly. change is called again when somebody else was quicker, or when it is not clear whether
// the decision was recorded, so it must come to the same on a state that has it; its refusal is returned, and nothing
// is recorded.
func (h *Hub) edit(ctx context.Context, change func(*hubState) error) error {
	ctx, cancel := context.WithTimeout(ctx, deciding)
	defer cancel()
	for ctx.Err() == nil {
		before, sequence, err := h.readState(ctx)
		if err != nil {
			return err
		}
		after := before.clone()
		if err := change(after); err != nil {
			return err
		}
		if reflect.DeepEqual(before, after) {
			return h.admit(after, sequence)
		}
		data, err := json.Marshal(after)
		if err != nil {
			return err
		}
		asked, end := context.WithTimeout(ctx, 4*prompt)
		ack, err := h.js.Publish(asked, stateSubject, data, jetstream.WithExpectLastSequence(sequence))
		end()
		if overtaken(err) || errors.Is(err, context.DeadlineExceeded) {
			wait(ctx, pause/10)
			continue
		} else if err != nil {
			return fmt.Errorf("record the decision: %w", err)
		}
		return h.admit(after, ack.Sequence)
	}
	return fmt.Errorf("record the decision: %w", ctx.Err())
}

// notAfterConstant is how replicated streams report an expected sequence that is not the last.
const notAfterConstant = 10164

// overtaken reports whether something was refused because another message came first.
func overtaken(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) &&
		(refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refused.ErrorCode == notAfterConstant)
}
