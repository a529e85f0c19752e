package reports

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// edition is a report as a page shows it.
type edition struct {
	*reportingv1.Content
	Which *reportingv1.Which
	// Live: as its facts stand now, or stood at a moment.
	Live bool
	// Draft and Frozen are of one on record.
	Draft  uint32
	Frozen bool
	// Audience is whose edition it is; empty: everything.
	Audience string
	// AsOf and TrueAt are the moment that was asked for, of a live one.
	AsOf, TrueAt string
}

// Name and Year are the report's.
func (e edition) Name() string { return e.GetTitle().GetReport() }
func (e edition) Year() uint32 { return e.GetTitle().GetYear() }

// read reads the report of a page: from the reporting agency's own making, or as this node's ledger has it; with what its rows are made of
// where that is wanted.
func read(v *web.Visit, contributions bool) (*edition, error) {
	which, err := whichOf(v)
	if err != nil {
		return nil, err
	}
	q := v.R.URL.Query()
	e := &edition{Which: which, Live: which.GetReportId() == "", Audience: q.Get("audience"), AsOf: q.Get("as_of"), TrueAt: q.Get("true_at")}
	if v.Site().Service != reporting && !e.Live {
		res, err := v.API.Draft.ReadDraft(v.R.Context(), &reportingv1.ReadDraftRequest{ReportId: which.GetReportId(), Draft: which.GetDraft(), Contributions: contributions})
		e.Content, e.Draft, e.Frozen = res.GetContent(), res.GetDraft(), res.GetFrozen()
		return e, err
	}
	req := &reportingv1.BuildReportRequest{Which: which, Contributions: contributions}
	if req.Audience, err = parseAudience(e.Audience); err != nil {
		return nil, err
	}
	if req.AsOf, req.TrueAt, err = moment(e.AsOf, e.TrueAt); err != nil {
		return nil, err
	}
	res, err := v.API.Report.BuildReport(v.R.Context(), req)
	e.Content, e.Draft, e.Frozen = res.GetContent(), res.GetDraft(), res.GetFrozen()
	return e, err
}

func moment(asOf, trueAt string) (a, t *timestamppb.Timestamp, err error) {
	if a, err = web.ParseTime(asOf); err != nil {
		return nil, nil, err
	}
	t, err = web.ParseTime(trueAt)
	return a, t, err
}

// audiences are whose editions there are, as addresses name them.
var audiences = []reportingv1.Audience{
	reportingv1.Audience_AUDIENCE_PUBLIC, reportingv1.Audience_AUDIENCE_STATES_PARTIES, reportingv1.Audience_AUDIENCE_INTERNAL,
}

func parseAudience(text string) (reportingv1.Audience, error) {
	if text == "" {
		return 0, nil
	}
	for _, a := range audiences {
		if plain.Enum(a) == text {
			return a, nil
		}
	}
	return 0, connect.NewError(connect.CodeInvalidArgument, "an edition is for public, states_parties or internal")
}

// rows reads the rows of a table with the values of its attributes, given by pairs of a name and values that are parted by commas.
func rows(v *web.Visit, table queryv1.Table, pairs ...string) (all []*queryv1.Row, err error) {
	req := &queryv1.ListRequest{Table: table, Filter: &queryv1.Filter{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		req.Filter.Conditions = append(req.Filter.Conditions, &queryv1.Condition{Attribute: pairs[i], Values: strings.Split(pairs[i+1], ",")})
	}
	all, _, err = web.Every(v.R.Context(), v.API, req)
	return all, err
}

// formKeys are the messages that name the reports that the Treaty, the United Nations and the example's procedure know.
var formKeys = map[string]string{
	"att-annual": "reports.form-att-annual", "un-register": "reports.form-un-register", "national": "reports.form-national",
	"att-initial": "reports.form-att-initial", "diversion-measures": "reports.form-diversion-measures",
}

// known is the message of a name that the console has words for, and otherwise empty, so that the name stands as it is.
func known(v *web.Visit, key string) string {
	if v.Has(key) {
		return key
	}
	return ""
}

// words says a thing in the language's words where there are any, and otherwise as it is named.
func words(v *web.Visit, key, name string) (string, error) {
	if key = known(v, key); key == "" {
		return name, nil
	}
	return v.T(key)
}

// formName is what a report is called.
func formName(v *web.Visit, name string) (string, error) {
	return words(v, cmp.Or(formKeys[name], "reports.form-"+name), name)
}
