package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// reportLife are the commands by which a report goes from its rows to what is handed over.
func reportLife(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newReportListCommand(env), newReportCheckCommand(env), newReportHideCommand(env), newReportNoteCommand(env), newReportCirculateCommand(env),
		newReportReadCommand(env), newReportApproveCommand(env), newReportObjectCommand(env), newReportFreezeCommand(env), newReportSubmitCommand(env),
		newReportReviseCommand(env), newReportCompareCommand(env),
	}
}

func newReportHideCommand(env *Env) *cobra.Command {
	req := &reportingv1.HideRowRequest{}
	hidden := &reportingv1.Hidden{}
	var reason string
	var show bool
	cmd := &cobra.Command{
		Use:   "hide REPORT/YEAR ROW --value --reason commercial|national_security",
		Short: "Say what of a row stays out of editions for others; a report that is frozen stays as it is, its revision has it",
		Example: "counterfoil report hide att-annual/2025 3f2a91 --value --reason commercial --text \"a running contract\"\n" +
			"counterfoil report hide att-annual/2025 3f2a91 --show",
		Args: takes("REPORT/YEAR", "ROW"),
	}
	flags := cmd.Flags()
	flags.BoolVar(&hidden.Row, "row", false, "the row itself")
	flags.BoolVar(&hidden.Quantity, "quantity", false, "its number of items")
	flags.BoolVar(&hidden.Value, "value", false, "its value")
	flags.BoolVar(&hidden.Description, "description", false, "its description")
	flags.StringVar(&reason, "reason", "", "class of reasons of Article 13(3): commercial or national_security")
	flags.StringVar(&req.Text, "text", "", "why, for those who read everything")
	flags.BoolVar(&show, "show", false, "show the row again")
	cmd.MarkFlagsOneRequired("row", "quantity", "value", "description", "show")
	for _, flag := range []string{"row", "quantity", "value", "description", "reason"} {
		cmd.MarkFlagsMutuallyExclusive("show", flag)
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Report, req.Year, err = parseReport(args[0]); err != nil {
			return nil, err
		}
		if reason != "" {
			value, err := parseEnum("reason", reason, reportingv1.HiddenReason_HIDDEN_REASON_UNSPECIFIED)
			if err != nil {
				return nil, err
			}
			hidden.Reason = reportingv1.HiddenReason(value)
		}
		req.RowId, req.Hidden = args[1], hidden
		return c.Report.HideRow(ctx, req)
	})
}

func newReportNoteCommand(env *Env) *cobra.Command {
	req := &reportingv1.NoteRowRequest{}
	cmd := &cobra.Command{
		Use:     "note REPORT/YEAR ROW",
		Short:   "Set the remarks of a row, in place of what they were",
		Example: `counterfoil report note att-annual/2025 3f2a91 --comment "a gift"`,
		Args:    takes("REPORT/YEAR", "ROW"),
	}
	cmd.Flags().StringVar(&req.Comment, "comment", "", "comment on the transfer, such as that it is a gift or for a museum")
	cmd.Flags().StringVar(&req.Description, "description", "", "description in place of the one on record")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Report, req.Year, err = parseReport(args[0]); err != nil {
			return nil, err
		}
		req.RowId = args[1]
		return c.Report.NoteRow(ctx, req)
	})
}

func newReportCirculateCommand(env *Env) *cobra.Command {
	req := &reportingv1.CirculateReportRequest{}
	var due string
	cmd := &cobra.Command{
		Use:     "circulate REPORT/YEAR",
		Short:   "Put a draft on record, as its facts stand, and ask agencies to approve it",
		Example: "counterfoil report circulate att-annual/2025\ncounterfoil report circulate att-annual/2025 --agency customs --due 2026-04-30",
		Args:    takes("REPORT/YEAR"),
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&req.Agencies, "agency", nil, "agency that is asked; may be given more than once (default: those that the procedure names)")
	flags.StringVar(&due, "due", "", "by when: yyyy-mm-dd, or a time with its zone (default: the procedure's date)")
	flags.StringVar(&req.Note, "note", "", "what those that are asked should know")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Report, req.Year, err = parseReport(args[0]); err != nil {
			return nil, err
		}
		if req.Due, err = parseTime("due", due); err != nil {
			return nil, err
		}
		return c.Report.CirculateReport(ctx, req)
	}, func(res recorded) []output.Section {
		of := res.(*reportingv1.CirculateReportResponse)
		return []output.Section{{Text: fmt.Sprintf("draft %d of %s", of.Draft, of.ReportId)}}
	})
}

func newReportApproveCommand(env *Env) *cobra.Command {
	return answerCommand(env, &cobra.Command{
		Use:     "approve ID[#DRAFT]",
		Short:   "Approve, in this agency's own journal, the draft that it was asked about",
		Example: "counterfoil --context customs report approve reporting/att-annual-2025.1",
	}, true)
}

func newReportObjectCommand(env *Env) *cobra.Command {
	cmd := answerCommand(env, &cobra.Command{
		Use:     "object ID[#DRAFT] --text TEXT",
		Short:   "Say, in this agency's own journal, what it objects to in the draft that it was asked about",
		Example: `counterfoil --context customs report object reporting/att-annual-2025.1 --text "26XA0001 is missing"`,
	}, false)
	require(cmd, "text")
	return cmd
}

func answerCommand(env *Env, cmd *cobra.Command, approved bool) *cobra.Command {
	req := &reportingv1.AnswerDraftRequest{Approved: approved}
	cmd.Args = takes("ID")
	cmd.Flags().StringVar(&req.Text, "text", "", "what the reporting agency should know")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.ReportId, req.Draft, err = parseDraft(args[0]); err != nil {
			return nil, err
		}
		return c.Draft.AnswerDraft(ctx, req)
	})
}

func newReportFreezeCommand(env *Env) *cobra.Command {
	req := &reportingv1.FreezeReportRequest{}
	cmd := &cobra.Command{
		Use:     "freeze REPORT/YEAR",
		Short:   "Make the last draft the report, as it stands on record; it is never worked out again",
		Example: "counterfoil report freeze att-annual/2025",
		Args:    takes("REPORT/YEAR"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why it is frozen without the approvals that the procedure wants, or in spite of what blocks it")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Report, req.Year, err = parseReport(args[0]); err != nil {
			return nil, err
		}
		return c.Report.FreezeReport(ctx, req)
	}, func(res recorded) []output.Section {
		of := res.(*reportingv1.FreezeReportResponse)
		sections := []output.Section{{Text: fmt.Sprintf("draft %d of %s", of.Draft, of.ReportId)}}
		if len(of.Problems) > 0 {
			sections = append(sections, output.Section{Title: "frozen with", Grid: problemsGrid(of.Problems)})
		}
		return sections
	})
}

func newReportSubmitCommand(env *Env) *cobra.Command {
	req := &reportingv1.SubmitReportRequest{}
	var audience string
	var files []string
	cmd := &cobra.Command{
		Use:     "submit ID --to RECEIVER --audience public|states_parties|internal",
		Short:   "Record that a frozen report was handed over, to whom, for which audience, and the hashes of the files",
		Example: "counterfoil report submit reporting/att-annual-2025.1 --to \"ATT Secretariat\" --audience public \\\n  --with report.xlsx --reference 2026/17",
		Args:    takes("ID"),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.To, "to", "", `receiver, such as "ATT Secretariat" (required)`)
	flags.StringVar(&audience, "audience", "", "whose edition it was: public, states_parties or internal (required)")
	flags.StringArrayVar(&files, "with", nil, "file that was handed over; its SHA-256 goes on record; may be given more than once")
	flags.StringVar(&req.Reference, "reference", "", "the receiver's reference")
	require(cmd, "to", "audience")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Audience, err = parseAudience(audience); err != nil {
			return nil, err
		}
		req.ReportId = args[0]
		for _, path := range files {
			data, err := env.readFile(path)
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(data)
			if req.Files == nil {
				req.Files = map[string][]byte{}
			}
			req.Files[filepath.Base(path)] = sum[:]
		}
		return c.Report.SubmitReport(ctx, req)
	})
}

func newReportReviseCommand(env *Env) *cobra.Command {
	req := &reportingv1.ReviseReportRequest{}
	cmd := &cobra.Command{
		Use:     "revise ID --reason REASON",
		Short:   "Open the next revision of a frozen report, which stays as it is",
		Example: `counterfoil report revise reporting/att-annual-2025.1 --reason "late data of customs"`,
		Args:    takes("ID"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "as it stands on the title page of the revision (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ReportId = args[0]
		return c.Report.ReviseReport(ctx, req)
	})
}

// parseDraft reads the id of a report on record, with "#" and a draft or without, which is 0 then.
func parseDraft(text string) (id string, draft uint32, err error) {
	which, err := parseWhich(text, 0)
	if err == nil && which.GetReportId() == "" {
		err = usage("name a report on record by its id, such as reporting/att-annual-2025.1, not %q; counterfoil report list shows their ids", text)
	}
	return which.GetReportId(), which.GetDraft(), err
}

// parseReport reads a report and its year, such as "att-annual/2025".
func parseReport(text string) (name string, year uint32, err error) {
	which, err := parseWhich(text, 0)
	if err == nil && which.GetReport() == "" {
		err = usage("name a report and its year, such as att-annual/2025, not one on record: %q", text)
	}
	return which.GetReport(), which.GetYear(), err
}
