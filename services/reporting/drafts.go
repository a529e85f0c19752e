package reporting

import (
	"sync"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// mostDrafts is how many reports are kept worked out; the one that was asked for longest ago gives way.
const mostDrafts = 4

// drafts keeps reports worked out, each brought up with the ledger when it is asked for, so that a report is always current and is
// built once. It is safe for concurrent use.
type drafts struct {
	mu   sync.Mutex
	kept []*report.Draft // the last that was asked for is the last
}

// with calls fn with a report as the facts stand in the view. fn must not keep the draft.
func (d *drafts) with(view ledger.View, name string, year int, fn func(*report.Draft) error) error {
	spec, err := report.Of(view, name, year)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	draft, err := d.take(view, spec)
	if err != nil {
		return err
	}
	d.kept = append(d.kept, draft)
	return fn(draft)
}

// take takes a draft out of those that are kept and brings it up with the view, or builds it; one whose update failed is gone.
func (d *drafts) take(view ledger.View, spec report.Spec) (*report.Draft, error) {
	for i, kept := range d.kept {
		if kept.Spec.Form.Name == spec.Form.Name && kept.Spec.Year == spec.Year {
			d.kept = append(d.kept[:i:i], d.kept[i+1:]...)
			if kept.Spec.ProcedureID != spec.ProcedureID {
				break
			}
			_, err := kept.Update(view)
			return kept, err
		}
	}
	if len(d.kept) == mostDrafts {
		d.kept = append(d.kept[:0:0], d.kept[1:]...)
	}
	return report.Build(view, spec)
}

// content is a report as its facts stand in the view.
func (d *drafts) content(view ledger.View, name string, year int, contributions bool) (c *reportingv1.Content, err error) {
	err = d.with(view, name, year, func(draft *report.Draft) error {
		c, err = draft.Content(view, contributions)
		return err
	})
	return c, err
}
