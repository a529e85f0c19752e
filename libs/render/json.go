package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// JSON writes an edition as the contract has it (counterfoil.reporting.v1.Content): keys are the field names of the .proto in its order,
// every field without presence is there, 64-bit numbers are strings, amounts are thousandths and minor units. It has no language.
func JSON(w io.Writer, c *reportingv1.Content) error {
	data, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(c)
	if err != nil {
		return fmt.Errorf("write an edition as JSON: %w", err)
	}
	var lines bytes.Buffer // protojson varies its spacing on purpose
	if err := json.Indent(&lines, data, "", "  "); err != nil {
		return fmt.Errorf("write an edition as JSON: %w", err)
	}
	lines.WriteByte('\n')
	_, err = w.Write(lines.Bytes())
	return err
}
