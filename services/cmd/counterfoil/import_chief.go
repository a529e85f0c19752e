package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

func newImportChiefCommand(env *Env) *cobra.Command {
	im := wireImporter{env: env}
	cmd := &cobra.Command{
		Use:   "chief FILE…",
		Short: "Record files of licence messages that licensing systems exchange with customs",
		Long: "Takes licenceData, licenceReply, usageData and usageReply as they are, or mails that carry one of them, in the order in\n" +
			"which they were sent. Each transaction is recorded as accepted or rejected; `counterfoil export chief` writes the replies.\n" +
			"A file on record already records nothing. JSON as LITE posts it, a licence each, becomes one file of licences, of which --run\n" +
			"is the number. Where anything was wrong the exit code is 3, and the rest is on record.\n\n" +
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
	cmd.Flags().IntVar(&im.number, "run", 0, "run number of the file of licences that is made of JSON")
	cmd.Flags().StringVar(&im.from, "from", "SPIRE", "system that this file is from")
	cmd.Flags().StringSliceVar(&im.earlier, "earlier", nil, "JSON that was posted before, of a licence that an update names by its id")
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
	// from and number are the system and the run number of a file that is made of what LITE posts.
	from   string
	number int
	// earlier are files that LITE posted before, whose licences an update may name.
	earlier []string
}

// wireInput is a file to record: as it was named, and what it holds.
type wireInput struct {
	path, name string
	data       []byte
	file       *chief.File // nil where it cannot be read
	why        error
	remarks    []finding
}

func (im *wireImporter) run(ctx context.Context, c *Clients, args []string) error {
	const what = "import chief"
	im.client = c.Chief
	inputs, err := im.read(args)
	if err != nil {
		return doing(what, "counterfoil import chief --help", err)
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
		why := fmt.Sprintf("%s:%d: %s", wrong[0].File, wrong[0].Line, wrong[0].Reason)
		if len(wrong) > 1 {
			why = fmt.Sprintf("%d things are wrong; the first is %s", len(wrong), why)
		}
		return problems(what, why, "counterfoil export chief --help")
	}
	return nil
}

// read reads what was named. What LITE posts becomes one file of licences; a licence of it that cannot be taken is an input by itself.
func (im *wireImporter) read(paths []string) (inputs []wireInput, err error) {
	posted := litePosts{from: im.from, run: im.number, references: map[string]string{}}
	for _, path := range im.earlier {
		data, err := im.env.readFile(path)
		if err != nil {
			return nil, err
		}
		id, reference := chief.LITEReference(data)
		posted.references[id] = reference
	}
	for _, path := range paths {
		data, err := im.env.readFile(path)
		if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
			posted.add(path, data)
		} else {
			inputs = append(inputs, readWire(path, data))
		}
	}
	more, err := posted.file(im.env.Now())
	return append(inputs, more...), err
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
	one := importedWire{File: in.path, Outcomes: []wireOutcome{}, Defects: []wireDefect{}, Remarks: append([]finding{}, in.remarks...)}
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
