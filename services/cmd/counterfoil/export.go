package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newExportCommand(env *Env) *cobra.Command {
	return family("export", "Write what is on record in the forms of others, and for analysts", newExportChiefCommand(env), newExportUKCommand(env), newExportTablesCommand(env), newExportDictionaryCommand(env))
}

func newExportChiefCommand(env *Env) *cobra.Command {
	ex := wireExporter{env: env}
	cmd := &cobra.Command{
		Use:   "chief --to DIR",
		Short: "Write the licence messages of customs: replies to what came in, and usages that were sent",
		Long: "Writes each file that is not in the folder yet, whole or not at all. One that is there with another content is left as\n" +
			"it is, and the exit code is 3. With --usage, what was written off on the licences of a licensing system since the\n" +
			"last file is sent first: it is recorded, numbered, and written with the others.\n\n" +
			"Without --context it is the agency customs that is asked.",
		Example: "counterfoil export chief --to ./out --usage SPIRE",
		Args:    cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if info, err := os.Stat(ex.dir); err != nil || !info.IsDir() {
			return usage("--to %s is no folder; make it first", ex.dir)
		}
		env.asCustoms()
		return env.online(ex.run)(cmd, args)
	}
	cmd.Flags().StringVar(&ex.dir, "to", "", "folder to write to (required)")
	cmd.Flags().StringVar(&ex.usage, "usage", "", "send to this licensing system, such as SPIRE, what was used since the last file")
	cmd.Flags().BoolVar(&ex.received, "received", false, "also what came in, as its events make it")
	require(cmd, "to")
	return cmd
}

// wireExporter writes files of licence messages into a folder.
type wireExporter struct {
	env        *Env
	dir, usage string
	received   bool
	done       exportedWires
}

// exportedWires is what an export came to. Its keys are stable.
type exportedWires struct {
	Files []exportedWire `json:"files"`
}

type exportedWire struct {
	Wire   string `json:"wire"`
	File   string `json:"file"`
	Status string `json:"status"` // written, there already, not written
	Why    string `json:"why"`
}

func (ex *wireExporter) run(ctx context.Context, c *Clients, _ []string) error {
	const what = "export chief"
	ex.done.Files = []exportedWire{}
	if ex.usage != "" {
		if err := ex.send(ctx, c); err != nil {
			return doing(what, "counterfoil list wire-files", err)
		}
	}
	req := &queryv1.ListRequest{Table: queryv1.Table_TABLE_WIRE_FILES, PageSize: maxPage}
	for more := true; more; more = req.PageToken != "" {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return doing(what, "", err)
		}
		for _, row := range res.GetRows() {
			if err := ex.wire(ctx, c, row); err != nil {
				return doing(what, "", err)
			}
		}
		req.PageToken = res.GetNextPageToken()
	}
	if err := ex.env.Print(ex.done.document()); err != nil {
		return err
	}
	for _, f := range ex.done.Files {
		if f.Why != "" {
			return problems(what, f.Why, "counterfoil get wire-files "+quote(f.Wire))
		}
	}
	return nil
}

// send records what was used, in as many files as it needs.
func (ex *wireExporter) send(ctx context.Context, c *Clients) error {
	for {
		res, err := send(ctx, &customsv1.SendUsageRequest{Particulars: &eventv1.Particulars{}, To: ex.usage}, c.Chief.SendUsage)
		if err != nil || res.GetWireId() == "" {
			return err
		}
	}
}

// wire writes what there is of a row: the reply to a file that came in, or the file that was sent.
func (ex *wireExporter) wire(ctx context.Context, c *Clients, row *queryv1.Row) error {
	w := row.GetWireFile()
	if !strings.HasPrefix(w.GetId(), c.Context.Agency+"/") {
		return nil
	}
	if w.GetSent() != nil {
		return ex.write(ctx, c, &customsv1.WireRequest{WireId: w.GetId(), Form: customsv1.WireForm_WIRE_FORM_ITSELF}, "")
	}
	if ex.received && w.GetReceived().GetRefused() == nil {
		_, name, _ := strings.Cut(w.GetId(), "/")
		if err := ex.write(ctx, c, &customsv1.WireRequest{WireId: w.GetId(), Form: customsv1.WireForm_WIRE_FORM_ITSELF}, name); err != nil {
			return err
		}
	}
	if chief.DataID(w.GetReceived().GetHeader().GetDataId()).IsReply() {
		return nil
	}
	return ex.write(ctx, c, &customsv1.WireRequest{WireId: w.GetId(), Form: customsv1.WireForm_WIRE_FORM_ANSWER}, "")
}

// write writes one file, under its own name where none is given. What stands in the way of one file is no error: it is in what is done.
func (ex *wireExporter) write(ctx context.Context, c *Clients, req *customsv1.WireRequest, name string) error {
	one := exportedWire{Wire: req.GetWireId(), File: name, Status: "not written"}
	res, err := c.Chief.Wire(ctx, req)
	var refusal *connect.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code() == connect.CodeFailedPrecondition:
		one.Why = refusal.Message()
	case err != nil:
		return err
	default:
		one.File = cmp.Or(name, res.GetName())
		written, err := chief.Deliver(ex.dir, one.File, res.GetData())
		if err != nil && fault.As(err) == nil {
			return err
		}
		switch {
		case err != nil:
			one.Why = err.Error()
		case written:
			one.Status = "written"
		default:
			one.Status = "there already"
		}
	}
	ex.done.Files = append(ex.done.Files, one)
	return nil
}

func (s *exportedWires) document() output.Document {
	doc := output.Document{Value: s, Items: []any{}, Flat: &output.Grid{Heads: []string{"wire", "file", "status", "why"}}}
	grid := output.Grid{Heads: []string{"wire", "file", "status"}}
	var why []output.Section
	for _, f := range s.Files {
		doc.Items = append(doc.Items, f)
		doc.Flat.Add(f.Wire, f.File, f.Status, f.Why)
		grid.Add(f.Wire, f.File, f.Status)
		if f.Why != "" {
			why = append(why, output.Section{Text: output.Clean(f.Wire + ": " + f.Why)})
		}
	}
	doc.Sections = append([]output.Section{{Grid: grid}}, why...)
	return doc
}
