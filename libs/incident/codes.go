// Package incident is what agencies share about diversions: the codes that they are described by, whom an alert is about, and
// what it may lead to at the agency that owns a record. Its functions depend on their arguments alone.
package incident

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// StageCode is the code of a stage, "D1" to "D6"; empty of one that is not known.
func StageCode(stage enforcementv1.Stage) string {
	code, _, _ := strings.Cut(strings.TrimPrefix(stage.String(), "STAGE_"), "_")
	if _, ok := refdata.CodeOf(refdata.DiversionStages, code); !ok {
		return ""
	}
	return code
}

// CheckType refuses a type of diversion that is not one of its stage (docs/alerts.md). It may be left out.
func CheckType(stage enforcementv1.Stage, kind string) error {
	if kind == "" {
		return nil
	}
	code := StageCode(stage)
	if code == "" {
		return fault.Errorf(fault.Invalid, "say at which stage it happened, D1 to D6; a type of diversion is one of its stage")
	}
	var types []string
	for _, c := range refdata.DiversionTypes(code) {
		if c.Code == kind {
			return nil
		}
		types = append(types, c.Code)
	}
	return fault.Errorf(fault.Invalid, "%q is not a type of diversion at stage %s; they are %s", kind, code, strings.Join(types, ", "))
}

// CheckIndicators refuses what is no red-flag code: RF01 to RF28.
func CheckIndicators(codes []string) error {
	for _, code := range codes {
		if _, ok := refdata.RedFlag(code); !ok {
			flags := refdata.Codes(refdata.Indicators).Codes
			return fault.Errorf(fault.Invalid, "%q is not a red-flag code; they are %s to %s", code, flags[0].Code, flags[len(flags)-1].Code)
		}
	}
	return nil
}

// CheckPatterns refuses what States do not share with one another under Article 11(5).
func CheckPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if _, ok := refdata.CodeOf(refdata.Patterns, pattern); !ok {
			var all []string
			for _, c := range refdata.Codes(refdata.Patterns).Codes {
				all = append(all, c.Code)
			}
			return fault.Errorf(fault.Invalid, "%q is not a pattern of diversion; they are %s", pattern, strings.Join(all, ", "))
		}
	}
	return nil
}

// CheckEvidence refuses evidence that says neither in words nor by a document what it is.
func CheckEvidence(all ...*enforcementv1.Evidence) error {
	for _, e := range all {
		if e.GetText() == "" && e.GetDocumentSha256() == "" {
			return fault.Errorf(fault.Invalid, "say what the evidence is: its text, or the SHA-256 of a document")
		}
	}
	return nil
}

// CheckCountries refuses codes that are of no State.
func CheckCountries(codes ...string) error {
	for _, code := range codes {
		if code != "" && !refdata.ValidCountry(code) {
			return fault.Errorf(fault.Invalid, "%q is not the code of a country (ISO 3166-1 alpha-2)", code)
		}
	}
	return nil
}

// At is a time that a command states, or that of the command; one after it is refused.
func At(stated, command *timestamppb.Timestamp, what string) (*timestamppb.Timestamp, error) {
	switch {
	case stated == nil:
		return command, nil
	case stated.CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "the time at which %s is not a time", what)
	case stated.AsTime().After(command.AsTime()):
		return nil, fault.Errorf(fault.Invalid, "%s at %s, which is after %s, when this was recorded", what, stamp(stated), stamp(command))
	}
	return stated, nil
}

func stamp(t *timestamppb.Timestamp) string { return t.AsTime().UTC().Format(time.RFC3339) }
