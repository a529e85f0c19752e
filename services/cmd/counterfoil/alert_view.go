package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

func newClassifyAlertCommand(env *Env) *cobra.Command {
	req := &enforcementv1.ClassifyAlertRequest{}
	var verdict, stage, detected, confidence string
	cmd := &cobra.Command{
		Use:     "classify ALERT",
		Short:   "Say how this agency sees an incident, beside what others say; a later view replaces it",
		Example: "counterfoil alert classify enforcement/D-2026-000001 --verdict suspected --stage D2 --type route_change \\\n  --confidence low --reason \"track of the vessel\"",
		Args:    takes("ALERT"),
	}
	flags := cmd.Flags()
	flags.StringVar(&verdict, "verdict", "", "suspected, confirmed or none (required)")
	flags.StringVar(&stage, "stage", "", "where it happened, D1 to D6")
	flags.StringVar(&detected, "detected", "", "where it was noticed, D1 to D6")
	flags.StringVar(&req.Type, "type", "", "kind of diversion, one of its stage")
	flags.StringVar(&confidence, "confidence", "", "low, medium or high (required)")
	flags.StringSliceVar(&req.Indicators, "indicator", nil, "red flag, RF01 to RF28; may be given more than once")
	flags.StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "verdict", "confidence", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		v, err := parseEnum("verdict", verdict, enforcementv1.Verdict(0))
		if err != nil {
			return nil, err
		}
		sure, err := parseEnum("confidence", confidence, enforcementv1.Confidence(0))
		if err != nil {
			return nil, err
		}
		req.Verdict, req.Confidence = enforcementv1.Verdict(v), enforcementv1.Confidence(sure)
		if req.Stage, err = parseStage("stage", stage); err != nil {
			return nil, err
		}
		if req.DetectedStage, err = parseStage("detected", detected); err != nil {
			return nil, err
		}
		return c.Incident.ClassifyAlert(ctx, req)
	})
}

// parseStage reads a stage by its code; nothing is unspecified.
func parseStage(flag, text string) (enforcementv1.Stage, error) {
	if text == "" {
		return enforcementv1.Stage_STAGE_UNSPECIFIED, nil
	}
	for name, number := range enforcementv1.Stage_value {
		if strings.HasPrefix(name, "STAGE_"+strings.ToUpper(text)+"_") {
			return enforcementv1.Stage(number), nil
		}
	}
	var codes []string
	for _, c := range refdata.Codes(refdata.DiversionStages).Codes {
		codes = append(codes, c.Code+" "+c.Says)
	}
	return 0, usage("--%s is not %q; stages are %s", flag, text, strings.Join(codes, ", "))
}

func newActCommand(env *Env) *cobra.Command {
	req := &enforcementv1.ActOnAlertRequest{}
	var at string
	cmd := &cobra.Command{
		Use:     "act ALERT",
		Short:   "Record what this agency did about an alert",
		Example: "counterfoil alert act enforcement/D-2026-000001 --action goods_examined \\\n  --text \"seals broken\" --record customs/26XA0001",
		Args:    takes("ALERT"),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Action, "action", "", "licence_suspended, licence_revoked, goods_held, goods_examined, goods_seized, states_alerted, investigation, prosecution, check_planned, mitigation or other (required)")
	flags.StringVar(&req.Text, "text", "", "what was done")
	flags.StringSliceVar(&req.Records, "record", nil, "record that it shows in; may be given more than once")
	flags.StringArrayVar(&req.Cases, "case", nil, "reference in another system; may be given more than once")
	flags.StringVar(&at, "at", "", "when it was done: yyyy-mm-dd, or a time with its zone (default: now)")
	require(cmd, "action")
	complete(cmd, "action", "licence_suspended", "licence_revoked", "goods_held", "goods_examined", "goods_seized", "states_alerted", "investigation",
		"prosecution", "check_planned", "mitigation", "other")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		var err error
		if req.At, err = parseTime("at", at); err != nil {
			return nil, err
		}
		return c.Incident.ActOnAlert(ctx, req)
	})
}
