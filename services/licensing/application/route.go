package application

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Proceed takes an application of this agency on by itself, at a moment: it classifies the lines of which the table is certain,
// or, when there are none left, routes it. An application that is decided, or that waits for somebody, decides nothing. What is
// heard again later is answered by what holds then: the moment is no earlier than the agency's last record.
func Proceed(view ledger.View, id string, at time.Time) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, id)
	if err != nil {
		return nothingWhenRefused(err)
	}
	if facts := byItself(a); len(facts) > 0 {
		return facts, nil
	}
	positions, err := view.Positions()
	if err != nil {
		return nil, fmt.Errorf("read how far the journals are: %w", err)
	}
	for _, p := range positions {
		if recorded := p.GetRecordedAt().AsTime(); view.Owns(p.GetJournal()) && recorded.After(at) {
			at = recorded
		}
	}
	facts, err := Route(view, a, at)
	if err != nil {
		return nothingWhenRefused(err)
	}
	return facts, nil
}

// ProceedAll is Proceed for every application to this agency that is still one: a policy that was adopted may be what some
// wait for, or give others to another decider.
func ProceedAll(view ledger.View, at time.Time) ([]proto.Message, error) {
	waiting, err := view.ApplicationsWith("status", "submitted")
	if err != nil {
		return nil, fmt.Errorf("read the applications: %w", err)
	}
	var all []proto.Message
	for _, a := range waiting {
		facts, err := Proceed(view, a.GetId(), at)
		if err != nil {
			return nil, err
		}
		all = append(all, facts...)
	}
	return all, nil
}

func nothingWhenRefused(err error) ([]proto.Message, error) {
	if fault.As(err) != nil {
		return nil, nil
	}
	return nil, err
}

// Route sends the lines of an application to those who decide them by the policies in force at a moment, each part as a case.
// One that this agency decides alone is no route, and one that came by a route takes no other. It is refused, with what the
// application waits for, while it is not known who decides or a decider would not hear of it.
func Route(view ledger.View, a *ledgerv1.Application, at time.Time) ([]proto.Message, error) {
	if a.GetRoutedFrom() != "" {
		return nil, nil
	}
	parts, err := settled(view, a, at)
	if err != nil {
		return nil, err
	}
	cases := casesOf(parts)
	if len(cases) == 1 && cases[0].GetDecider() == view.Agency() {
		return nil, nil
	}
	if err := reads(view, a, cases); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(a, &licensingv1.ApplicationRouted{ApplicationId: a.GetId(), Parts: cases})}, nil
}

// settled says which policies decide which lines, once that does not depend any more on what a line is classified as.
func settled(view ledger.View, a *ledgerv1.Application, at time.Time) ([]policy.Part, error) {
	state, err := dossier.Home(view)
	if err != nil {
		return nil, err
	}
	open := dossier.Unclassified(a)
	if len(open) == 0 {
		return dossier.Route(view, a.GetDeal(), state, at, false)
	}
	var parts []policy.Part
	var refusal error
	answers := map[string]bool{}
	for _, category := range slices.Sorted(maps.Keys(transferv1.Category_name)) {
		parts, err = dossier.Route(view, supposing(a.GetDeal(), open, transferv1.Category(category)), state, at, false)
		if err != nil && fault.As(err) == nil {
			return nil, err
		}
		refusal = cmp.Or(refusal, err)
		answers[wordsOf(parts)] = true
	}
	switch {
	case len(answers) == 1 && refusal != nil:
		return nil, refusal
	case len(answers) == 1:
		return parts, nil
	}
	return nil, fault.Errorf(fault.Precondition, "who decides application %s depends on what line %d is; classify it: counterfoil licence classify %s --line %d",
		a.GetId(), open[0].GetNumber(), a.GetId(), open[0].GetNumber())
}

// supposing is the deal if some of its lines were of a category.
func supposing(d *licensingv1.Deal, open []*transferv1.Line, category transferv1.Category) *licensingv1.Deal {
	d = proto.CloneOf(d)
	for _, l := range d.GetLines() {
		if slices.ContainsFunc(open, func(o *transferv1.Line) bool { return o.GetNumber() == l.GetNumber() }) {
			l.Category = category
		}
	}
	return d
}

// wordsOf are the same for the same parts; empty for none.
func wordsOf(parts []policy.Part) string {
	var words strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&words, "%s %v %d; ", p.Policy.ID(), p.Lines, p.Case)
	}
	return words.String()
}

// casesOf puts parts that are decided together into one case, which the decider of the first of them has.
func casesOf(parts []policy.Part) []*licensingv1.RoutedPart {
	var cases []*licensingv1.RoutedPart
	at := map[int]*licensingv1.RoutedPart{}
	for _, p := range parts {
		c := at[p.Case]
		if c == nil {
			c = &licensingv1.RoutedPart{Decider: p.Policy.Terms.GetDecider(), PolicyId: p.Policy.ID()}
			at[p.Case], cases = c, append(cases, c)
		} else {
			c.PolicyId += " " + p.Policy.ID()
		}
		c.Lines = append(c.Lines, p.Lines...)
		slices.Sort(c.Lines)
	}
	return cases
}

// reads refuses a route to an agency that does not read the application's journal: it would never hear of its case.
func reads(view ledger.View, a *ledgerv1.Application, cases []*licensingv1.RoutedPart) error {
	_, name, _ := strings.Cut(a.GetJournal(), "/")
	group, err := view.Group(name)
	if err != nil {
		return fmt.Errorf("read group %s: %w", name, err)
	}
	for _, c := range cases {
		if c.GetDecider() != view.Agency() && !slices.Contains(group.GetMembers(), c.GetDecider()) {
			return fault.Errorf(fault.Precondition, "%s decides lines of application %s and does not read %s; have the coordinating authority let it: counterfoil group define %s",
				c.GetDecider(), a.GetId(), a.GetJournal(), name)
		}
	}
	return nil
}

// staysHere refuses a deal that others than this agency would decide. Lines that are the same goods as before are taken for
// what they were classified as.
func staysHere(view ledger.View, a *ledgerv1.Application, deal *licensingv1.Deal, at time.Time) error {
	next := &ledgerv1.Application{Id: a.GetId(), Deal: proto.CloneOf(deal)}
	for _, l := range next.GetDeal().GetLines() {
		was := lineOf(a, l.GetNumber())
		if l.GetCategory() != 0 || was.GetRating() != l.GetRating() || !maps.Equal(was.GetParameters(), l.GetParameters()) {
			continue
		}
		l.Category = was.GetCategory()
		for _, c := range a.GetClassified() {
			if c.GetLine() == l.GetNumber() {
				next.Classified = append(next.Classified, c)
			}
		}
	}
	parts, err := settled(view, next, at)
	if err != nil {
		return err
	}
	for _, c := range casesOf(parts) {
		if c.GetDecider() != view.Agency() {
			return fault.Errorf(fault.Precondition, "stated so, application %s would be decided by %s; end it here and submit it anew: counterfoil licence application return %s", a.GetId(), c.GetDecider(), a.GetId())
		}
	}
	return nil
}
