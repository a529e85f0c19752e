package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRootCommand puts the command line together.
func newRootCommand(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "counterfoil",
		Short: "Keep and ask an agency's own record of arms transfers, denials and diversion alerts",
		Long: "Counterfoil keeps, at every agency, a copy of each arms transfer, denial and diversion alert that concerns it,\n" +
			"built from events that the owning agency signed.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 problems found, 4 not allowed, 5 not reached.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRun: func(*cobra.Command, []string) {
			if env.Context == "" {
				env.Context = env.Getenv("COUNTERFOIL_CONTEXT")
			}
		},
	}
	env.addFlags(root)
	root.AddGroup(
		&cobra.Group{ID: "read", Title: "read the record"},
		&cobra.Group{ID: "record", Title: "put on record"},
		&cobra.Group{ID: "direct", Title: "who takes part and who reads what"},
		&cobra.Group{ID: "check", Title: "check and set up"},
		&cobra.Group{ID: "run", Title: "run nodes"},
	)
	add(root, "read",
		newStatusCommand(env), newCountCommand(env), newListCommand(env), newGetCommand(env), newExplainCommand(env), newDiffCommand(env),
		newLinksCommand(env), newReceiptsCommand(env), newUsageCommand(env), newDirectoryCommand(env), newWatchCommand(env),
		newBalanceCommand(env), newReportCommand(env), newExportCommand(env), newReplayCommand(env), newSnapshotCommand(env), newKnewCommand(env))
	add(root, "record",
		newLicenceCommand(env), newConsultCommand(env), newConditionCommand(env), newDenialCommand(env), newReassessmentCommand(env),
		newDeclareCommand(env), newAllowanceCommand(env), newWriteOffCommand(env), newDeliverCommand(env), newAlertCommand(env),
		newSightingCommand(env), newTraceCommand(env), newScreenCommand(env), newEmbargoCommand(env), newImportCommand(env),
		newWithdrawCommand(env), newReturnCommand(env), newReconcileCommand(env), newDifferenceCommand(env))
	add(root, "direct",
		newAgencyCommand(env), newGroupCommand(env), newRulesCommand(env), newPolicyCommand(env), newCalendarCommand(env), newJoinCommand(env),
		newReleaseCommand(env), newShareCommand(env), newWidenCommand(env), newWideningCommand(env), newKeyCommand(env), newHandoverCommand(env),
		newBundleCommand(env), newDutiesCommand(env), newObligationsCommand(env))
	add(root, "check",
		newVerifyCommand(env), newProveCommand(env), newCheckpointCommand(env), newLogCommand(env), newRebuildCommand(env), newDoctorCommand(env),
		newParkedCommand(env), newWithdrawalsCommand(env), newAccessCommand(env), newContextCommand(env), newLoginCommand(env),
		newLogoutCommand(env), newManCommand(env), newVersionCommand(env), newCompareLedgersCommand(env), newAPICommand(env),
		newStarterCommand(env))
	add(root, "run",
		env.settled(newLabCommand(env)), env.settled(newHubCommand(env)), env.settled(newServeCommand(env)), newUserCommand(env),
		newFeedCommand(env), newTLSCommand(env), newBackupCommand(env), newRestoreCommand(env), env.settled(newProbeCommand(env)),
		newPlaceCommand(env), newWebhookCommand(env))
	unbreak(root)
	return root
}

// unbreak leaves it to whoever shows them to break the lines of the long texts.
func unbreak(cmd *cobra.Command) {
	paragraphs := strings.Split(cmd.Long, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	cmd.Long = strings.Join(paragraphs, "\n\n")
	for _, member := range cmd.Commands() {
		unbreak(member)
	}
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
}

// family is a command that only holds others.
func family(use, short string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(members...)
	return cmd
}

// takes accepts exactly the named arguments, none of them empty.
func takes(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("give %s: %d arguments were given", strings.Join(names, " and "), len(args))
		}
		for i, arg := range args {
			if arg == "" {
				return errors.New("give " + names[i] + ": it was empty")
			}
		}
		return nil
	}
}
