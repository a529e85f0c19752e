package backbone

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// The hub's own two accounts. No agency's name holds a dollar sign.
const (
	systemAccount = "$system"
	hubAccount    = "$hub"
)

// The subjects inside an agency's account on which the hub answers.
const (
	joinSubject    = "hub.join"
	presentSubject = "hub.present"
	renewSubject   = "hub.renew"
)

// relayName is the stream in an agency's account that holds the hub's copy of its journal.
func relayName(agency string) string { return "J_" + strings.ToUpper(agency) }

// inboxPrefix is where answers to an agency's node arrive; only there may it listen.
func inboxPrefix(agency string) string { return "_INBOX_" + agency }

// noticeSubject is where the hub tells a node that there is something to ask for.
func noticeSubject(agency string) string { return inboxPrefix(agency) + ".hub" }

// operator is the key that every account of the hub is derived from, so that a server of the hub needs no other.
type operator struct {
	pair nkeys.KeyPair
	raw  []byte
}

func newOperator(pair nkeys.KeyPair) (*operator, error) {
	seed, err := pair.Seed()
	if err != nil {
		return nil, err
	}
	_, raw, err := nkeys.DecodeSeed(seed)
	if err != nil {
		return nil, err
	}
	return &operator{pair, raw}, nil
}

// derive returns the account key that belongs to the label: always the same one.
func (o *operator) derive(label string) (nkeys.KeyPair, error) {
	mac := hmac.New(sha256.New, o.raw)
	mac.Write([]byte(label))
	return nkeys.FromRawSeed(nkeys.PrefixByteAccount, mac.Sum(nil))
}

// account returns the key of an agency's account, or of one of the hub's own.
func (o *operator) account(name string) (nkeys.KeyPair, error) {
	return o.derive("account v1\n" + name)
}

// public returns the public key of the account, by which servers know it.
func (o *operator) public(name string) (string, error) {
	pair, err := o.account(name)
	if err != nil {
		return "", err
	}
	return pair.PublicKey()
}

// pass is one user's right to connect: an account lists the keys that the passes of its users are signed with, one
// for each, and a user whose key is not listed is refused and dropped. So an account says who is let in, never who is
// not, and nothing is left behind by those who once were.
type pass struct {
	agency string
	user   string
	// until is when an invitation ends; zero for a node.
	until time.Time
}

// signer returns the key that signs this pass and no other.
func (o *operator) signer(p pass) (nkeys.KeyPair, error) {
	return o.derive(fmt.Sprintf("pass v1\n%s\n%s\n%d", p.agency, p.user, p.end()))
}

// end is in Unix seconds, zero for never.
func (p pass) end() int64 {
	if p.until.IsZero() {
		return 0
	}
	return p.until.Unix()
}

// jwt returns the user's JWT. What it allows stands in the account.
func (o *operator) jwt(p pass) (string, error) {
	signer, err := o.signer(p)
	if err != nil {
		return "", err
	}
	c := jwt.NewUserClaims(p.user)
	c.Name = "node " + p.agency
	c.SetScoped(true)
	c.Expires = p.end()
	if c.IssuerAccount, err = o.public(p.agency); err != nil {
		return "", err
	}
	return encode(c, signer)
}

// scope is what the pass allows. A node may publish its own blocks, see where its relay stands and read single blocks
// of it, read its feed, and ask for new credentials; an invitation is good for joining and nothing else.
func (o *operator) scope(p pass) (*jwt.UserScope, error) {
	signer, err := o.signer(p)
	if err != nil {
		return nil, err
	}
	s := jwt.NewUserScope()
	if s.Key, err = signer.PublicKey(); err != nil {
		return nil, err
	}
	s.Template.Sub.Allow.Add(inboxPrefix(p.agency) + ".>")
	s.Template.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard)
	if !p.until.IsZero() {
		s.Role = "invited"
		s.Template.Pub.Allow.Add(joinSubject)
		return s, nil
	}
	s.Role = "node"
	relay := relayName(p.agency)
	s.Template.Pub.Allow.Add(
		"block."+p.agency+".>",
		"$JS.API.STREAM.INFO."+relay,
		"$JS.API.STREAM.MSG.GET."+relay,
		"$JS.API.STREAM.INFO."+FeedStream,
		"$JS.API.CONSUMER.CREATE."+FeedStream+".>",
		"$JS.API.CONSUMER.MSG.NEXT."+FeedStream+".>",
		"$JS.API.CONSUMER.DELETE."+FeedStream+".>",
		"$JS.API.CONSUMER.INFO."+FeedStream+".>",
		presentSubject,
		renewSubject,
	)
	return s, nil
}

// accountJWT states what an account may hold and who is let in. Accounts neither export nor import anything: no subject
// of one can be reached from another, whatever a node tries.
func (o *operator) accountJWT(name string, streams int64, passes []pass) (string, error) {
	public, err := o.public(name)
	if err != nil {
		return "", err
	}
	c := jwt.NewAccountClaims(public)
	c.Name = name
	if streams > 0 {
		c.Limits.JetStreamLimits = jwt.JetStreamLimits{
			DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: streams, Consumer: jwt.NoLimit,
		}
	}
	c.Limits.Conn = maxConnections
	for _, p := range passes {
		scope, err := o.scope(p)
		if err != nil {
			return "", err
		}
		c.SigningKeys.AddScopedSigner(scope)
	}
	return encode(c, o.pair)
}

// hubUser returns a JWT for a user of the hub itself, who may do everything in the account from inside the process.
func (o *operator) hubUser(account, user string) (string, error) {
	key, err := o.account(account)
	if err != nil {
		return "", err
	}
	c := jwt.NewUserClaims(user)
	c.Name = "hub"
	c.AllowedConnectionTypes.Add(jwt.ConnectionTypeInProcess)
	return encode(c, key)
}

// claims states which operator and system account the server trusts.
func (o *operator) claims() (*jwt.OperatorClaims, error) {
	public, err := o.pair.PublicKey()
	if err != nil {
		return nil, err
	}
	c := jwt.NewOperatorClaims(public)
	c.Name = "hub"
	if c.SystemAccount, err = o.public(systemAccount); err != nil {
		return nil, err
	}
	token, err := encode(c, o.pair)
	if err != nil {
		return nil, err
	}
	return jwt.DecodeOperatorClaims(token)
}

// sameAccount reports whether two account JWTs state the same, whenever they were signed.
func sameAccount(a, b string) bool {
	var stated [2]*jwt.AccountClaims
	for i, token := range []string{a, b} {
		c, err := jwt.DecodeAccountClaims(token)
		if err != nil {
			return false
		}
		c.ID, c.IssuedAt = "", 0
		stated[i] = c
	}
	return reflect.DeepEqual(stated[0], stated[1])
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
