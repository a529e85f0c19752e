package people

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	secret = "correct horse battery"
	home   = "192.0.2.1:4711"
)

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time        { return time.Unix(0, c.at.Load()) }
func (c *clock) pass(by time.Duration) { c.at.Add(int64(by)) }

// doorWith opens a door for users, each with the same secret.
func doorWith(t *testing.T, names ...string) (*Door, *clock) {
	t.Helper()
	c := &clock{}
	c.at.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	dir := t.TempDir()
	kept := newHash(secret).String()
	err := UsersFile(dir).Edit(func(us *Users) error {
		for _, name := range names {
			if err := us.Add(User{Name: name, Person: "p-" + name, Roles: []Role{Viewer, Officer}, Hash: kept}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(Config{Agency: "customs", Dir: dir, NodeToken: "node's own token", Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

func login(t *testing.T, d *Door, name string) string {
	t.Helper()
	s, err := d.Login(t.Context(), home, name, secret)
	if err != nil {
		t.Fatal(err)
	}
	return s.Token
}

func stranger(err error) bool { return errors.As(err, new(Stranger)) }

func change(t *testing.T, d *Door, name string, by func(*User)) {
	t.Helper()
	err := d.file.Edit(func(us *Users) error {
		u, err := us.Get(name)
		if err == nil {
			by(u)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoginOpensASession(t *testing.T) {
	d, c := doorWith(t, "u-12")
	s, err := d.Login(t.Context(), home, "u-12", secret)
	if err != nil || s.Person != "p-u-12" || !slices.Equal(s.Roles, []Role{Viewer, Officer}) || !s.ExpiresAt.Equal(c.now().Add(SessionFor)) {
		t.Fatalf("Login: %+v, %v", s, err)
	}
	who, err := d.Caller(t.Context(), s.Token)
	if err != nil || who.User != "u-12" || who.Person != "p-u-12" || who.free {
		t.Errorf("Caller: %+v, %v", who, err)
	}
	c.pass(SessionFor - time.Second)
	if _, err := d.Caller(t.Context(), s.Token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	c.pass(time.Second)
	if _, err := d.Caller(t.Context(), s.Token); !stranger(err) {
		t.Errorf("at its end: %v", err)
	}
	token := login(t, d, "u-12")
	d.Logout(token)
	if _, err := d.Caller(t.Context(), token); !stranger(err) {
		t.Errorf("after logging out: %v", err)
	}
}

// What is done to a user in the file ends the user's sessions at the next call, and nobody else's.
func TestSessionEndsWithItsUser(t *testing.T) {
	tests := map[string]struct {
		by   func(*User)
		ends bool
	}{
		"disabled":        {func(u *User) { u.Disabled = true }, true},
		"another role":    {func(u *User) { u.Roles = []Role{Viewer} }, true},
		"another person":  {func(u *User) { u.Person = "p-99" }, true},
		"another secret":  {func(u *User) { u.Hash = newHash("another one of mine").String() }, true},
		"ends in time":    {func(u *User) { past := time.Unix(0, 0); u.ValidUntil = &past }, true},
		"another token":   {func(u *User) { u.AddToken(time.Unix(0, 0)) }, false},
		"nothing changed": {func(*User) {}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := doorWith(t, "u-12", "u-13")
			token, other := login(t, d, "u-12"), login(t, d, "u-13")
			change(t, d, "u-12", tt.by)
			if _, err := d.Caller(t.Context(), token); stranger(err) != tt.ends {
				t.Errorf("Caller: %v; want it to end: %v", err, tt.ends)
			}
			if _, err := d.Caller(t.Context(), other); err != nil {
				t.Errorf("another user's session: %v", err)
			}
		})
	}
	t.Run("removed and added again", func(t *testing.T) {
		d, _ := doorWith(t, "u-12")
		token := login(t, d, "u-12")
		err := d.file.Edit(func(us *Users) error {
			if err := us.Remove("u-12"); err != nil {
				return err
			}
			return us.Add(User{Name: "u-12", Person: "p-u-12", Roles: []Role{Viewer, Officer}, Hash: newHash(secret).String()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Caller(t.Context(), token); !stranger(err) {
			t.Errorf("Caller: %v", err)
		}
	})
	t.Run("the file is gone", func(t *testing.T) {
		d, _ := doorWith(t, "u-12")
		token := login(t, d, "u-12")
		if err := os.Remove(string(d.file)); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Caller(t.Context(), token); !stranger(err) {
			t.Errorf("Caller: %v", err)
		}
	})
}

func TestFileThatCannotBeReadLetsNoUserIn(t *testing.T) {
	d, _ := doorWith(t, "u-12")
	token := login(t, d, "u-12")
	if err := os.Chmod(string(d.file), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.Caller(t.Context(), token); !errors.Is(err, fault.Unavailable) {
			t.Errorf("Caller: %v", err)
		}
	}
	if _, err := d.Caller(t.Context(), "node's own token"); err != nil {
		t.Errorf("the node's own token: %v", err)
	}
	if _, err := Open(Config{Dir: strings.TrimSuffix(string(d.file), "/users.json")}); !errors.Is(err, ErrReadable) {
		t.Errorf("Open: %v", err)
	}
	if err := os.Chmod(string(d.file), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Caller(t.Context(), token); err != nil {
		t.Errorf("after it was mended: %v", err)
	}
}

func TestTokensOfSystems(t *testing.T) {
	d, _ := doorWith(t, "gate-7")
	var id, token string
	change(t, d, "gate-7", func(u *User) { id, token = u.AddToken(time.Unix(0, 0)) })
	who, err := d.Caller(t.Context(), token)
	if err != nil || who.User != "gate-7" {
		t.Errorf("Caller: %+v, %v", who, err)
	}
	data, err := os.ReadFile(string(d.file))
	if err != nil || strings.Contains(string(data), token[len(tokenPrefix):]) {
		t.Errorf("the token is in the file, or %v", err)
	}
	for _, wrong := range []string{token + "x", token[:len(token)-1], tokenPrefix, sessionPrefix + token[len(tokenPrefix):], "", strings.Repeat("a", maxBearer+1), "a.b.c"} {
		if _, err := d.Caller(t.Context(), wrong); !stranger(err) {
			t.Errorf("Caller took %.40q: %v", wrong, err)
		}
	}
	change(t, d, "gate-7", func(u *User) { u.Disabled = true })
	if _, err := d.Caller(t.Context(), token); !stranger(err) {
		t.Errorf("disabled: %v", err)
	}
	change(t, d, "gate-7", func(u *User) {
		u.Disabled = false
		if err := u.RevokeToken(id); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Caller(t.Context(), token); !stranger(err) {
		t.Errorf("revoked: %v", err)
	}
	if err := new(User).RevokeToken(id); !errors.Is(err, fault.NotFound) {
		t.Errorf("revoking it again: %v", err)
	}
}

func TestNodeToken(t *testing.T) {
	d, _ := doorWith(t)
	who, err := d.Caller(t.Context(), "node's own token")
	if err != nil || who.User != NodeUser {
		t.Fatalf("Caller: %+v, %v", who, err)
	}
	if who, err = who.As(suspendLicence, "analyst", "p-9"); err != nil || who.Role != "analyst" || who.Person != "p-9" {
		t.Errorf("As: %+v, %v; want the role and person that it names", who, err)
	}
	closed, err := Open(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "node's own token"} {
		if _, err := closed.Caller(t.Context(), token); !stranger(err) {
			t.Errorf("switched off, %q: %v", token, err)
		}
	}
}

const suspendLicence = "/counterfoil.licensing.v1.LicensingService/SuspendLicence"

func TestGuessingIsMadeToWait(t *testing.T) {
	d, c := doorWith(t, "u-12", "u-13")
	try := func(from, name, with string) error {
		_, err := d.Login(t.Context(), from, name, with)
		return err
	}
	for i := range 5 {
		if err := try(fmt.Sprintf("192.0.2.%d:1", i), "u-12", "a wrong guess here"); !stranger(err) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if err := try("192.0.2.9:1", "u-12", secret); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "try again in") {
		t.Errorf("the right secret after five wrong ones, at once: %v", err)
	}
	if err := try("192.0.2.9:1", "u-13", secret); err != nil {
		t.Errorf("another user meanwhile: %v", err)
	}
	c.pass(2 * time.Second)
	if err := try("192.0.2.9:1", "u-12", secret); err != nil {
		t.Errorf("after waiting: %v", err)
	}
	// A name that is not there is made to wait as one that is.
	for range 5 {
		if err := try("192.0.2.77:1", "u-99", secret); !stranger(err) {
			t.Fatalf("a user that is not there: %v", err)
		}
	}
	if err := try("192.0.2.77:1", "u-99", secret); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a user that is not there, a sixth time: %v", err)
	}
}

func TestGuessingFromOneAddressIsMadeToWait(t *testing.T) {
	d, c := doorWith(t, "u-12")
	d.sessions.byAddress.free = 3
	for i := range 3 {
		if _, err := d.Login(t.Context(), fmt.Sprintf("[2001:db8::%d]:1", i), fmt.Sprintf("u-%d", 100+i), secret); !stranger(err) {
			t.Fatal(err)
		}
	}
	if _, err := d.Login(t.Context(), "[2001:db8::ffff]:1", "u-12", secret); !errors.Is(err, fault.Unavailable) {
		t.Errorf("from the same /64: %v", err)
	}
	if _, err := d.Login(t.Context(), "[2001:db8:0:1::1]:1", "u-12", secret); err != nil {
		t.Errorf("from another network: %v", err)
	}
	c.pass(time.Hour)
	if _, err := d.Login(t.Context(), "[2001:db8::ffff]:1", "u-12", secret); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// Guesses that are made at once are no better than one after the other.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	d, _ := doorWith(t, "u-12")
	var compared atomic.Int64
	var guesses sync.WaitGroup
	for range 12 {
		guesses.Go(func() {
			if _, err := d.Login(t.Context(), home, "u-12", "a wrong guess here"); stranger(err) {
				compared.Add(1)
			}
		})
	}
	guesses.Wait()
	if n := compared.Load(); n != 5 {
		t.Errorf("%d of 12 guesses at once were compared; want 5", n)
	}
}

func TestThrottleStaysSmall(t *testing.T) {
	th := throttle{free: 1, most: time.Minute, forget: time.Hour}
	for i := range maxKeys + 500 {
		if err := th.take(fmt.Sprint(i), time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	if len(th.keys) > maxKeys {
		t.Errorf("%d keys are kept", len(th.keys))
	}
	if got := th.wait(60); got != time.Minute {
		t.Errorf("the longest wait is %s", got)
	}
}

func TestSessionsOfAUserAreBounded(t *testing.T) {
	d, c := doorWith(t, "u-12", "u-13")
	first, others := login(t, d, "u-12"), login(t, d, "u-13")
	for range maxSessions {
		c.pass(time.Second)
		login(t, d, "u-12")
	}
	if _, err := d.Caller(t.Context(), first); !stranger(err) {
		t.Errorf("the oldest session goes on: %v", err)
	}
	if _, err := d.Caller(t.Context(), others); err != nil {
		t.Errorf("another user's session: %v", err)
	}
	if n := len(d.sessions.open); n != maxSessions+1 {
		t.Errorf("%d sessions are open", n)
	}
}

func TestLoginThatCannotBe(t *testing.T) {
	d, _ := doorWith(t, "u-12", "gone")
	change(t, d, "gone", func(u *User) { u.Disabled = true })
	change(t, d, "u-12", func(u *User) { u.Hash = "" })
	for _, name := range []string{"gone", "u-12", "nobody", "node", "", "a:b", strings.Repeat("x", 1000)} {
		if _, err := d.Login(t.Context(), home, name, secret); !stranger(err) {
			t.Errorf("Login as %.20q: %v", name, err)
		}
	}
	if _, err := d.Login(t.Context(), home, "gone", strings.Repeat("s", MaxSecret+1)); !stranger(err) {
		t.Errorf("a secret that is too long: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range hashing {
		d.sessions.turns <- struct{}{}
	}
	if _, err := d.Login(ctx, "192.0.2.44:1", "nobody", secret); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left while waiting for its turn: %v", err)
	}
}

func BenchmarkCaller(b *testing.B) {
	dir := b.TempDir()
	err := UsersFile(dir).Edit(func(us *Users) error {
		return us.Add(User{Name: "u-12", Person: "p-12", Roles: []Role{Viewer}, Hash: newHash(secret).String()})
	})
	if err != nil {
		b.Fatal(err)
	}
	d, err := Open(Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	s, err := d.Login(b.Context(), home, "u-12", secret)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.Caller(b.Context(), s.Token); err != nil {
			b.Fatal(err)
		}
	}
}
