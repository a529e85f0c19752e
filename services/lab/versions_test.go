package lab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// The authority adopts another version of a policy. What was granted keeps saying the version that it was granted under, what
// others are being consulted on is answered, counted and granted under the version that they were asked under, and what comes
// after runs under the new one.
func TestAPolicyIsAdoptedAnew(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m1-ad-hoc"}, "customs", "licensing:licensing", "customs:customs", "foreign:ministry", "defence:ministry", "enforcement:enforcement")
	before := s.applies("licensing", sale(export, piecesOf(small, 500, 250_000_00)))
	s.passes("licensing", before)
	licence := s.grants("licensing", grantOf(before))

	pending := s.applies("licensing", sale(export, piecesOf(small, 20, 10_000_00)))
	s.passes("licensing", pending)
	ask := openOn(pending)
	ask.With = []*licensingv1.Addressee{{Agency: "foreign"}}
	asked := s.asks("licensing", ask)

	s.adopts("ad-hoc/2", "m1-ad-hoc", "version: 1", "version: 2", "rule: advisory", "rule: unanimous", "part: chosen", "part: mandatory")
	s.must(s.node("customs").Ledger.View(func(v ledger.View) error {
		l, err := v.Licence(licence)
		s.writes("%s still says %s", licence, l.GetBasis().GetPolicyId())
		return err
	}))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: asked, View: concurs})
	s.counts("licensing", asked)
	s.grants("licensing", grantOf(pending))

	later := s.applies("licensing", sale(export, piecesOf(small, 10, 5_000_00)))
	s.passes("licensing", later)
	s.cannot("licensing", grantOf(later))
	asked = s.asks("licensing", openOn(later))
	for _, agency := range []string{"foreign", "defence", "enforcement", "customs"} {
		s.says(agency, "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: asked, View: concurs})
	}
	s.counts("licensing", asked)
	s.grants("licensing", grantOf(later))
	s.golden("versions")
}

// adopts has the authority adopt an example's policy with changes, each a text and what stands instead, without its worked
// examples.
func (s *telling) adopts(id, policy string, changes ...string) {
	s.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "deploy", "example", "policies", policy+".yaml"))
	s.must(err)
	content, _, _ = bytes.Cut(content, []byte("\ntests:"))
	for i := 0; i < len(changes); i += 2 {
		content = bytes.ReplaceAll(content, []byte(changes[i]), []byte(changes[i+1]))
	}
	_, err = authorityOf(s.T, s.folder).AdoptPolicy(s.Context(), &directoryv1.AdoptPolicyRequest{Policy: &directoryv1.PolicyAdopted{
		PolicyId: id, Content: content,
	}})
	s.must(err)
	for agency := range s.lab.Agencies {
		comesTo(s.T, s.node(agency), id+" is on record", func(v ledger.View) bool {
			p, err := v.Policy(id)
			return err == nil && p != nil
		})
	}
	s.writes("the authority adopts %s", id)
}
