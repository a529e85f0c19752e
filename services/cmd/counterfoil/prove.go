package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// prover proves, and checks proofs.
type prover struct {
	env                    *Env
	consistency, withEvent bool
	check, journal         string
	out                    proofFile
	tlogProof              string
	keys                   []string
}

func newProveCommand(env *Env) *cobra.Command {
	p := prover{env: env}
	cmd := &cobra.Command{
		Use:   "prove EVENT",
		Short: "Prove that an event is in its journal, or that a journal only grew; check such a proof",
		Long: "EVENT is a UUID or agency/group/number. Its proof leads from the event's hash to the root that its agency signed. A file\n" +
			"that --out writes is checked by --check without a node, which says exactly what is wrong otherwise. Of the agency's own\n" +
			"events --tlog-proof writes the same as c2sp.org/tlog-proof has it. What the event says goes along only with --with-event.\n\n" +
			"--consistency shows that B, a journal at a later time, begins with all of A. A and B are how many events the journal had, a\n" +
			"block as block:12, or a file with a checkpoint that was kept: a signed note, or a signed header. Without B, or with now, it is\n" +
			"the journal of today. The exit code is 3 when the journal is not the one that was signed then.\n\n" +
			"--check reads either proof, a signed note or a signed header. docs/proofs.md tells of the formats, and of what a proof does\n" +
			"not say.",
		Example: "counterfoil prove licensing/border/12 --out event.json --with-event\n" +
			"counterfoil prove --check event.json --key licensing=KEY\n" +
			"counterfoil prove --consistency checkpoint-of-may\n" +
			"counterfoil prove --consistency block:3 1200 --journal licensing/border --out grown.json",
		Args: p.arguments,
		RunE: p.run,
	}
	flags := cmd.Flags()
	flags.BoolVar(&p.consistency, "consistency", false, "prove that a journal only grew from A to B")
	flags.StringVar(&p.journal, "journal", "", "with --consistency: which one, where no file says it")
	flags.BoolVar(&p.withEvent, "with-event", false, "have the event's bytes go along")
	flags.StringVar(&p.tlogProof, "tlog-proof", "", "file to write the proof of an own event to, for other tools")
	flags.StringVar(&p.check, "check", "", "file to check, without a node")
	flags.StringArrayVar(&p.keys, "key", nil, "with --check: a key that is trusted, as AGENCY=KEY with a public key or its id, as checkpoint --vkey prints it, or @FILE with such; may be given more than once")
	p.out.add(cmd, "file to write the proof to")
	return cmd
}

func (p *prover) arguments(_ *cobra.Command, args []string) error {
	switch {
	case p.check != "" && (p.consistency || len(args) > 0):
		return errors.New("--check takes one file and nothing else")
	case p.check != "":
		return nil
	case len(p.keys) > 0:
		return errors.New("--key goes with --check")
	case p.consistency && (len(args) < 1 || len(args) > 2):
		return fmt.Errorf("give A, and B where it is not the journal of today: %d arguments were given", len(args))
	case p.consistency && (p.withEvent || p.tlogProof != ""):
		return errors.New("--with-event and --tlog-proof are for the proof of an event")
	case p.consistency:
		return nil
	case p.journal != "":
		return errors.New("--journal goes with --consistency; an event says its journal itself")
	}
	return takes("EVENT")(nil, args)
}

func (p *prover) run(cmd *cobra.Command, args []string) error {
	switch {
	case p.check != "":
		return p.checkFile()
	case p.consistency:
		return p.env.online(p.grown)(cmd, args)
	}
	return p.env.online(p.event)(cmd, args)
}

// event proves an event.
func (p *prover) event(ctx context.Context, c *Clients, args []string) error {
	what := "prove " + args[0]
	res, err := c.Proof.Prove(ctx, &queryv1.ProveRequest{Event: args[0], WithEvent: p.withEvent})
	if err != nil {
		return doing(what, "counterfoil list events", err)
	}
	file, err := proofs.InclusionOf(res)
	if err == nil {
		_, err = file.Check(nil)
	}
	if err != nil {
		return problems(what, err.Error(), "counterfoil verify")
	}
	if p.tlogProof != "" && res.TlogProof == "" {
		return doing(what, "counterfoil prove "+quote(args[0])+" --out FILE", fmt.Errorf("it is of %s: only the agency of a journal signs checkpoints of it, and a tlog-proof rests on one", res.Journal))
	}
	if err := p.out.write(file); err != nil {
		return doing(what, "", err)
	}
	if err := writeProof(p.tlogProof, []byte(res.TlogProof), p.out.force); err != nil {
		return doing(what, "", err)
	}
	p.env.adviseBasis(res.Basis)
	return p.env.Print(provedDocument(res))
}

func provedDocument(res *queryv1.ProveResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{res}, ItemType: res}
	grid := output.Grid{Heads: []string{"event", "id", "kind", "in block of", "block", "signed", "key", "root", "proof"}}
	h := res.GetHead()
	what := shortKind(res.Kind)
	if res.Withdrawn {
		what = "withdrawn"
	}
	grid.Add(fmt.Sprintf("%s/%d", res.Journal, res.Number), res.Id, what, number(h.GetEvents())+" events", number(h.GetBlock()), date(h.GetRecordedAt()), keyID(h.GetKey()), fmt.Sprintf("%x", h.GetRoot()), "holds")
	doc.Sections = []output.Section{{Grid: grid}}
	return doc
}

// proofFile is where a proof is written.
type proofFile struct {
	name  string
	force bool
}

func (f *proofFile) add(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.name, "out", "", usage)
	cmd.Flags().BoolVar(&f.force, "force", false, "write over a file that is there with another content")
}

func (f *proofFile) write(file any) error {
	data, err := proofs.Encode(file)
	if err != nil {
		return err
	}
	return writeProof(f.name, data, f.force)
}

// writeProof writes a file of mode 0600, whole or not at all, where a name is given. One that is there with another content stays unless force is set.
func writeProof(name string, data []byte, force bool) error {
	if name == "" {
		return nil
	}
	there, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(there, data):
		return nil
	case err == nil && !force:
		return usage("%s is there with another content: give another name, or --force to write over it", name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usage("%s cannot be written: %v", name, err)
	}
	return placeFile(name, data)
}
