package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

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

// take takes in what can be of a file: first it is checked from end to end, then the directory's journals go in, which the
// rest may need, then the others. Where the maker's key is not in the directory here, the directory's journals go in by their own
// agencies' signatures, and the manifest's is checked after them. Nothing of a file that does not hold is taken in. A crash leaves a
// beginning of it, and the same file takes in the rest.
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
	if err := s.sign(); err != nil {
		return refuse("it was refused: %v; nothing was taken in", err)
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
	// verified: the manifest's signature holds. Until then unknown says which key is missing, or forged why it does not hold.
	verified bool
	unknown  *directory.UnknownKey
	forged   error
}

// sign checks the manifest's signature. It returns an error when that does not hold, and none while the key is not known.
func (s *sitting) sign() error {
	m := s.f.Manifest
	public, err := s.c.Keys.Signing(m.Maker, s.f.KeyID, m.Made.AsTime())
	switch {
	case errors.As(err, &s.unknown):
		return nil
	case err != nil:
		s.forged = err
	case !s.f.Signed(public):
		s.forged = fmt.Errorf("the signature at byte %d is not by %s", len(s.f.head)-len(s.f.signature), m.Maker)
	default:
		s.verified = true
	}
	return s.forged
}

// all takes in the journals of the file.
func (s *sitting) all(ctx context.Context, in *backbone.Intake) error {
	places := make([]int, len(s.f.ids))
	for i := range places {
		places[i] = i
	}
	opens := func(place int) bool { return s.f.ids[place].Group == directory.Group }
	slices.SortStableFunc(places, func(a, b int) int {
		switch {
		case opens(a) && !opens(b):
			return -1
		case opens(b) && !opens(a):
			return 1
		}
		return 0
	})
	s.findings = make([]*queryv1.BundleFinding, len(places))
	for _, place := range places {
		if !opens(place) && !s.verified && s.forged == nil {
			_ = s.sign() // the directory's journals may have brought the key; findings say what came of it
		}
		finding, err := s.journal(ctx, in, place)
		if err != nil {
			return err
		}
		s.findings[place] = finding
	}
	return nil
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
