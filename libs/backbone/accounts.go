package backbone

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Release is one group's journal let through to one reader.
type Release struct {
	Journal journal.ID `json:"journal"`
	Reader  string     `json:"reader"`
}

func (r Release) String() string { return r.Journal.String() + " to " + r.Reader }

// relayName is the stream in an agency's account that holds the hub's copy of its journal.
func relayName(agency string) string { return "J_" + strings.ToUpper(agency) }

// identity is an agency's account at the hub and its one user.
type identity struct {
	agency  string
	account nkeys.KeyPair
	user    nkeys.KeyPair
	// public is the account's public key, by which the server knows it.
	public string
}

// keptIdentity reads the agency's keys from dir/<agency>, made on first use.
func keptIdentity(dir, agency string) (*identity, error) {
	dir = filepath.Join(dir, agency)
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	account, err := keptKey(filepath.Join(dir, "account.seed"), nkeys.CreateAccount)
	if err != nil {
		return nil, err
	}
	user, err := keptKey(filepath.Join(dir, "user.seed"), nkeys.CreateUser)
	if err != nil {
		return nil, err
	}
	public, err := account.PublicKey()
	if err != nil {
		return nil, err
	}
	return &identity{agency, account, user, public}, nil
}

// accountJWT states what the agency's account may hold and which users of it are shut out. Accounts neither export
// nor import anything: no subject of one can be reached from another, whatever a node tries.
func (h *Hub) accountJWT(id *identity) (string, error) {
	c := jwt.NewAccountClaims(id.public)
	c.Name = id.agency
	c.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: 2, Consumer: jwt.NoLimit,
	}
	c.Limits.Conn = maxConnections
	for _, user := range h.state.Revoked[id.agency] {
		c.RevokeAt(user, forEver)
	}
	return encode(c, h.operator)
}

// userJWT states what the agency's node may do at the hub: publish its own blocks, see where its relay stands and
// read single blocks of it, read its feed. Nothing else.
func (id *identity) userJWT() (string, error) {
	public, err := id.user.PublicKey()
	if err != nil {
		return "", err
	}
	c := jwt.NewUserClaims(public)
	c.Name = "node " + id.agency
	relay := relayName(id.agency)
	c.Permissions.Pub.Allow.Add(
		"block."+id.agency+".>",
		"$JS.API.STREAM.INFO."+relay,
		"$JS.API.STREAM.MSG.GET."+relay,
		"$JS.API.STREAM.INFO."+FeedStream,
		"$JS.API.CONSUMER.CREATE."+FeedStream+".>",
		"$JS.API.CONSUMER.MSG.NEXT."+FeedStream+".>",
		"$JS.API.CONSUMER.DELETE."+FeedStream+".>",
		"$JS.API.CONSUMER.INFO."+FeedStream+".>",
	)
	c.Permissions.Sub.Allow.Add(inboxPrefix(id.agency) + ".>")
	c.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard)
	return encode(c, id.account)
}

// forEver is later than any JWT of a revoked user is issued; a revocation holds for those issued before it.
var forEver = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// inboxPrefix is where answers to an agency's node arrive; only there may it listen.
func inboxPrefix(agency string) string { return "_INBOX_" + agency }

// keptJWT puts a JWT where the server's resolver finds it.
func keptJWT(dir, public, token string) error {
	return privateFile(filepath.Join(dir, public+".jwt"), []byte(token))
}

// encode signs claims after checking them, as the server will not tell what is wrong with them.
func encode(c jwt.Claims, key nkeys.KeyPair) (string, error) {
	var found jwt.ValidationResults
	c.Validate(&found)
	if errs := found.Errors(); len(errs) > 0 {
		return "", errs[0]
	}
	return c.Encode(key)
}

// keptIdentities reads the keys of every agency that has a folder in dir.
func keptIdentities(dir string) (map[string]*identity, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	all := map[string]*identity{}
	for _, entry := range entries {
		if all[entry.Name()], err = keptIdentity(dir, entry.Name()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// sorted returns the releases in the order of their text.
func sorted(releases []Release) []Release {
	releases = slices.Clone(releases)
	slices.SortFunc(releases, func(a, b Release) int { return strings.Compare(a.String(), b.String()) })
	return releases
}
