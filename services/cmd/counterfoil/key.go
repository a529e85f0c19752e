package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newKeyCommand(env *Env) *cobra.Command {
	return family("key", "List and change the keys of this agency", newKeyListCommand(env), newKeyChangeCommand(env))
}

func newKeyChangeCommand(env *Env) *cobra.Command {
	req := &directoryv1.ChangeKeyRequest{}
	cmd := &cobra.Command{
		Use:       "change signing|sealing",
		Short:     "Make a new key, put it on record and use it from then on",
		Args:      takes("signing|sealing"),
		ValidArgs: []cobra.Completion{"signing", "sealing"},
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		use, err := parseEnum("use", args[0], directoryv1.KeyUse_KEY_USE_UNSPECIFIED)
		if err != nil {
			return nil, usage("change the signing or the sealing key, not %q", args[0])
		}
		req.Use = directoryv1.KeyUse(use)
		return c.Directory.ChangeKey(ctx, req)
	})
}

// listedKey is a key as it is listed.
type listedKey struct {
	Use   string `json:"use"`
	KeyID string `json:"key_id"`
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
	State string `json:"state"`
}

func newKeyListCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List this agency's keys: in use, good for what they signed, or ended",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		agency, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_AGENCIES, Id: c.Context.Agency})
		if err != nil {
			return doing("key list", "", err)
		}
		changed, err := ownRows(ctx, c, queryv1.Table_TABLE_AGENCY_KEYS)
		if err != nil {
			return doing("key list", "", err)
		}
		keys := keysOf(agency.GetRow(), changed.Rows)
		doc := output.Document{Value: keys, Items: []any{}}
		grid := output.Grid{Heads: []string{"use", "key", "from", "until", "state"}}
		for _, k := range keys {
			doc.Items = append(doc.Items, k)
			grid.Add(k.Use, k.KeyID, k.From, k.Until, k.State)
		}
		doc.Flat, doc.Sections = &grid, []output.Section{{Grid: grid}}
		return env.Print(doc)
	})
	return cmd
}

// keysOf are the keys of an agency, those in use first: what it was registered with, and what it changed to.
func keysOf(agency *queryv1.Row, changed []*queryv1.Row) (keys []listedKey) {
	a := agency.GetAgency()
	signing, sealing := a.GetSigningKeys(), []*directoryv1.SealingKey{a.GetSealingKey()}
	for _, row := range changed {
		signing = append(signing, row.GetAgencyKeys().GetSigningKeys()...)
		sealing = append(sealing, row.GetAgencyKeys().GetSealingKeys()...)
	}
	ended := map[string]*timestamppb.Timestamp{}
	for _, e := range a.GetEndedKeys() {
		ended[hex.EncodeToString(e.KeyId)] = e.ValidUntil
	}
	state := "in use"
	for i := len(signing) - 1; i >= 0; i-- {
		k := listedKey{Use: "signing", KeyID: keyID(signing[i].Public), From: date(signing[i].ValidFrom), Until: date(signing[i].ValidUntil)}
		if end := ended[k.KeyID]; end != nil {
			k.Until = date(end)
		}
		if k.State = state; k.Until != "" {
			k.State = "ended"
		} else {
			state = "good for what it signed"
		}
		keys = append(keys, k)
	}
	state = "in use"
	for i := len(sealing) - 1; i >= 0; i-- {
		keys = append(keys, listedKey{Use: "sealing", KeyID: keyID(sealing[i].GetPublic()), State: state})
		state = "opens what was sealed for it"
	}
	return keys
}

// keyID is how block headers name a key: SHA-256 of it, the first 8 bytes.
func keyID(public []byte) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}
