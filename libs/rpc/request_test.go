package rpc_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// A request in JSON is read as it was meant, or refused with what there is instead.
func TestRequestsAreReadExactly(t *testing.T) {
	cfg := config(t)
	server := rpc.NewServer(cfg)
	queryv1connect.RegisterQueryServiceHandler(server, queryv1connect.UnimplementedQueryServiceHandler{})
	licensingv1connect.RegisterLicensingServiceHandler(server, licensingv1connect.UnimplementedLicensingServiceHandler{})
	customsv1connect.RegisterCustomsServiceHandler(server, customsv1connect.UnimplementedCustomsServiceHandler{})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	const (
		get     = "/counterfoil.query.v1.QueryService/Get"
		suspend = "/counterfoil.licensing.v1.LicensingService/SuspendLicence"
		accept  = "/counterfoil.customs.v1.CustomsService/AcceptDeclaration"
		ours    = `"licenceId": "licensing/L-1", "reason": "r"`
	)
	for _, tt := range []struct {
		procedure, body, want string // want is what the answer has
	}{
		{suspend, `{` + ours + `, "particulars": {"dryRun": true}}`, `"unimplemented"`},
		{suspend, `{"licence_id": "licensing/L-1", "reason": "r", "particulars": {"dry_run": true}}`, `"unimplemented"`},
		{suspend, `{` + ours + `, "particulars": {"dryrun": true}}`, `unknown field \"dryrun\"`},
		{suspend, `{` + ours + `, "particular": {"dryRun": true}}`, `unknown field \"particular\"`},
		{get, `{"table": "TABLE_ALERT", "id": "enforcement/D-1"}`, `invalid value for enum field table: \"TABLE_ALERT\"`},
		{get, `{"id": "enforcement/D-1"}`, `table: give one of TABLE_`},
		{get, `{"table": 4711, "id": "enforcement/D-1"}`, `table: give one of TABLE_`},
		{suspend, `{"licenceId": "L-1"}`, `"message":"licence_id: write an id that begins with the agency that recorded it, such as licensing/L-2026-000001\nreason: is missing"`},
		{suspend, `{"licenceId": "L-1", "reason": "r"}`, `"type":"buf.validate.Violations"`},
		{accept, `{"number": "26XA1", "kind": "KIND_BROKERING"}`, `kind: give one of KIND_EXPORT, KIND_IMPORT, KIND_TRANSIT, KIND_TRANS_SHIPMENT\n`},
	} {
		res, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, tt.procedure, strings.NewReader(tt.body))
		req.Header.Set("Authorization", "Bearer token")
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(rpc.PersonHeader, "p-1")
		handler.ServeHTTP(res, req)
		if answer := res.Body.String(); !strings.Contains(answer, tt.want) {
			t.Errorf("%s of %s is answered %d: %.300s; want %s", tt.procedure, tt.body, res.Code, answer, tt.want)
		}
	}
}

// What is too large is refused with how large it may be and what to do, packed or not, and in every protocol.
func TestTooLargeSaysWhatToDo(t *testing.T) {
	cfg := config(t)
	server := rpc.NewServer(cfg)
	licensingv1connect.RegisterLicensingServiceHandler(server, licensingv1connect.UnimplementedLicensingServiceHandler{})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat(" ", rpc.MaxRequest)
	var packed, envelope bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err = zip.Write([]byte("{}" + large))
	if err := errors.Join(err, zip.Close(), binary.Write(&envelope, binary.BigEndian, uint32(len(large)+1))); err != nil {
		t.Fatal(err)
	}
	grpcWeb := "\x00" + envelope.String() + large + " "
	for name, tt := range map[string]struct{ contentType, encoding, body string }{
		"JSON": {"application/json", "", "{}" + large}, "packed": {"application/json", "gzip", packed.String()}, "gRPC-Web": {"application/grpc-web+proto", "", grpcWeb},
	} {
		res, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/counterfoil.licensing.v1.LicensingService/SuspendLicence", strings.NewReader(tt.body))
		req.Header.Set("Authorization", "Bearer token")
		req.Header.Set("Content-Type", tt.contentType)
		req.Header.Set(rpc.PersonHeader, "p-1")
		if tt.encoding != "" {
			req.Header.Set("Content-Encoding", tt.encoding)
		}
		handler.ServeHTTP(res, req)
		answer := res.Body.String() + res.Header().Get("Grpc-Message")
		if !strings.Contains(answer, "larger than 8 MiB") || !strings.Contains(answer, "in several requests") || strings.Contains(answer, "configured") {
			t.Errorf("%s is answered %d: %.300s %v", name, res.Code, answer, res.Header())
		}
	}
}

// What programs read of a refusal is the contract's rule and its field, as protovalidate has them.
func TestDetailsAreTheRules(t *testing.T) {
	cfg := config(t)
	server := rpc.NewServer(cfg)
	licensingv1connect.RegisterLicensingServiceHandler(server, licensingv1connect.UnimplementedLicensingServiceHandler{})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		t.Fatal(err)
	}
	over, end := rpc.Within(rpc.HTTPServer(handler))
	t.Cleanup(func() { _ = end() })
	_, err = clients.Over(over, "http://node", clients.Identity{Token: "token", Person: "p-1"}).Licensing.SuspendLicence(t.Context(), &licensingv1.SuspendLicenceRequest{LicenceId: "L-1"})
	var refused *connect.Error
	if !errors.As(err, &refused) || len(refused.Details()) != 1 {
		t.Fatalf("refused with %v", err)
	}
	var broken validate.Violations
	if err := proto.Unmarshal(refused.Details()[0].Value, &broken); err != nil {
		t.Fatal(err)
	}
	var own *protovalidate.ValidationError
	if !errors.As(protovalidate.Validate(&licensingv1.SuspendLicenceRequest{LicenceId: "L-1"}), &own) || !proto.Equal(&broken, own.ToProto()) {
		t.Errorf("programs read %v, not %v", &broken, own)
	}
}
