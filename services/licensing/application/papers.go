package application

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// FileDocument puts a paper on the file of an application. The same number with another content is refused; the same paper
// again decides nothing.
func FileDocument(view ledger.View, cmd *licensingv1.FileDocumentRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	if err := dossier.CheckDocument(cmd.GetDocument()); err != nil {
		return nil, err
	}
	filed := a.GetDeal().GetDocuments()
	with, err := dossier.AddDocument(filed, cmd.GetDocument())
	if err != nil || len(with) == len(filed) {
		return nil, err
	}
	return []proto.Message{ledger.Beside(a, &licensingv1.DocumentFiled{ApplicationId: a.GetId(), Document: cmd.GetDocument()})}, nil
}

// FileAuthorization puts what somebody else has to allow first on the file of an application, as FileDocument does a paper.
func FileAuthorization(view ledger.View, cmd *licensingv1.FileAuthorizationRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	if err := dossier.CheckAuthorization(cmd.GetAuthorization()); err != nil {
		return nil, err
	}
	filed := a.GetDeal().GetExternalAuthorizations()
	with, err := dossier.AddAuthorization(filed, cmd.GetAuthorization())
	if err != nil || len(with) == len(filed) {
		return nil, err
	}
	return []proto.Message{ledger.Beside(a, &licensingv1.AuthorizationFiled{ApplicationId: a.GetId(), Authorization: cmd.GetAuthorization()})}, nil
}

// VerifyDocument says what asking after a paper on file came to: a decision refers to that and not to the paper. A later
// answer stands beside an earlier one, also after the decision, since a paper may turn out to be forged years later
// (docs/tracing.md); the same as the last decides nothing.
func VerifyDocument(view ledger.View, cmd *licensingv1.VerifyDocumentRequest) ([]proto.Message, error) {
	a, err := dossier.Kept(view, cmd.GetApplicationId())
	switch {
	case err != nil:
		return nil, err
	case !onFile(a.GetDeal().GetDocuments(), cmd):
		return nil, fault.Errorf(fault.NotFound, "%s %s is not on the file of application %s; file it first: counterfoil licence file %s", cmd.GetKind(), cmd.GetNumber(), a.GetId(), a.GetId())
	case cmd.GetMethod() == "":
		return nil, fault.Errorf(fault.Invalid, "say how %s %s was verified, such as at the embassy or by a ministry's register", cmd.GetKind(), cmd.GetNumber())
	case !cmd.GetGenuine() && cmd.GetNote() == "":
		return nil, fault.Errorf(fault.Invalid, "say in a note what is wrong with %s %s", cmd.GetKind(), cmd.GetNumber())
	}
	verified := &licensingv1.DocumentVerified{
		ApplicationId: a.GetId(), Kind: cmd.GetKind(), Number: cmd.GetNumber(), Method: cmd.GetMethod(), Genuine: cmd.GetGenuine(), Note: cmd.GetNote(),
	}
	if proto.Equal(last(a.GetVerified(), verified), verified) {
		return nil, nil
	}
	return []proto.Message{ledger.Beside(a, verified)}, nil
}

func onFile(filed []*licensingv1.Document, cmd *licensingv1.VerifyDocumentRequest) bool {
	for _, d := range filed {
		if d.GetKind() == cmd.GetKind() && d.GetNumber() == cmd.GetNumber() {
			return true
		}
	}
	return false
}

// last is the latest answer about the document that v is about; nil when there is none.
func last(all []*licensingv1.DocumentVerified, v *licensingv1.DocumentVerified) (latest *licensingv1.DocumentVerified) {
	for _, other := range all {
		if other.GetKind() == v.GetKind() && other.GetNumber() == v.GetNumber() {
			latest = other
		}
	}
	return latest
}
