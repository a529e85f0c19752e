package backbone

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// hubState is what the hub's operator has decided. Accounts, consumers and feeds follow from it.
type hubState struct {
	Releases []Release `json:"releases"`
	// Revoked are the public keys of users that are shut out, by agency.
	Revoked map[string][]string `json:"revoked"`
}

func (s hubState) clone() hubState {
	c := hubState{Releases: slices.Clone(s.Releases), Revoked: map[string][]string{}}
	for agency, users := range maps.All(s.Revoked) {
		c.Revoked[agency] = slices.Clone(users)
	}
	return c
}

// readState loads hub.json, made on first start.
func (h *Hub) readState() error {
	content, err := keptFile(h.path("hub.json"), func() ([]byte, error) { return []byte("{}\n"), nil })
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, &h.state); err != nil {
		return fmt.Errorf("read hub.json: %w", err)
	}
	for _, r := range h.state.Releases {
		if h.agencies[r.Journal.Agency] == nil || h.agencies[r.Reader] == nil {
			return fmt.Errorf("hub.json releases %s, but the keys of one of them are missing", r)
		}
	}
	return nil
}

// edit changes what is decided, on disk first.
func (h *Hub) edit(change func(*hubState)) error {
	changed := h.state.clone()
	change(&changed)
	content, err := json.MarshalIndent(changed, "", "  ")
	if err != nil {
		return err
	}
	if err := privateFile(h.path("hub.json"), append(content, '\n')); err != nil {
		return err
	}
	h.state = changed
	return nil
}
