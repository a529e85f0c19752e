package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/denials"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// noticesAtOnce is how many notices one request has.
const noticesAtOnce = 200

func newImportDenialsCommand(env *Env) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "denials FILE",
		Short: "Record notices of other governments' denials, from a table in the form that LITE loads",
		Long: "A notice is known by who denied and the reference: recorded again it changes nothing, and one that the file states\n" +
			"otherwise is amended. Rows that cannot be read are reported, the others are recorded, and the exit code is 3. A file in\n" +
			"another form is refused as a whole.",
		Args: takes("FILE"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		return env.importDenials(ctx, c, args[0], dryRun)
	})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	return cmd
}

func (env *Env) importDenials(ctx context.Context, c *Clients, path string, dryRun bool) error {
	what := "import denials " + path
	read, err := readDenials(path, env.ownState(ctx, c))
	if err != nil {
		return &failure{exit: exitFailed, what: what, why: err.Error(), next: "counterfoil import denials --help", err: err}
	}
	sum := &importedDenials{File: filepath.Base(path), DryRun: dryRun, Denials: len(read.Denials), Problems: findings(read.Problems), Remarks: findings(read.Remarks)}
	notices := make([]*licensingv1.DenialNotified, len(read.Denials))
	for i, d := range read.Denials {
		notices[i] = noticeOf(d, sum.File)
	}
	for chunk := range slices.Chunk(notices, noticesAtOnce) {
		res, err := send(ctx, &licensingv1.RecordDenialsRequest{Particulars: &eventv1.Particulars{DryRun: dryRun}, Notices: chunk}, c.Denial.RecordDenials)
		if err != nil {
			env.Advise("%d events are on record; run it again to record the rest", sum.Events)
			return notTaken(what, err)
		}
		sum.Events += uint64(res.GetReceipt().GetEvents()) + uint64(len(res.GetReceipt().GetDryRun().GetFacts()))
	}
	if err := env.Print(sum.document()); err != nil || len(sum.Problems) == 0 {
		return err
	}
	first := sum.Problems[0]
	return problems(what, fmt.Sprintf("%d rows could not be read; the first is line %d: %s", rowsOf(sum.Problems), first.Line, first.Reason), env.again())
}

// ownState is the State of the agency whose node it is, by which an own denial that comes back is noticed; empty where it
// cannot be read.
func (env *Env) ownState(ctx context.Context, c *Clients) string {
	res, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_AGENCIES, Id: c.Context.Agency})
	if err != nil {
		return ""
	}
	return res.GetRow().GetAgency().GetState()
}

func readDenials(path, own string) (denials.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return denials.File{}, err
	}
	defer f.Close()
	read, err := denials.Read(f, own)
	for _, said := range [][]published.Problem{read.Problems, read.Remarks} {
		for i := range said {
			said[i].File = filepath.Base(path)
		}
	}
	return read, err
}

// noticeOf is a denial of the table as it is recorded. The table has exports; a third party is somebody between, which comes nearest
// to a broker.
func noticeOf(d denials.Denial, source string) *licensingv1.DenialNotified {
	n := &licensingv1.DenialNotified{
		State: d.NotifyingGovernment.Country, Authority: d.NotifyingGovernment.Name, Reference: d.Reference, RegimeReference: d.RegimeReference,
		Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: d.Destination.Country, Name: d.Destination.Name}, EndUse: d.EndUse,
			Lines: []*transferv1.Line{{Number: 1, Rating: d.Rating, Description: d.Item}},
		},
		Reason: d.Reason, Source: source,
	}
	for _, p := range d.Parties {
		role := transferv1.Role_ROLE_BROKER
		switch p.Role {
		case denials.EndUser:
			role = transferv1.Role_ROLE_END_USER
		case denials.Consignee:
			role = transferv1.Role_ROLE_CONSIGNEE
		}
		n.Deal.Parties = append(n.Deal.Parties, &transferv1.Party{Role: role, Name: p.Name, Address: p.Address})
	}
	return n
}

// importedDenials is what an import of notices came to. Its keys are stable.
type importedDenials struct {
	File     string    `json:"file"`
	Denials  int       `json:"denials"`
	DryRun   bool      `json:"dry_run"`
	Events   uint64    `json:"events"` // recorded by this run, or that would be
	Problems []finding `json:"problems"`
	Remarks  []finding `json:"remarks"`
}

func rowsOf(all []finding) (n int) {
	for _, f := range all {
		n += f.Rows
	}
	return n
}

func (s *importedDenials) document() output.Document {
	text := fmt.Sprintf("%d denials in %s, %d events recorded", s.Denials, s.File, s.Events)
	if s.DryRun {
		text = fmt.Sprintf("%d denials in %s; nothing was recorded: this was a dry run of %d events", s.Denials, s.File, s.Events)
	}
	doc := output.Document{
		Value: s, Flat: &output.Grid{Heads: []string{"file", "denials", "events", "problems", "remarks"}},
		Sections: []output.Section{{Text: text}},
	}
	doc.Flat.Add(s.File, count(s.Denials), number(s.Events), count(len(s.Problems)), count(len(s.Remarks)))
	doc.Sections = appendFindings(doc.Sections, "rows that could not be read", s.Problems)
	doc.Sections = appendFindings(doc.Sections, "read, but not without doubt", s.Remarks)
	return doc
}
