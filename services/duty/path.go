package duty

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Path leads to a field of a row, such as "deal.parties[2].name".
type Path []Step

// Step is a field, and the element that is meant where it is a list; the first is 0.
type Step struct {
	Name    string
	Indexed bool
	Index   int
}

var step = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:\[(0|[1-9][0-9]{0,5})\])?$`)

// ParsePath reads a path; what is none is refused.
func ParsePath(text string) (Path, error) {
	var path Path
	for part := range strings.SplitSeq(text, ".") {
		found := step.FindStringSubmatch(part)
		if found == nil {
			return nil, fault.Errorf(fault.Invalid, "%q is not the path of a field, such as deal.parties[2].name", text)
		}
		s := Step{Name: found[1], Indexed: found[2] != ""}
		if s.Indexed {
			s.Index, _ = strconv.Atoi(found[2]) // at most six digits
		}
		path = append(path, s)
	}
	return path, nil
}

func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.Name
		if s.Indexed {
			parts[i] += "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return strings.Join(parts, ".")
}
