package query

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Explain returns a row, the events that made it, and what else on this ledger touches it.
func (s *service) Explain(ctx context.Context, req *queryv1.ExplainRequest) (res *queryv1.ExplainResponse, err error) {
	res = &queryv1.ExplainResponse{}
	err = s.at(ctx, req.Horizon, func(v ledger.View) error {
		if res.Table, res.Row, err = v.Find(req.Id); err != nil {
			return err
		}
		if res.Row == nil {
			if !replay.Whole(req.Horizon) {
				return notThen(req.Horizon, req.Id, s.Agency)
			}
			return fault.Errorf(fault.NotFound, "nothing called %s is on record at %s; what there is shows: counterfoil list TABLE", req.Id, s.Agency)
		}
		if made, ok := inner(res.Row).(made); ok {
			if res.Events, err = v.EventsOf(made); err != nil {
				return err
			}
		}
		if res.Related, err = related(v, res.Table, req.Id); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	read := &queryv1.Access{Call: "Explain", Id: req.Id, Table: res.Table, Rows: 1 + uint64(len(res.Related))}
	return res, s.accessedEvents(ctx, read, res.Events, append([]*queryv1.Row{res.Row}, res.Related...)...)
}

// made is a row that says which events made it.
type made interface {
	GetJournal() string
	GetEvents() []uint64
}

// inner is the row in its wrapping.
func inner(row *queryv1.Row) proto.Message {
	_, m := ledger.Unwrap(row)
	return m
}

// named says where a row of a table is named by rows of others: by which attribute.
var named = map[queryv1.Table][]struct {
	table     queryv1.Table
	attribute string
}{
	queryv1.Table_TABLE_APPLICATIONS: {
		{queryv1.Table_TABLE_PROHIBITION_CHECKS, "application"}, {queryv1.Table_TABLE_ASSESSMENTS, "application"},
		{queryv1.Table_TABLE_CONSULTATIONS, "application"}, {queryv1.Table_TABLE_PROPOSALS, "application"},
		{queryv1.Table_TABLE_LICENCES, "application"}, {queryv1.Table_TABLE_DENIALS, "application"},
	},
	queryv1.Table_TABLE_CONSULTATIONS: {{queryv1.Table_TABLE_OPINIONS, "consultation"}, {queryv1.Table_TABLE_CONDITIONS, "consultation"}},
	queryv1.Table_TABLE_LICENCES: {
		{queryv1.Table_TABLE_LINES, "decision"}, {queryv1.Table_TABLE_DECLARATIONS, "licence"}, {queryv1.Table_TABLE_WRITE_OFFS, "licence"},
		{queryv1.Table_TABLE_REASSESSMENTS, "licence"}, {queryv1.Table_TABLE_ALERTS, "licence"},
		{queryv1.Table_TABLE_OBLIGATIONS, "subject"}, {queryv1.Table_TABLE_APPEALS, "decision"},
	},
	queryv1.Table_TABLE_DENIALS:      {{queryv1.Table_TABLE_LINES, "decision"}, {queryv1.Table_TABLE_APPEALS, "decision"}},
	queryv1.Table_TABLE_DECLARATIONS: {{queryv1.Table_TABLE_WRITE_OFFS, "declaration"}, {queryv1.Table_TABLE_DISCREPANCIES, "declaration"}},
	queryv1.Table_TABLE_ALERTS: {{queryv1.Table_TABLE_ACKNOWLEDGEMENTS, "alert"}, {queryv1.Table_TABLE_REASSESSMENTS, "alert"},
		{queryv1.Table_TABLE_ALERT_VIEWS, "alert"}, {queryv1.Table_TABLE_ALERT_ACTIONS, "alert"}, {queryv1.Table_TABLE_CONSEQUENCES, "alert"}},
	queryv1.Table_TABLE_RETURN_REQUESTS: {{queryv1.Table_TABLE_RETURN_SUBMISSIONS, "request"}},
}

// maxRelated is the most related rows of one table that an explanation carries.
const maxRelated = 500

func related(v ledger.View, table queryv1.Table, id string) ([]*queryv1.Row, error) {
	var rows []*queryv1.Row
	for _, link := range named[table] {
		filter := &queryv1.Filter{Withdrawn: true, Conditions: []*queryv1.Condition{{Attribute: link.attribute, Values: []string{id}}}}
		found, _, err := v.List(link.table, filter, "", maxRelated)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}
