package feed

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// ownUser is the node itself. Its connection is the only one in the account of the streams.
const ownUser = "node"

const (
	// unacked is how many messages a system may have before it acknowledges them; ackWait after how long they are sent again.
	unacked, ackWait = 1000, 30 * time.Second
)

// Check lets a connection in. Every user is in an account of its own, into which nothing leads but reading by its own consumer:
// whatever a system asks for to be answered elsewhere is answered in its account, so that it can write to no stream, make
// no consumer, and reach no other system.
func (f *Feed) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if c.Kind() != server.CLIENT {
		return false
	}
	if o.Username == ownUser {
		own := subtle.ConstantTimeCompare([]byte(o.Password), []byte(f.secret)) == 1
		if own {
			c.RegisterUser(&server.User{Username: ownUser, Account: f.srv.GlobalAccount()})
		}
		return own
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.readers.users, func(u User) bool { return u.Name == o.Username })
	if i < 0 || f.accounts[f.readers.users[i].key()] == nil || !f.readers.users[i].opens(o.Password) {
		return false
	}
	u := f.readers.users[i]
	var asks []string
	for _, r := range u.reaches() {
		asks = append(asks, r.subject)
	}
	c.RegisterUser(&server.User{Username: u.Name, Account: f.accounts[u.key()], Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: asks}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}})
	f.connected[u.Name] = append(f.alive(f.connected[u.Name]), c.GetID())
	if ids := f.connected[u.Name]; len(ids) > maxOfUser { // the oldest gives way: it may be one that was cut, and nobody has noticed
		go func() { _ = f.srv.DisconnectClientByID(ids[0]) }() // fails only when it has gone
	}
	return true
}

// reach is a subject of the streams' account that is imported into a user's.
type reach struct {
	subject string
	answers server.ServiceRespType
}

// reaches are all that a user can ask: for its next messages, what its consumer is at, to go back to what it acknowledged, and
// to acknowledge.
func (u User) reaches() []reach {
	of := u.Stream() + "." + u.Name
	return []reach{
		{"$JS.API.CONSUMER.MSG.NEXT." + of, server.Streamed},
		{"$JS.API.CONSUMER.INFO." + of, server.Singleton},
		{"$JS.API.CONSUMER.RESET." + of, server.Singleton},
		{"$JS.ACK." + of + ".>", server.Singleton},
	}
}

// shift brings accounts, consumers and connections to what the file of users says, and remembers what kept it from that.
func (f *Feed) shift(ctx context.Context) error {
	err := f.follow(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble = ""; err != nil {
		f.trouble = err.Error()
	}
	return err
}

func (f *Feed) follow(ctx context.Context) error {
	f.mu.Lock()
	before := slices.Clone(f.readers.users)
	err := f.readers.read(UsersFile(f.cfg.Dir))
	now := slices.Clone(f.readers.users)
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if f.settled && slices.EqualFunc(before, now, same) {
		return nil
	}
	f.settled = false
	for _, u := range before {
		if !slices.ContainsFunc(now, func(v User) bool { return same(u, v) }) {
			f.disconnect(u.Name)
		}
	}
	var errs []error
	for _, w := range f.writers {
		errs = append(errs, f.dropConsumers(ctx, w, now))
	}
	for _, u := range now {
		if f.writer(u.Stream()) == nil {
			f.cfg.Logger.Error("feed: a user reads events in JSON, and the feed has none", "agency", f.cfg.Agency, "user", u.Name)
			continue
		}
		errs = append(errs, f.admit(ctx, u))
	}
	err = errors.Join(errs...)
	f.settled = err == nil
	return err
}

func same(a, b User) bool {
	return a.Name == b.Name && a.Digest == b.Digest && a.JSON == b.JSON && a.New == b.New && a.Added.Equal(b.Added) && slices.Equal(a.Only, b.Only)
}

func (f *Feed) disconnect(name string) {
	f.mu.Lock()
	ids := f.connected[name]
	delete(f.connected, name)
	f.mu.Unlock()
	for _, id := range ids {
		_ = f.srv.DisconnectClientByID(id) // fails only when it has gone
	}
}

// digestKey is where a consumer says which user of its name it was made for.
const digestKey = "user"

// dropConsumers removes the consumers of users that there are not any more, from what they had not read yet on.
func (f *Feed) dropConsumers(ctx context.Context, w *writer, users []User) error {
	list := w.stream.ListConsumers(ctx)
	for info := range list.Info() {
		if slices.ContainsFunc(users, func(u User) bool {
			return u.Name == info.Name && u.Stream() == w.form.stream && u.Digest == info.Config.Metadata[digestKey]
		}) {
			continue
		}
		if err := w.stream.DeleteConsumer(ctx, info.Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("remove the consumer of user %s: %w", info.Name, err)
		}
	}
	return list.Err()
}

// admit makes the consumer and account of a user of a stream that there is, unless they are there.
func (f *Feed) admit(ctx context.Context, u User) error {
	w := f.writer(u.Stream())
	if _, err := w.stream.Consumer(ctx, u.Name); err != nil {
		if !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
		from := jetstream.DeliverAllPolicy
		if u.New && w.stream.CachedInfo().Created.Before(u.Added) {
			from = jetstream.DeliverNewPolicy
		}
		_, err := w.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: u.Name, FilterSubjects: u.subjects(), DeliverPolicy: from, AckPolicy: jetstream.AckAllPolicy, AckWait: ackWait,
			MaxAckPending: unacked, MaxDeliver: -1, Metadata: map[string]string{digestKey: u.Digest},
		})
		if err != nil {
			return fmt.Errorf("make the consumer of user %s: %w", u.Name, err)
		}
	}
	return f.account(u)
}

// key names the account that a user is confined to.
func (u User) key() string { return "user-" + u.Name + "-" + u.Stream() }

// account makes what a user is confined to, unless it is there.
func (f *Feed) account(u User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.accounts[u.key()] != nil {
		return nil
	}
	account, _ := f.srv.LookupOrRegisterAccount(u.key())
	streams := f.srv.GlobalAccount()
	for _, r := range u.reaches() {
		err := streams.AddServiceExportWithResponse(r.subject, r.answers, []*server.Account{account})
		if err == nil {
			err = account.AddServiceImport(streams, r.subject, r.subject)
		}
		if err != nil {
			return fmt.Errorf("let user %s reach %s: %w", u.Name, r.subject, err)
		}
	}
	f.accounts[u.key()] = account
	return nil
}

func (f *Feed) writer(stream string) *writer {
	for _, w := range f.writers {
		if w.form.stream == stream {
			return w
		}
	}
	return nil
}
