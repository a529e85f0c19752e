package lab_test

import (
	"bytes"
	"os"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// procedures has reporting adopt the example's procedure, by the working days of a State without a calendar, and say that a step was done.
func (r rehearsed) procedures() {
	example, err := os.ReadFile("reporting/example.yaml")
	if err != nil {
		r.Fatal(err)
	}
	r.do("reporting", &reportingv1.AdoptProcedureRequest{Content: bytes.Replace(example, []byte("calendar: XA\n"), nil, 1), Reason: "the first"})
	r.do("reporting", &reportingv1.CompleteStepRequest{Report: "iti", Year: 2025, Step: "submit", Agency: "enforcement", Text: "letter 7"})
}
