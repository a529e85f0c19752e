package bundle

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Files that wait are called by File.Name and one of these; of the second kind only what is whole counts.
const (
	asideSuffix   = ".bundle"
	partialSuffix = ".partial"
	// maxAside is how many files may wait.
	maxAside = 100
)

// Import takes in the file at a path, which it then owns: it is removed, or kept aside. What is wrong with the file is in the
// answer; an error is of this node.
func (c *Courier) Import(ctx context.Context, path string, partial bool) (*queryv1.ImportBundleResponse, error) {
	c.importing.Lock()
	defer c.importing.Unlock()
	res, name, err := c.takeFile(ctx, path, partial)
	if err != nil {
		return nil, err
	}
	if res.Outcome != keptAside {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove a bundle that was taken in: %w", err)
		}
	} else if err := c.keep(path, name, res); err != nil {
		return nil, err
	}
	if taken(res) > 0 {
		res.Released, err = c.again(ctx, name)
	}
	return res, err
}

func taken(res *queryv1.ImportBundleResponse) (messages uint32) {
	for _, f := range res.Findings {
		messages += f.Taken
	}
	return messages
}

// takeFile takes in a file, and returns what it is to be called when it is kept aside.
func (c *Courier) takeFile(ctx context.Context, path string, partial bool) (*queryv1.ImportBundleResponse, string, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, "", fmt.Errorf("open a bundle: %w", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, "", err
	}
	res, err := c.take(ctx, in, info.Size(), partial)
	if err != nil || res.Outcome != keptAside {
		return res, "", err
	}
	f, err := Open(in, info.Size())
	if err != nil {
		return nil, "", err
	}
	name := f.Name() + asideSuffix
	if res.Damage != nil {
		name = f.Name() + partialSuffix
	}
	return res, name, nil
}

// aside is the folder of the files that wait.
func (c *Courier) aside() string { return filepath.Join(c.Dir, "aside") }

func (c *Courier) keep(path, name string, res *queryv1.ImportBundleResponse) error {
	waiting := c.Waiting()
	if len(waiting) >= maxAside && !slices.ContainsFunc(waiting, func(w *queryv1.WaitingBundle) bool { return w.Name == name }) {
		return fault.Errorf(fault.Precondition, "%d bundles wait already, and this one would too: %s. Take in first what they wait for; see: counterfoil bundle waiting", maxAside, firstWhy(res))
	}
	if err := os.MkdirAll(c.aside(), 0o700); err != nil {
		return fmt.Errorf("keep a bundle aside: %w", err)
	}
	if err := os.Rename(path, filepath.Join(c.aside(), name)); err != nil {
		return fmt.Errorf("keep a bundle aside: %w", err)
	}
	return c.note(name, res)
}

func firstWhy(res *queryv1.ImportBundleResponse) string {
	for _, f := range res.Findings {
		if f.Why != "" {
			return f.Journal + ": " + f.Why
		}
	}
	return res.What
}

func (c *Courier) note(name string, res *queryv1.ImportBundleResponse) error {
	info, err := os.Stat(filepath.Join(c.aside(), name))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[name] = &queryv1.WaitingBundle{
		Name: name, Maker: res.Manifest.GetMaker(), Made: res.Manifest.GetMade(), Bytes: uint64(info.Size()), Findings: res.Findings,
	}
	return nil
}

// Waiting are the files that are kept aside, by name, as they were when they were last looked at.
func (c *Courier) Waiting() []*queryv1.WaitingBundle {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*queryv1.WaitingBundle
	for _, name := range slices.Sorted(maps.Keys(c.waiting)) {
		all = append(all, proto.CloneOf(c.waiting[name]))
	}
	return all
}

// retry looks at the files that wait, and returns the names of those that are done with.
func (c *Courier) retry(ctx context.Context) ([]string, error) {
	c.importing.Lock()
	defer c.importing.Unlock()
	return c.again(ctx, "")
}

// again takes in what can be of the files that wait, but for one, for as long as any of it moves. The lock is held.
func (c *Courier) again(ctx context.Context, but string) (done []string, err error) {
	for moved := true; moved; {
		moved = false
		files, err := os.ReadDir(c.aside())
		if os.IsNotExist(err) {
			return nil, nil
		} else if err != nil {
			return done, fmt.Errorf("look at the bundles that wait: %w", err)
		}
		for _, file := range files {
			name := file.Name()
			if name == but {
				continue
			}
			path := filepath.Join(c.aside(), name)
			res, _, err := c.takeFile(ctx, path, strings.HasSuffix(name, partialSuffix))
			if err != nil {
				return done, err
			}
			moved = moved || taken(res) > 0
			if res.Outcome == keptAside {
				if err := c.note(name, res); err != nil {
					return done, err
				}
				continue
			}
			if err := c.drop(path, name); err != nil {
				return done, err
			}
			done = append(done, name)
			c.Logger.Info("a bundle that waited is done with", "agency", c.Agency, "bundle", name, "outcome", res.Outcome.String(), "what", res.What)
		}
		but = "" // what came may be what it waits for
	}
	return done, nil
}

func (c *Courier) drop(path, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, name)
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove a bundle that waited: %w", err)
	}
	return nil
}

// reached says how far the ledger has the journals, to notice that it moved.
func (c *Courier) reached() (at string, err error) {
	err = c.Ledger.View(func(v ledger.View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			at += fmt.Sprintf("%s:%d ", p.Journal, p.Block)
		}
		return err
	})
	return at, err
}
