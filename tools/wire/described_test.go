package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/counterfoil/counterfoil/libs/openapi"
)

// described is what the whole contract's OpenAPI document says of the answers of each path.
type described map[string]*jsonschema.Schema

// describes fails unless a node's own document has the methods that are served and do not stream, and no others.
func describes(t *testing.T, p peer, served []string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var own struct{ Paths map[string]any }
	if err := json.NewDecoder(res.Body).Decode(&own); err != nil {
		t.Fatalf("%s: %s, %v", p.agency, res.Status, err)
	}
	want := []string{"/login", "/logout"}
	for _, path := range served {
		if m := contract()[path]; m != nil && !m.IsStreamingServer() && !m.IsStreamingClient() {
			want = append(want, path)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(own.Paths)); !slices.Equal(want, got) {
		t.Errorf("%s describes %v and serves %v", p.agency, got, want)
	}
}

// TestOpenAPIIsValid holds the document of the whole contract to the OpenAPI specification.
func TestOpenAPIIsValid(t *testing.T) {
	data, err := openapi.All()
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	if ok, wrong := schema_validation.ValidateOpenAPIDocument(document); !ok {
		for _, w := range wrong {
			t.Error(w)
		}
	}
}

// answersDescribed compiles what the document says of the answers of each path. So that no answer has more than is described, its
// schemas are closed: as other systems read them, they are open to what comes later.
func answersDescribed(t *testing.T) described {
	t.Helper()
	data, err := openapi.All()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range document.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		if s := schema.(map[string]any); s["type"] == "object" && name != "google.protobuf.Any" {
			s["additionalProperties"] = false
		}
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	answers := described{}
	for path, m := range contract() {
		if m.IsStreamingServer() || m.IsStreamingClient() {
			continue
		}
		if answers[path], err = c.Compile("openapi.json#/components/schemas/" + string(m.Output().FullName())); err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// holds fails unless an answer is what the document says of its path.
func (d described) holds(t *testing.T, path string, answer []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		t.Fatal(err)
	}
	if err := d[path].Validate(value); err != nil {
		t.Errorf("%s answers otherwise than described: %v\n%.500s", path, err, answer)
	}
}

// What checks answers finds what is wrong with them.
func TestWrongAnswersAreFound(t *testing.T) {
	schema := answersDescribed(t)["/counterfoil.query.v1.QueryService/Count"]
	for answer, ok := range map[string]bool{
		`{"total": "3", "groups": [{"key": "XB", "count": "3"}]}`: true,
		`{}`:                         true,
		`{"total": 3}`:               false,
		`{"total": "3", "sum": "3"}`: false,
		`{"groups": {"XB": 3}}`:      false,
		`{"basis": {"positions": [{"recordedAt": "yesterday"}]}}`: false,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(answer)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != ok {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
