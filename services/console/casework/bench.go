package casework

import (
	"io"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// benchPage is a policy that is tried: what makes no sense about it, its worked examples, and past cases under it.
type benchPage struct {
	Form form
	Text string
	// Read is the policy; nil when there is none to read. Wrong is why it cannot be read.
	Read     *policy.Policy
	Wrong    []string
	Problems []policy.Problem
	Examples []policy.TestResult
	// Simulated is what past cases would have come to; nil when that was not asked, or failed, as the form says.
	Simulated *licensingv1.SimulatePolicyResponse
}

// Area is the field that the policy is written in.
func (b *benchPage) Area() field {
	f := b.Form.Area("policy", "field.policy", "policies.policy-hint")
	f.Rows = 20
	return f
}

// Adopts reports whether policies are adopted at this agency, and Decides whether cases are decided at it.
func (b *benchPage) Adopts(v *web.Visit) bool { return v.Site().Service == "authority" }

func (b *benchPage) Decides(v *web.Visit) bool { return decides(v) }

// Test is the button that tries the policy.
func (b *benchPage) Test(v *web.Visit) control {
	return control{ID: "do-test", Key: "policies.test", Why: b.mayTry(v), Do: "test"}
}

// mayTry returns why the caller may not try policies, or nothing: that takes work, and is for who adopts or simulates them here.
func (b *benchPage) mayTry(v *web.Visit) string {
	if b.Adopts(v) {
		return v.May(adopt)
	}
	return v.May(simulate)
}

// text is the policy as it was written.
func (b *benchPage) text() string { return strings.ReplaceAll(b.Form.Get("policy"), "\r\n", "\n") }

// Passed are the examples that came out as they say.
func (b *benchPage) Passed() (n int) {
	for _, e := range b.Examples {
		if e.Passed() {
			n++
		}
	}
	return n
}

// bench shows an empty bench, or one with a policy that was adopted.
func (p pages) bench(v *web.Visit) error {
	page := &benchPage{Form: newForm()}
	if named := v.R.URL.Query().Get("policy"); named != "" {
		res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
		if err != nil {
			return err
		}
		for _, row := range res.Policies {
			if row.GetId() == named {
				page.Form.Set("policy", string(row.GetAdopted().GetContent()))
			}
		}
	}
	return v.Page(p.Pages, "bench", page)
}

func (p pages) tryPolicy(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page := &benchPage{Form: in}
	if file, _, err := v.R.FormFile("file"); err == nil {
		defer file.Close()
		content, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		if len(content) > 0 {
			page.Form.Set("policy", string(content))
		}
	}
	if err := p.tryOne(v, page); err != nil {
		return err
	}
	if page.Read != nil && (in.Get("do") == "adopt" || in.Get("dry") != "") {
		return p.finish(v, "bench", page, &page.Form, "/policies/"+page.Read.ID(), func(by *eventv1.Particulars) (recorded, error) {
			return v.API.Authority.AdoptPolicy(v.R.Context(), &directoryv1.AdoptPolicyRequest{Particulars: by, Policy: &directoryv1.PolicyAdopted{PolicyId: page.Read.ID(), Content: []byte(page.text())}})
		})
	}
	if page.Form.Lacks != nil || page.Form.Failed != nil || len(page.Wrong) > 0 {
		return v.PageAgain(p.Pages, "bench", page)
	}
	return v.Page(p.Pages, "bench", page)
}

// tryOne tries a policy while no other is tried at this node: it may take all of a core for some seconds.
func (p pages) tryOne(v *web.Visit, page *benchPage) error {
	if why := page.mayTry(v); why != "" {
		page.Form.Failed = web.Refusal(connect.NewError(connect.CodePermissionDenied, why))
		return nil
	}
	select {
	case p.trying <- struct{}{}:
		defer func() { <-p.trying }()
		return page.try(v)
	default:
		page.Form.Failed = web.Refusal(connect.NewError(connect.CodeUnavailable, "another policy is tried at this node just now; try again in a moment"))
		return nil
	}
}

func (b *benchPage) try(v *web.Visit) error {
	text := b.text()
	if strings.TrimSpace(text) == "" {
		b.Form.Lacks = &lack{Field: "policy", Key: "lack.policy"}
		return nil
	}
	read, err := policy.Load("policy", []byte(text))
	if refusal := fault.As(err); refusal != nil {
		b.Wrong = strings.Split(refusal.Error(), "\n")
		return nil
	}
	if err != nil {
		return err
	}
	known, err := registry(v)
	if err != nil {
		return err
	}
	b.Read = read
	if b.Problems, err = policy.CheckUntil(v.R.Context(), read, known); err != nil {
		return err
	}
	if b.Examples, err = policy.RunTests(v.R.Context(), read); err != nil {
		return err
	}
	if b.Form.Get("do") != "simulate" {
		return nil
	}
	req := &licensingv1.SimulatePolicyRequest{Policy: read.Terms}
	if req.From, err = web.ParseTime(b.Form.Get("from")); err == nil {
		req.Until, err = web.ParseTime(b.Form.Get("until"))
	}
	if err == nil {
		b.Simulated, err = v.API.Licensing.SimulatePolicy(v.R.Context(), req)
	}
	if err != nil && !web.IsRefusal(err) {
		return err
	}
	b.Form.Failed = web.Refusal(err)
	return nil
}

// registry is what a policy may name.
func registry(v *web.Visit) (r policy.Registry, err error) {
	res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return r, err
	}
	r = policy.Registry{Agencies: []string{}, Calendars: []string{}}
	for _, a := range res.Agencies {
		if a.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			r.Agencies = append(r.Agencies, a.GetId())
		}
	}
	for _, c := range res.Calendars {
		r.Calendars = append(r.Calendars, c.GetId())
	}
	return r, nil
}
