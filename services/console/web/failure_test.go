package web_test

import (
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/services/console/web"
)

// What is too large to be read is a refusal of what was sent, beside its form, and no fault of the node.
func TestTooLargeIsARefusal(t *testing.T) {
	err := connect.Errorf(connect.CodeResourceExhausted, "the request is larger than 8 MiB")
	if f := web.Refusal(err); f.Kind != "invalid_argument" || f.Sentence != "the request is larger than 8 MiB" || !web.IsRefusal(err) {
		t.Errorf("read as %+v", f)
	}
}
