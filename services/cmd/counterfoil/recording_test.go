package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// Every command that puts something on record can be tried before.
func TestEveryRecordingCommandHasADryRun(t *testing.T) {
	t.Parallel()
	found := 0
	var look func(cmd *cobra.Command, records bool)
	look = func(cmd *cobra.Command, records bool) {
		records = records || cmd.GroupID == "record" || cmd.Flag("idempotency-key") != nil
		for _, member := range cmd.Commands() {
			look(member, records)
		}
		if !records || cmd.HasSubCommands() || cmd.Annotations["reads"] != "" {
			return
		}
		found++
		if cmd.Flag("dry-run") == nil {
			t.Errorf("%s has no --dry-run", cmd.CommandPath())
		}
	}
	look(newRootCommand(newEnv()), false)
	if found < 20 {
		t.Errorf("only %d commands record", found)
	}
}
