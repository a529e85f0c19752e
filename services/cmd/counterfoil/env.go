package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// Env is what a command gets its input, output and clients from. Data goes to Out; progress, questions and advice to Err.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time

	Format  output.Format
	Context string // name; empty: the current one
	Home    string // folder of the contexts
	Ledger  string // folder of a ledger that is read in place of a node
	NoInput bool
	Yes     bool

	// What advice about a failure needs to know.
	args    []string       // the command line
	command string         // the command in it, such as "licence suspend"
	called  *cobra.Command // that command; nil when there is none
	began   bool           // the command's own body was reached
	in      config.Context // the context that was picked
	key     string         // the idempotency key that something was sent with

	ending []func() error // what is done when the command has ended
}

func newEnv() *Env {
	return &Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now}
}

func (env *Env) addFlags(root *cobra.Command) {
	env.Format = output.Table
	flags := root.PersistentFlags()
	flags.StringVar(&env.Context, "context", "", "agency's node and role to use (default: the current one; also COUNTERFOIL_CONTEXT)")
	flags.VarP(&env.Format, "output", "o", "how to print data: table, json, jsonl, yaml or csv")
	flags.BoolVar(&env.NoInput, "no-input", false, "never ask: what cannot be done without an answer fails, unless --yes is given")
	flags.BoolVar(&env.Yes, "yes", false, "answer every question with yes")
	flags.StringVar(&env.Home, "home", "", "folder of the contexts (default: $COUNTERFOIL_HOME, or \"counterfoil\" in the configuration folder)")
	flags.StringVar(&env.Ledger, "ledger", "", "folder of a ledger to read in place of a node, such as one made by replay --into")
	complete(root, "output", "table", "json", "jsonl", "yaml", "csv")
	err := root.RegisterFlagCompletionFunc("context", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return env.contextNames(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag is defined above
	}
}

// complete offers values for a flag; it panics when the command has no such flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// contexts returns the folder of contexts.
func (env *Env) contexts() (config.Contexts, error) {
	if env.Home != "" {
		return config.Contexts{Home: env.Home}, nil
	}
	home, err := config.DefaultHome(env.Getenv)
	return config.Contexts{Home: home}, err
}

func (env *Env) contextNames() []string {
	contexts, err := env.contexts()
	if err != nil {
		return nil
	}
	all, err := contexts.List()
	if err != nil {
		return nil
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return names
}

// ofAgency returns the only context of an agency. It is an error when there is none, or a choice of roles.
func (env *Env) ofAgency(agency string) (config.Context, error) {
	contexts, err := env.contexts()
	if err != nil {
		return config.Context{}, err
	}
	all, err := contexts.List()
	if err != nil {
		return config.Context{}, err
	}
	var found []config.Context
	for _, one := range all {
		if one.Agency == agency {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		return config.Context{}, fmt.Errorf("%w: %d contexts are of agency %s", config.ErrNoContext, len(found), agency)
	}
	return found[0], nil
}

// Connect returns the clients of the node that the context names. Nothing is sent yet.
func (env *Env) Connect() (*Clients, error) {
	if env.Ledger != "" {
		return env.connectFolder(env.Ledger)
	}
	contexts, err := env.contexts()
	if err != nil {
		return nil, err
	}
	picked, err := contexts.Pick(env.Context)
	if err != nil {
		return nil, err
	}
	return env.connectTo(contexts, picked)
}

func (env *Env) connectTo(contexts config.Contexts, picked config.Context) (*Clients, error) {
	env.in = picked
	return dial(contexts, picked)
}

// online makes a command's body from one that needs clients.
func (env *Env) online(body func(ctx context.Context, c *Clients, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		clients, err := env.Connect()
		if err != nil {
			return err
		}
		return body(cmd.Context(), clients, args)
	}
}

// Print prints the data of the command in the format asked for.
func (env *Env) Print(doc output.Document) error {
	if err := output.Print(env.Out, env.Format, width(env.Out), doc); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// Advise says something beside the data: a line on the standard error.
func (env *Env) Advise(format string, args ...any) {
	fmt.Fprintln(env.Err, output.Clean(fmt.Sprintf(format, args...)))
}

// CanAsk reports whether somebody is there to answer a question.
func (env *Env) CanAsk() bool {
	in, isFile := env.In.(*os.File)
	return !env.NoInput && isFile && term.IsTerminal(int(in.Fd()))
}

// Confirm asks before something that cannot be taken back. Where nobody can be asked it fails unless --yes was given.
func (env *Env) Confirm(question string) error {
	if env.Yes {
		return nil
	}
	if !env.CanAsk() {
		return usage("%s Nobody can be asked here: give --yes to go on", question)
	}
	fmt.Fprintf(env.Err, "%s [y/N] ", output.Clean(question))
	var answer string
	if _, err := fmt.Fscanln(env.In, &answer); err != nil || answer != "y" && answer != "yes" {
		return &failure{exit: exitFailed, why: "the answer was not yes; nothing was recorded", next: env.again("--yes")}
	}
	return nil
}

// width returns how many columns the terminal has; 0 when w is none.
func width(w io.Writer) int {
	file, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
