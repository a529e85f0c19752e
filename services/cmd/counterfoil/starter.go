package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/services/starter"
)

func newStarterCommand(env *Env) *cobra.Command {
	var language string
	cmd := &cobra.Command{
		Use:   "starter DIR",
		Short: "Write a small program that follows a node's events, to begin your own with",
		Long: "Writes a program in the language into a folder that is new or empty, with the contract's .proto files and a README. It hands each\n" +
			"event of a node to a function of yours, once and in order, and goes on where it was when it is killed.",
		Example: "counterfoil starter --lang node subscriber",
		Args:    takes("the folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := starter.Write(language, args[0]); err != nil {
				return doing("write a starter", "", err)
			}
			env.Advise("written to %s; README.md says how to start it", args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&language, "lang", "", "language of the program: "+strings.Join(starter.Languages, ", ")+" (required)")
	require(cmd, "lang")
	complete(cmd, "lang", starter.Languages...)
	return cmd
}
