package web

import (
	"regexp"
	"strconv"
	"strings"
)

// Line is one line of what the node said. Field names, in the language of who looks, the field that it is of; empty: it is of none.
type Line struct{ Field, Says string }

var (
	ofField = regexp.MustCompile(`^([a-z][a-z0-9_]*(?:\[[0-9]+\])?(?:\.[a-z][a-z0-9_]*(?:\[[0-9]+\])?)*): (.+)$`)
	place   = regexp.MustCompile(`^([a-z0-9_]+)(?:\[([0-9]+)\])?$`)
)

// Lines are those of a refusal. A field of the contract, which the node calls items[0].quantity, is called as on the pages: "Items 1 – Quantity".
func (v *Visit) Lines(said string) (lines []Line, err error) {
	for text := range strings.SplitSeq(said, "\n") {
		line := Line{Says: text}
		if found := ofField.FindStringSubmatch(text); found != nil {
			if line.Field, err = v.fieldName(found[1]); err != nil {
				return nil, err
			}
			if line.Field != "" {
				line.Says = found[2]
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// fieldName is what the pages call a field; empty when they have no word for it.
func (v *Visit) fieldName(path string) (string, error) {
	var names []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "particulars."), ".") {
		of := place.FindStringSubmatch(part)
		if !v.Has("field." + of[1]) {
			return "", nil
		}
		name, err := v.T("field." + of[1])
		if err != nil {
			return "", err
		}
		if n, err := strconv.Atoi(of[2]); err == nil {
			name += " " + strconv.Itoa(n+1)
		}
		names = append(names, name)
	}
	return strings.Join(names, " – "), nil
}
