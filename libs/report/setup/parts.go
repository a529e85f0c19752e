package setup

import (
	"strings"
)

// Part is a part of a set-up as the command takes it that puts it on record.
type Part struct {
	// Of the file, such as "policy-export-standard-3.yaml".
	Name string
	// Such as "counterfoil policy adopt".
	Command string
	Content []byte
}

// Parts are the policies, the sharing rules, calendars, competences and the procedure, each as a file that a command takes. Agencies join by
// themselves, and groups are defined by counterfoil group define.
func (s *Setup) Parts() (parts []Part, err error) {
	add := func(name, command string, content any) {
		if err == nil {
			p := Part{Name: safe(name) + ".yaml", Command: command}
			if text, ok := content.(string); ok {
				p.Content = []byte(text)
			} else {
				p.Content, err = encode(content)
			}
			parts = append(parts, p)
		}
	}
	for _, p := range s.Policies {
		add("policy-"+p.Policy, "counterfoil policy adopt", p.Content)
	}
	for _, c := range s.Calendars {
		add("calendar-"+c.Calendar, "counterfoil calendar adopt -f", map[string]any{"calendar": c})
	}
	if len(s.Rules) > 0 {
		add("rules", "counterfoil rules adopt -f", map[string]any{"rules": s.Rules})
	}
	for _, a := range s.Agencies {
		if len(a.Competences) > 0 {
			add("competences-"+a.Agency, "counterfoil agency competences -f", map[string]any{
				"competences": map[string]any{"agency": a.Agency, "legal_basis": a.LegalBasis, "competences": a.Competences},
			})
		}
	}
	if s.Procedure != nil {
		add("procedure-"+s.Procedure.Procedure, "counterfoil report procedure adopt", s.Procedure.Content)
	}
	return parts, err
}

// safe is a name that every file system takes.
func safe(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, name)
}
