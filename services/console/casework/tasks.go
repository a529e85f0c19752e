package casework

import (
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// State is where a task of a case stands.
type state string

const (
	notStarted  state = "not-started"
	cannotStart state = "cannot-start"
	inProgress  state = "in-progress"
	done        state = "done"
	// against: what was found forbids a grant.
	against state = "against"
	// notNeeded: nothing asks for it; it may be done.
	notNeeded state = "not-needed"
	// leftOpen: it was not done when the case was decided or ended.
	leftOpen state = "left-open"
)

// Tone is how a state is shown.
func (s state) Tone() string {
	return map[state]string{done: "good", inProgress: "warn", against: "bad"}[s]
}

// status is where a task stands, and the message that says why or what comes next.
type status struct {
	State state
	Why   string
	// N is the number in that message.
	N int
	// By is the row that says it, by which who recorded it is found, and At when.
	By made
	At *timestamppb.Timestamp
}

// made is a row that says which events made it.
type made interface {
	GetJournal() string
	GetEvents() []uint64
}

// Section is a part of the task list.
type section struct {
	Key   string
	Tasks []task
}

// task is something that comes before a decision, or the decision.
type task struct {
	Name   string
	status func(*file) status
}

// in is where the task stands in a case.
func (t task) in(f *file) status {
	is := t.status(f)
	if f.Closed() && (is.State == notStarted || is.State == inProgress || is.State == cannotStart) {
		is.State = leftOpen
	}
	return is
}

// sections are the tasks in the order of the law: the facts, the prohibitions of Article 6, the assessment of Articles 7 and 11, and what
// else is looked at before a decision (docs/licensing.md).
var sections = []section{
	{"facts", []task{{"lines", linesStatus}, {"papers", papersStatus}}},
	{"gates", []task{{"prohibitions", prohibitionsStatus}, {"risk", riskStatus}}},
	{"parties", []task{{"screening", screeningStatus}, {"alike", alikeStatus}}},
	{"others", []task{{"consultation", consultationStatus}, {"conflict", conflictStatus}}},
	{"decision", []task{{"decision", decisionStatus}, {"sign", signStatus}}},
}

func linesStatus(f *file) status {
	open := len(unclassified(f.Application))
	switch lines := len(f.Application.GetDeal().GetLines()); {
	case open == 0:
		return status{State: done, Why: "lines-done", N: lines}
	case open < lines:
		return status{State: inProgress, Why: "lines-open", N: open}
	default:
		return status{State: notStarted, Why: "lines-open", N: open}
	}
}

// unclassified are the numbers of the lines of which nobody said what they are.
func unclassified(a *ledgerv1.Application) (open []uint32) {
	for _, l := range a.GetDeal().GetLines() {
		none := slices.ContainsFunc(a.GetClassified(), func(c *licensingv1.ClassificationAssigned) bool { return c.GetLine() == l.GetNumber() && c.GetNone() })
		if l.GetCategory() == transferv1.Category_CATEGORY_UNSPECIFIED && !none {
			open = append(open, l.GetNumber())
		}
	}
	return open
}

// verification is the last word on a paper; nil when nobody asked after it.
func verification(a *ledgerv1.Application, kind, number string) (latest *licensingv1.DocumentVerified) {
	for _, v := range a.GetVerified() {
		if v.GetKind() == kind && v.GetNumber() == number {
			latest = v
		}
	}
	return latest
}

func papersStatus(f *file) status {
	deal, open, false := f.Application.GetDeal(), 0, 0
	for _, d := range deal.GetDocuments() {
		switch v := verification(f.Application, d.GetKind(), d.GetNumber()); {
		case v == nil:
			open++
		case !v.GetGenuine():
			false++
		}
	}
	filed := len(deal.GetDocuments()) + len(deal.GetExternalAuthorizations())
	switch {
	case false > 0:
		return status{State: against, Why: "papers-false", N: false}
	case filed == 0:
		return status{State: notStarted, Why: "papers-none"}
	case open > 0:
		return status{State: inProgress, Why: "papers-open", N: open}
	}
	return status{State: done, Why: "papers-done", N: filed}
}

func prohibitionsStatus(f *file) status {
	c := f.Check()
	switch {
	case c == nil && len(f.Checks) > 0:
		return status{State: notStarted, Why: "stated-anew"}
	case c == nil:
		return status{State: notStarted, Why: "prohibitions-open"}
	}
	s := status{State: done, Why: "prohibitions-clear", By: c, At: c.GetAt()}
	switch c.GetChecked().GetResult() {
	case licensingv1.GateResult_GATE_RESULT_PROHIBITED:
		s.State, s.Why = against, "prohibitions-prohibited"
	case licensingv1.GateResult_GATE_RESULT_REFER:
		s.State, s.Why = inProgress, "prohibitions-referred"
	}
	return s
}

func riskStatus(f *file) status {
	a, c := f.Assessment(), f.Check()
	switch {
	case a != nil && slices.ContainsFunc(a.GetAssessed().GetFindings(), overriding):
		return status{State: against, Why: "risk-overriding", By: a, At: a.GetAt()}
	case a != nil:
		return status{State: done, Why: "risk-done", By: a, At: a.GetAt()}
	case c == nil || c.GetChecked().GetResult() != licensingv1.GateResult_GATE_RESULT_CLEAR:
		return status{State: cannotStart, Why: "risk-after-article-6"}
	case len(f.Assessments) > 0:
		return status{State: notStarted, Why: "stated-anew"}
	case f.Application.GetDeal().GetKind() != transferv1.Kind_KIND_EXPORT:
		return status{State: notNeeded, Why: "risk-not-needed"}
	}
	return status{State: notStarted, Why: "risk-open"}
}

func overriding(r *licensingv1.RiskFinding) bool {
	return left(r) == licensingv1.Level_LEVEL_OVERRIDING
}

// left is what is left of a risk after what was agreed against it.
func left(r *licensingv1.RiskFinding) licensingv1.Level {
	if r.GetMitigated() != licensingv1.Level_LEVEL_UNSPECIFIED {
		return r.GetMitigated()
	}
	return r.GetLevel()
}

// openHits are those of a screening that nobody judged.
func openHits(s *ledgerv1.Screening) (n int) {
	for _, h := range s.GetHits() {
		if h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED {
			n++
		}
	}
	return n
}

func screeningStatus(f *file) status {
	s := f.Screening()
	if s == nil {
		return status{State: notStarted, Why: "screening-none"}
	}
	is := status{State: done, Why: "screening-done", N: len(s.GetHits()), By: s, At: s.GetAt()}
	switch s.GetCertificate().GetResult() {
	case screeningv1.Result_RESULT_OPEN:
		is.State, is.Why, is.N = inProgress, "screening-open", openHits(s)
	case screeningv1.Result_RESULT_CONFIRMED:
		is.State, is.Why = against, "screening-confirmed"
	case screeningv1.Result_RESULT_CLEAR, screeningv1.Result_RESULT_REVIEWED:
	default:
		is.State, is.Why = against, "screening-not-performed"
	}
	return is
}

func alikeStatus(f *file) status {
	open, waits := 0, 0
	for _, u := range f.Undercuts {
		switch u.GetStatus() {
		case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE, ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONFIRMED:
			open++
		case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING:
			waits++
		}
	}
	switch {
	case open > 0:
		return status{State: notStarted, Why: "alike-open", N: open}
	case waits > 0:
		return status{State: inProgress, Why: "alike-waits", N: waits}
	case len(f.Undercuts) > 0:
		return status{State: done, Why: "alike-done", N: len(f.Undercuts)}
	}
	return status{State: notNeeded, Why: "alike-none"}
}

func consultationStatus(f *file) status {
	c := f.Consultation()
	switch {
	case c == nil:
		return status{State: notNeeded, Why: "consultation-none"}
	case c.GetClosed() == nil:
		return status{State: inProgress, Why: "consultation-open", N: len(c.GetOpened().GetAddressees()) - len(f.Opinions), By: c, At: c.GetOpened().GetOpenedAt()}
	case !c.GetClosed().GetMayGrant():
		return status{State: against, Why: "consultation-against", By: c, At: c.GetClosedAt()}
	}
	return status{State: done, Why: "consultation-closed", By: c, At: c.GetClosedAt()}
}

func conflictStatus(f *file) status {
	if n := len(f.Application.GetConflicts()); n > 0 {
		return status{State: done, Why: "conflict-declared", N: n}
	}
	return status{State: notNeeded, Why: "conflict-none"}
}

func decisionStatus(f *file) status {
	if d := f.Decision(); d != nil {
		return status{State: done, Why: "decision-made", By: d.(made), At: d.GetDecidedAt()}
	}
	if p := f.Proposal(); p != nil {
		return status{State: done, Why: "decision-proposed", By: p, At: p.GetAt()}
	}
	if c := f.Check(); c == nil {
		return status{State: notStarted, Why: "decision-early"}
	}
	return status{State: notStarted, Why: "decision-open"}
}

func signStatus(f *file) status {
	p := f.Proposal()
	switch d := f.Decision(); {
	case d != nil:
		return status{State: done, Why: "sign-done", N: len(d.GetBasis().GetSignatures()), At: d.GetDecidedAt()}
	case p == nil:
		return status{State: cannotStart, Why: "sign-after-decision"}
	default:
		return status{State: inProgress, Why: "sign-open", N: int(p.GetProposed().GetNeeded()) - len(p.GetSignatures()), At: p.GetAt()}
	}
}

// missing are the names of the tasks that a case still waits for, in their order.
func missing(f *file) (names []string) {
	for _, s := range sections {
		for _, t := range s.Tasks {
			switch is := t.in(f); {
			case is.State == against, is.State == inProgress, is.State == notStarted && t.Name != "decision" && t.Name != "papers":
				names = append(names, t.Name)
			}
		}
	}
	return names
}
