package simulation

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// pageSize is how many decisions are read at once.
const pageSize = 500

// cases are the decisions of an agency, page by page: licences, then denials.
type cases struct {
	// The State that the agency decides for.
	state  string
	filter *queryv1.Filter
	// Judge on what the agency had when it decided.
	then bool
	// Also what was read from published registers, of which only the deal is known.
	published bool
	// Where it is: the tables that are still to be read, and the page.
	tables []queryv1.Table
	token  string
	done   uint64
	// Policies that cases were decided under, by what the decision calls them; nil where one is not on record.
	known map[string][]*policy.Policy
}

func decisions(view ledger.View, from, until *timestamppb.Timestamp) (s cases, err error) {
	if from != nil && until != nil && !until.AsTime().After(from.AsTime()) {
		return s, fault.Errorf(fault.Invalid, "no case was decided from %s and before %s; give a later until",
			from.AsTime().Format(time.DateOnly), until.AsTime().Format(time.DateOnly))
	}
	s = cases{
		filter: &queryv1.Filter{From: from, Until: until}, known: map[string][]*policy.Policy{},
		tables: []queryv1.Table{queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_DENIALS},
	}
	s.state, err = dossier.Home(view)
	return s, err
}

// total counts the rows that next will go through.
func (s *cases) total(view ledger.View) (all uint64, err error) {
	for _, table := range s.tables {
		n, _, err := view.Count(table, s.filter, "")
		if err != nil {
			return 0, fmt.Errorf("count decisions: %w", err)
		}
		all += n
	}
	return all, nil
}

// next calls for each case of the next page, and reports whether there may be more. Each call may have another view of the same
// ledger.
func (s *cases) next(view ledger.View, do func(*past) error) (more bool, err error) {
	if len(s.tables) == 0 {
		return false, nil
	}
	rows, next, err := view.List(s.tables[0], s.filter, s.token, pageSize)
	if err != nil {
		return false, fmt.Errorf("read decisions: %w", err)
	}
	for _, row := range rows {
		c, err := s.read(view, row)
		if err != nil {
			return false, err
		}
		if c == nil {
			continue
		}
		if err := do(c); err != nil {
			return false, fmt.Errorf("judge %s again: %w", c.id, err)
		}
	}
	s.done += uint64(len(rows))
	if s.token = next; next == "" {
		s.tables = s.tables[1:]
	}
	return len(s.tables) > 0, nil
}
