package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/directory"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	takenIn   = queryv1.BundleOutcome_BUNDLE_OUTCOME_TAKEN_IN
	held      = queryv1.BundleOutcome_BUNDLE_OUTCOME_HELD
	keptAside = queryv1.BundleOutcome_BUNDLE_OUTCOME_KEPT_ASIDE
	refused   = queryv1.BundleOutcome_BUNDLE_OUTCOME_REFUSED
)

// take takes in what can be of a file: first it is checked from end to end, with its signature, then the directory's journals go
// in, which the rest may need, then the others. Nothing of a file that does not hold is taken in. A crash leaves a beginning of
// it, and the same file takes in the rest.
func (c *Courier) take(ctx context.Context, in io.ReaderAt, size int64, partial bool) (*queryv1.ImportBundleResponse, error) {
	res := &queryv1.ImportBundleResponse{}
	refuse := func(format string, args ...any) (*queryv1.ImportBundleResponse, error) {
		res.Outcome, res.What = refused, fmt.Sprintf(format, args...)
		return res, nil
	}
	f, err := Open(in, size)
	var damage *Damage
	switch {
	case errors.As(err, &damage):
		res.Damage = damage.Proto()
		return refuse("it was refused: %v; nothing was taken in. Carry it again, or ask for another", damage)
	case err != nil:
		return nil, err
	}
	res.Manifest = Outline(f.Manifest)
	if f.Manifest.Reader != c.Agency {
		return refuse("it was made for %s, and this is %s; nothing was taken in. Carry it to %s", f.Manifest.Reader, c.Agency, f.Manifest.Reader)
	}
	frames := len(f.Manifest.Sizes)
	if err := f.Check(); errors.As(err, &damage) {
		res.Damage = damage.Proto()
		frames = damage.Usable
		if damage.Kind != truncated {
			return refuse("it was refused: %v; it was altered after %s made it. Nothing was taken in; ask %s for another", damage, f.Manifest.Maker, f.Manifest.Maker)
		}
		if !partial {
			return refuse("it was cut short: %v; %d of %d frames are whole. Nothing was taken in; ask %s for another, or take in what is whole with --partial", damage, frames, len(f.Manifest.Sizes), f.Manifest.Maker)
		}
	} else if err != nil {
		return nil, err
	}
	s := &sitting{c: c, f: f, frames: frames}
	switch forged, err := s.verify(ctx); {
	case isUnknown(err):
		s.allWait()
		res.Findings = s.findings
		res.Outcome, res.What = s.outcome()
		return res, nil
	case err != nil:
		return nil, err
	case forged != nil:
		return refuse("it was refused: %v; nothing was taken in. Ask %s for another", forged, f.Manifest.Maker)
	}
	if err := c.Node.TakeIn(ctx, f.Manifest.Maker+" "+f.Name(), s.all); err != nil {
		return nil, fmt.Errorf("take in a bundle of %s: %w", f.Manifest.Maker, err)
	}
	res.Findings = s.findings
	res.Outcome, res.What = s.outcome()
	return res, nil
}

// Outline is a manifest without sizes and digests.
func Outline(m *queryv1.BundleManifest) *queryv1.BundleManifest {
	return &queryv1.BundleManifest{Maker: m.Maker, Reader: m.Reader, Made: m.Made, Journals: m.Journals}
}

// sitting is one file being taken in.
type sitting struct {
	c *Courier
	f *File
	// frames are those that are whole.
	frames   int
	findings []*queryv1.BundleFinding
}

// all takes in the journals of the file.
func (s *sitting) all(ctx context.Context, in *backbone.Intake) error {
	s.findings = make([]*queryv1.BundleFinding, len(s.f.ids))
	for _, opens := range []bool{true, false} {
		for place, id := range s.f.ids {
			if (id.Group == directory.Group) != opens {
				continue
			}
			finding, err := s.journal(ctx, in, place)
			if err != nil {
				return err
			}
			s.findings[place] = finding
		}
	}
	return nil
}

// allWait is what becomes of a file whose maker's key is not known.
func (s *sitting) allWait() {
	m := s.f.Manifest
	why := fmt.Sprintf("it is signed with key %x of %s, which the directory here does not have yet. Take in first a bundle with %s and %s of an agency that it has, such as the coordinating authority: counterfoil bundle make --for %s --journal %s",
		s.f.KeyID, m.Maker, directory.Journal, directory.Own(m.Maker), s.c.Agency, directory.Own(m.Maker))
	for _, j := range m.Journals {
		s.findings = append(s.findings, &queryv1.BundleFinding{
			Journal: j.Journal, FirstBlock: j.FirstBlock, LastBlock: j.LastBlock, State: stateWaits, Why: why,
		})
	}
}

// outcome is what became of the file, in a sentence.
func (s *sitting) outcome() (queryv1.BundleOutcome, string) {
	var taken, messages uint32
	states := map[queryv1.BundleState]int{}
	for _, f := range s.findings {
		taken += f.Taken
		messages += f.Held
		states[f.State]++
	}
	cut := ""
	if s.frames < len(s.f.Manifest.Sizes) {
		cut = fmt.Sprintf(" The file was cut short: ask %s for another.", s.f.Manifest.Maker)
	}
	switch {
	case states[stateRefused] > 0:
		return refused, fmt.Sprintf("%d messages were taken in; what the findings name was refused. Ask %s for another bundle.", taken, s.f.Manifest.Maker) + cut
	case states[stateMissing]+states[stateWaits] > 0:
		return keptAside, fmt.Sprintf("%d messages were taken in; the bundle is kept aside for what waits, and goes in by itself when what is missing has come.", taken) + cut
	case taken > 0:
		return takenIn, fmt.Sprintf("%d messages were taken in; %d were here.", taken, messages) + cut
	}
	return held, fmt.Sprintf("nothing was taken in: all %d messages were here.", messages) + cut
}
