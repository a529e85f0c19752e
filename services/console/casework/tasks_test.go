package casework

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	clear      = licensingv1.GateResult_GATE_RESULT_CLEAR
	prohibited = licensingv1.GateResult_GATE_RESULT_PROHIBITED
	high       = licensingv1.Level_LEVEL_HIGH
	tooGreat   = licensingv1.Level_LEVEL_OVERRIDING
)

// day is a moment on a day of the case, which was submitted on day 0.
func day(n int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, time.March, 1+n, 9, 0, 0, 0, time.UTC))
}

// submitted is a case of one line that nobody has looked at.
func submitted() *file {
	return &file{StatedAt: day(0).AsTime(), Application: &ledgerv1.Application{
		Id: "licensing/A-1", Status: ledgerv1.Status_STATUS_SUBMITTED, SubmittedAt: day(0),
		Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Lines: []*transferv1.Line{{Number: 1}}},
	}}
}

func (f *file) checked(on int, result licensingv1.GateResult) *file {
	f.Checks = append(f.Checks, &ledgerv1.ProhibitionCheck{At: day(on), Checked: &licensingv1.ProhibitionChecked{Result: result}})
	return f
}

func (f *file) assessed(on int, level, mitigated licensingv1.Level) *file {
	f.Assessments = append(f.Assessments, &ledgerv1.Assessment{At: day(on), Assessed: &licensingv1.RiskAssessed{
		Findings: []*licensingv1.RiskFinding{{Criterion: "7(4)", Level: level, Mitigated: mitigated}},
	}})
	return f
}

func (f *file) but(change func(*file)) *file {
	change(f)
	return f
}

// Where each task stands follows from what is on record, in the order of the law.
func TestWhereTasksStand(t *testing.T) {
	for name, tt := range map[string]struct {
		of   *file
		task string
		want state
		why  string
	}{
		"no category":           {submitted(), "lines", notStarted, "lines-open"},
		"a category":            {submitted().but(func(f *file) { f.Application.Deal.Lines[0].Category = 8 }), "lines", done, "lines-done"},
		"no category by office": {submitted().but(func(f *file) { f.Application.Classified = []*licensingv1.ClassificationAssigned{{Line: 1, None: true}} }), "lines", done, "lines-done"},
		"paper not asked after": {submitted().but(filed), "papers", inProgress, "papers-open"},
		"paper that is false": {submitted().but(filed).but(func(f *file) {
			f.Application.Verified = []*licensingv1.DocumentVerified{{Kind: "contract", Number: "1", Genuine: true}, {Kind: "contract", Number: "1"}}
		}), "papers", against, "papers-false"},
		"not checked":                        {submitted(), "prohibitions", notStarted, "prohibitions-open"},
		"clear":                              {submitted().checked(1, clear), "prohibitions", done, "prohibitions-clear"},
		"prohibited":                         {submitted().checked(1, clear).checked(2, prohibited), "prohibitions", against, "prohibitions-prohibited"},
		"checked, then stated anew":          {submitted().checked(1, clear).but(amended), "prohibitions", notStarted, "stated-anew"},
		"risk before Article 6":              {submitted(), "risk", cannotStart, "risk-after-article-6"},
		"risk of what is prohibited":         {submitted().checked(1, prohibited), "risk", cannotStart, "risk-after-article-6"},
		"risk after Article 6":               {submitted().checked(1, clear), "risk", notStarted, "risk-open"},
		"risk of an import":                  {submitted().checked(1, clear).but(func(f *file) { f.Application.Deal.Kind = transferv1.Kind_KIND_IMPORT }), "risk", notNeeded, "risk-not-needed"},
		"high":                               {submitted().checked(1, clear).assessed(2, high, 0), "risk", done, "risk-done"},
		"overriding":                         {submitted().checked(1, clear).assessed(2, tooGreat, 0), "risk", against, "risk-overriding"},
		"overriding, answered by a measure":  {submitted().checked(1, clear).assessed(2, tooGreat, high), "risk", done, "risk-done"},
		"hits nobody judged":                 {submitted().but(screened(screeningv1.Result_RESULT_OPEN)), "screening", inProgress, "screening-open"},
		"a party that is on a list":          {submitted().but(screened(screeningv1.Result_RESULT_CONFIRMED)), "screening", against, "screening-confirmed"},
		"screening that was not performed":   {submitted().but(screened(screeningv1.Result_RESULT_UNSPECIFIED)), "screening", against, "screening-not-performed"},
		"signature before a proposal":        {submitted(), "sign", cannotStart, "sign-after-decision"},
		"proposal":                           {submitted().but(proposed(1)), "sign", inProgress, "sign-open"},
		"proposal that was decided by now":   {submitted().but(proposed(1)).but(denied(2)), "sign", done, "sign-done"},
		"open when it was decided":           {submitted().but(denied(2)), "prohibitions", leftOpen, "prohibitions-open"},
		"open again by an appeal":            {submitted().but(denied(2)).but(overturned), "prohibitions", notStarted, "prohibitions-open"},
		"proposal from before it was denied": {submitted().but(proposed(1)).but(denied(2)).but(overturned), "sign", cannotStart, "sign-after-decision"},
		"proposal that was granted by now":   {submitted().but(proposed(1)).but(granted(2)), "sign", done, "sign-done"},
		"proposal whose licence was revoked": {submitted().but(proposed(1)).but(granted(2)).but(revokedThenOverturned), "sign", cannotStart, "sign-after-decision"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range sections {
				for _, task := range s.Tasks {
					if task.Name != tt.task {
						continue
					}
					if got := task.in(tt.of); got.State != tt.want || got.Why != tt.why {
						t.Errorf("%s is %s, %s; want %s, %s", tt.task, got.State, got.Why, tt.want, tt.why)
					}
					return
				}
			}
			t.Fatalf("there is no task %s", tt.task)
		})
	}
}

func filed(f *file) {
	f.Application.Deal.Documents = []*licensingv1.Document{{Kind: "contract", Number: "1"}}
}

func amended(f *file) { f.StatedAt = day(5).AsTime() }

func screened(result screeningv1.Result) func(*file) {
	return func(f *file) {
		f.Screenings = append(f.Screenings, &ledgerv1.Screening{At: day(1), Certificate: &screeningv1.Certificate{Result: result}, Hits: []*screeningv1.Hit{{Number: 1}}})
	}
}

func proposed(on int) func(*file) {
	return func(f *file) {
		f.Proposals = append(f.Proposals, &ledgerv1.Proposal{Id: "licensing/P-1", At: day(on), Proposed: &licensingv1.DecisionProposed{Needed: 2}, Signatures: []*licensingv1.Signature{{}}})
	}
}

func denied(on int) func(*file) {
	return func(f *file) {
		f.Denials = append(f.Denials, &ledgerv1.Denial{Id: "licensing/N-1", DecidedAt: day(on)})
	}
}

func overturned(f *file) { f.Overturned = append(f.Overturned, "licensing/N-1") }

// Every task of the list has a form.
func TestTasksHaveForms(t *testing.T) {
	for _, s := range sections {
		for _, task := range s.Tasks {
			if _, found := works[task.Name]; !found {
				t.Errorf("nothing is done by the form of task %s", task.Name)
			}
		}
	}
}

func TestMissing(t *testing.T) {
	want := []string{"lines", "prohibitions", "screening"}
	if got := missing(submitted()); !slices.Equal(got, want) {
		t.Errorf("a case that nobody looked at waits for %q, want %q", got, want)
	}
}

// A refusal that names several things is shown as several.
func TestSentences(t *testing.T) {
	for said, want := range map[string][]string{
		"application licensing/A-1 cannot be granted yet: Article 6 was not checked: counterfoil licence assess licensing/A-1 -f FILE; screen again with: counterfoil screen": {"Article 6 was not checked", "screen again"},
		"application licensing/A-1 cannot be granted yet: denial N-1 looks identical (the end user; the item) and nobody judged it; Article 6 was not checked":                {"denial N-1 looks identical (the end user; the item) and nobody judged it", "Article 6 was not checked"},
		"no decision policy was adopted, so nobody can decide; have the authority adopt one":                                                                                  {"no decision policy was adopted, so nobody can decide; have the authority adopt one"},
	} {
		if got := sentences(said); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

func granted(on int) func(*file) {
	return func(f *file) {
		f.Licences = append(f.Licences, &ledgerv1.Licence{Id: "licensing/L-1", DecidedAt: day(on), Status: ledgerv1.Status_STATUS_GRANTED})
	}
}

func revokedThenOverturned(f *file) {
	f.Licences[0].Status, f.Overturned = ledgerv1.Status_STATUS_REVOKED, append(f.Overturned, "licensing/L-1")
}
