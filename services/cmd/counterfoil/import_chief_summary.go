package main

import (
	"cmp"
	"fmt"
	"strings"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// importedWires is what an import came to. Its keys are stable; numbers are plain ones.
type importedWires struct {
	DryRun bool           `json:"dry_run"`
	Files  []importedWire `json:"files"`
}

type importedWire struct {
	File string `json:"file"`
	Wire string `json:"wire"`
	// Status is recorded, on record before, refused, not taken or would be recorded; Why says the two in the middle.
	Status   string        `json:"status"`
	Why      string        `json:"why"`
	Code     string        `json:"code"`
	Accepted int           `json:"accepted"`
	Rejected int           `json:"rejected"`
	Events   uint64        `json:"events"` // recorded by this run
	Outcomes []wireOutcome `json:"outcomes"`
	Defects  []wireDefect  `json:"defects"` // of the file
	Remarks  []finding     `json:"remarks"` // on what the file was made of
}

type wireOutcome struct {
	Ref      string       `json:"ref"`
	Line     uint32       `json:"line"`
	Accepted bool         `json:"accepted"`
	Subject  string       `json:"subject"`
	Defects  []wireDefect `json:"defects"`
	Remarks  []string     `json:"remarks"`
}

type wireDefect struct {
	Code string `json:"code"`
	Line uint32 `json:"line"`
	Text string `json:"text"`
}

func wireDefects(from []*customsv1.WireDefect) []wireDefect {
	list := make([]wireDefect, len(from))
	for i, d := range from {
		list[i] = wireDefect{d.GetCode(), d.GetLine(), d.GetText()}
	}
	return list
}

func (w *importedWire) fill(res *customsv1.ReceiveWireResponse) {
	w.Wire, w.Status, w.Defects = res.GetWireId(), "recorded", wireDefects(res.GetDefects())
	w.Events = uint64(res.GetReceipt().GetEvents())
	switch run := res.GetReceipt().GetDryRun(); {
	case run != nil:
		w.Status, w.Events = "would be recorded", uint64(len(run.GetFacts()))
	case res.GetRefused() != nil:
		w.Status, w.Code, w.Why = "refused", res.GetRefused().GetCode(), res.GetRefused().GetText()
	case res.GetRepeated():
		w.Status = "on record before"
	}
	for _, o := range res.GetOutcomes() {
		if o.GetAccepted() {
			w.Accepted++
		} else {
			w.Rejected++
		}
		w.Outcomes = append(w.Outcomes, wireOutcome{
			Ref: o.GetRef(), Line: o.GetLine(), Accepted: o.GetAccepted(), Subject: o.GetSubject(), Defects: wireDefects(o.GetDefects()), Remarks: append([]string{}, o.GetRemarks()...),
		})
	}
}

// wrong is everything that is wrong, file by file; remarks are what was recorded in spite of something.
func (s *importedWires) wrong() (list []finding) {
	for _, w := range s.Files {
		if w.Why != "" {
			list = append(list, finding{File: w.File, Line: 1, Reason: coming(w.Code, w.Why)})
		}
		for _, d := range w.Defects {
			list = append(list, finding{File: w.File, Line: int(d.Line), Reason: d.Code + " " + d.Text})
		}
		for _, o := range w.Outcomes {
			for _, d := range o.Defects {
				list = append(list, finding{File: w.File, Line: int(cmp.Or(d.Line, o.Line)), Reason: coming(o.Ref, "rejected, "+d.Code+" "+d.Text)})
			}
		}
	}
	return list
}

func coming(first, rest string) string {
	if first == "" {
		return rest
	}
	return first + ": " + rest
}

func (s *importedWires) remarks() (list []finding) {
	for _, w := range s.Files {
		list = append(list, w.Remarks...)
		for _, o := range w.Outcomes {
			for _, r := range o.Remarks {
				list = append(list, finding{File: w.File, Line: int(o.Line), Reason: coming(o.Ref, r)})
			}
		}
	}
	return list
}

func (s *importedWires) document() output.Document {
	doc := output.Document{Value: s, Items: []any{}, Flat: &output.Grid{Heads: []string{"file", "wire", "status", "why", "ref", "line", "accepted", "codes", "subject"}}}
	grid := output.Grid{Heads: []string{"file", "wire", "status", "accepted", "rejected"}}
	events := uint64(0)
	for _, w := range s.Files {
		doc.Items = append(doc.Items, w)
		grid.Add(w.File, w.Wire, w.Status, count(w.Accepted), count(w.Rejected))
		events += w.Events
		w.flat(doc.Flat)
	}
	text := fmt.Sprintf("%d events recorded", events)
	if s.DryRun {
		text = "nothing was recorded: this was a dry run"
	}
	doc.Sections = []output.Section{{Grid: grid, Text: text}}
	doc.Sections = appendFindings(doc.Sections, "wrong", s.wrong())
	doc.Sections = appendFindings(doc.Sections, "recorded, but not without doubt", s.remarks())
	return doc
}

// flat adds a row for each transaction, or one for a file that has none.
func (w importedWire) flat(grid *output.Grid) {
	if len(w.Outcomes) == 0 {
		grid.Add(w.File, w.Wire, w.Status, w.Why, "", "", "", w.Code, "")
	}
	for _, o := range w.Outcomes {
		codes := ""
		for _, d := range o.Defects {
			codes = strings.TrimSpace(codes + " " + d.Code)
		}
		grid.Add(w.File, w.Wire, w.Status, w.Why, o.Ref, number(uint64(o.Line)), fmt.Sprint(o.Accepted), codes, o.Subject)
	}
}
