package screening

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Valid returns why a screening cannot be rested on at a time for a deal as it is stated now, in sentences for people;
// none when it can. It compares every party anew, so that what came on record since is noticed. A screening that is nil, and
// a ledger that cannot be read, are reasons.
func Valid(view ledger.View, s *ledgerv1.Screening, deal *licensingv1.Deal, lists []Required, at time.Time) (reasons []string) {
	return valid(checks, view, s, deal, lists, at)
}

// subject is what is checked.
type subject struct {
	view      ledger.View
	screening *ledgerv1.Screening
	deal      *licensingv1.Deal
	lists     []Required
	at        time.Time
}

// checks are what a screening has to pass, each independent of the others.
var checks = []func(subject) ([]string, error){covers, samePrograms, listsNow, requiredLists, judged, nothingNew}

func valid(checks []func(subject) ([]string, error), view ledger.View, s *ledgerv1.Screening, deal *licensingv1.Deal, lists []Required, at time.Time) (reasons []string) {
	switch {
	case s == nil:
		return []string{"it has not been screened"}
	case s.GetNotPerformed() != nil:
		return []string{fmt.Sprintf("screening %s was not performed: %s", s.GetId(), s.GetNotPerformed().GetReason())}
	case s.GetCertificate() == nil:
		return []string{fmt.Sprintf("screening %s has no certificate", s.GetId())}
	}
	for _, check := range checks {
		found, err := check(subject{view, s, deal, lists, at})
		if err != nil {
			found = []string{fmt.Sprintf("screening %s cannot be checked: %v", s.GetId(), err)}
		}
		reasons = append(reasons, found...)
	}
	return reasons
}

func covers(x subject) (reasons []string, _ error) {
	for i, p := range x.deal.GetParties() {
		digest := ledger.PartyDigest(p)
		if !slices.ContainsFunc(x.screening.GetCertificate().GetParties(), func(c *screeningv1.CoveredParty) bool {
			return len(digest) > 0 && bytes.Equal(c.GetDigest(), digest)
		}) {
			reasons = append(reasons, fmt.Sprintf("screening %s does not cover %s as it is stated now", x.screening.GetId(), ofParty(i+1, p)))
		}
	}
	return reasons, nil
}

// samePrograms looks at what gave the scores and from where an officer had to look.
func samePrograms(x subject) ([]string, error) {
	c := x.screening.GetCertificate()
	if c.GetMatcher() != Version || c.GetReviewLine() != ReviewLine {
		return []string{fmt.Sprintf("screening %s was by another matcher, %q from %d; this is %q from %d", x.screening.GetId(), c.GetMatcher(), c.GetReviewLine(), Version, ReviewLine)}, nil
	}
	return nil, nil
}

// listsNow finds editions that came on record after the screening.
func listsNow(x subject) (reasons []string, _ error) {
	on, err := x.view.WatchLists()
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	for _, now := range used(on) {
		if !slices.ContainsFunc(x.screening.GetCertificate().GetLists(), func(u *screeningv1.ListUsed) bool { return proto.Equal(u, now) }) {
			reasons = append(reasons, fmt.Sprintf("the edition of %s of list %s was recorded after screening %s", now.GetEdition(), now.GetSource(), x.screening.GetId()))
		}
	}
	return reasons, nil
}

func requiredLists(x subject) ([]string, error) {
	on, err := x.view.WatchLists()
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	_, reasons := lacking(on, x.lists, x.at)
	for _, r := range x.lists {
		if !slices.ContainsFunc(x.screening.GetCertificate().GetLists(), func(u *screeningv1.ListUsed) bool { return u.GetSource() == r.Source }) {
			reasons = append(reasons, fmt.Sprintf("screening %s did not compare with list %s, which is required", x.screening.GetId(), r.Source))
		}
	}
	return reasons, nil
}

// judged looks at each hit, and at what the certificate says that they come to.
func judged(x subject) (reasons []string, _ error) {
	for _, h := range x.screening.GetHits() {
		what := fmt.Sprintf("hit %d of screening %s, against %s %s,", h.GetNumber(), x.screening.GetId(), AgainstWord(h.GetAgainst()), h.GetId())
		switch {
		case ledger.Stops(h):
			reasons = append(reasons, what+" was judged to be the party")
		case h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED:
			reasons = append(reasons, what+" waits for an officer")
		}
	}
	result := x.screening.GetCertificate().GetResult()
	if len(reasons) == 0 && result != ledger.ResultOf(x.screening.GetHits()) {
		word := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(result.String(), "RESULT_"), "_", " "))
		reasons = append(reasons, fmt.Sprintf("screening %s says that it came to %q, and its hits do not", x.screening.GetId(), word))
	}
	return reasons, nil
}

// nothingNew compares every party anew: each hit has to be one that the screening had, against a row that says the same
// still.
func nothingNew(x subject) (reasons []string, _ error) {
	hits, err := hitsOf(x.view, x.screening.GetSubject(), x.deal)
	if err != nil {
		return nil, err
	}
	for _, h := range hits {
		p := x.deal.GetParties()[h.GetParty()-1]
		had := hitIn(x.screening, ledger.PartyDigest(p), h.GetId())
		switch {
		case had == nil:
			reasons = append(reasons, fmt.Sprintf("%s comes near %s %s, which screening %s did not have", ofParty(int(h.GetParty()), p), AgainstWord(h.GetAgainst()), h.GetId(), x.screening.GetId()))
		case !bytes.Equal(had.GetDigest(), h.GetDigest()):
			reasons = append(reasons, fmt.Sprintf("%s %s says something else of whom it is about since screening %s", AgainstWord(h.GetAgainst()), h.GetId(), x.screening.GetId()))
		}
	}
	return reasons, nil
}
