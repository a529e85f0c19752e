package field

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// networkPage are the records around one, and who has to do with them.
type networkPage struct {
	ID     string
	Depth  int
	Lanes  lanes
	Knots  []knot
	Common []*queryv1.CommonValue
	// Further are records of which it was not asked what they have in common with others.
	Further int
	// Unread are records that are linked and were not among those that were read.
	Unread []string
	// Horizon is the part of history that is looked at; nil: all of it.
	Horizon *queryv1.Horizon
	Failed  *web.Failure
	Basis   *queryv1.Basis
}

// knot is a record in the network.
type knot struct {
	ID, Table string
	At        *timestamppb.Timestamp
	// Agency recorded it.
	Agency  string
	Parties []*transferv1.Party
	// Moves says that goods go from the exporter to whom they are for.
	Moves bool
	Row   proto.Message
	// Because is what it has in common with those before it.
	Because []*queryv1.Link
	// Depth is how many links it is away.
	Depth int
}

// What a page takes of a network: how far records may be away, and of how many it is asked what they have in common with others.
const deepest, askedOf = 3, 10

func (p pages) network(v *web.Visit) error {
	page := &networkPage{ID: strings.TrimSpace(v.R.URL.Query().Get("id")), Depth: 1}
	if n, err := strconv.Atoi(v.R.URL.Query().Get("depth")); err == nil && n >= 1 && n <= deepest {
		page.Depth = n
	}
	if page.ID == "" {
		return v.Page(p.Pages, "network", page)
	}
	if err := page.gather(v); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		page.Failed = web.Refusal(err)
		return v.PageAgain(p.Pages, "network", page)
	}
	slices.SortStableFunc(page.Knots, func(x, y knot) int {
		return cmp.Or(moment(x.At).Compare(moment(y.At)), strings.Compare(x.ID, y.ID))
	})
	page.Lanes = lay(page.Knots, page.ID)
	return v.Page(p.Pages, "network", page)
}

// gather reads the records around one, ring by ring.
func (n *networkPage) gather(v *web.Visit) error {
	var err error
	if n.Horizon, err = web.Horizon(v.R.URL.Query()); err != nil {
		return err
	}
	root, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: n.ID, Horizon: n.Horizon})
	if err != nil {
		return err
	}
	n.Basis = root.Basis
	n.add(root.Row, nil, 0)
	for _, r := range root.Related {
		n.add(r, nil, 1)
	}
	ring, asked := []string{n.ID}, 0
	for depth := 1; depth <= n.Depth; depth++ {
		var found []*queryv1.Link
		for _, id := range ring {
			if asked == askedOf {
				n.Further++
				continue
			}
			asked++
			res, err := v.API.Link.Links(v.R.Context(), &queryv1.LinksRequest{Id: id, Horizon: n.Horizon})
			if err != nil {
				return err
			}
			found = append(found, res.Links...)
			n.explain(res)
			n.common(res.LeftOut)
		}
		if err := n.fetch(v, found, depth); err != nil {
			return err
		}
		ring = nil
		for _, k := range n.Knots {
			if k.Depth == depth {
				ring = append(ring, k.ID)
			}
		}
	}
	return nil
}

// explain says what the records that name the first one have in common with it.
func (n *networkPage) explain(res *queryv1.LinksResponse) {
	for i := range n.Knots {
		k := &n.Knots[i]
		if res.Id != n.ID || k.Depth == 0 {
			continue
		}
		for _, l := range res.Links {
			if l.Id == k.ID {
				k.Because = append(k.Because, l)
			}
		}
	}
}

// Said is a value in common as people write it.
func (*networkPage) Said(l *queryv1.Link) string { return inCommon(l) }

// inCommon is a value without what says that it is a name.
func inCommon(l *queryv1.Link) string {
	if l.Attribute == "party" {
		return strings.TrimPrefix(l.Value, "name:")
	}
	return l.Value
}

func (n *networkPage) common(values []*queryv1.CommonValue) {
	for _, c := range values {
		if !slices.ContainsFunc(n.Common, func(o *queryv1.CommonValue) bool { return o.Attribute == c.Attribute && o.Value == c.Value }) {
			n.Common = append(n.Common, c)
		}
	}
}

// fetch reads the rows at the other ends of links: those of one table by one attribute together.
func (n *networkPage) fetch(v *web.Visit, found []*queryv1.Link, depth int) error {
	type shelf struct {
		table     queryv1.Table
		attribute string
	}
	because, values := map[string][]*queryv1.Link{}, map[shelf][]string{}
	var shelves []shelf
	for _, l := range found {
		if n.has(l.Id) {
			continue
		}
		because[l.Id] = append(because[l.Id], l)
		s := shelf{l.Table, l.Attribute}
		if values[s] == nil {
			shelves = append(shelves, s)
		}
		if !slices.Contains(values[s], l.Value) && len(values[s]) < listed {
			values[s] = append(values[s], l.Value)
		}
	}
	for _, s := range shelves {
		if !slices.ContainsFunc(found, func(l *queryv1.Link) bool { return l.Table == s.table && !n.has(l.Id) }) {
			continue
		}
		res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: s.table, Filter: among(s.attribute, values[s]), Horizon: n.Horizon, PageSize: listed})
		if err != nil {
			return err
		}
		for _, r := range res.Rows {
			if why := because[rowID(r)]; why != nil {
				n.add(r, why, depth)
			}
		}
	}
	for id := range because {
		if !n.has(id) && !slices.Contains(n.Unread, id) {
			n.Unread = append(n.Unread, id)
		}
	}
	slices.Sort(n.Unread)
	return nil
}

func (n *networkPage) has(id string) bool {
	return slices.ContainsFunc(n.Knots, func(k knot) bool { return k.ID == id })
}

func rowID(r *queryv1.Row) string {
	_, inner := web.Inner(r)
	if made, ok := inner.(interface{ GetId() string }); ok {
		return made.GetId()
	}
	return ""
}

// add puts a record in, if it is one of those that tell where goods were, and between whom.
func (n *networkPage) add(r *queryv1.Row, because []*queryv1.Link, depth int) {
	table, row := web.Inner(r)
	k, ok := knotOf(row)
	if !ok && depth > 0 || n.has(rowID(r)) {
		return
	}
	k.ID, k.Table, k.Row, k.Because, k.Depth = rowID(r), web.TableName(table), row, because, depth
	k.Agency = ledger.AgencyOf(k.ID)
	n.Knots = append(n.Knots, k)
}

// knotOf is what a record says of when, and of whom; false of one that says nothing of the way of goods.
func knotOf(row proto.Message) (k knot, ok bool) {
	switch r := row.(type) {
	case *ledgerv1.Application:
		return deal(r.SubmittedAt, r.Deal), true
	case *ledgerv1.Licence:
		return deal(r.DecidedAt, r.Deal), true
	case *ledgerv1.Denial:
		return deal(r.DecidedAt, r.Deal), true
	case *ledgerv1.Declaration:
		at := r.GetAccepted().GetAcceptedAt()
		if at == nil {
			at = r.LodgedAt
		}
		return knot{At: at, Parties: r.GetAccepted().GetParties(), Moves: true}, true
	case *ledgerv1.Delivery:
		return knot{At: r.GetRequested().GetFrom()}, true
	case *ledgerv1.PostDeliveryCheck:
		return knot{At: r.At}, true
	case *ledgerv1.Alert:
		return knot{At: r.RaisedAt, Parties: r.GetRaised().GetParties()}, true
	case *ledgerv1.Sighting:
		return knot{At: r.At, Parties: r.GetAdded().GetParties()}, true
	case *ledgerv1.Trace:
		return knot{At: r.At, Parties: requester(r.GetOpened())}, true
	case *ledgerv1.Reassessment:
		return knot{At: r.OpenedAt}, true
	case *ledgerv1.DenialNotice:
		return knot{At: r.GetNotice().GetDeniedAt(), Parties: r.GetNotice().GetDeal().GetParties()}, true
	}
	return knot{}, false
}

func deal(at *timestamppb.Timestamp, d *licensingv1.Deal) knot {
	return knot{At: at, Parties: d.GetParties()}
}

// requester is the authority that asked, where it is another.
func requester(o *enforcementv1.TraceOpened) []*transferv1.Party {
	if !o.GetReceived() {
		return nil
	}
	return []*transferv1.Party{{Name: o.GetRequester()}}
}

// Depths are how far records may be away.
func (*networkPage) Depths() []int { return []int{1, 2, 3} }

// Day is when a record was made, to the day.
func (*networkPage) Day(c column) string {
	if c.At == nil {
		return ""
	}
	return c.At.AsTime().UTC().Format("2006-01-02")
}
