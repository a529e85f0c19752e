package casework

import (
	"net/url"
	"testing"

	"connectrpc.com/connect/v2"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// A form that was used for something else can be sent after it was shown again; one that was refused otherwise is still the same one.
func TestFormThatWasUsed(t *testing.T) {
	for code, same := range map[connect.Code]bool{connect.CodeAlreadyExists: false, connect.CodeInvalidArgument: true, connect.CodeFailedPrecondition: true} {
		f := form{Values: url.Values{"key": {"K"}}}
		_, err := f.do(func(p *eventv1.Particulars) (recorded, error) {
			return nil, connect.NewError(code, "refused under "+p.IdempotencyKey)
		})
		if err != nil || f.Failed == nil || f.Failed.Sentence != "refused under K" || (f.Get("key") == "K") != same {
			t.Errorf("%v: key %q, failed %+v, %v", code, f.Get("key"), f.Failed, err)
		}
	}
}
