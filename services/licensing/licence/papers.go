package licence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// papers are what the policies want on file and is not, is found not to be genuine, or has run out.
func papers(f *dossier.File, at time.Time) ([]string, error) {
	requires, err := f.Requires()
	if err != nil {
		return nil, err
	}
	var reasons []string
	for _, r := range requires {
		reason, next := Missing(f.Application, r.GetKind(), at)
		if reason += ": " + next; next != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return append(reasons, Forged(f.Application)...), nil
}

// Missing says why nothing of a kind is on file that is good on a day, and the command that puts it there; both are empty when
// something is. Kind "classification" is that every line was classified.
func Missing(a *ledgerv1.Application, kind string, at time.Time) (reason, next string) {
	if kind == "classification" {
		for _, l := range a.GetDeal().GetLines() {
			if !slices.ContainsFunc(a.GetClassified(), func(c *licensingv1.ClassificationAssigned) bool { return c.GetLine() == l.GetNumber() }) {
				return fmt.Sprintf("line %d is not classified", l.GetNumber()), fmt.Sprintf("counterfoil licence classify %s --line %d", a.GetId(), l.GetNumber())
			}
		}
		return "", ""
	}
	today, expired := at.UTC().Format(time.DateOnly), ""
	good := func(until string) bool {
		if until == "" || until >= today {
			return true
		}
		expired = until
		return false
	}
	for _, d := range a.GetDeal().GetDocuments() {
		if d.GetKind() == kind && good(d.GetExpiresOn()) {
			return "", ""
		}
	}
	for _, e := range a.GetDeal().GetExternalAuthorizations() {
		if e.GetKind() == kind && good(e.GetValidUntil()) {
			return "", ""
		}
	}
	next = "counterfoil licence file " + a.GetId()
	if expired != "" {
		return fmt.Sprintf("the %s on file was good until %s", words(kind), expired), next
	}
	return fmt.Sprintf("no %s is on file", words(kind)), next
}

func words(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// Forged are the documents on file that were found not to be genuine, and not otherwise since, in a sentence each.
func Forged(a *ledgerv1.Application) (reasons []string) {
	for _, v := range a.GetVerified() {
		if !v.GetGenuine() && !verifiedSince(a, v) {
			reasons = append(reasons, fmt.Sprintf("document %s %s was found not to be genuine", v.GetKind(), v.GetNumber()))
		}
	}
	return reasons
}

// verifiedSince reports whether a document that was doubted was found genuine later.
func verifiedSince(a *ledgerv1.Application, doubted *licensingv1.DocumentVerified) bool {
	i := slices.Index(a.GetVerified(), doubted)
	return slices.ContainsFunc(a.GetVerified()[i+1:], func(v *licensingv1.DocumentVerified) bool {
		return v.GetGenuine() && v.GetKind() == doubted.GetKind() && v.GetNumber() == doubted.GetNumber()
	})
}
