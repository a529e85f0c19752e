// Command counterfoil is the one binary: the agencies' servers, and the commands of officers, analysts and operators.
package main

import (
	"context"
	"io"
	"os"
	"strings"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(context.Background(), newEnv(), os.Args[1:]))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, env *Env, args []string) int {
	root := newRootCommand(env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	env.watchOver(root, args)
	defer func() { _ = env.end() }() // what it had open was only read
	err := fang.Execute(ctx, root,
		fang.WithVersion(version()),
		fang.WithoutManpage(), // ours is not hidden, and prints where it is told to
		fang.WithNotifySignal(os.Interrupt, syscall.SIGTERM),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { explain(w, env.failure(err)) }),
	)
	if err != nil {
		return env.failure(err).exit
	}
	return exitOK
}

// watchOver notes which command line is run, and when a command's own body begins: what fails before is wrong usage.
func (env *Env) watchOver(root *cobra.Command, args []string) {
	env.args = args
	if called, _, err := root.Find(args); err == nil {
		env.called = called
		env.command = strings.TrimSpace(strings.TrimPrefix(called.CommandPath(), root.Name()))
	}
	var over func(*cobra.Command)
	over = func(cmd *cobra.Command) {
		if body := cmd.RunE; body != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				env.began = true
				return body(cmd, args)
			}
		}
		for _, member := range cmd.Commands() {
			over(member)
		}
	}
	over(root)
}
