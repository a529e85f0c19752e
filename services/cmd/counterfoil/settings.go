package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settled makes a command that runs nodes take its settings also from the environment and from a file: --log-level is
// COUNTERFOIL_LOG_LEVEL there, and "log-level = …" in the file that --config names. A flag wins over the environment, the
// environment over the file, the file over the default.
func (env *Env) settled(cmd *cobra.Command) *cobra.Command {
	file := cmd.Flags().String("config", "", "file of settings, \"name = value\" on each line, named as the flags are (also COUNTERFOIL_CONFIG)")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		fill := func(flag *pflag.Flag, value, from string) error {
			if err := cmd.Flags().Set(flag.Name, value); err != nil {
				return fmt.Errorf("%s: %w", from, err)
			}
			return nil
		}
		var failed error
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			name := "COUNTERFOIL_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
			if value := env.Getenv(name); value != "" && !flag.Changed && failed == nil {
				failed = fill(flag, value, name)
			}
		})
		if failed != nil || *file == "" {
			return failed
		}
		data, err := os.ReadFile(*file)
		if err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			name, value, ok := strings.Cut(line, "=")
			name, at := strings.TrimSpace(name), fmt.Sprintf("%s line %d", *file, i+1)
			flag := cmd.LocalFlags().Lookup(name)
			switch {
			case !ok || flag == nil:
				return fmt.Errorf("%s: %q is no setting of this command", at, name)
			case flag.Changed:
				continue
			}
			if err := fill(flag, strings.TrimSpace(value), at); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}
