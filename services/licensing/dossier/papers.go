package dossier

import (
	"crypto/sha256"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// CheckPapers refuses papers that cannot be told from others or whose dates are none, and two of one kind and number that
// are not the same.
func CheckPapers(documents []*licensingv1.Document, authorizations []*licensingv1.ExternalAuthorization) error {
	for i, d := range documents {
		if err := CheckDocument(d); err != nil {
			return err
		}
		if _, err := AddDocument(documents[:i], d); err != nil {
			return err
		}
	}
	for i, a := range authorizations {
		if err := CheckAuthorization(a); err != nil {
			return err
		}
		if _, err := AddAuthorization(authorizations[:i], a); err != nil {
			return err
		}
	}
	return nil
}

// CheckDocument refuses a document without its number or the SHA-256 of its bytes, by which it is found and compared
// (OSCE, Standard Elements of End-User Certificates, 2004, asks for the number).
func CheckDocument(d *licensingv1.Document) error {
	switch {
	case d.GetKind() == "":
		return fault.Errorf(fault.Invalid, `say what kind of document it is, such as "end_user_certificate"`)
	case d.GetNumber() == "":
		return fault.Errorf(fault.Invalid, "a %s has no number; give the one that its issuer gave it, or ask the issuer for one that has", d.GetKind())
	case len(d.GetSha256()) != sha256.Size:
		return fault.Errorf(fault.Invalid, "%s %s comes without the SHA-256 of its bytes; give it, 32 bytes", d.GetKind(), d.GetNumber())
	}
	return checkDates(d.GetKind()+" "+d.GetNumber(), d.GetIssuedOn(), d.GetExpiresOn())
}

// CheckAuthorization refuses an authorization without reference or issuer, or with a hash that is none. The hash may be left
// out: not everybody who allows something sends a paper.
func CheckAuthorization(a *licensingv1.ExternalAuthorization) error {
	switch {
	case a.GetKind() == "":
		return fault.Errorf(fault.Invalid, `say what kind of authorization it is, such as "import_authorization"`)
	case a.GetReference() == "" || a.GetIssuer() == "":
		return fault.Errorf(fault.Invalid, "a %s comes without its reference or its issuer; give both", a.GetKind())
	case len(a.GetSha256()) != 0 && len(a.GetSha256()) != sha256.Size:
		return fault.Errorf(fault.Invalid, "the SHA-256 of %s %s is not 32 bytes", a.GetKind(), a.GetReference())
	}
	return checkDates(a.GetKind()+" "+a.GetReference(), a.GetIssuedOn(), a.GetValidUntil())
}

// checkDates refuses dates that are none, and an end before the beginning. Either may be empty.
func checkDates(paper, issued, ends string) error {
	for _, date := range []string{issued, ends} {
		if date == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return fault.Errorf(fault.Invalid, "%s names %q, which is no day; give it as yyyy-mm-dd", paper, date)
		}
	}
	if issued != "" && ends != "" && ends < issued {
		return fault.Errorf(fault.Invalid, "%s ends on %s, before it was issued on %s", paper, ends, issued)
	}
	return nil
}

// AddDocument returns the documents with one more, or as they are when they have it. Another one of the same kind and number
// is refused.
func AddDocument(filed []*licensingv1.Document, d *licensingv1.Document) ([]*licensingv1.Document, error) {
	for _, f := range filed {
		switch {
		case f.GetKind() != d.GetKind() || f.GetNumber() != d.GetNumber():
			continue
		case proto.Equal(f, d):
			return filed, nil
		}
		return nil, fault.Errorf(fault.Conflict, "%s %s is on file with another content; a paper that was replaced has a number of its own", d.GetKind(), d.GetNumber())
	}
	return append(filed[:len(filed):len(filed)], d), nil
}

// AddAuthorization is AddDocument for authorizations, which kind, issuer and reference tell apart.
func AddAuthorization(filed []*licensingv1.ExternalAuthorization, a *licensingv1.ExternalAuthorization) ([]*licensingv1.ExternalAuthorization, error) {
	for _, f := range filed {
		switch {
		case f.GetKind() != a.GetKind() || f.GetReference() != a.GetReference() || f.GetIssuer() != a.GetIssuer():
			continue
		case proto.Equal(f, a):
			return filed, nil
		}
		return nil, fault.Errorf(fault.Conflict, "%s %s of %s is on file with another content; one that was replaced has a reference of its own", a.GetKind(), a.GetReference(), a.GetIssuer())
	}
	return append(filed[:len(filed):len(filed)], a), nil
}
