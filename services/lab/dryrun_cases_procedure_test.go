package lab_test

import (
	"bytes"
	"os"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// procedures has reporting adopt the next version of the procedure, and say that a step was done.
func (r rehearsed) procedures() {
	example, err := os.ReadFile("reporting/example.yaml")
	if err != nil {
		r.Fatal(err)
	}
	r.do("reporting", &reportingv1.AdoptProcedureRequest{Content: bytes.Replace(example, []byte("version: 1"), []byte("version: 2"), 1), Reason: "new dates"})
	r.do("reporting", &reportingv1.CompleteStepRequest{Report: "iti", Year: 2025, Step: "submit", Agency: "enforcement", Text: "letter 7"})
}
