package application_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

func TestFileDocument(t *testing.T) {
	filed := func(d *licensingv1.Document) []proto.Message {
		return []proto.Message{&licensingv1.DocumentFiled{ApplicationId: applicationID, Document: d}}
	}
	of := func(change func(*licensingv1.Document)) *licensingv1.Document { return with(document("2"), change) }
	tests := []struct {
		name     string
		given    []proto.Message
		document *licensingv1.Document
		want     []proto.Message
		wantErr  error
	}{
		{"a second one", []proto.Message{submitted()}, document("2"), filed(document("2")), nil},
		{"one that ran out is on file too", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.IssuedOn, d.ExpiresOn = "", "2020-01-01" }),
			filed(of(func(d *licensingv1.Document) { d.IssuedOn, d.ExpiresOn = "", "2020-01-01" })), nil},
		{"again", []proto.Message{submitted()}, document("1"), nil, nil},
		{"the number of another", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Number = "1" }), nil, fault.Conflict},
		{"the number of another kind", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Number, d.Kind = "1", "contract" }),
			filed(of(func(d *licensingv1.Document) { d.Number, d.Kind = "1", "contract" })), nil},
		{"no number", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Number = "" }), nil, fault.Invalid},
		{"no hash", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Sha256 = nil }), nil, fault.Invalid},
		{"half a hash", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Sha256 = d.Sha256[:16] }), nil, fault.Invalid},
		{"no kind", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.Kind = "" }), nil, fault.Invalid},
		{"no day", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.ExpiresOn = "2026-02-30" }), nil, fault.Invalid},
		{"ended before it was issued", []proto.Message{submitted()}, of(func(d *licensingv1.Document) { d.ExpiresOn = "2026-01-04" }), nil, fault.Invalid},
		{"none", []proto.Message{submitted()}, nil, nil, fault.Invalid},
		{"decided", []proto.Message{submitted(), denied}, document("2"), nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.FileDocument(given(t, tt.given...), &licensingv1.FileDocumentRequest{Particulars: particulars, ApplicationId: applicationID, Document: tt.document})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestFileAuthorization(t *testing.T) {
	filed := &licensingv1.AuthorizationFiled{ApplicationId: applicationID, Authorization: authorization("7")}
	of := func(change func(*licensingv1.ExternalAuthorization)) *licensingv1.ExternalAuthorization {
		return with(authorization("7"), change)
	}
	tests := []struct {
		name          string
		given         []proto.Message
		authorization *licensingv1.ExternalAuthorization
		want          []proto.Message
		wantErr       error
	}{
		{"one", []proto.Message{submitted()}, authorization("7"), []proto.Message{filed}, nil},
		{"again", []proto.Message{submitted(), beside(filed)}, authorization("7"), nil, nil},
		{"another content", []proto.Message{submitted(), beside(filed)}, of(func(a *licensingv1.ExternalAuthorization) { a.ValidUntil = "2028-01-01" }), nil, fault.Conflict},
		{"of another issuer", []proto.Message{submitted(), beside(filed)}, of(func(a *licensingv1.ExternalAuthorization) { a.Issuer = "XC" }),
			[]proto.Message{with(filed, func(f *licensingv1.AuthorizationFiled) { f.Authorization.Issuer = "XC" })}, nil},
		{"no reference", []proto.Message{submitted()}, of(func(a *licensingv1.ExternalAuthorization) { a.Reference = "" }), nil, fault.Invalid},
		{"no issuer", []proto.Message{submitted()}, of(func(a *licensingv1.ExternalAuthorization) { a.Issuer = "" }), nil, fault.Invalid},
		{"no kind", []proto.Message{submitted()}, of(func(a *licensingv1.ExternalAuthorization) { a.Kind = "" }), nil, fault.Invalid},
		{"half a hash", []proto.Message{submitted()}, of(func(a *licensingv1.ExternalAuthorization) { a.Sha256 = []byte{1} }), nil, fault.Invalid},
		{"no day", []proto.Message{submitted()}, of(func(a *licensingv1.ExternalAuthorization) { a.ValidUntil = "soon" }), nil, fault.Invalid},
		{"never submitted", nil, authorization("7"), nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.FileAuthorization(given(t, tt.given...), &licensingv1.FileAuthorizationRequest{ApplicationId: applicationID, Authorization: tt.authorization})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestVerifyDocument(t *testing.T) {
	verified := &licensingv1.DocumentVerified{ApplicationId: applicationID, Kind: "end_user_certificate", Number: "1", Method: "embassy", Genuine: true}
	forged := with(verified, func(v *licensingv1.DocumentVerified) { v.Genuine, v.Note = false, "signed by nobody there" })
	command := &licensingv1.VerifyDocumentRequest{ApplicationId: applicationID, Kind: "end_user_certificate", Number: "1", Method: "embassy", Genuine: true}
	of := func(change func(*licensingv1.VerifyDocumentRequest)) *licensingv1.VerifyDocumentRequest {
		return with(command, change)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.VerifyDocumentRequest
		want    []proto.Message
		wantErr error
	}{
		{"genuine", []proto.Message{submitted()}, command, []proto.Message{verified}, nil},
		{"again", []proto.Message{submitted(), beside(verified)}, command, nil, nil},
		{"not genuine", []proto.Message{submitted(), beside(verified)},
			of(func(c *licensingv1.VerifyDocumentRequest) { c.Genuine, c.Note = false, forged.Note }), []proto.Message{forged}, nil},
		{"genuine after all", []proto.Message{submitted(), beside(verified), beside(forged)}, command, []proto.Message{verified}, nil},
		{"not genuine, without a word", []proto.Message{submitted()}, of(func(c *licensingv1.VerifyDocumentRequest) { c.Genuine = false }), nil, fault.Invalid},
		{"no method", []proto.Message{submitted()}, of(func(c *licensingv1.VerifyDocumentRequest) { c.Method = "" }), nil, fault.Invalid},
		{"not on file", []proto.Message{submitted()}, of(func(c *licensingv1.VerifyDocumentRequest) { c.Number = "2" }), nil, fault.NotFound},
		{"of another kind", []proto.Message{submitted()}, of(func(c *licensingv1.VerifyDocumentRequest) { c.Kind = "contract" }), nil, fault.NotFound},
		{"after the decision", []proto.Message{submitted(), denied}, command, []proto.Message{verified}, nil},
		{"sent back", []proto.Message{submitted(), beside(&licensingv1.ApplicationReturned{ApplicationId: applicationID, Reason: "no hash"})}, command, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.VerifyDocument(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
