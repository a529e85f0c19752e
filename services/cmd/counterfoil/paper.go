package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newFileCommand(env *Env) *cobra.Command {
	req := &licensingv1.FileDocumentRequest{Document: &licensingv1.Document{}}
	var document, authorization, hash, until string
	cmd := &cobra.Command{
		Use:   "file APPLICATION --document KIND:NUMBER | --authorization KIND:REFERENCE",
		Short: "Put a paper, or what somebody else allows, on the file of an application",
		Args:  takes("APPLICATION"),
	}
	flags, d := cmd.Flags(), req.Document
	flags.StringVar(&document, "document", "", "kind and number of a document, such as end_user_certificate:EUC-7")
	flags.StringVar(&authorization, "authorization", "", "kind and reference of an authorization, such as import_authorization:7/26")
	flags.StringVar(&d.Issuer, "issuer", "", "who issued it")
	flags.StringVar(&d.IssuedOn, "issued", "", "day of issue, yyyy-mm-dd")
	flags.StringVar(&until, "until", "", "last day that it is good for, yyyy-mm-dd")
	flags.StringVar(&hash, "sha256", "", "SHA-256 of the paper in hexadecimal, or the file that it is in")
	flags.StringVar(&d.MediaType, "media-type", "", "of a document, such as application/pdf")
	flags.BoolVar(&d.CertifiedByGovernment, "government", false, "a document is certified by a government")
	flags.StringSliceVar(&d.Undertakings, "undertaking", nil, "of a document: U1 to U8; may be given more than once")
	cmd.MarkFlagsOneRequired("document", "authorization")
	cmd.MarkFlagsMutuallyExclusive("document", "authorization")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if d.Sha256, err = env.hashOf(hash); err != nil {
			return nil, err
		}
		if document != "" {
			req.ApplicationId, d.ExpiresOn = args[0], until
			d.Kind, d.Number, err = kindAndNumber("document", document)
			if err != nil {
				return nil, err
			}
			return c.Licensing.FileDocument(ctx, req)
		}
		a := &licensingv1.ExternalAuthorization{Issuer: d.Issuer, IssuedOn: d.IssuedOn, ValidUntil: until, Sha256: d.Sha256}
		if a.Kind, a.Reference, err = kindAndNumber("authorization", authorization); err != nil {
			return nil, err
		}
		return c.Licensing.FileAuthorization(ctx, &licensingv1.FileAuthorizationRequest{Particulars: req.Particulars, ApplicationId: args[0], Authorization: a})
	})
}

func newVerifyDocumentCommand(env *Env) *cobra.Command {
	req := &licensingv1.VerifyDocumentRequest{}
	var document, found string
	cmd := &cobra.Command{
		Use:   "verify-document APPLICATION --document KIND:NUMBER --found genuine|not-genuine",
		Short: "Say what asking after a document came to; a decision rests on this and not on the document",
		Args:  takes("APPLICATION"),
	}
	cmd.Flags().StringVar(&document, "document", "", "kind and number of the document (required)")
	cmd.Flags().StringVar(&req.Method, "method", "", `how it was asked after, such as "embassy" (required)`)
	cmd.Flags().StringVar(&found, "found", "", "genuine or not-genuine (required)")
	cmd.Flags().StringVar(&req.Note, "note", "", "what was answered; required where it is not genuine")
	require(cmd, "document", "method", "found")
	complete(cmd, "found", "genuine", "not-genuine")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if found != "genuine" && found != "not-genuine" {
			return nil, usage("--found is genuine or not-genuine, not %q", found)
		}
		req.ApplicationId, req.Genuine = args[0], found == "genuine"
		if req.Kind, req.Number, err = kindAndNumber("document", document); err != nil {
			return nil, err
		}
		return c.Licensing.VerifyDocument(ctx, req)
	})
}

func kindAndNumber(flag, text string) (kind, number string, err error) {
	kind, number, ok := strings.Cut(text, ":")
	if !ok || kind == "" || number == "" {
		return "", "", usage("--%s %q is not a kind and a number with a colon between, such as end_user_certificate:EUC-7", flag, text)
	}
	return kind, number, nil
}

// hashOf reads a SHA-256 that is written out, or makes that of a file; empty has none.
func (env *Env) hashOf(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	if sum, err := hex.DecodeString(text); err == nil && len(sum) == sha256.Size {
		return sum, nil
	}
	data, err := env.readFile(text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return sum[:], nil
}
