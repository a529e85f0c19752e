package authority

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/whole"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// defaultValidity is how long a kit can be used.
const defaultValidity = 48 * time.Hour

// keep puts an agency's request beside the authority's node: it names the user that its kit is made for, which is the hub's
// matter and no fact of the directory.
func (s *Service) keep(r *directoryv1.JoinRequest) error {
	content, err := protojson.Marshal(r)
	if err != nil {
		return err
	}
	path := s.requestFile(r.GetAgency())
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return whole.Write(path, content, 0o600)
}

func (s *Service) requestFile(agency string) string {
	return filepath.Join(string(s.node.Home()), "requests", agency+".json")
}

func (s *Service) request(agency string) (*directoryv1.JoinRequest, error) {
	content, err := os.ReadFile(s.requestFile(agency))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.NotFound, "agency %s has not been added; add it first: counterfoil agency add %s -f REQUEST", agency, agency)
	}
	if err != nil {
		return nil, err
	}
	r := &directoryv1.JoinRequest{}
	return r, protojson.Unmarshal(content, r)
}

func (s *Service) kit(ctx context.Context, req *directoryv1.MakeKitRequest) (sealed []byte, until time.Time, err error) {
	r, err := s.request(req.GetAgency())
	if err != nil {
		return nil, until, err
	}
	validity := time.Duration(req.GetValidSeconds()) * time.Second
	if validity == 0 {
		validity = defaultValidity
	}
	until = s.now().Add(validity)
	rehearsal, err := joining.NewRehearsal(r.Agency, r.SealingKey)
	if err != nil {
		return nil, until, err
	}
	grant, err := s.hub.Invite(ctx, backbone.Agency{Name: r.Agency, User: r.User, Signing: ed25519.PublicKey(r.SigningKey)}, until, joining.Root)
	if err != nil {
		return nil, until, err
	}
	authority, err := s.node.Home().Authority()
	if err != nil {
		return nil, until, err
	}
	kit := joining.Kit{
		Agency: r.Agency, Expires: until, HubURLs: grant.HubURLs, CAPEM: grant.CAPEM, JWT: grant.UserJWT,
		Authority: authority, Directory: s.node.Keeper.Keys.Epochs(), Rehearsal: *rehearsal,
	}
	recipient := req.GetRecipient()
	if recipient == "" {
		recipient = r.Recipient
	}
	if sealed, err = kit.Encrypt(recipient); err != nil {
		return nil, until, err
	}
	return sealed, until, s.converge(ctx) // the hub knows the agency now, so that what it may read is delivered
}
