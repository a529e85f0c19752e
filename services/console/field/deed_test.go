package field

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/services/console/web"
)

// A form that was used for something else can be sent after it was shown again; one that was refused otherwise is still the same one.
func TestFormThatWasUsed(t *testing.T) {
	for kind, same := range map[string]bool{"already_exists": false, "invalid_argument": true, "failed_precondition": true} {
		r := httptest.NewRequest(http.MethodPost, "/console/border/declare", strings.NewReader(url.Values{"key": {"K"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if f := newForm(&web.Visit{R: r}, &web.Failure{Kind: kind}); f.Key == "" || (f.Key == "K") != same {
			t.Errorf("%s: key %q", kind, f.Key)
		}
	}
}
