package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every example that help shows is a command line that there is, with all that it needs, and no wider than a page.
func TestExamplesAreCommands(t *testing.T) {
	t.Parallel()
	root := newRootCommand(newEnv())
	found := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, line := range strings.Split(cmd.Example, "\n") {
			if len(line) > 110 {
				t.Errorf("%s: help cuts %q", cmd.CommandPath(), line)
			}
		}
		for _, line := range strings.Split(strings.ReplaceAll(cmd.Example, "\\\n", " "), "\n") {
			if line == "" {
				continue
			}
			found++
			exampleIs(t, cmd, line)
		}
		for _, member := range cmd.Commands() {
			look(member)
		}
	}
	look(root)
	if found < 40 {
		t.Errorf("only %d examples", found)
	}
}

// exampleIs has a shell take a line apart, and the command take what it says.
func exampleIs(t *testing.T, cmd *cobra.Command, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " > ")
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+line).Output()
	if err != nil {
		t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
		return
	}
	words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	fresh := newRootCommand(newEnv())
	named, rest, err := fresh.Find(words[1:])
	if words[0] != "counterfoil" || err != nil {
		t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
		return
	}
	if err := named.ParseFlags(rest); err != nil {
		t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
		return
	}
	for _, check := range []func() error{func() error { return named.ValidateArgs(named.Flags().Args()) }, named.ValidateRequiredFlags, named.ValidateFlagGroups} {
		if err := check(); err != nil {
			t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
		}
	}
}
