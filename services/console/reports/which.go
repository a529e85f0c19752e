package reports

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

var (
	reportName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	fourDigits = regexp.MustCompile(`^[0-9]{4}$`)
)

// The years that there can be a report of.
const firstYear, lastYear = 1990, 2200

// parseWhich reads which report an address names: by name and year, as its facts stand, or by agency and number, one on record, of which draft
// is the number of a draft, and empty the last.
func parseWhich(name, number, draft string) (*reportingv1.Which, error) {
	if reportName.MatchString(name) && fourDigits.MatchString(number) {
		year, err := strconv.ParseUint(number, 10, 32)
		if err != nil || year < firstYear || year > lastYear || draft != "" {
			return nil, web.NotFound("there is no report of that year; a draft is of a report on record")
		}
		return &reportingv1.Which{Report: name, Year: uint32(year)}, nil
	}
	which := &reportingv1.Which{ReportId: name + "/" + number}
	if draft == "" {
		return which, nil
	}
	n, err := strconv.ParseUint(draft, 10, 32)
	if err != nil || n == 0 {
		return nil, connect.NewError(connect.CodeInvalidArgument, "drafts are numbered from 1")
	}
	which.Draft = uint32(n)
	return which, nil
}

// whichOf is the report of a page.
func whichOf(v *web.Visit) (*reportingv1.Which, error) {
	return parseWhich(v.R.PathValue("name"), v.R.PathValue("number"), v.R.URL.Query().Get("draft"))
}

// named is how a report is named, as parseNamed reads it: "att-annual/2025", "reporting/att-annual-2025.1" or that with "#2".
func named(w *reportingv1.Which) string {
	switch {
	case w.GetReportId() == "":
		return fmt.Sprintf("%s/%d", w.GetReport(), w.GetYear())
	case w.GetDraft() > 0:
		return fmt.Sprintf("%s#%d", w.GetReportId(), w.GetDraft())
	}
	return w.GetReportId()
}

var namedReport = regexp.MustCompile(`^([^/#]+)/([^/#]+)(?:#([0-9]+))?$`)

// parseNamed reads what named writes.
func parseNamed(text string) (*reportingv1.Which, error) {
	parts := namedReport.FindStringSubmatch(text)
	if parts == nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, "name a report and its year, such as att-annual/2025, or one on record")
	}
	return parseWhich(parts[1], parts[2], parts[3])
}

// path is where a report stands, below web.Root.
func path(w *reportingv1.Which) string {
	if w.GetReportId() == "" {
		return "/reports/" + named(w)
	}
	at := "/reports/" + w.GetReportId()
	if w.GetDraft() > 0 {
		at += "?draft=" + strconv.FormatUint(uint64(w.GetDraft()), 10)
	}
	return at
}

// at is the address of a page below that of a report.
func at(w *reportingv1.Which, page string) string {
	base, query, found := strings.Cut(path(w), "?")
	if found {
		query = "?" + query
	}
	return web.Root + base + page + query
}

// same are the parts of an address that say what is shown of a report.
var same = []string{"draft", "audience", "as_of", "true_at"}

// below is the address of a page below a report's, of the same draft, moment and edition; pairs are added to its query.
func below(v *web.Visit, page string, pairs ...string) string {
	q := url.Values{}
	for _, name := range same {
		if value := v.R.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	at := web.Root + "/reports/" + url.PathEscape(v.R.PathValue("name")) + "/" + url.PathEscape(v.R.PathValue("number")) + page
	if len(q) > 0 {
		at += "?" + q.Encode()
	}
	return at
}
