package joining

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/node"
)

// Join makes the node's credentials go live: it tells the hub what the rehearsal came to, and keeps what the hub gives in
// return. root is Rehearse's. Dial opens the line; nil is the ordinary dialer. A join that was cut off is done again by
// calling Join again; one that was done is left as it is.
func Join(ctx context.Context, home node.Home, k *Kit, root [32]byte, dial func(network, address string) (net.Conn, error)) error {
	seed, err := os.ReadFile(filepath.Join(string(home), userFile))
	if errors.Is(err, fs.ErrNotExist) && Joined(home) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the node's key for the hub: %w", err)
	}
	signers, err := home.Signers()
	if err != nil {
		return err
	}
	if len(k.Authority) != ed25519.PublicKeySize {
		return fault.Errorf(fault.Invalid, "the kit does not name the authority's key")
	}
	if err := home.Trust(k.Authority, k.Directory); err != nil {
		return err
	}
	invitation := &backbone.Credentials{HubURLs: k.HubURLs, CAPEM: k.CAPEM, JWT: k.JWT, Seed: seed}
	earlier, lacking := backbone.LoadCredentials(home.Hub())
	cutOff := lacking == nil && bytes.Equal(earlier.Seed, seed) // kept for this kit, and not heard whether the hub took it
	err = backbone.Join(ctx, invitation, k.Agency, root, signers[0], dial, func(live *backbone.Credentials) error { return live.WriteTo(home.Hub()) })
	if errors.Is(err, fault.Conflict) && cutOff {
		err = nil
	}
	if err != nil {
		return err
	}
	return os.Remove(filepath.Join(string(home), userFile))
}

// Joined reports whether the node has credentials for the hub.
func Joined(home node.Home) bool {
	_, err := backbone.LoadCredentials(home.Hub())
	return err == nil
}
