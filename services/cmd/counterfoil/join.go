package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/whole"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
	"github.com/counterfoil/counterfoil/services/lab"
)

func newJoinCommand(env *Env) *cobra.Command {
	var dir, logLevel string
	cmd := &cobra.Command{
		Use:   "join KIT --dir DIR",
		Short: "Join with a kit: rehearse, take up the credentials, catch up",
		Long: "Joins the agency whose folder below DIR was prepared with: counterfoil join request. A made-up history is folded\n" +
			"first and has to come to the published root; then the hub is asked to let the node in, and the node catches up with\n" +
			"all that was released to it. What was cut off is gone on with by the same command.",
		Args: takes("KIT"),
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder below which the agency's folder is (required)")
	addLogFlag(cmd, &logLevel)
	require(cmd, "dir")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		logger, err := newLogger(env.Err, logLevel)
		if err != nil {
			return err
		}
		return doing("join with "+args[0], "counterfoil join --help", env.join(cmd.Context(), lab.Folder(dir), args[0], logger))
	}
	cmd.AddCommand(newJoinRequestCommand(env))
	return cmd
}

func newJoinRequestCommand(env *Env) *cobra.Command {
	p := node.Profile{}
	var dir, out string
	var contacts []string
	cmd := &cobra.Command{
		Use:   "request NAME --dir DIR --state XX --title TITLE",
		Short: "Make the keys of a new agency's node, and the request that the authority adds it by",
		Args:  takes("NAME"),
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "dir", "", "folder below which the agency's folder is made (required)")
	flags.StringVar(&p.State, "state", "", "its State, ISO 3166-1 alpha-2 (required)")
	flags.StringVar(&p.Title, "title", "", "what it is called (required)")
	flags.StringVar(&p.Service, "service", "observer", "what its node serves: licensing, customs, enforcement, reporting, ministry or observer")
	flags.StringVar(&p.Consent, "consent", "", `"ask" where a person has to agree before a newcomer reads its journals (default: it agrees by itself)`)
	flags.StringVar(&p.Listen, "listen", "127.0.0.1:0", "address of its API")
	flags.StringArrayVar(&contacts, "contact", nil, `how a role is reached, "duty officer=+99 1 234 (24/7)"; may be given more than once`)
	flags.StringVar(&out, "out", "", "file to write (default: the standard output)")
	require(cmd, "dir", "state", "title")
	complete(cmd, "service", "licensing", "customs", "enforcement", "reporting", "ministry", "observer")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		p.Agency = args[0]
		named, err := parseContacts(contacts)
		if err != nil {
			return err
		}
		request, err := joining.Ask(lab.Folder(dir).Home(p.Agency), p, named)
		if err != nil {
			return doing("join request "+p.Agency, "", err)
		}
		content, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(request)
		if err != nil {
			return err
		}
		env.Advise("send this request to the coordinating authority; there: counterfoil agency add %s -f FILE", p.Agency)
		if out == "" {
			_, err = fmt.Fprintf(env.Out, "%s\n", content)
			return err
		}
		return doing("join request "+p.Agency, "", whole.Write(out, append(content, '\n'), 0o600))
	}
	return cmd
}

func parseContacts(given []string) (contacts []*directoryv1.Contact, err error) {
	for _, text := range given {
		role, reach, ok := strings.Cut(text, "=")
		if !ok || role == "" || reach == "" {
			return nil, usage("--contact %q is not role=how to reach it", text)
		}
		contacts = append(contacts, &directoryv1.Contact{Role: role, Reach: reach})
	}
	return contacts, nil
}

// joined is how a join came out.
type joined struct {
	Agency string `json:"agency"`
	Root   string `json:"rehearsal_root"`
	Blocks uint64 `json:"blocks"`
	// Asking and Refused are journals that the agency does not have, and why.
	Asking  []string `json:"asking"`
	Refused []string `json:"refused"`
}

func (env *Env) join(ctx context.Context, folder lab.Folder, file string, logger *slog.Logger) error {
	home, kit, err := openKit(folder, file, env.Now())
	if err != nil {
		return err
	}
	env.Advise("rehearsing with %d blocks", len(kit.Rehearsal.Blocks))
	root, err := kit.Rehearsal.Rehearse(ctx, home, logger)
	if err != nil {
		return err
	}
	env.Advise("the rehearsal came to %x, as published", root)
	if err := joining.Join(ctx, home, kit, root, nil); err != nil {
		return err
	}
	env.Advise("the hub lets %s in; catching up", kit.Agency)
	result := joined{Agency: kit.Agency, Root: fmt.Sprintf("%x", root), Asking: []string{}, Refused: []string{}}
	err = withNode(ctx, folder, kit.Agency, lab.Options{Logger: logger, Version: version()}, func(ctx context.Context, n *node.Node) error {
		p, err := env.catchUp(ctx, n)
		result.Blocks, result.Asking, result.Refused = p.Done, append(result.Asking, p.Asking...), append(result.Refused, p.Refused...)
		return err
	})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("agency %s has joined: verified, caught up with %d blocks", result.Agency, result.Blocks)
	for _, id := range result.Asking {
		text += "\n" + id + " waits for a person at its agency to agree"
	}
	for _, id := range result.Refused {
		text += "\n" + id + " was refused by its agency"
	}
	env.Advise("next: counterfoil doctor %s --dir %s, then counterfoil serve %s --dir %s", result.Agency, folder, result.Agency, folder)
	return env.Print(output.Document{Value: result, Items: []any{result}, Sections: []output.Section{{Text: text}}})
}

// openKit finds the folder below that the kit is for, and opens it.
func openKit(folder lab.Folder, file string, now time.Time) (node.Home, *joining.Kit, error) {
	sealed, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("read the kit: %w", err)
	}
	requests, err := filepath.Glob(filepath.Join(string(folder), "*", "join.age"))
	if err != nil {
		return "", nil, err
	}
	var last error = fault.Errorf(fault.Precondition, "no agency below %s has asked to join; ask first: counterfoil join request NAME --dir %s", folder, folder)
	for _, request := range requests {
		home := node.Home(filepath.Dir(request))
		kit, err := joining.OpenKit(home, bytes.NewReader(sealed), now)
		if err == nil {
			return home, kit, nil
		}
		last = err
	}
	return "", nil, last
}

// withNode runs an agency's node while fn works with it.
func withNode(ctx context.Context, folder lab.Folder, agency string, o lab.Options, fn func(context.Context, *node.Node) error) error {
	s, err := lab.StartAgency(ctx, folder, agency, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case <-s.Node.Ready():
		err = fn(ctx, s.Node)
		cancel()
		err = errors.Join(err, <-ended)
	case err = <-ended:
		cancel()
	}
	return errors.Join(err, s.Close())
}

// catchUp shows how the node's ledger comes level with what it was let in to.
func (env *Env) catchUp(ctx context.Context, n *node.Node) (p joining.Progress, err error) {
	shown := env.startProgress("catch up", "blocks")
	defer shown.stop()
	for {
		changed := n.Ledger.Changed()
		err := n.Ledger.View(func(v ledger.View) (err error) {
			p, err = joining.ProgressOf(v, n.Agency)
			return err
		})
		if err != nil {
			return p, err
		}
		shown.total(int64(p.Total))
		shown.set(int64(p.Done))
		if p.Level() {
			return p, nil
		}
		for id, stop := range n.Stopped() {
			if !stop.Waiting {
				return p, fault.Errorf(fault.Precondition, "journal %s is stopped at block %d: %s; see: counterfoil doctor", id, stop.Block, stop.Reason)
			}
		}
		select {
		case <-changed:
		case <-time.After(lineEvery):
			if len(p.Undecided) > 0 {
				env.Advise("waiting to hear from the publishers of %s", strings.Join(p.Undecided, ", "))
			}
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}
