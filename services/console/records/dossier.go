package records

import (
	"html/template"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// matters are the columns that somebody who opens a record looks for first, by its table; the others stand behind a fold.
var matters = map[queryv1.Table][]web.Column{
	queryv1.Table_TABLE_LICENCES:     {"status_reason", "deal.kind", "deal.destination", "deal.end_user", "deal.end_use", "decided_at", "valid_from", "valid_until", "application_id"},
	queryv1.Table_TABLE_APPLICATIONS: {"status_reason", "deal.kind", "deal.destination", "deal.end_user", "deal.end_use", "submitted_at", "routed_from"},
	queryv1.Table_TABLE_DENIALS:      {"status_reason", "reason", "criteria", "deal.kind", "deal.destination", "deal.end_user", "decided_at", "application_id"},
	queryv1.Table_TABLE_DECLARATIONS: {"status_reason", "accepted.kind", "accepted.office", "accepted.destination", "accepted.licence_id", "accepted.accepted_at", "held.reason", "moved_at", "exited_at", "released_at"},
	queryv1.Table_TABLE_ALERTS:       {"status_reason", "finding", "raised.priority", "raised.stage", "raised.item", "raised.summary", "raised.licence_ids", "indicators", "raised.last_known_location", "raised_at", "raised.acknowledge_by"},
	queryv1.Table_TABLE_LINES:        {"decision_id", "line.rating", "line.category", "line.description", "line.quantity", "line.value", "destination"},
}

// dossier is a record with all that is known of it here.
type dossier struct {
	ID, Table string
	table     queryv1.Table
	Row       proto.Message
	// Matters and Fields are the columns that the row has something in.
	Matters, Fields []web.Column
	Quantities      quantities
	Parties         []*transferv1.Party
	Conditions      []condition
	Own             []string
	Papers          []paper
	Permissions     []*licensingv1.ExternalAuthorization
	Matches         matches
	Timeline        []entry
	Related         []group
	Seen            audience
	// Deeds are what can be done with it, and Done the message of what just was.
	Deeds []web.Deed
	Done  string
	AsOf  asOf
	Basis *queryv1.Basis
	Live  string
	// Compare is where two moments of the record are compared.
	Compare string
	// Partly are the parts that could not be read, and why.
	Partly map[string]*web.Failure
}

// group is rows of one table that touch the record.
type group struct {
	Table   string
	Columns []web.Column
	Rows    []proto.Message
}

// Why is why a part could not be read; nil where it was.
func (d *dossier) Why(part string) *web.Failure { return d.Partly[part] }

// Status is where the record stands; nothing where its kind has no such thing.
func (d *dossier) Status(v *web.Visit) (template.HTML, error) {
	if !slices.Contains(web.Columns(d.table), "status") {
		return "", nil
	}
	return v.Cell(d.Row, "status")
}

// Parts are the sections that there is something to say in, by the names of their messages.
func (d *dossier) Parts() (parts []string) {
	for _, p := range []struct {
		name  string
		there bool
	}{
		{"summary", true}, {"act", len(d.Deeds) > 0}, {"quantities", len(d.Quantities.Lines) > 0}, {"conditions", len(d.Conditions)+len(d.Own) > 0},
		{"parties", len(d.Parties) > 0}, {"papers", len(d.Papers)+len(d.Permissions) > 0}, {"matches", d.screened()},
		{"timeline", len(d.Timeline) > 0}, {"related", len(d.Related) > 0}, {"seen", true},
	} {
		if p.there || d.Partly[p.name] != nil {
			parts = append(parts, p.name)
		}
	}
	return parts
}

func (p pages) record(v *web.Visit) error {
	id := v.R.PathValue("id")
	if of, found := strings.CutSuffix(id, "/diff"); found {
		return p.diff(v, of)
	}
	after := standing(v)
	now, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id})
	if connect.CodeOf(err) == connect.CodeNotFound {
		if to := eventCalled(v, id); to != "" {
			return v.Redirect(to)
		}
	}
	if err != nil {
		return err
	}
	story, err := storyOf(v, now, nil)
	if err != nil {
		return err
	}
	moments := stopsOf(story, now.Events)
	if to, chosen := moments.chosen(v); chosen {
		return v.Redirect(to)
	}
	horizon, err := web.Horizon(v.R.URL.Query())
	if err != nil {
		return err
	}
	res := now
	if horizon != nil {
		if res, err = v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id, Horizon: horizon}); err != nil {
			return err
		}
		if story, err = storyOf(v, res, horizon); err != nil {
			return err
		}
	}
	_, row := web.Inner(res.Row)
	d := &dossier{
		ID: id, Table: web.TableName(res.Table), table: res.Table, Row: row, Timeline: story, Basis: res.Basis, Live: liveRecord(res.Table, id, after),
		AsOf: moments.at(v.R.URL.Query().Get("as_of"), horizon != nil), Compare: web.Root + web.RecordPath(id) + "/diff", Partly: map[string]*web.Failure{},
	}
	if d.AsOf.Words, err = d.AsOf.words(v); err != nil {
		return err
	}
	if err := d.read(v, res, horizon); err != nil {
		return err
	}
	if horizon == nil {
		d.Deeds = v.Deeds(d.table, d.Row, res.Related)
		if done := "act." + v.R.URL.Query().Get("done"); v.Has(done) {
			d.Done = done
		}
	}
	return v.Page(p.Pages, "record", d)
}

// read adds what the record's kind needs.
func (d *dossier) read(v *web.Visit, res *queryv1.ExplainResponse, horizon *queryv1.Horizon) error {
	if err := d.columns(v); err != nil {
		return err
	}
	var err error
	if d.Related, err = groups(v, d.ID, res.Related); err != nil {
		return err
	}
	d.Parties = partiesOf(d.Row)
	deal := dealOf(d.Row)
	if r, is := d.Row.(interface{ GetConditions() []string }); is {
		d.Own = r.GetConditions()
	}
	parts := map[string]func() error{"seen": func() (err error) { d.Seen, err = audienceOf(v, d.ID); return err }}
	application := d.application()
	if application != "" {
		parts["papers"] = func() (err error) { d.Papers, err = papersOf(v, d.Row, application, horizon); return err }
	}
	d.Permissions = deal.GetExternalAuthorizations()
	if field, of := d.conditionsOf(application); field != "" {
		parts["conditions"] = func() (err error) {
			d.Conditions, err = conditionsOf(v, licenceOf(d.Row, res.Related), field, of, horizon)
			return err
		}
	}
	if d.screened() {
		parts["matches"] = func() (err error) { d.Matches, err = matchesOf(v, []string{d.ID, application}, horizon); return err }
	}
	if d.table == queryv1.Table_TABLE_LICENCES {
		parts["quantities"] = func() (err error) {
			d.Quantities, err = quantitiesOf(v, d.ID, deal.GetLines(), res.Related, horizon == nil)
			return err
		}
	}
	for part, read := range parts {
		if err := read(); err != nil {
			d.Partly[part] = web.Refusal(err)
		}
	}
	return nil
}

// columns sorts the columns that the row has something in.
func (d *dossier) columns(v *web.Visit) error {
	known := matters[d.table]
	for _, c := range append(slices.Clone(known), web.Columns(d.table)...) {
		if slices.Contains(d.Fields, c) || slices.Contains(d.Matters, c) || c == "id" || c == "status" && known != nil {
			continue
		}
		shown, err := v.Cell(d.Row, c)
		switch {
		case err != nil:
			return err
		case shown == "":
		case known == nil || slices.Contains(known, c):
			d.Matters = append(d.Matters, c)
		default:
			d.Fields = append(d.Fields, c)
		}
	}
	return nil
}

// application is the application that the record is, or came of.
func (d *dossier) application() string {
	if d.table == queryv1.Table_TABLE_APPLICATIONS {
		return d.ID
	}
	if of, is := d.Row.(interface{ GetApplicationId() string }); is && dealOf(d.Row) != nil {
		return of.GetApplicationId()
	}
	return ""
}

func (d *dossier) screened() bool {
	return slices.Contains([]queryv1.Table{queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_APPLICATIONS, queryv1.Table_TABLE_DECLARATIONS}, d.table)
}

// conditionsOf says by what conditions that were asked for in its case are found; nothing where there are none to ask for.
func (d *dossier) conditionsOf(application string) (attribute, of string) {
	switch {
	case d.table == queryv1.Table_TABLE_CONSULTATIONS:
		return "consultation", d.ID
	case application != "":
		return "application", application
	}
	return "", ""
}

func dealOf(row proto.Message) *licensingv1.Deal {
	if of, is := row.(interface{ GetDeal() *licensingv1.Deal }); is {
		return of.GetDeal()
	}
	return nil
}

// licenceOf is the licence that a row is, or the one that its case came to; nil where there is none.
func licenceOf(row proto.Message, related []*queryv1.Row) *ledgerv1.Licence {
	if l, is := row.(*ledgerv1.Licence); is {
		return l
	}
	for _, r := range related {
		if l := r.GetLicence(); l != nil {
			return l
		}
	}
	return nil
}

// groups are related rows by table, in the order that they came, with their columns but for those that only name the record again.
func groups(v *web.Visit, id string, rows []*queryv1.Row) (all []group, err error) {
	for _, r := range rows {
		table, row := web.Inner(r)
		name := web.TableName(table)
		if len(all) == 0 || all[len(all)-1].Table != name {
			all = append(all, group{Table: name, Columns: slices.Clone(usualColumns(table))})
		}
		all[len(all)-1].Rows = append(all[len(all)-1].Rows, row)
	}
	for i, g := range all {
		var told []web.Column
		for _, c := range g.Columns {
			tells, err := g.tells(v, id, c)
			if err != nil {
				return nil, err
			}
			if tells && len(told) < groupColumns {
				told = append(told, c)
			}
		}
		all[i].Columns = told
	}
	return all, nil
}

// groupColumns is how many columns related rows are shown with.
const groupColumns = 6

// tells reports whether a column says of some row what is not known from the record or the row's own id.
func (g group) tells(v *web.Visit, id string, c web.Column) (bool, error) {
	for _, row := range g.Rows {
		shown, err := v.Cell(row, c)
		if err != nil {
			return false, err
		}
		own, _ := row.(interface{ GetId() string })
		if shown != "" && shown != v.Record(id) && (c == "id" || shown != v.Record(own.GetId())) {
			return true, nil
		}
	}
	return false, nil
}
