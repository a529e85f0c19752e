package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/whole"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newFeedUserCommand(env *Env) *cobra.Command {
	cmd := family("user", "Say which systems may read a node's feed",
		newFeedUserAddCommand(env), newFeedUserListCommand(env), newFeedUserRemoveCommand(env))
	cmd.Long = "Changes which systems may read the feed of the node whose folder --dir names. They act on the folder, on the node's own machine;\n" +
		"a running node notices within a second."
	return cmd
}

func newFeedUserAddCommand(env *Env) *cobra.Command {
	var dir, out, url string
	var u feed.User
	cmd := &cobra.Command{
		Use:   "add NAME --dir DIR --out FILE",
		Short: "Let a system read the feed, and write what it connects with",
		Long: "Lets a system read the feed by a durable consumer of its name, which the node makes, and do nothing else. What it connects with is\n" +
			"written to a file of mode 0600; its password is kept nowhere else. Without --only it is given every event that the node has.",
		Example: "counterfoil feed user add risk --dir /var/lib/counterfoil/customs --out risk.json --only 'customs.>'",
		Args:    takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			u.Name = args[0]
			err := env.addFeedUser(dir, out, url, u)
			return doing("add user "+u.Name+" of the feed", "counterfoil feed user list --dir "+quote(dir), err)
		},
	}
	nodeFlag(cmd, &dir)
	cmd.Flags().StringVar(&out, "out", "", "file for what the system connects with (required)")
	cmd.Flags().StringSliceVar(&u.Only, "only", nil, "events that it is given, AGENCY.GROUP.KIND with * for any and > for all that follows; once for each (default: all)")
	cmd.Flags().BoolVar(&u.JSON, "json", false, "give it events in JSON, where the feed has them")
	cmd.Flags().BoolVar(&u.New, "new", false, "begin with what is published from now on, rather than with the oldest that is kept")
	cmd.Flags().StringVar(&url, "url", "", "where the system reaches the feed (default: as agency.json says)")
	require(cmd, "out")
	return cmd
}

func (env *Env) addFeedUser(dir, out, url string, u feed.User) error {
	p, err := nodeIn(dir)
	if err != nil {
		return err
	}
	if u.JSON && (p.Feed == nil || !p.Feed.JSON) {
		return fault.Errorf(fault.Invalid, "the feed of %s has no events in JSON: set \"json\": true for it in %s and start the node again, or leave --json away", p.Agency, filepath.Join(dir, "agency.json"))
	}
	if err := u.Known(); err != nil {
		return err
	}
	address, ca, err := node.Home(dir).FeedAddress()
	if err != nil && url == "" {
		return err
	}
	if url != "" {
		address = url
	}
	if ca != "" {
		if ca, err = filepath.Abs(ca); err != nil {
			return err
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, usage("%s is there already: name another file", out))
	}
	credentials := feed.Credentials{URL: address, User: u.Name, Password: u.NewSecret(), Stream: u.Stream(), Consumer: u.Name, CAFile: ca}
	data, err := json.MarshalIndent(credentials, "", "  ")
	if err != nil {
		return err
	}
	if err := whole.Write(out, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write what the system connects with: %w", err)
	}
	if err := feed.UsersFile(dir).Add(u); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	env.Advise("user %s may read the feed; what it connects with is in %s", u.Name, out)
	if untold := u.Untold(); len(untold) > 0 {
		env.Advise("it is not told when an event that it was given is withdrawn, and would keep what it has to purge: remove it, and add it with --only '%s' too",
			strings.Join(untold, "' --only '"))
	}
	return nil
}

// listedFeedUser is a user of the feed as it is printed: nothing of its password.
type listedFeedUser struct {
	Name   string   `json:"name"`
	Stream string   `json:"stream"`
	Only   []string `json:"only"`
	From   string   `json:"from"`
}

func newFeedUserListCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "list --dir DIR", Short: "List the systems that may read the feed", Args: takes(),
		RunE: func(*cobra.Command, []string) error {
			if _, err := nodeIn(dir); err != nil {
				return err
			}
			users, err := feed.UsersFile(dir).Read()
			if err != nil {
				return doing("list the users of the feed", "", err)
			}
			return env.Print(feedUsersDocument(users))
		},
	}
	nodeFlag(cmd, &dir)
	return cmd
}

func feedUsersDocument(users []feed.User) output.Document {
	listed := []listedFeedUser{}
	doc := output.Document{Items: []any{}, Flat: &output.Grid{Heads: []string{"name", "stream", "only", "from"}}}
	for _, u := range users {
		one := listedFeedUser{Name: u.Name, Stream: u.Stream(), Only: append([]string{}, u.Only...), From: "the oldest"}
		if u.New {
			one.From = "when it was added"
		}
		listed, doc.Items = append(listed, one), append(doc.Items, one)
		doc.Flat.Add(one.Name, one.Stream, strings.Join(one.Only, " "), one.From)
	}
	doc.Value, doc.Sections = listed, []output.Section{{Grid: *doc.Flat}}
	return doc
}

func newFeedUserRemoveCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "remove NAME --dir DIR", Short: "Let a system read the feed no more; its connections end and its place is forgotten", Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := nodeIn(dir); err != nil {
				return err
			}
			err := feed.UsersFile(dir).Remove(args[0])
			if err == nil {
				env.Advise("user %s is removed", args[0])
			}
			return doing("remove user "+args[0]+" of the feed", "counterfoil feed user list --dir "+quote(dir), err)
		},
	}
	nodeFlag(cmd, &dir)
	return cmd
}
