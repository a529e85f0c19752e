package openapi_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/counterfoil/counterfoil/libs/clients" // the whole contract is linked in
	"github.com/counterfoil/counterfoil/libs/openapi"
)

type document struct {
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Paths map[string]struct {
		Post struct {
			Roles       []string `json:"x-roles"`
			Description string   `json:"description"`
			Summary     string   `json:"summary"`
		} `json:"post"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]any `json:"schemas"`
	} `json:"components"`
}

func read(t *testing.T, data []byte, err error) (d document) {
	t.Helper()
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every method that does not stream is there, with what it does, how it is listed and who may call it.
func TestAllIsTheContract(t *testing.T) {
	data, err := openapi.All()
	all := read(t, data, err)
	methods := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				if !strings.HasPrefix(string(s.FullName()), "counterfoil.") || m.IsStreamingServer() || m.IsStreamingClient() {
					continue
				}
				methods++
				path := "/" + string(s.FullName()) + "/" + string(m.Name())
				if p := all.Paths[path].Post; len(p.Roles) == 0 || p.Description == "" || p.Summary == "" {
					t.Errorf("%s is described as %+v", path, p)
				}
			}
		}
		return true
	})
	if methods < 150 || len(all.Paths) != methods+2 {
		t.Errorf("%d paths are described, of %d methods, login and logout", len(all.Paths), methods)
	}
}

// A node describes what it serves and nothing else, and every schema that this takes.
func TestOfIsWhatIsServed(t *testing.T) {
	served := []string{"/counterfoil.query.v1.QueryService/Count", "/counterfoil.query.v1.QueryService/Watch", "/counterfoil.query.v1.QueryService/List"}
	data, err := openapi.Of(served)
	d := read(t, data, err)
	if len(d.Paths) != 4 || len(d.Tags) != 2 || !slices.Equal(d.Paths[served[0]].Post.Roles, []string{"viewer", "auditor", "officer", "approver"}) {
		t.Errorf("described are %+v in %v", d.Paths, d.Tags)
	}
	for part := range strings.SplitSeq(string(data), `"#/components/schemas/`) {
		if name, _, _ := strings.Cut(part, `"`); strings.HasPrefix(name, "counterfoil.") && d.Components.Schemas[name] == nil {
			t.Errorf("schema %s is missing", name)
		}
	}
	if d.Components.Schemas["counterfoil.customs.v1.BalanceResponse"] != nil {
		t.Error("a schema is there that nothing comes to")
	}
	slices.Reverse(served)
	if again, err := openapi.Of(served); err != nil || !bytes.Equal(data, again) {
		t.Errorf("in another order it is described otherwise: %v", err)
	}
}
