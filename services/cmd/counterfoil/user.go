package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newUserCommand(env *Env) *cobra.Command {
	cmd := family("user", "Say who may use a node's API, and in which roles",
		newUserAddCommand(env), newUserListCommand(env), newUserSetCommand(env), newUserDisableCommand(env), newUserEnableCommand(env),
		newUserRemoveCommand(env), newUserPasswdCommand(env), newUserTokenCommand(env))
	cmd.Long = "Changes who may use the API of the node whose folder --dir names. They act on the folder, on the node's own machine;\n" +
		"a running node notices at the next call. The roles are viewer, officer, approver, operator and auditor."
	return cmd
}

// nodeFlag gives a command the flag that names a node's folder.
func nodeFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "folder of the node, which holds its agency.json (required)")
	require(cmd, "dir")
}

// nodeIn returns the profile of the node whose folder it is.
func nodeIn(dir string) (node.Profile, error) {
	p, err := node.Home(dir).Profile()
	if errors.Is(err, os.ErrNotExist) {
		return p, usage("%s is no node's folder: it has no agency.json; a hub's folder has one folder for each node", dir)
	}
	return p, err
}

// editUser changes one user of the node in dir.
func editUser(dir, name string, change func(*people.User) error) error {
	if _, err := nodeIn(dir); err != nil {
		return err
	}
	return people.UsersFile(dir).Edit(func(us *people.Users) error {
		u, err := us.Get(name)
		if err != nil {
			return err
		}
		return change(u)
	})
}

// userFlags are what is said of a user.
type userFlags struct {
	roles         []string
	person, until string
}

func (f *userFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.roles, "role", nil, "role of the user; give it once for each: viewer, officer, approver, operator, auditor")
	cmd.Flags().StringVar(&f.person, "person", "", "opaque id that goes on record with what the user records")
	cmd.Flags().StringVar(&f.until, "valid-until", "", `until when the user may use the API: yyyy-mm-dd, or a time with its zone; "" for ever`)
	complete(cmd, "role", "viewer", "officer", "approver", "operator", "auditor")
}

// putInto changes what was given.
func (f *userFlags) putInto(cmd *cobra.Command, u *people.User) error {
	if cmd.Flags().Changed("role") {
		u.Roles = nil
		for _, name := range f.roles {
			role, err := people.ParseRole(name)
			if err != nil {
				return usage("%v", err)
			}
			if !slices.Contains(u.Roles, role) {
				u.Roles = append(u.Roles, role)
			}
		}
	}
	if f.person != "" {
		u.Person = f.person
	}
	if cmd.Flags().Changed("valid-until") {
		u.ValidUntil = nil
		at, err := parseTime("valid-until", f.until)
		if err != nil {
			return err
		}
		if at != nil {
			until := at.AsTime()
			u.ValidUntil = &until
		}
	}
	return nil
}

func newUserAddCommand(env *Env) *cobra.Command {
	var dir, secretFile string
	var flags userFlags
	cmd := &cobra.Command{
		Use:     "add NAME --dir DIR --role ROLE",
		Short:   "Add a user and print a secret for it, once",
		Example: "counterfoil user add u-12 --dir /var/lib/counterfoil/customs --role officer --person p-12",
		Args:    takes("NAME"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := nodeIn(dir); err != nil {
			return err
		}
		u := people.User{Name: args[0], Person: "p-" + strings.ToLower(people.NewSecret()[:8])}
		if err := flags.putInto(cmd, &u); err != nil {
			return err
		}
		secret, made, err := env.newSecret(secretFile)
		if err == nil {
			err = u.SetSecret(secret)
		}
		if err == nil {
			err = people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Add(u) })
		}
		if err != nil {
			return doing("add user "+args[0], "counterfoil user list --dir "+quote(dir), err)
		}
		return env.printSecret(u.Name, secret, made)
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&secretFile, "secret-file", "", `file that holds the secret; "-" is the standard input (default: one is made and printed)`)
	nodeFlag(cmd, &dir)
	require(cmd, "role")
	return cmd
}

// newSecret reads a secret from a file, or makes one, and says which.
func (env *Env) newSecret(file string) (secret string, made bool, err error) {
	if file == "" {
		return people.NewSecret(), true, nil
	}
	secret, err = env.readSecret(file)
	return secret, false, err
}

// readSecret returns the first line of a file; "-" is the standard input.
func (env *Env) readSecret(file string) (string, error) {
	in := env.In
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read the secret: %w", err)
		}
		defer opened.Close()
		in = opened
	}
	data, err := io.ReadAll(io.LimitReader(in, people.MaxSecret+3)) // more than a secret and its line's end is too long
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// shownOnce is a secret as it is printed.
type shownOnce struct {
	User   string `json:"user"`
	Secret string `json:"secret,omitempty"`
	Token  string `json:"token,omitempty"`
	ID     string `json:"id,omitempty"`
}

func (env *Env) printSecret(name, secret string, made bool) error {
	if !made {
		env.Advise("user %s has the secret that was given", name)
		return nil
	}
	env.Advise("The secret of user %s follows. It is shown once and kept nowhere.", name)
	return env.Print(output.Document{Value: shownOnce{User: name, Secret: secret}, Items: []any{shownOnce{User: name, Secret: secret}},
		Flat: &output.Grid{Heads: []string{"user", "secret"}, Rows: [][]string{{name, secret}}}, Sections: []output.Section{{Text: secret}}})
}

// listedUser is a user as it is printed: nothing of its secret.
type listedUser struct {
	Name       string        `json:"name"`
	Person     string        `json:"person"`
	Roles      []people.Role `json:"roles"`
	State      string        `json:"state"`
	ValidUntil *time.Time    `json:"valid_until"`
	Tokens     []string      `json:"tokens"`
}

func newUserListCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "list --dir DIR",
		Short: "List the users, their roles and the ids of their tokens",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			if _, err := nodeIn(dir); err != nil {
				return err
			}
			users, err := people.UsersFile(dir).Read()
			if err != nil {
				return doing("list the users", "", err)
			}
			return env.Print(usersDocument(users, env.Now()))
		},
	}
	nodeFlag(cmd, &dir)
	return cmd
}

func usersDocument(users people.Users, now time.Time) output.Document {
	listed := []listedUser{}
	doc := output.Document{Items: []any{}, Flat: &output.Grid{Heads: []string{"name", "person", "roles", "state", "valid until", "tokens"}}}
	for _, u := range users {
		one := listedUser{Name: u.Name, Person: u.Person, Roles: u.Roles, State: "active", ValidUntil: u.ValidUntil, Tokens: []string{}}
		until := ""
		if u.ValidUntil != nil {
			until = u.ValidUntil.Format(time.RFC3339)
			if !now.Before(*u.ValidUntil) {
				one.State = "ended"
			}
		}
		if u.Disabled {
			one.State = "disabled"
		}
		roles := make([]string, len(u.Roles))
		for i, r := range u.Roles {
			roles[i] = string(r)
		}
		for _, t := range u.Tokens {
			one.Tokens = append(one.Tokens, t.ID)
		}
		listed = append(listed, one)
		doc.Items = append(doc.Items, one)
		doc.Flat.Add(one.Name, one.Person, strings.Join(roles, " "), one.State, until, strings.Join(one.Tokens, " "))
	}
	doc.Value, doc.Sections = listed, []output.Section{{Grid: *doc.Flat}}
	return doc
}

func newUserSetCommand(env *Env) *cobra.Command {
	var dir string
	var flags userFlags
	cmd := &cobra.Command{
		Use:   "set NAME --dir DIR",
		Short: "Give a user other roles, another person's id or another end",
		Args:  takes("NAME"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("role") && flags.person == "" && !cmd.Flags().Changed("valid-until") {
			return usage("say what is to change: --role, --person or --valid-until")
		}
		return env.changeUser(dir, args[0], "changed", func(u *people.User) error { return flags.putInto(cmd, u) })
	}
	flags.add(cmd)
	nodeFlag(cmd, &dir)
	return cmd
}

// changeUser changes a user, which ends the user's sessions.
func (env *Env) changeUser(dir, name, what string, change func(*people.User) error) error {
	if err := editUser(dir, name, change); err != nil {
		return doing("change user "+name, "counterfoil user list --dir "+quote(filepath.Clean(dir)), err)
	}
	env.Advise("user %s is %s; its sessions end", name, what)
	return nil
}

func newUserDisableCommand(env *Env) *cobra.Command {
	return newUserSwitchCommand(env, "disable", "Let a user in no more; what it has open ends", "disabled", true)
}

func newUserEnableCommand(env *Env) *cobra.Command {
	return newUserSwitchCommand(env, "enable", "Let a disabled user in again", "enabled", false)
}

func newUserSwitchCommand(env *Env, use, short, state string, disabled bool) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: use + " NAME --dir DIR", Short: short, Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			return env.changeUser(dir, args[0], state, func(u *people.User) error { u.Disabled = disabled; return nil })
		},
	}
	nodeFlag(cmd, &dir)
	return cmd
}

func newUserRemoveCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "remove NAME --dir DIR", Short: "Take a user out; what it recorded and read stays on record", Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := nodeIn(dir); err != nil {
				return err
			}
			err := people.UsersFile(dir).Edit(func(us *people.Users) error { return us.Remove(args[0]) })
			if err == nil {
				env.Advise("user %s is removed; its sessions end", args[0])
			}
			return doing("remove user "+args[0], "counterfoil user list --dir "+quote(dir), err)
		},
	}
	nodeFlag(cmd, &dir)
	return cmd
}

func newUserPasswdCommand(env *Env) *cobra.Command {
	var dir, secretFile string
	cmd := &cobra.Command{
		Use: "passwd NAME --dir DIR", Short: "Give a user another secret", Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			secret, made, err := env.newSecret(secretFile)
			if err != nil {
				return err
			}
			if err := env.changeUser(dir, args[0], "changed", func(u *people.User) error { return u.SetSecret(secret) }); err != nil {
				return err
			}
			return env.printSecret(args[0], secret, made)
		},
	}
	cmd.Flags().StringVar(&secretFile, "secret-file", "", `file that holds the secret; "-" is the standard input (default: one is made and printed)`)
	nodeFlag(cmd, &dir)
	return cmd
}

func newUserTokenCommand(env *Env) *cobra.Command {
	var dir, revoke string
	cmd := &cobra.Command{
		Use:   "token NAME --dir DIR",
		Short: "Make a long-lived token for an agency's system, or revoke one",
		Args:  takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if revoke != "" {
				err := editUser(dir, args[0], func(u *people.User) error { return u.RevokeToken(revoke) })
				if err == nil {
					env.Advise("token %s of user %s is revoked", revoke, args[0])
				}
				return doing("revoke token "+revoke, "counterfoil user list --dir "+quote(dir), err)
			}
			made := shownOnce{User: args[0]}
			err := editUser(dir, args[0], func(u *people.User) error { made.ID, made.Token = u.AddToken(env.Now()); return nil })
			if err != nil {
				return doing("make a token for "+args[0], "counterfoil user list --dir "+quote(dir), err)
			}
			env.Advise("Token %s of user %s follows. It is shown once and kept nowhere.", made.ID, made.User)
			return env.Print(output.Document{Value: made, Items: []any{made},
				Flat: &output.Grid{Heads: []string{"user", "id", "token"}, Rows: [][]string{{made.User, made.ID, made.Token}}}, Sections: []output.Section{{Text: made.Token}}})
		},
	}
	cmd.Flags().StringVar(&revoke, "revoke", "", "id of a token that is to open the API no more")
	nodeFlag(cmd, &dir)
	return cmd
}
