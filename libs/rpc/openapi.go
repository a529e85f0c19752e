package rpc

import (
	"net/http"
	"sync"

	"github.com/counterfoil/counterfoil/libs/openapi"
)

// OpenAPIPath is where a GET answers with what the node serves, as openapi.Of has it. Like reflection it is for callers who are
// known, in any role: a stranger does not learn what a node is.
const OpenAPIPath = "/openapi.json"

func describe(cfg Config, procedures []string) http.HandlerFunc {
	document := sync.OnceValues(func() ([]byte, error) { return openapi.Of(procedures) })
	return func(w http.ResponseWriter, r *http.Request) {
		_, err := cfg.Door.Caller(r.Context(), bearer(r.Header.Get("Authorization")))
		var data []byte
		if err == nil {
			data, err = document()
		}
		if err != nil {
			refuse(w, cfg, OpenAPIPath, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data) // the caller may have left
	}
}
