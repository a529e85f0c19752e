package casework

import (
	"connectrpc.com/connect/v2"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// blindPage is a blind check of this agency, and what it came to so far.
type blindPage struct {
	Check *ledgerv1.BlindCheck
	// Found is what the node says of the answers; nil where it does not say, as the form says.
	Found *licensingv1.BlindCheckResponse
	Form  form
	Done  bool
}

// readBlind reads a check, and has the node look at the answers without recording anything.
func readBlind(v *web.Visit, in form) (*blindPage, error) {
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_BLIND_CHECKS, Id: id(v)})
	if err != nil {
		return nil, err
	}
	p := &blindPage{Check: res.Row.GetBlindCheck(), Form: in, Done: v.R.URL.Query().Get("done") != ""}
	if v.R.PathValue("agency") != v.Site().Agency {
		return nil, connect.NewError(connect.CodeNotFound, "check "+id(v)+" is of another agency, which alone can read what it came to")
	}
	if v.May(blindly) != "" {
		return p, nil
	}
	p.Found, err = v.API.Denial.BlindCheck(v.R.Context(), &licensingv1.BlindCheckRequest{Particulars: &eventv1.Particulars{DryRun: true}, CheckId: id(v)})
	if err != nil && !web.IsRefusal(err) {
		return nil, err
	}
	p.Form.Failed = web.Refusal(err)
	return p, nil
}

// Waits reports whether some have not answered: until then there is nothing to record.
func (p *blindPage) Waits() bool { return len(p.Found.GetOpen()) > 0 }

// Recorded reports whether what it came to is on record already.
func (p *blindPage) Recorded() bool {
	return p.Found != nil && !p.Waits() && len(p.Found.GetReceipt().GetDryRun().GetFacts()) == 0
}

func (p pages) blind(v *web.Visit) error {
	page, err := readBlind(v, newForm())
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "blind", page)
}

func (p pages) doBlind(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readBlind(v, in)
	if err != nil {
		return err
	}
	return p.finish(v, "blind", page, &page.Form, "/denials/blind/"+id(v)+"?done=yes", func(by *eventv1.Particulars) (recorded, error) {
		return v.API.Denial.BlindCheck(v.R.Context(), &licensingv1.BlindCheckRequest{Particulars: by, CheckId: id(v)})
	})
}
