package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newImportChiefCommand(env *Env) *cobra.Command {
	im := wireImporter{env: env}
	cmd := &cobra.Command{
		Use:   "chief FILE…",
		Short: "Record files of licence messages that licensing systems exchange with customs",
		Long: "Takes licenceData, licenceReply, usageData and usageReply as they are, or mails that carry one of them, in the order in\n" +
			"which they were sent. Each transaction is recorded as accepted or rejected; `counterfoil export chief` writes the replies.\n" +
			"A file on record already records nothing. Where anything was wrong the exit code is 3, and the rest is on record.\n\n" +
			"Without --context it is the agency customs that records.",
		Example: "counterfoil import chief CHIEF_LIVE_SPIRE_licenceData_1_202001010000",
		Args:    cobra.MinimumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if im.dryRun && len(args) > 1 {
			return usage("a dry run takes one file: the others are decided on what the first records")
		}
		env.asCustoms()
		return env.online(im.run)(cmd, args)
	}
	cmd.Flags().BoolVar(&im.anyRun, "any-run", false, "take run numbers as they are: customs goes on from another system, or a run is known to be lost")
	cmd.Flags().BoolVar(&im.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	return cmd
}

// asCustoms picks the only context of agency customs, where none was named.
func (env *Env) asCustoms() {
	if env.Context != "" {
		return
	}
	if customs, err := env.ofAgency("customs"); err == nil {
		env.Context = customs.Name
	}
}

// wireImporter records files of licence messages.
type wireImporter struct {
	env            *Env
	client         customsv1connect.ChiefServiceClient
	anyRun, dryRun bool
}

// wireInput is a file to record: as it was named, and what it holds.
type wireInput struct {
	path, name string
	data       []byte
	file       *chief.File // nil where it cannot be read
	why        error
}

func (im *wireImporter) run(ctx context.Context, c *Clients, args []string) error {
	const what = "import chief"
	im.client = c.Chief
	var inputs []wireInput
	for _, path := range args {
		data, err := im.env.readFile(path)
		if err != nil {
			return doing(what, "", err)
		}
		inputs = append(inputs, readWire(path, data))
	}
	slices.SortStableFunc(inputs, func(a, b wireInput) int { return chief.InOrder(a.file, b.file) })
	sum := &importedWires{DryRun: im.dryRun, Files: []importedWire{}}
	for _, in := range inputs {
		one, err := im.record(ctx, in)
		if err != nil {
			im.env.Advise("%d of %d files are on record; run it again to record the rest", len(sum.Files), len(inputs))
			return doing(what+" "+in.path, "", err)
		}
		sum.Files = append(sum.Files, one)
	}
	if err := im.env.Print(sum.document()); err != nil {
		return err
	}
	if wrong := sum.wrong(); len(wrong) > 0 {
		return problems(what, fmt.Sprintf("%d things are wrong; the first is %s:%d: %s", len(wrong), wrong[0].File, wrong[0].Line, wrong[0].Reason), "counterfoil export chief --help")
	}
	return nil
}

// readWire reads a file, or the one that a mail carries.
func readWire(path string, data []byte) wireInput {
	in := wireInput{path: path}
	carried, err := chief.Unwrap(filepath.Base(path), data)
	if err != nil {
		in.why = err
		return in
	}
	in.name, in.data = carried.Name, carried.Data
	in.file, in.why = chief.Parse(in.data)
	return in
}

// record records one file. What cannot be recorded because of what it holds is no error: the others are recorded.
func (im *wireImporter) record(ctx context.Context, in wireInput) (importedWire, error) {
	one := importedWire{File: in.path, Outcomes: []wireOutcome{}, Defects: []wireDefect{}}
	if in.why != nil {
		one.Status, one.Why = "not taken", in.why.Error()
		return one, nil
	}
	req := &customsv1.ReceiveWireRequest{Particulars: &eventv1.Particulars{DryRun: im.dryRun}, Name: in.name, Data: in.data, AnyRun: im.anyRun}
	res, err := send(ctx, req, im.client.ReceiveWire)
	var refusal *connect.Error
	if errors.As(err, &refusal) && refusal.Code() == connect.CodeInvalidArgument {
		one.Status, one.Why = "not taken", refusal.Message()
		return one, nil
	}
	if err != nil {
		return one, err
	}
	one.fill(res)
	return one, nil
}

// importedWires is what an import came to. Its keys are stable; numbers are plain ones.
type importedWires struct {
	DryRun bool           `json:"dry_run"`
	Files  []importedWire `json:"files"`
}

type importedWire struct {
	File string `json:"file"`
	Wire string `json:"wire"`
	// Status is recorded, on record before, refused, not taken or would be recorded; Why says the two in the middle.
	Status   string        `json:"status"`
	Why      string        `json:"why"`
	Code     string        `json:"code"`
	Accepted int           `json:"accepted"`
	Rejected int           `json:"rejected"`
	Events   uint64        `json:"events"` // recorded by this run
	Outcomes []wireOutcome `json:"outcomes"`
	Defects  []wireDefect  `json:"defects"` // of the file
}

type wireOutcome struct {
	Ref      string       `json:"ref"`
	Line     uint32       `json:"line"`
	Accepted bool         `json:"accepted"`
	Subject  string       `json:"subject"`
	Defects  []wireDefect `json:"defects"`
	Remarks  []string     `json:"remarks"`
}

type wireDefect struct {
	Code string `json:"code"`
	Line uint32 `json:"line"`
	Text string `json:"text"`
}

func wireDefects(from []*customsv1.WireDefect) []wireDefect {
	list := make([]wireDefect, len(from))
	for i, d := range from {
		list[i] = wireDefect{d.GetCode(), d.GetLine(), d.GetText()}
	}
	return list
}

func (w *importedWire) fill(res *customsv1.ReceiveWireResponse) {
	w.Wire, w.Status, w.Defects = res.GetWireId(), "recorded", wireDefects(res.GetDefects())
	w.Events = uint64(res.GetReceipt().GetEvents())
	switch run := res.GetReceipt().GetDryRun(); {
	case run != nil:
		w.Status, w.Events = "would be recorded", uint64(len(run.GetFacts()))
	case res.GetRefused() != nil:
		w.Status, w.Code, w.Why = "refused", res.GetRefused().GetCode(), res.GetRefused().GetText()
	case res.GetRepeated():
		w.Status = "on record before"
	}
	for _, o := range res.GetOutcomes() {
		if o.GetAccepted() {
			w.Accepted++
		} else {
			w.Rejected++
		}
		w.Outcomes = append(w.Outcomes, wireOutcome{
			Ref: o.GetRef(), Line: o.GetLine(), Accepted: o.GetAccepted(), Subject: o.GetSubject(), Defects: wireDefects(o.GetDefects()), Remarks: append([]string{}, o.GetRemarks()...),
		})
	}
}

// wrong is everything that is wrong, file by file; remarks are what was recorded in spite of something.
func (s *importedWires) wrong() (list []finding) {
	for _, w := range s.Files {
		if w.Why != "" {
			list = append(list, finding{File: w.File, Line: 1, Reason: coming(w.Code, w.Why)})
		}
		for _, d := range w.Defects {
			list = append(list, finding{File: w.File, Line: int(d.Line), Reason: d.Code + " " + d.Text})
		}
		for _, o := range w.Outcomes {
			for _, d := range o.Defects {
				list = append(list, finding{File: w.File, Line: int(cmp.Or(d.Line, o.Line)), Reason: coming(o.Ref, "rejected, "+d.Code+" "+d.Text)})
			}
		}
	}
	return list
}

func coming(first, rest string) string {
	if first == "" {
		return rest
	}
	return first + ": " + rest
}

func (s *importedWires) remarks() (list []finding) {
	for _, w := range s.Files {
		for _, o := range w.Outcomes {
			for _, r := range o.Remarks {
				list = append(list, finding{File: w.File, Line: int(o.Line), Reason: coming(o.Ref, r)})
			}
		}
	}
	return list
}

func (s *importedWires) document() output.Document {
	doc := output.Document{Value: s, Items: []any{}, Flat: &output.Grid{Heads: []string{"file", "wire", "status", "why", "ref", "line", "accepted", "codes", "subject"}}}
	grid := output.Grid{Heads: []string{"file", "wire", "status", "accepted", "rejected"}}
	events := uint64(0)
	for _, w := range s.Files {
		doc.Items = append(doc.Items, w)
		grid.Add(w.File, w.Wire, w.Status, count(w.Accepted), count(w.Rejected))
		events += w.Events
		w.flat(doc.Flat)
	}
	text := fmt.Sprintf("%d events recorded", events)
	if s.DryRun {
		text = "nothing was recorded: this was a dry run"
	}
	doc.Sections = []output.Section{{Grid: grid, Text: text}}
	doc.Sections = appendFindings(doc.Sections, "wrong", s.wrong())
	doc.Sections = appendFindings(doc.Sections, "recorded, but not without doubt", s.remarks())
	return doc
}

// flat adds a row for each transaction, or one for a file that has none.
func (w importedWire) flat(grid *output.Grid) {
	if len(w.Outcomes) == 0 {
		grid.Add(w.File, w.Wire, w.Status, w.Why, "", "", "", w.Code, "")
	}
	for _, o := range w.Outcomes {
		codes := ""
		for _, d := range o.Defects {
			codes = strings.TrimSpace(codes + " " + d.Code)
		}
		grid.Add(w.File, w.Wire, w.Status, w.Why, o.Ref, number(uint64(o.Line)), fmt.Sprint(o.Accepted), codes, o.Subject)
	}
}
