package citations

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Class is whose facts were used, of which kind, and for which kind of decision; kinds are full names.
type Class struct{ Publisher, Kind, Decision string }

// Count counts this agency's decisions that were written in [from, until) by what they cite: under each class the decisions
// that cite at least one event of another agency of that kind, each decision once however many it cites. A zero from is the
// beginning. What is cited and not on record here, or was withdrawn, counts for nothing.
func Count(view ledger.View, from, until time.Time) (map[Class]uint64, error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, err
	}
	c := counting{view: view, from: from, until: until, kinds: map[string]string{}, classes: map[Class]uint64{}}
	for _, p := range positions {
		id, err := journal.ParseID(p.GetJournal())
		if err != nil {
			return nil, err
		}
		if id.Agency != view.Agency() || id.Group == ledger.Directory.Group {
			continue
		}
		for _, decision := range Decisions() {
			if err := c.decisions(id, decision); err != nil {
				return nil, fmt.Errorf("count what decisions cite: %w", err)
			}
		}
	}
	return c.classes, nil
}

type counting struct {
	view        ledger.View
	from, until time.Time
	kinds       map[string]string // of cited events, by their ids; empty: not known
	classes     map[Class]uint64
}

func (c *counting) decisions(id journal.ID, decision protoreflect.FullName) error {
	return c.view.EachCiting(id, decision, func(written time.Time, causes []*eventv1.Cause) error {
		if written.Before(c.from) || !written.Before(c.until) {
			return nil
		}
		of := map[Class]bool{}
		for _, cause := range causes {
			publisher, _, _ := strings.Cut(cause.GetJournal(), "/")
			if publisher == c.view.Agency() {
				continue
			}
			kind, err := c.kind(cause)
			if err != nil {
				return err
			}
			if kind != "" {
				of[Class{publisher, kind, string(decision)}] = true
			}
		}
		for class := range of {
			c.classes[class]++
		}
		return nil
	})
}

func (c *counting) kind(cause *eventv1.Cause) (string, error) {
	if kind, known := c.kinds[string(cause.GetId())]; known {
		return kind, nil
	}
	e, err := c.view.Cited(cause)
	if err != nil {
		return "", err
	}
	c.kinds[string(cause.GetId())] = e.GetKind()
	return e.GetKind(), nil
}
