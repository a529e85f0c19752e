package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

func newGroupCommand(env *Env) *cobra.Command {
	return family("group", "Define audiences, at the coordinating authority", newGroupDefineCommand(env), newGroupRekeyCommand(env))
}

func newGroupDefineCommand(env *Env) *cobra.Command {
	req := &directoryv1.DefineGroupRequest{Group: &directoryv1.GroupDefined{}}
	var rule string
	cmd := &cobra.Command{
		Use:   "define NAME --for PURPOSE --members A,B",
		Short: "Name an audience, or say anew who is in it",
		Args:  takes("NAME"),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Group.Purpose, "for", "", "what it is for (required)")
	flags.StringVar(&req.Group.LegalBasis, "legal-basis", "", "where that is written")
	flags.StringSliceVar(&req.Group.Members, "members", nil, "the agencies in it (required)")
	flags.StringSliceVar(&req.Group.Publishers, "recording", nil, "members that record for it (default: every member)")
	flags.StringVar(&rule, "history", "from-joining", "what newcomers are given of its past: from-start, from-joining, or from a day on, yyyy-mm-dd")
	require(cmd, "for", "members")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.Group.Group = args[0]
		if req.Group.History, req.Group.HistoryFrom, err = parseHistory(rule); err != nil {
			return nil, err
		}
		return c.Authority.DefineGroup(ctx, req)
	})
}

func newGroupRekeyCommand(env *Env) *cobra.Command {
	req := &directoryv1.RekeyGroupRequest{}
	cmd := &cobra.Command{
		Use:   "rekey NAME",
		Short: "Have every publisher of a group seal its next block with a new key",
		Args:  takes("NAME"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Group = args[0]
		return c.Authority.RekeyGroup(ctx, req)
	})
}

func newRulesCommand(env *Env) *cobra.Command {
	req := &directoryv1.AdoptRulesRequest{}
	adopt := &cobra.Command{
		Use:   "adopt -f FILE",
		Short: "Put sharing rules before those in force",
		Args:  takes(),
	}
	fromFile(adopt, "the rules")
	require(adopt, "file")
	return family("rules", "Say which audience an event is recorded for, at the coordinating authority",
		recording(env, adopt, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
			return c.Authority.AdoptRules(ctx, req)
		}))
}

// parseHistory reads what newcomers are given of the past.
func parseHistory(text string) (directoryv1.HistoryRule, *timestamppb.Timestamp, error) {
	switch text {
	case "":
		return directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED, nil, nil
	case "from-start":
		return directoryv1.HistoryRule_HISTORY_RULE_FROM_START, nil, nil
	case "from-joining":
		return directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, nil, nil
	}
	from, err := parseTime("history", text)
	if err != nil {
		return 0, nil, usage("--history %s is not from-start, from-joining or a day such as 2025-12-31", text)
	}
	return directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE, from, nil
}
