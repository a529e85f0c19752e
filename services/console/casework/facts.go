package casework

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/clients"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// lineForm is what is said of one line.
type lineForm struct {
	*transferv1.Line
	// Said is the last classification; nil when there is none.
	Said *licensingv1.ClassificationAssigned
}

// Lines are the lines of the deal, with what was said of each.
func (t *taskPage) Lines() (all []lineForm) {
	for _, l := range t.Application.GetDeal().GetLines() {
		one := lineForm{Line: l}
		for _, c := range t.Application.GetClassified() {
			if c.GetLine() == l.GetNumber() {
				one.Said = c
			}
		}
		all = append(all, one)
	}
	return all
}

// LineOptions are the lines as options.
func (t *taskPage) LineOptions() (all []option) {
	for _, l := range t.Application.GetDeal().GetLines() {
		n := strconv.Itoa(int(l.GetNumber()))
		all = append(all, option{Value: n, Text: strings.Join([]string{n, l.GetRating(), l.GetDescription()}, " · ")})
	}
	return all
}

// Categories are those of the Treaty, and that there is none.
func (t *taskPage) Categories() []option {
	all := append([]option{{Value: "", Key: "decide.category-by-table"}}, enums(transferv1.Category_CATEGORY_UNSPECIFIED)...)
	return append(all, option{Value: "none", Key: "decide.category-none"})
}

func sendLine(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	line, err := strconv.ParseUint(t.Form.Get("line"), 10, 32)
	if err != nil {
		return nil, &lack{Field: "line", Key: "lack.line"}
	}
	req := &licensingv1.ClassifyLineRequest{
		Particulars: by, ApplicationId: t.Application.GetId(), Line: uint32(line), Row: t.Form.Get("row"), Reason: t.Form.Get("reason"),
		Category: parseEnum[transferv1.Category](t.Form.Get("category")), None: t.Form.Get("category") == "none", Parameters: map[string]string{},
	}
	for _, text := range t.Form.lines("parameters") {
		name, value, found := strings.Cut(text, ":")
		if !found {
			return nil, &lack{Field: "parameters", Key: "lack.parameter", Of: text}
		}
		req.Parameters[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	res, err := api.Licensing.ClassifyLine(ctx, req)
	if err == nil {
		t.Answers = res
	}
	return res, err
}

// paper is a document with what asking after it came to.
type paper struct {
	*licensingv1.Document
	Verified *licensingv1.DocumentVerified
}

// Papers are those on file.
func (t *taskPage) Papers() (all []paper) {
	for _, d := range t.Application.GetDeal().GetDocuments() {
		all = append(all, paper{d, verification(t.Application, d.GetKind(), d.GetNumber())})
	}
	return all
}

// PaperOptions are the documents as options.
func (t *taskPage) PaperOptions() (all []option) {
	for _, d := range t.Application.GetDeal().GetDocuments() {
		all = append(all, option{Value: d.GetKind() + " " + d.GetNumber(), Text: d.GetKind() + " " + d.GetNumber()})
	}
	return all
}

func sendPaper(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	in, application := t.Form, t.Application.GetId()
	switch in.Get("do") {
	case "verify":
		kind, number, _ := strings.Cut(in.Get("paper"), " ")
		switch {
		case kind == "":
			return nil, &lack{Field: "paper", Key: "lack.paper"}
		case in.Get("genuine") == "":
			return nil, &lack{Field: "genuine", Key: "lack.genuine"}
		}
		return api.Licensing.VerifyDocument(ctx, &licensingv1.VerifyDocumentRequest{
			Particulars: by, ApplicationId: application, Kind: kind, Number: number, Method: in.Get("method"), Genuine: in.Get("genuine") == "yes", Note: in.Get("note"),
		})
	case "authorization":
		return api.Licensing.FileAuthorization(ctx, &licensingv1.FileAuthorizationRequest{Particulars: by, ApplicationId: application, Authorization: &licensingv1.ExternalAuthorization{
			Kind: in.Get("authorization_kind"), Reference: in.Get("reference"), Issuer: in.Get("authorization_issuer"), ValidUntil: in.Get("valid_until"),
		}})
	}
	sum, err := hex.DecodeString(strings.TrimSpace(in.Get("sha256")))
	if err != nil {
		return nil, &lack{Field: "sha256", Key: "lack.sha256"}
	}
	return api.Licensing.FileDocument(ctx, &licensingv1.FileDocumentRequest{Particulars: by, ApplicationId: application, Document: &licensingv1.Document{
		Kind: in.Get("kind"), Number: in.Get("number"), Issuer: in.Get("issuer"), IssuedOn: in.Get("issued_on"), ExpiresOn: in.Get("expires_on"), Sha256: sum,
		CertifiedByGovernment: in.Get("certified_by_government") != "", Undertakings: strings.Fields(in.Get("undertakings")),
	}})
}

// Genuine are the answers to whether a paper is.
func (t *taskPage) Genuine() []option { return yesNo("decide.genuine", "decide.not-genuine") }
