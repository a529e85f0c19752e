package refdata

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed codes.yaml
var codesText []byte

// List is the name of a code list.
type List string

const (
	Discrepancies          List = "discrepancy"             // what does not fit in a declaration, DX01 to DX24
	Indicators             List = "indicator"               // red flags, RF01 to RF28; Group says what of
	DiversionStages        List = "diversion_stage"         // D1 to D6, as enforcement's Stage
	DiversionKinds         List = "diversion_type"          // Group is the stage
	Patterns               List = "pattern"                 // Article 11(5)
	VerificationOutcomes   List = "pdv_outcome"             // of a post-delivery verification
	IllicitGrounds         List = "illicit_ground"          // why a recovered weapon is taken for illicit
	TraceRefusals          List = "trace_refusal"           // why a trace is refused, limited or delayed
	ChainEnds              List = "end_of_chain"            // why a chain of holders goes no further
	EvidenceSources        List = "evidence_source"         // where evidence comes from
	SourceReliability      List = "source_reliability"      // A to F
	InformationCredibility List = "information_credibility" // 1 to 6
)

// Severity is how much a discrepancy weighs unless policy says otherwise.
type Severity string

const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// Code is an entry of a list.
type Code struct {
	Code string
	// Says is what it means, for people, without a full stop.
	Says string
	// Group of a red flag ("party", "document") or stage of a type of diversion ("D2"); empty in the other lists.
	Group string
	// Severity of a discrepancy; empty in the other lists.
	Severity Severity
}

// CodeList is a list as it stands in one version. Codes are added in a later version and keep their meaning.
type CodeList struct {
	Version string
	Codes   []Code
}

var codeLists = sync.OnceValue(func() map[List]CodeList {
	lists, err := loadCodes(codesText)
	if err != nil {
		panic("refdata: " + err.Error()) // the lists are part of the program, and a test reads them
	}
	return lists
})

func loadCodes(text []byte) (map[List]CodeList, error) {
	lists := map[List]CodeList{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(lists); err != nil {
		return nil, fmt.Errorf("read the code lists: %w", err)
	}
	return lists, nil
}

// Codes returns a code list, which is the caller's to change; an empty one for a name that is none of the constants.
func Codes(name List) CodeList {
	l := codeLists()[name]
	l.Codes = slices.Clone(l.Codes)
	return l
}

// CodeOf finds a code in a list.
func CodeOf(name List, code string) (c Code, ok bool) {
	for _, c := range codeLists()[name].Codes {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}

// Discrepancy returns what a discrepancy code means and how much it weighs (DX01 to DX24).
func Discrepancy(code string) (c Code, ok bool) { return CodeOf(Discrepancies, code) }

// RedFlag returns what a red flag means and its group (RF01 to RF28).
func RedFlag(code string) (c Code, ok bool) { return CodeOf(Indicators, code) }

// DiversionTypes returns the types of diversion of a stage, D1 to D6; none for any other text.
func DiversionTypes(stage string) []Code {
	return slices.DeleteFunc(Codes(DiversionKinds).Codes, func(c Code) bool { return c.Group != stage })
}
