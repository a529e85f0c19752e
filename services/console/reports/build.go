package reports

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// patience is how long a report is waited for before a page is shown that says how long it has taken.
const patience = 2 * time.Second

// building says how far the making of a report is.
type building struct {
	Form    string
	Year    uint32
	Seconds int
	Rows    int
	// Path is where the report stands.
	Path   string
	Failed *web.Failure
}

// build works a report out and leads to it. One that takes long has a page that goes on as it does, and works without scripts.
func (p pages) build(v *web.Visit) error {
	q := v.R.URL.Query()
	which, err := parseWhich(q.Get("report"), strings.TrimSpace(q.Get("year")), "")
	if err != nil {
		return err
	}
	if which.GetReportId() != "" {
		return web.NotFound("a report is of a year, such as 2025")
	}
	req := &reportingv1.BuildReportRequest{Which: which}
	if req.AsOf, req.TrueAt, err = moment(q.Get("as_of"), q.Get("true_at")); err != nil {
		return err
	}
	one := building{Year: which.GetYear(), Path: path(which)}
	if one.Form, err = formName(v, which.GetReport()); err != nil {
		return err
	}
	to := url.Values{}
	for _, name := range []string{"as_of", "true_at"} {
		if value := q.Get(name); value != "" {
			to.Set(name, value)
		}
	}
	if len(to) > 0 {
		one.Path += "?" + to.Encode()
	}
	return p.wait(v, one, func() (int, error) { // ends with the request, when nobody waits for it any more
		res, err := v.API.Report.BuildReport(v.R.Context(), req)
		return len(res.GetContent().GetRows()), err
	})
}

// made is what came of working a report out.
type made struct {
	rows int
	err  error
}

// wait leads to what work makes, or shows how long it takes.
func (p pages) wait(v *web.Visit, one building, work func() (int, error)) error {
	done := make(chan made, 1)
	go func() {
		rows, err := work()
		done <- made{rows, err}
	}()
	select {
	case m := <-done:
		if m.err != nil {
			return m.err
		}
		return v.Redirect(one.Path)
	case <-time.After(patience):
	}
	write, err := v.Begin(p.Pages, "build", one)
	if err != nil {
		return err
	}
	every := time.NewTicker(patience)
	defer every.Stop()
	for one.Seconds = int(patience.Seconds()); ; one.Seconds += int(patience.Seconds()) {
		if err := write("step", one); err != nil {
			return err
		}
		select {
		case <-every.C:
		case m := <-done:
			one.Rows, one.Failed = m.rows, web.Refusal(m.err)
			return write("end", one)
		}
	}
}

// year is the number in an address or form; 0 where there is none.
func year(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
