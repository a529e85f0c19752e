package main

import (
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// horizonFlags choose the part of history that an answer rests on.
type horizonFlags struct {
	asOf, trueAt, knownTo, at string
}

func (f *horizonFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.asOf, "as-of", "", "as it was on record then: yyyy-mm-dd, which is its first moment, or a time with its zone (default: now)")
	flags.StringVar(&f.trueAt, "true-at", "", "only what had come true by then, as it is known today")
	flags.StringVar(&f.knownTo, "known-to", "", "only what this agency had received by --at")
	flags.StringVar(&f.at, "at", "", "with --known-to: when it had it (default: now)")
}

// alias lets --at alone stand for --as-of.
func (f *horizonFlags) alias() {
	if f.knownTo == "" && f.asOf == "" {
		f.asOf, f.at = f.at, ""
	}
}

// horizon returns the flags as the API takes them; nil when none was given.
func (f *horizonFlags) horizon() (h *queryv1.Horizon, err error) {
	h = &queryv1.Horizon{KnownTo: f.knownTo}
	if f.at != "" && f.knownTo == "" {
		return nil, usage("--at says when an agency knew it: give --known-to AGENCY too")
	}
	if h.AsOf, err = parseTime("as-of", f.asOf); err != nil {
		return nil, err
	}
	if h.TrueAt, err = parseTime("true-at", f.trueAt); err != nil {
		return nil, err
	}
	if h.At, err = parseTime("at", f.at); err != nil {
		return nil, err
	}
	if f.asOf+f.trueAt+f.knownTo == "" {
		return nil, nil
	}
	return h, nil
}

// horizonWords says in words what an answer was limited to.
func horizonWords(h *queryv1.Horizon) string {
	var parts []string
	if h.GetAsOf() != nil {
		parts = append(parts, "as on record at "+date(h.AsOf))
	}
	if h.GetTrueAt() != nil {
		parts = append(parts, "what had come true by "+date(h.TrueAt))
	}
	if h.GetKnownTo() != "" {
		by := "now"
		if h.At != nil {
			by = date(h.At)
		}
		parts = append(parts, "what "+h.KnownTo+" had received by "+by)
	}
	return strings.Join(parts, ", ")
}

// adviseHorizon says beside a table what the answer was limited to.
func (env *Env) adviseHorizon(h *queryv1.Horizon) {
	if env.Format == output.Table && h != nil {
		env.Advise("%s", horizonWords(h))
	}
}
