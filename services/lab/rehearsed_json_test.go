package lab_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/openapi"
	"github.com/counterfoil/counterfoil/libs/rpc"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// described holds messages in JSON to the OpenAPI document of the contract.
type described struct {
	compiler *jsonschema.Compiler
}

// newDescribed closes the schemas of the document, so that no message has more than is described: as other systems read them they are
// open to what comes later.
func newDescribed(t *testing.T) described {
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
	return described{c}
}

func (d described) holds(t *testing.T, m protoreflect.MessageDescriptor, message []byte) {
	t.Helper()
	schema, err := d.compiler.Compile("openapi.json#/components/schemas/" + string(m.FullName()))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s is otherwise than described: %v\n%s", m.FullName(), err, message)
	}
}

// plainly puts a command as a plain POST of JSON. Request and answer are what the OpenAPI document says.
func (r rehearsed) plainly(n *node.Node, method protoreflect.MethodDescriptor, req proto.Message) *eventv1.Receipt {
	r.Helper()
	body, err := protojson.Marshal(req)
	if err != nil {
		r.Fatal(err)
	}
	r.described.holds(r.T, method.Input(), body)
	post, err := http.NewRequestWithContext(r.Context(), http.MethodPost, n.URL()+"/"+string(method.Parent().FullName())+"/"+string(method.Name()), bytes.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Authorization", "Bearer "+tokenOf(r.T, n))
	post.Header.Set(rpc.RoleHeader, "officer")
	post.Header.Set(rpc.PersonHeader, r.person)
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		r.Fatalf("%s as JSON: %s: %s, %v", method.Name(), answer.Status, data, err)
	}
	r.described.holds(r.T, method.Output(), data)
	res := message(r.T, method.Output())
	if err := protojson.Unmarshal(data, res); err != nil {
		r.Fatal(err)
	}
	return res.(interface{ GetReceipt() *eventv1.Receipt }).GetReceipt()
}
