package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/whole"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newBundleMakeCommand(env *Env) *cobra.Command {
	req := &queryv1.MakeBundleRequest{}
	var out string
	var since []string
	var force bool
	cmd := &cobra.Command{
		Use:   "make --for AGENCY --out FILE",
		Short: "Write what an agency is entitled to read into one signed file for a courier",
		Long: "The file has the blocks of this agency's journals as they are stored, sealed: only the agency that it is for can open\n" +
			"them. The directory's journals that it needs are always in it. Each journal begins after the last block that the agency gave\n" +
			"a receipt for, where its copy begins, or where --since says. What is left out is listed with the reason.",
		Example: "counterfoil bundle make --for customs --out customs.bundle\n" +
			"counterfoil bundle make --for customs --out more.bundle --since customs.bundle\n" +
			"counterfoil bundle make --for customs --out x.bundle --since licensing/all:120\n" +
			"counterfoil bundle make --for licensing --out back.bundle --receipts-only",
		Args: takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) (err error) {
		if req.ReceiptsOnly && (req.Others || len(req.Journals) > 0) {
			return usage("--receipts-only goes with neither --journal nor --others")
		}
		if req.Since, err = parseSince(since, req.Reader); err != nil {
			return err
		}
		return doing("make a bundle for "+req.Reader, "", env.makeBundle(ctx, c, req, out, force))
	})
	cmd.Flags().StringVar(&req.Reader, "for", "", "agency that is to read it (required)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	cmd.Flags().StringArrayVar(&req.Journals, "journal", nil, "only this journal, as agency/group, also one of another agency that this one holds; may be given more than once")
	cmd.Flags().StringArrayVar(&since, "since", nil, "an earlier bundle for the same agency, to go on where it ends, or JOURNAL:BLOCK; may be given more than once")
	cmd.Flags().BoolVar(&req.Others, "others", false, "the journals of other agencies too that this one holds")
	cmd.Flags().BoolVar(&req.ReceiptsOnly, "receipts-only", false, "only what this agency says of itself, which has its receipts")
	cmd.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	require(cmd, "for", "out")
	return cmd
}

// parseSince reads what --since was given: journals with a block, or bundles.
func parseSince(given []string, reader string) (since []*queryv1.BundleSince, err error) {
	for _, text := range given {
		name, block, _ := strings.Cut(text, ":")
		if _, err := journal.ParseID(name); err == nil && block != "" {
			n, err := strconv.ParseUint(block, 10, 64)
			if err != nil {
				return nil, usage("--since %s: %q is no number of a block", text, block)
			}
			since = append(since, &queryv1.BundleSince{Journal: name, Block: n})
			continue
		}
		more, err := sinceBundle(text, reader)
		if err != nil {
			return nil, usage("--since %s is neither JOURNAL:BLOCK nor a bundle for %s: %v", text, reader, err)
		}
		since = append(since, more...)
	}
	return since, nil
}

// sinceBundle is where an earlier bundle ends.
func sinceBundle(path, reader string) (since []*queryv1.BundleSince, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	f, err := bundle.Open(file, info.Size())
	if err != nil {
		return nil, err
	}
	if f.Manifest.Reader != reader {
		return nil, fmt.Errorf("it is for %s", f.Manifest.Reader)
	}
	for _, j := range f.Manifest.Journals {
		since = append(since, &queryv1.BundleSince{Journal: j.Journal, Block: max(j.AfterBlock, j.LastBlock)})
	}
	return since, nil
}

func (env *Env) makeBundle(ctx context.Context, c *Clients, req *queryv1.MakeBundleRequest, out string, force bool) error {
	stream, err := c.Bundle.MakeBundle(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	res, err := stream.Receive()
	if err != nil {
		return err
	}
	summary := res.GetSummary()
	if summary == nil {
		return errors.New("the node did not say what it sends")
	}
	if err := env.receiveBundle(stream, int64(summary.Bytes), out, force); err != nil {
		return err
	}
	return env.Print(madeBundle(summary, out))
}

// receiveBundle writes the file whole or not at all.
func (env *Env) receiveBundle(stream interface {
	Receive() (*queryv1.MakeBundleResponse, error)
}, size int64, out string, force bool) error {
	f, err := whole.Create(out, 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	progress := env.startProgress("bundle", "MiB")
	defer progress.stop()
	written := int64(0)
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		n, err := f.Write(res.GetData())
		if err != nil {
			return fmt.Errorf("write %s: %w", out, err)
		}
		written += int64(n)
		progress.bytes(uint64(written), uint64(size))
	}
	if written != size {
		return fmt.Errorf("%d bytes came of %d; nothing was written", written, size)
	}
	if same, err := sameFile(out, f.Name()); err != nil || same {
		return err
	} else if _, err := os.Lstat(out); err == nil && !force {
		return problems("", out+" is there already and is another file; nothing was written", env.again("--force"))
	}
	return f.Commit()
}

// sameFile reports whether a file is there with the content of another.
func sameFile(path, other string) (bool, error) {
	there, err := sumOf(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	sum, err := sumOf(other)
	return bytes.Equal(there, sum), err
}

func sumOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// madeBundle says what is in the file and what is not.
func madeBundle(s *queryv1.BundleSummary, out string) output.Document {
	doc := output.Document{Value: s, Items: []any{}, ItemType: &queryv1.BundleJournal{}}
	grid := bundleGrid(s.Manifest, &doc)
	doc.Sections = []output.Section{
		{Text: fmt.Sprintf("%s: %s bytes, made by %s for %s on %s", out, number(s.Bytes), s.Manifest.Maker, s.Manifest.Reader, date(s.Manifest.Made))},
		{Grid: grid},
	}
	if len(s.LeftOut) > 0 {
		left := output.Grid{Heads: []string{"journal", "why"}}
		for _, l := range s.LeftOut {
			left.Add(l.Journal, l.Reason)
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "left out", Grid: left})
	}
	doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("next, at %s: counterfoil bundle import %s", s.Manifest.Reader, quote(filepath.Base(out)))})
	return doc
}
