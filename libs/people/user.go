package people

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	maxUsers  = 10_000
	maxTokens = 20
	maxFile   = 16 << 20
)

var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// User is a person or a system that a node knows.
type User struct {
	// Name is 1 to 64 small letters, digits, dots, hyphens and underscores; a letter or digit comes first.
	Name string `json:"name"`
	// Person is the opaque id that goes on record with what the user records.
	Person string `json:"person"`
	Roles  []Role `json:"roles"`
	// Hash is Argon2id of the secret, in the PHC string format; empty for a user that only has tokens.
	Hash       string     `json:"hash,omitempty"`
	Disabled   bool       `json:"disabled,omitempty"`
	ValidUntil *time.Time `json:"valid_until,omitempty"`
	// Tokens are what agencies' systems call with: each lets in without a login.
	Tokens []Token `json:"tokens,omitempty"`
}

// Token is a long-lived token as it is kept: what opens the API is shown once and not kept.
type Token struct {
	// ID tells the tokens of a user apart.
	ID     string    `json:"id"`
	SHA256 digest    `json:"sha256"`
	MadeAt time.Time `json:"made_at"`
}

// usable says whether the user may be let in at that time.
func (u *User) usable(now time.Time) bool {
	return !u.Disabled && (u.ValidUntil == nil || now.Before(*u.ValidUntil))
}

// caller is the user as one who calls.
func (u *User) caller() Caller { return Caller{User: u.Name, Roles: u.Roles, Person: u.Person} }

// stamp changes whenever the user is changed, tokens aside: a session ends with the user that it was opened for.
func (u *User) stamp() [sha256.Size]byte {
	without := *u
	without.Tokens = nil
	data, err := json.Marshal(without)
	if err != nil {
		panic(err) // names, times and booleans
	}
	return sha256.Sum256(data)
}

func (u *User) check() error {
	switch {
	case !userName.MatchString(u.Name):
		return fault.Errorf(fault.Invalid, "user %q: a name is 1 to 64 small letters, digits, dots, hyphens and underscores", u.Name)
	case u.Name == NodeUser:
		return fault.Errorf(fault.Invalid, "%s is the node's own user; choose another name", NodeUser)
	case u.Person == "" || len(u.Person) > maxName:
		return fault.Errorf(fault.Invalid, "user %s: the person's id has 1 to %d bytes", u.Name, maxName)
	case len(u.Roles) == 0:
		return fault.Errorf(fault.Invalid, "user %s: give at least one of the roles %s", u.Name, join(Roles, "and"))
	case len(u.Tokens) > maxTokens:
		return fault.Errorf(fault.Invalid, "user %s: at most %d tokens; revoke those that are not used", u.Name, maxTokens)
	}
	for i, r := range u.Roles {
		if _, err := ParseRole(string(r)); err != nil {
			return fault.Errorf(fault.Invalid, "user %s: %v", u.Name, err)
		}
		if slices.Contains(u.Roles[:i], r) {
			return fault.Errorf(fault.Invalid, "user %s: role %s is named twice", u.Name, r)
		}
	}
	return nil
}

// Users are the local users of a node, in the order of their names.
type Users []User

// usersFile is the file that they are kept in.
type usersFile struct {
	Users Users `json:"users"`
}

// parseUsers reads and checks a users file.
func parseUsers(data []byte) (Users, error) {
	var file usersFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is something after the users")
	}
	if len(file.Users) > maxUsers {
		return nil, fmt.Errorf("there are more than %d users", maxUsers)
	}
	names, tokens := map[string]bool{}, map[digest]bool{}
	for i := range file.Users {
		u := &file.Users[i]
		if err := u.check(); err != nil {
			return nil, err
		}
		if names[u.Name] {
			return nil, fmt.Errorf("user %s is there twice", u.Name)
		}
		names[u.Name] = true
		if u.Hash != "" {
			if _, err := parseHash(u.Hash); err != nil {
				return nil, fmt.Errorf("user %s: %w", u.Name, err)
			}
		}
		for _, t := range u.Tokens {
			if tokens[t.SHA256] {
				return nil, fmt.Errorf("user %s: token %s is there twice", u.Name, t.ID)
			}
			tokens[t.SHA256] = true
		}
	}
	return file.Users, nil
}

// find returns the user of that name, or nil.
func (us Users) find(name string) *User {
	for i := range us {
		if us[i].Name == name {
			return &us[i]
		}
	}
	return nil
}

// Get returns the user of that name to be changed; it refuses one that is not there.
func (us Users) Get(name string) (*User, error) {
	if u := us.find(name); u != nil {
		return u, nil
	}
	return nil, fault.Errorf(fault.NotFound, "there is no user %q at this node; see: counterfoil user list", name)
}

// Add adds a user; it refuses a name that is taken.
func (us *Users) Add(u User) error {
	if us.find(u.Name) != nil {
		return fault.Errorf(fault.Conflict, "there is a user %s already; change it with: counterfoil user set", u.Name)
	}
	*us = append(*us, u)
	slices.SortFunc(*us, func(a, b User) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return u.check()
}

// Remove takes a user out.
func (us *Users) Remove(name string) error {
	if _, err := us.Get(name); err != nil {
		return err
	}
	*us = slices.DeleteFunc(*us, func(u User) bool { return u.Name == name })
	return nil
}

// SetSecret puts another secret in the place of the user's, which ends the user's sessions.
func (u *User) SetSecret(secret string) error {
	if err := checkSecret(secret); err != nil {
		return err
	}
	u.Hash = newHash(secret).String()
	return nil
}

// AddToken returns a new token and its id. Only its digest is kept.
func (u *User) AddToken(now time.Time) (id, token string) {
	token = newToken(tokenPrefix)
	d := digestOf(token)
	id = fmt.Sprintf("%x", d[:4])
	u.Tokens = append(u.Tokens, Token{ID: id, SHA256: d, MadeAt: now.UTC().Truncate(time.Second)})
	return id, token
}

// RevokeToken ends a token.
func (u *User) RevokeToken(id string) error {
	left := slices.DeleteFunc(slices.Clone(u.Tokens), func(t Token) bool { return t.ID == id })
	if len(left) == len(u.Tokens) {
		return fault.Errorf(fault.NotFound, "user %s has no token %q; see: counterfoil user list", u.Name, id)
	}
	u.Tokens = left
	return nil
}
