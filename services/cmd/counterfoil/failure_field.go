package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// broken is a line of a refusal by the contract's rules: a field of the request itself, or of what every command takes, and what to give.
var broken = regexp.MustCompile(`(?m)^(?:particulars\.)?([a-z0-9_]+)(?:\[[0-9]+\])?: `)

// typed names the fields in a refusal as they are typed: the flag --licence or the argument LICENCE of the command for licence_id. Others, such
// as those of a file, keep their names.
func (env *Env) typed(why string) string {
	if env.called == nil {
		return why
	}
	arguments := strings.FieldsFunc(env.called.Use, func(r rune) bool { return !unicode.IsUpper(r) && r != '-' })
	return broken.ReplaceAllStringFunc(why, func(line string) string {
		name := strings.ReplaceAll(broken.FindStringSubmatch(line)[1], "_", "-")
		for _, name := range []string{name, strings.TrimSuffix(name, "-id"), strings.TrimSuffix(name, "s")} {
			if argument := strings.ToUpper(name); slices.Contains(arguments, argument) {
				return argument + ": "
			}
			if env.called.Flags().Lookup(name) != nil {
				return "--" + name + ": "
			}
		}
		return line
	})
}
