package feed

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// User is a system that may read the feed: by a durable consumer of its own name, which the node makes for it.
type User struct {
	Name string `json:"name"`
	// Digest is the SHA-256 of its secret in hex; the secret has too many random bits to be guessed.
	Digest string `json:"digest"`
	// Only are the events that it is given, "<agency>.<group>.<kind>" with the wildcards of NATS; none: all.
	Only []string `json:"only,omitempty"`
	// JSON gives it StreamJSON rather than Stream.
	JSON bool `json:"json,omitempty"`
	// New begins with what is published after the user was added, rather than with the oldest event that is kept. Where the store of the
	// feed was lost since, it begins with the oldest: what the user has it passes over, and nothing is missing.
	New bool `json:"new,omitempty"`
	// Added is when that was.
	Added time.Time `json:"added"`
}

// Stream is the stream that the user reads.
func (u User) Stream() string { return u.form().stream }

func (u User) form() form {
	if u.JSON {
		return asJSON
	}
	return binary
}

// subjects are what its consumer is given.
func (u User) subjects() (all []string) {
	for _, only := range u.Only {
		all = append(all, u.form().prefix+only)
	}
	return all
}

func (u User) opens(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare([]byte(u.Digest), []byte(hex.EncodeToString(sum[:]))) == 1
}

// NewSecret gives the user a secret, which is kept nowhere, and returns it.
func (u *User) NewSecret() string {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	u.Digest = hex.EncodeToString(sum[:])
	return secret
}

var (
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	onlyForm   = regexp.MustCompile(`^(\*|[a-z][a-z0-9-]{1,31})(\.(\*|[a-z][a-z0-9-]{1,31})(\.(\*|[A-Za-z][A-Za-z0-9_]{0,99}))|(\.(\*|[a-z][a-z0-9-]{1,31}))?\.>)$`)
)

// maxOnly is the most filters of a user.
const maxOnly = 100

func (u User) check() error {
	if !(journal.ID{Agency: u.Name, Group: u.Name}).Valid() {
		return fault.Errorf(fault.Invalid, "%q is no name: give 2 to 32 lower-case letters, digits and hyphens, a letter first", u.Name)
	}
	if u.Name == ownUser {
		return fault.Errorf(fault.Invalid, "the name %q is the node's own: give another", u.Name)
	}
	if !digestForm.MatchString(u.Digest) {
		return fault.Errorf(fault.Invalid, "user %s has no digest of a secret: remove it and add it again", u.Name)
	}
	if len(u.Only) > maxOnly {
		return fault.Errorf(fault.Invalid, "user %s has %d filters, and %d are the most: use the wildcards * and >", u.Name, len(u.Only), maxOnly)
	}
	for i, only := range u.Only {
		if !onlyForm.MatchString(only) {
			return fault.Errorf(fault.Invalid, "%q is no filter: give AGENCY.GROUP.KIND, with * for any, or > at the end for all that follows, such as licensing.*.LicenceGranted or customs.>", only)
		}
		if slices.ContainsFunc(u.Only[:i], func(other string) bool { return overlap(only, other) }) {
			return fault.Errorf(fault.Invalid, "filter %q and one before it let the same events in: give filters that do not overlap", only)
		}
	}
	return nil
}

// overlap reports whether some subject is let in by both filters.
func overlap(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		switch {
		case as[i] == ">" || bs[i] == ">":
			return true
		case as[i] != "*" && bs[i] != "*" && as[i] != bs[i]:
			return false
		}
	}
	return len(as) == len(bs)
}

// Users is the path of the file that says who may read a feed. It has mode 0600; one that is not there names nobody.
type Users string

// UsersFile is where a node's folder keeps it.
func UsersFile(dir string) Users { return Users(filepath.Join(dir, "feed-users.json")) }

type usersFile struct {
	Users []User `json:"users"`
}

// Read returns the users in the order that they were added.
func (f Users) Read() ([]User, error) {
	data, err := people.ReadPrivate(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	users, err := parseUsers(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f, err)
	}
	return users, nil
}

func parseUsers(data []byte) ([]User, error) {
	var file usersFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	for i, u := range file.Users {
		if err := u.check(); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(file.Users[:i], func(other User) bool { return other.Name == u.Name }) {
			return nil, fault.Errorf(fault.Conflict, "there is a user %s already: remove it first, or choose another name", u.Name)
		}
	}
	return file.Users, nil
}

// Edit replaces the users by what change makes of them, whole or not at all. A running node notices within a second.
func (f Users) Edit(change func([]User) ([]User, error)) error {
	lock := flock.New(string(f)+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", f, err)
	}
	defer lock.Close()
	users, err := f.Read()
	if err != nil {
		return err
	}
	if users, err = change(users); err != nil {
		return err
	}
	data, err := json.MarshalIndent(usersFile{users}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	if _, err := parseUsers(data); err != nil { // what could not be read again is not written
		return err
	}
	return whole.Write(string(f), append(data, '\n'), 0o600)
}

// Add adds a user, now.
func (f Users) Add(u User) error {
	u.Added = time.Now()
	return f.Edit(func(users []User) ([]User, error) { return append(users, u), nil })
}

// Remove takes a user out.
func (f Users) Remove(name string) error {
	return f.Edit(func(users []User) ([]User, error) {
		left := slices.DeleteFunc(users, func(u User) bool { return u.Name == name })
		if len(left) == len(users) {
			return nil, fault.Errorf(fault.NotFound, "there is no user %s of the feed", name)
		}
		return left, nil
	})
}

// Credentials are what a system connects with, as they are written for it.
type Credentials struct {
	URL      string `json:"url"`
	User     string `json:"user"`
	Password string `json:"password"`
	Stream   string `json:"stream"`
	Consumer string `json:"consumer"`
	// CAFile is who certifies the node, where that is its own authority.
	CAFile string `json:"ca_file,omitempty"`
}

// readers are the users as they were read last.
type readers struct {
	users []User
	info  fs.FileInfo // of the file that was read; nil when there was none
}

// read reads the file again if it changed since.
func (r *readers) read(file Users) error {
	info, err := os.Stat(string(file))
	if errors.Is(err, fs.ErrNotExist) {
		*r = readers{}
		return nil
	}
	if err != nil || r.info != nil && os.SameFile(info, r.info) && info.ModTime().Equal(r.info.ModTime()) && info.Size() == r.info.Size() {
		return err
	}
	users, err := file.Read()
	if err == nil {
		*r = readers{users, info}
	}
	return err
}
