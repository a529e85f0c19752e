package backbone

import (
	"fmt"
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

// The names of what a release consists of. None of them can be made by two releases: agencies and groups have
// neither dots nor underscores.

func relayName(agency string) string { return "J_" + strings.ToUpper(agency) }

// consumer is the durable consumer on the origin's relay whose filter is the decision to release.
func (r Release) consumer() string {
	return "FEED_" + strings.ToUpper(r.Reader) + "_" + r.Journal.Group
}

// api is where the reader's account sees the origin's JetStream API, as little of it as was released.
func (r Release) api() string { return "imp." + r.Journal.Agency }

// deliver is where the consumer delivers; the reader's public key in it is what the export checks.
func (r Release) deliver(reader string) string {
	return "dlv." + reader + "." + r.Journal.Agency + "." + r.Journal.Group
}

func (r Release) resetSubject() string {
	return "$JS.API.CONSUMER.RESET." + relayName(r.Journal.Agency) + "." + r.consumer()
}

func (r Release) flowSubject() string {
	return "$JS.FC." + hubDomain + ".*." + relayName(r.Journal.Agency) + "." + r.consumer() + ".>"
}

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

// accountJWT states what the agency's account may hold, what it offers to others, and what was released to it.
// It follows from the hub's state alone, so it can be made again at any time.
func (h *Hub) accountJWT(id *identity) (string, error) {
	c := jwt.NewAccountClaims(id.public)
	c.Name = id.agency
	c.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: 2, Consumer: jwt.NoLimit,
	}
	c.Limits.Conn = maxConnections
	relay := relayName(id.agency)
	c.Exports = jwt.Exports{
		{Name: "reset", Type: jwt.Service, TokenReq: true, Subject: jwt.Subject("$JS.API.CONSUMER.RESET." + relay + ".*"),
			ResponseType: jwt.ResponseTypeSingleton},
		{Name: "flow", Type: jwt.Service, TokenReq: true, Subject: jwt.Subject("$JS.FC." + hubDomain + ".*." + relay + ".>"),
			ResponseType: jwt.ResponseTypeSingleton},
		{Name: "blocks", Type: jwt.Stream, Subject: jwt.Subject("dlv.*." + id.agency + ".>"), AccountTokenPosition: 2},
	}
	for _, user := range h.state.Revoked[id.agency] {
		c.RevokeAt(user, forEver)
	}
	origins := map[string]bool{}
	for _, r := range h.state.Releases {
		if r.Reader != id.agency {
			continue
		}
		origin := h.agencies[r.Journal.Agency]
		if !origins[origin.agency] {
			origins[origin.agency] = true
			subject := jwt.Subject("dlv." + id.public + "." + origin.agency + ".>")
			c.Imports.Add(&jwt.Import{Name: "blocks " + origin.agency, Type: jwt.Stream, Account: origin.public, Subject: subject})
		}
		for _, service := range []struct{ subject, local string }{
			{r.resetSubject(), r.api() + strings.TrimPrefix(r.resetSubject(), "$JS.API")},
			{r.flowSubject(), ""},
		} {
			token, err := activation(origin, id, service.subject)
			if err != nil {
				return "", fmt.Errorf("activate %s: %w", r, err)
			}
			c.Imports.Add(&jwt.Import{Name: r.String(), Type: jwt.Service, Account: origin.public, Token: token,
				Subject: jwt.Subject(service.subject), LocalSubject: jwt.RenamingSubject(service.local)})
		}
	}
	return encode(c, h.operator)
}

// activation is the releasing agency's word that the reader may use one of its services.
func activation(origin, reader *identity, subject string) (string, error) {
	c := jwt.NewActivationClaims(reader.public)
	c.ImportSubject, c.ImportType = jwt.Subject(subject), jwt.Service
	return encode(c, origin.account)
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
