package main

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newPublicRequestCommand(env *Env) *cobra.Command {
	return family("request", "Keep requests from parliament, auditors, press and citizens, and what was answered",
		newOpenRequestCommand(env), newAnswerRequestCommand(env), newListRequestsCommand(env), newShowRequestCommand(env))
}

func newOpenRequestCommand(env *Env) *cobra.Command {
	req := &reportingv1.OpenPublicRequestRequest{}
	var due string
	cmd := &cobra.Command{
		Use:     "open",
		Short:   "Put a request on record: who asks as a class, never a person's name",
		Example: "counterfoil report request open --from parliament --reference 12/26 \\\n  --text 'exports to XB in 2025' --due 2026-04-30",
		Args:    takes(),
	}
	cmd.Flags().StringVar(&req.From, "from", "", "parliament, cabinet, audit, citizen or press (required)")
	cmd.Flags().StringVar(&req.Reference, "reference", "", "the receiver's reference")
	cmd.Flags().StringVar(&req.Text, "text", "", "what is asked (required)")
	cmd.Flags().StringVar(&due, "due", "", "by when it has to be answered: yyyy-mm-dd, or a time with its zone (required)")
	complete(cmd, "from", "parliament", "cabinet", "audit", "citizen", "press")
	require(cmd, "from", "text", "due")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (_ recorded, err error) {
		if req.Due, err = parseTime("due", due); err != nil {
			return nil, err
		}
		return c.National.OpenPublicRequest(ctx, req)
	})
}

func newAnswerRequestCommand(env *Env) *cobra.Command {
	req := &reportingv1.AnswerPublicRequestRequest{}
	var text string
	var reports, left, enclosed []string
	cmd := &cobra.Command{
		Use:   "answer REQUEST",
		Short: "Record what was answered: the words, reports and files that went with it, and what was left out",
		Long: "What is hidden in a report that is enclosed may stand nowhere in the answer: it is refused, and each row is named. With a report and\n" +
			"without words the answer is that report's public edition.",
		Example: "counterfoil report request answer reporting/PR-2026-000001 \\\n" +
			"  --report reporting/att-annual-2025.1 --enclose report.html \\\n  --left-out 'the value of some transfers=Arms Act, section 12'",
		Args: takes("REQUEST"),
	}
	fromFile(cmd, "the answer")
	cmd.Flags().StringVar(&text, "text", "", "what was answered")
	cmd.Flags().StringArrayVar(&reports, "report", nil, "a frozen report that went with it; may be given more than once")
	cmd.Flags().StringArrayVar(&left, "left-out", nil, "what was left out, =, and the legal ground; may be given more than once")
	cmd.Flags().StringArrayVar(&enclosed, "enclose", nil, "a file that went with it, of which the SHA-256 is kept; may be given more than once")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.RequestId, req.ReportIds = args[0], append(req.ReportIds, reports...)
		for _, pair := range left {
			what, ground, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, usage("--left-out %s is not what=ground", pair)
			}
			req.Redactions = append(req.Redactions, &reportingv1.Redaction{What: strings.TrimSpace(what), Ground: strings.TrimSpace(ground)})
		}
		for _, path := range enclosed {
			data, err := env.readFile(path)
			if err != nil {
				return nil, err
			}
			if req.Files == nil {
				req.Files = map[string][]byte{}
			}
			sum := sha256.Sum256(data)
			req.Files[filepath.Base(path)] = sum[:]
		}
		if req.Text = orElse(text, req.Text); req.Text == "" && len(req.ReportIds) > 0 {
			req.Text = "The public edition of " + strings.Join(req.ReportIds, ", ") + " is the answer."
		}
		return c.National.AnswerPublicRequest(ctx, req)
	})
}

func newListRequestsCommand(env *Env) *cobra.Command {
	var open bool
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List requests, all or those that wait for an answer",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().BoolVar(&open, "open", false, "only those that were not answered yet")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		var filter *queryv1.Filter
		if open {
			filter = &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "open", Values: []string{strconv.FormatBool(true)}}}}
		}
		whole, err := wholeTable(ctx, c, queryv1.Table_TABLE_PUBLIC_REQUESTS, filter)
		if err != nil {
			return doing("report request list", "", err)
		}
		env.adviseBasis(whole.Basis)
		return env.Print(listDocument(env.Format, queryv1.Table_TABLE_PUBLIC_REQUESTS, whole))
	})
	return cmd
}

func newShowRequestCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:         "show REQUEST",
		Short:       "Show a request with what was answered and what was left out",
		Args:        takes("REQUEST"),
		Annotations: readsOnly,
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			res, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_PUBLIC_REQUESTS, Id: args[0]})
			if err != nil {
				return doing("report request show "+args[0], "counterfoil report request list", err)
			}
			r := res.Row.GetPublicRequest()
			fields, err := output.Pairs(r.GetOpened())
			if err != nil {
				return err
			}
			doc := output.Document{Value: res, Items: []any{item(env.Format, res.Row)}, ItemType: rowType(queryv1.Table_TABLE_PUBLIC_REQUESTS)}
			doc.Sections = []output.Section{{Grid: fields}, {Title: "answer", Text: "it was not answered yet"}}
			if a := r.GetAnswered(); a != nil {
				doc.Sections[1].Text = date(r.AnsweredAt) + ": " + a.GetText()
				left := output.Grid{Heads: []string{"left out", "legal ground"}}
				for _, red := range a.GetRedactions() {
					left.Add(red.GetWhat(), red.GetGround())
				}
				doc.Sections = append(doc.Sections, output.Section{Title: "reports", Text: orElse(strings.Join(a.GetReportIds(), ", "), "none")}, output.Section{Grid: left}, filesOf(a))
			}
			env.adviseBasis(res.Basis)
			return env.Print(doc)
		}),
	}
}
