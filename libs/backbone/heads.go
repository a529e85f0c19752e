package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// gatherLimit is how long the servers of a hub have to say who is connected to them.
const gatherLimit = 2 * time.Second

// Connected reports whether a node of the agency is connected, to whichever server of the hub. While one of three is
// down it takes two seconds to say that none is.
func (h *Hub) Connected(agency string) (bool, error) {
	m, err := h.state.Load().known(agency)
	if err != nil {
		return false, err
	}
	public, err := h.operator.public(agency)
	if err != nil {
		return false, err
	}
	request, err := json.Marshal(server.ConnzOptions{Account: public, Username: true})
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), gatherLimit)
	defer cancel()
	sub, err := h.system.SubscribeSync(h.system.NewInbox())
	if err != nil {
		return false, err
	}
	defer sub.Unsubscribe()
	if err := h.system.PublishRequest("$SYS.REQ.SERVER.PING.CONNZ", sub.Subject, request); err != nil {
		return false, err
	}
	for range h.replicas {
		msg, err := sub.NextMsgWithContext(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return false, nil
		} else if err != nil {
			return false, fmt.Errorf("ask who is connected: %w", err)
		}
		var answer struct {
			Data server.Connz `json:"data"`
		}
		if err := json.Unmarshal(msg.Data, &answer); err != nil {
			return false, fmt.Errorf("read who is connected: %w", err)
		}
		for _, c := range answer.Data.Conns {
			if c.AuthorizedUser != "" && (c.AuthorizedUser == m.User || c.AuthorizedUser == m.Next) {
				return true, nil
			}
		}
	}
	return false, nil
}

// relayHeads are the last block numbers of an agency's journals when its relay ended at the sequence.
type relayHeads struct {
	sequence uint64
	numbers  map[journal.ID]uint64
}

// Heads returns the number of the last block of every journal that the hub relays, as the block itself says it: nothing
// is verified. A journal that ends with what is no block is left out, so that one agency cannot spoil it for all. It reads
// only what has changed since it was last asked.
func (h *Hub) Heads(ctx context.Context) (map[journal.ID]uint64, error) {
	h.headsMu.Lock()
	defer h.headsMu.Unlock()
	all := map[journal.ID]uint64{}
	for agency := range h.state.Load().Agencies {
		heads, err := h.relayHeads(ctx, agency)
		if err != nil {
			return nil, fmt.Errorf("find the last blocks of %s: %w", agency, err)
		}
		h.heads[agency] = heads
		maps.Copy(all, heads.numbers)
	}
	return all, nil
}

func (h *Hub) relayHeads(ctx context.Context, agency string) (relayHeads, error) {
	js, err := h.inside(agency)
	if err != nil {
		return relayHeads{}, err
	}
	relay, err := findStream(ctx, js, prompt, relayName(agency))
	if err != nil {
		return relayHeads{}, err
	}
	if known := h.heads[agency]; known.numbers != nil && known.sequence == relay.CachedInfo().State.LastSeq {
		return known, nil
	}
	info, err := relay.Info(ctx, jetstream.WithSubjectFilter("block."+agency+".>"))
	if err != nil {
		return relayHeads{}, err
	}
	heads := relayHeads{info.State.LastSeq, map[journal.ID]uint64{}}
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		id := journal.ID{Agency: agency, Group: subject[strings.LastIndex(subject, ".")+1:]}
		if !id.Valid() {
			continue // where a block was deleted
		}
		msg, err := lastOn(ctx, relay, subject)
		if err != nil {
			return relayHeads{}, fmt.Errorf("read the last block of %s: %w", id, err)
		}
		block, err := journal.Parse(msg.Data)
		if err != nil {
			continue // it is nobody's block; the readers' nodes say so
		}
		heads.numbers[id] = block.Header.Number
		if block.Redacted() && len(journal.Redacts(msg.Header)) > 0 { // it stands for an earlier block
			if heads.numbers[id], err = strconv.ParseUint(msg.Header.Get(journal.HeadHeader), 10, 64); err != nil {
				return relayHeads{}, fmt.Errorf("read the last block of %s: %w", id, err)
			}
		}
	}
	return heads, nil
}

// inside returns JetStream in the agency's account.
func (h *Hub) inside(agency string) (jetstream.JetStream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	nc, err := h.standing(agency)
	if err != nil {
		return nil, err
	}
	return jetstream.New(nc)
}
