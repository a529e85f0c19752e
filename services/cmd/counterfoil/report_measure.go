package main

import (
	"context"
	"fmt"
	"strings"

	"buf.build/go/protoyaml"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/report/words"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newMeasureCommand(env *Env) *cobra.Command {
	return family("measure", "Report measures against diversion, from alerts that are closed",
		newDraftMeasureCommand(env), newRecordMeasureCommand(env), newListMeasuresCommand(env))
}

func newDraftMeasureCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:         "draft ALERT",
		Short:       "Print what a closed alert tells of a measure, as a file to complete and record",
		Args:        takes("ALERT"),
		Annotations: readsOnly,
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			res, err := c.National.DraftMeasure(ctx, &reportingv1.DraftMeasureRequest{AlertId: args[0]})
			if err != nil {
				return doing("report measure draft "+args[0], "counterfoil alert show "+args[0], err)
			}
			text, err := measureFile(args[0], res)
			if err != nil {
				return doing("report measure draft "+args[0], "", err)
			}
			env.Advise("complete it in a file, then: counterfoil report measure record FILE")
			return env.Print(output.Document{Value: res, ItemType: res, Sections: []output.Section{{Text: text}}})
		}),
	}
}

// measureFile is a draft as a file to complete.
func measureFile(alert string, res *reportingv1.DraftMeasureResponse) (string, error) {
	body, err := protoyaml.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true, Indent: 2}.Marshal(res.Measure)
	if err != nil {
		return "", fmt.Errorf("write the draft: %w", err)
	}
	var b strings.Builder
	b.WriteString("# release: RELEASE_CLASS_PUBLIC, RELEASE_CLASS_STATES_PARTIES or RELEASE_CLASS_CASE_EXCHANGE. Name no party, serial or record\n" +
		"# but for the exchange of cases.\n")
	for _, left := range res.LeftOut {
		fmt.Fprintf(&b, "# Left out: %s\n", left)
	}
	fmt.Fprintf(&b, "alert_id: %s\nmeasure:\n", alert)
	for line := range strings.Lines(string(body)) {
		b.WriteString("  " + line)
	}
	return b.String(), nil
}

func newRecordMeasureCommand(env *Env) *cobra.Command {
	req := &reportingv1.ReportMeasureRequest{}
	cmd := &cobra.Command{
		Use:   "record FILE",
		Short: "Put a measure against diversion on record",
		Args:  takes("FILE"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		filled := &reportingv1.ReportMeasureRequest{}
		if err := env.readRequest(args[0], filled); err != nil {
			return nil, err
		}
		req.AlertId, req.Measure = filled.AlertId, filled.Measure
		return c.National.ReportMeasure(ctx, req)
	})
}

func newListMeasuresCommand(env *Env) *cobra.Command {
	var release string
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List measures against diversion, all or those of one release class",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().StringVar(&release, "release", "", "public, states_parties or case_exchange (default: all)")
	complete(cmd, "release", "public", "states_parties", "case_exchange")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		class, err := words.Release(release)
		if err != nil && release != "" {
			return usage("--release: %v", err)
		}
		whole, err := wholeTable(ctx, c, queryv1.Table_TABLE_MEASURES, nil)
		if err != nil {
			return doing("report measure list", "", err)
		}
		rows := whole.Rows
		whole.Rows = nil
		for _, row := range rows {
			if release == "" || row.GetMeasure().GetReported().GetMeasure().GetRelease() == class {
				whole.Rows = append(whole.Rows, row)
			}
		}
		env.adviseBasis(whole.Basis)
		return env.Print(listDocument(env.Format, queryv1.Table_TABLE_MEASURES, whole))
	})
	return cmd
}

// wholeTable reads all pages of a table.
func wholeTable(ctx context.Context, c *Clients, table queryv1.Table, filter *queryv1.Filter) (*queryv1.ListResponse, error) {
	whole := &queryv1.ListResponse{}
	req := &queryv1.ListRequest{Table: table, Filter: filter, PageSize: maxPage}
	for {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return nil, err
		}
		whole.Rows, whole.Basis = append(whole.Rows, res.Rows...), res.Basis
		if req.PageToken = res.NextPageToken; req.PageToken == "" {
			return whole, nil
		}
	}
}
