package people

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
)

func TestUsersAreKeptAsTheyWere(t *testing.T) {
	file := UsersFile(t.TempDir())
	until := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	want := User{Name: "u-12", Person: "p-12", Roles: []Role{Officer, Auditor}, ValidUntil: &until}
	if err := want.SetSecret("correct horse battery"); err != nil {
		t.Fatal(err)
	}
	want.AddToken(until)
	if err := file.Edit(func(us *Users) error { return us.Add(want) }); err != nil {
		t.Fatal(err)
	}
	got, err := file.Read()
	if diff := cmp.Diff(Users{want}, got); diff != "" || err != nil {
		t.Errorf("Read: %v\n%s", err, diff)
	}
	info, err := os.Stat(string(file))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode of the file: %v, %v; want 0600", info.Mode(), err)
	}
	data, err := os.ReadFile(string(file))
	if err != nil || strings.Contains(string(data), "correct horse") {
		t.Errorf("the secret is in the file, or %v", err)
	}
	if left, _ := filepath.Glob(string(file) + "*new*"); len(left) > 0 {
		t.Errorf("left beside the users: %v", left)
	}
}

func TestFileThatOthersCanReadIsRefused(t *testing.T) {
	file := UsersFile(t.TempDir())
	if users, err := file.Read(); users != nil || err != nil {
		t.Fatalf("no file: %v, %v", users, err)
	}
	if err := os.WriteFile(string(file), []byte(`{"users":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, refused := range map[fs.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true, 0o601: true} {
		if err := os.Chmod(string(file), mode); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Read(); errors.Is(err, ErrReadable) != refused {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestEditsHappenOneAfterTheOther(t *testing.T) {
	file := UsersFile(t.TempDir())
	var edits sync.WaitGroup
	for i := range 20 {
		edits.Go(func() {
			err := file.Edit(func(us *Users) error {
				return us.Add(User{Name: "u-" + string(rune('a'+i)), Person: "p", Roles: []Role{Viewer}})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	edits.Wait()
	if users, err := file.Read(); len(users) != 20 || err != nil {
		t.Errorf("%d users after 20 edits, %v", len(users), err)
	}
}

func TestUsersThatCannotBeAreRefused(t *testing.T) {
	good := User{Name: "u-1", Person: "p-1", Roles: []Role{Viewer}}
	tests := map[string]struct {
		change func(*User)
		want   fault.Kind
	}{
		"a name with a colon":  {func(u *User) { u.Name = "a:b" }, fault.Invalid},
		"no name":              {func(u *User) { u.Name = "" }, fault.Invalid},
		"the node's own name":  {func(u *User) { u.Name = NodeUser }, fault.Invalid},
		"a long name":          {func(u *User) { u.Name = strings.Repeat("a", 65) }, fault.Invalid},
		"no person":            {func(u *User) { u.Person = "" }, fault.Invalid},
		"no role":              {func(u *User) { u.Roles = nil }, fault.Invalid},
		"an unknown role":      {func(u *User) { u.Roles = []Role{"king"} }, fault.Invalid},
		"a role twice":         {func(u *User) { u.Roles = []Role{Viewer, Viewer} }, fault.Invalid},
		"too many tokens":      {func(u *User) { u.Tokens = make([]Token, maxTokens+1) }, fault.Invalid},
		"a name that is taken": {func(u *User) { u.Name = "taken" }, fault.Conflict},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := UsersFile(t.TempDir())
			if err := file.Edit(func(us *Users) error { return us.Add(User{Name: "taken", Person: "p", Roles: []Role{Viewer}}) }); err != nil {
				t.Fatal(err)
			}
			u := good
			tt.change(&u)
			if err := file.Edit(func(us *Users) error { return us.Add(u) }); !errors.Is(err, tt.want) {
				t.Errorf("Add: %v; want %v", err, tt.want)
			}
			if users, err := file.Read(); len(users) != 1 || err != nil {
				t.Errorf("afterwards: %v, %v", users, err)
			}
		})
	}
}

func TestSecretLengths(t *testing.T) {
	var u User
	for n, ok := range map[int]bool{0: false, MinSecret - 1: false, MinSecret: true, MaxSecret: true, MaxSecret + 1: false} {
		if err := u.SetSecret(strings.Repeat("s", n)); (err == nil) != ok {
			t.Errorf("a secret of %d bytes: %v", n, err)
		}
	}
	if a, b := NewSecret(), NewSecret(); a == b || len(a) < MinSecret {
		t.Errorf("NewSecret: %q, %q", a, b)
	}
}

func TestHash(t *testing.T) {
	h := newHash("correct horse battery")
	read, err := parseHash(h.String())
	if err != nil || !read.matches("correct horse battery") || read.matches("correct horse batterz") || read.matches("") {
		t.Errorf("a hash that was written and read does not tell secrets apart: %v", err)
	}
	if newHash("correct horse battery").String() == h.String() {
		t.Error("two hashes have one salt")
	}
	// From the tests of the reference implementation.
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if h, err := parseHash(reference); err != nil || !h.matches("password") {
		t.Errorf("the reference's hash of \"password\" does not match it: %v", err)
	}
	for _, bad := range []string{
		"", "x", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=99$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=065536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$", reference + "$", " " + reference,
	} {
		if _, err := parseHash(bad); err == nil {
			t.Errorf("parseHash took %q", bad)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.String() != s || h.memory > maxMemory || h.passes > maxPasses) {
			t.Errorf("%q was taken and comes back as %q", s, h)
		}
	})
}

func FuzzParseUsers(f *testing.F) {
	f.Add([]byte(`{"users":[]}`))
	f.Add([]byte(`{"users":[{"name":"u-1","person":"p-1","roles":["viewer"],"hash":"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"}]}`))
	f.Add([]byte(`{"users":[{"name":"u-1","person":"p-1","roles":["viewer"],"tokens":[{"id":"1","sha256":"` + strings.Repeat("0a", 32) + `","made_at":"2026-01-01T00:00:00Z"}]}]}`))
	f.Add([]byte(`{"users":[{"name":"u-1","person":"p-1","roles":["viewer"],"valid_until":"2026-01-01T00:00:00Z"}]} {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		users, err := parseUsers(data)
		if err != nil {
			return
		}
		for _, u := range users {
			if err := u.check(); err != nil {
				t.Errorf("taken: %v", err)
			}
			u.stamp()
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := newHash("correct horse battery")
	for b.Loop() {
		h.matches("correct horse batterz")
	}
}
