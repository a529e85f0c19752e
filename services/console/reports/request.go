package reports

import (
	"crypto/rand"
	"strings"

	"connectrpc.com/connect/v2"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// requestPage is a request from parliament or public, and the form in which it is answered.
type requestPage struct {
	*ledgerv1.PublicRequest
	// Frozen are the reports that can be enclosed.
	Frozen   []string
	NoAnswer string
	Failed   *web.Failure
	Key      string
}

func (p pages) request(v *web.Visit) error {
	page, err := p.readRequest(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "request", page)
}

func (p pages) readRequest(v *web.Visit) (*requestPage, error) {
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_PUBLIC_REQUESTS, Id: requestID(v)})
	if err != nil {
		return nil, err
	}
	page := &requestPage{PublicRequest: res.GetRow().GetPublicRequest(), Key: rand.Text()}
	frozen, err := rows(v, queryv1.Table_TABLE_REPORTS, "status", "frozen,submitted")
	if err != nil {
		return nil, err
	}
	for _, r := range frozen {
		page.Frozen = append(page.Frozen, r.GetReport().GetId())
	}
	page.NoAnswer, err = makes(v, answerRequest)
	return page, err
}

// answerRequest records what was answered.
func (p pages) answerRequest(v *web.Visit) error {
	err := v.R.ParseForm()
	if err != nil {
		return err
	}
	left, err := parseRedactions(field(v, "left_out"))
	if err == nil {
		_, err = v.API.National.AnswerPublicRequest(v.R.Context(), &reportingv1.AnswerPublicRequestRequest{
			Particulars: particulars(v), RequestId: requestID(v), Text: field(v, "text"), ReportIds: v.R.PostForm["report"], Redactions: left,
		})
	}
	if err == nil {
		return v.Redirect("/requests/" + requestID(v))
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readRequest(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "request", page)
}

// parseRedactions reads what was left out of an answer and on which legal ground: a line each, "values = Arms Act, section 12".
func parseRedactions(text string) (list []*reportingv1.Redaction, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		what, ground, found := strings.Cut(line, "=")
		what, ground = strings.TrimSpace(what), strings.TrimSpace(ground)
		if !found || what == "" || ground == "" {
			return nil, connect.NewError(connect.CodeInvalidArgument, "“"+line+"” does not say what was left out and its legal ground; write: values = Arms Act, section 12")
		}
		list = append(list, &reportingv1.Redaction{What: what, Ground: ground})
	}
	return list, nil
}

// openRequest puts a request from parliament or public on record, and leads to it.
func (p pages) openRequest(v *web.Visit) error {
	due, err := web.ParseTime(field(v, "due"))
	if err != nil {
		return p.overviewAfter(v, err)
	}
	res, err := v.API.National.OpenPublicRequest(v.R.Context(), &reportingv1.OpenPublicRequestRequest{
		Particulars: particulars(v), From: field(v, "from"), Reference: field(v, "reference"), Text: field(v, "text"), Due: due,
	})
	if err != nil {
		return p.overviewAfter(v, err)
	}
	return v.Redirect("/requests/" + res.GetRequestId())
}
