package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newAssessCommand(env *Env) *cobra.Command {
	req := &licensingv1.CheckProhibitionsRequest{}
	var prohibitions, risk bool
	var file string
	var short [3]string // findings on 6(1) to 6(3)
	cmd := &cobra.Command{
		Use:   "assess APPLICATION --prohibitions | --risk",
		Short: "Check an application under Article 6, then assess its risks under Articles 7 and 11",
		Args:  takes("APPLICATION"),
	}
	flags := cmd.Flags()
	flags.BoolVar(&prohibitions, "prohibitions", false, "check Article 6: a finding on each of 6(1), 6(2) and 6(3)")
	flags.BoolVar(&risk, "risk", false, "assess Article 7 and diversion: a finding on each criterion")
	flags.StringVarP(&file, "findings", "f", "", `the findings, as JSON or YAML with the field names of the API; "-" is the standard input`)
	for i := range short {
		flags.StringVar(&short[i], fmt.Sprintf("6-%d", i+1), "", fmt.Sprintf("with --prohibitions, the finding on 6(%d): clear, prohibited or refer, and the reason, such as \"clear=no measures\"", i+1))
	}
	cmd.MarkFlagsOneRequired("prohibitions", "risk")
	cmd.MarkFlagsMutuallyExclusive("prohibitions", "risk")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		if risk {
			if file == "" || short != [3]string{} {
				return nil, usage("--risk takes its findings from a file alone: -f FILE")
			}
			assess := &licensingv1.AssessRiskRequest{}
			if err := env.readRequest(file, assess); err != nil {
				return nil, err
			}
			assess.Particulars, assess.ApplicationId = req.Particulars, args[0]
			return c.Licensing.AssessRisk(ctx, assess)
		}
		check := &licensingv1.CheckProhibitionsRequest{}
		if file != "" {
			if err := env.readRequest(file, check); err != nil {
				return nil, err
			}
		}
		if err := addFindings(check, short[:]); err != nil {
			return nil, err
		}
		check.Particulars, check.ApplicationId = req.Particulars, args[0]
		return c.Licensing.CheckProhibitions(ctx, check)
	}, resultOfCheck)
}

// addFindings reads findings of the form "clear=no measures", on the paragraphs of Article 6 in order.
func addFindings(check *licensingv1.CheckProhibitionsRequest, short []string) error {
	for i, text := range short {
		if text == "" {
			continue
		}
		flag := fmt.Sprintf("6-%d", i+1)
		word, reason, _ := strings.Cut(text, "=")
		result, err := parseEnum(flag, word, licensingv1.GateResult_GATE_RESULT_UNSPECIFIED)
		if err != nil {
			return err
		}
		check.Findings = append(check.Findings, &licensingv1.ProhibitionFinding{
			Paragraph: fmt.Sprintf("6(%d)", i+1), Result: licensingv1.GateResult(result), Reason: reason,
		})
	}
	return nil
}

// resultOfCheck says what a check of Article 6 came to.
func resultOfCheck(res recorded) []output.Section {
	check, ok := res.(*licensingv1.CheckProhibitionsResponse)
	if !ok || check.Result == licensingv1.GateResult_GATE_RESULT_UNSPECIFIED {
		return nil
	}
	said := map[licensingv1.GateResult]string{
		licensingv1.GateResult_GATE_RESULT_CLEAR:      "clear: nothing under Article 6 stands against it",
		licensingv1.GateResult_GATE_RESULT_PROHIBITED: "prohibited: nothing is weighed against that",
		licensingv1.GateResult_GATE_RESULT_REFER:      "referred: others have to say first",
	}
	return []output.Section{{Text: said[check.Result]}}
}
