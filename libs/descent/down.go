package descent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// place is a node that differs, and what each side has there.
type place struct {
	journal *Journal
	prefix  string
	at      [2]ledger.RowNode
}

// rows reports whether the rows below are to be read, and not the nodes.
func (p place) rows() bool {
	return len(p.prefix) == ledger.TreeDepth || p.at[0].Rows <= few && p.at[1].Rows <= few
}

// least is how many rows differ below, at least.
func (p place) least() uint64 {
	return max(1, max(p.at[0].Rows, p.at[1].Rows)-min(p.at[0].Rows, p.at[1].Rows))
}

// descend goes down from the places, the last first, until nothing differs that was not found or the limit is reached.
func (c *comparison) descend(ctx context.Context, differ []place) error {
	for len(differ) > 0 {
		room := c.options.Limit - len(c.result.Rows)
		if room <= 0 {
			for _, p := range differ {
				c.result.More += p.least()
			}
			return nil
		}
		n := len(differ) - min(len(differ), room, wide)
		now := differ[n:]
		below, err := c.look(ctx, now)
		if err != nil {
			return err
		}
		slices.Reverse(below)
		differ = append(differ[:n:n], below...)
	}
	return nil
}

// look asks both sides what is below some places, notes the rows that differ, and returns the nodes that do.
func (c *comparison) look(ctx context.Context, places []place) (differ []place, err error) {
	var answers [2][]*queryv1.TreeAnswer // in the order of places; nil where a side has no rows
	err = c.both(func(i int) (err error) {
		answers[i], err = c.ask(ctx, i, places)
		return err
	})
	if err != nil {
		return nil, err
	}
	for k, p := range places {
		if p.rows() {
			c.note(p, answers[0][k].GetRows(), answers[1][k].GetRows())
			continue
		}
		for digit := range ledger.TreeWidth {
			child := place{journal: p.journal, prefix: p.prefix + fmt.Sprintf("%x", digit)}
			for i := range child.at {
				if answer := answers[i][k]; answer != nil {
					child.at[i] = node(answer.Children[digit])
				}
			}
			if child.at[0] != child.at[1] {
				differ = append(differ, child)
			}
		}
	}
	return differ, nil
}

// ask asks a side what is below the places at which it has rows, and holds each answer against what stands there.
func (c *comparison) ask(ctx context.Context, side int, places []place) ([]*queryv1.TreeAnswer, error) {
	req := &queryv1.RowTreeRequest{Tree: c.trees[side]}
	var asked []int
	for k, p := range places {
		if p.at[side].Rows > 0 {
			asked = append(asked, k)
			req.Places = append(req.Places, &queryv1.TreePlace{Journal: p.journal.Name, Prefix: p.prefix, Rows: p.rows()})
		}
	}
	answers := make([]*queryv1.TreeAnswer, len(places))
	if len(asked) == 0 {
		return answers, nil
	}
	res, err := c.sides[side].RowTree(ctx, req)
	switch {
	case err != nil:
		return nil, err
	case res.Moved || len(res.Answers) != len(asked):
		return nil, errMoved
	}
	for n, k := range asked {
		if !fits(places[k], side, res.Answers[n]) {
			return nil, errMoved
		}
		answers[k] = res.Answers[n]
	}
	return answers, nil
}

// fits reports whether what is below a place hashes to what stands there.
func fits(p place, side int, answer *queryv1.TreeAnswer) bool {
	if p.rows() {
		var rows []ledger.HashedRow
		for _, r := range answer.Rows {
			if len(r.Hash) != 32 || !strings.HasPrefix(ledger.BucketOf(r.Table, r.Id), p.prefix) {
				return false
			}
			rows = append(rows, ledger.HashedRow{Table: r.Table, ID: r.Id, Hash: [32]byte(r.Hash)})
		}
		n, err := ledger.RowTreeOf(rows).Node(p.prefix)
		return err == nil && n == p.at[side]
	}
	if len(answer.Children) != ledger.TreeWidth {
		return false
	}
	var children [ledger.TreeWidth]ledger.RowNode
	for i, child := range answer.Children {
		children[i] = node(child)
	}
	return ledger.NodeOver(children) == p.at[side]
}

// node is a node as it came; one whose hash is none fits nothing.
func node(n *queryv1.TreeNode) ledger.RowNode {
	if len(n.GetHash()) != 32 {
		return ledger.RowNode{Rows: n.GetRows()}
	}
	return ledger.RowNode{Hash: [32]byte(n.Hash), Rows: n.Rows}
}

type rowName struct{ table, id string }

// note adds the rows below a place that differ, as many as there is room for.
func (c *comparison) note(p place, a, b []*queryv1.HashedRow) {
	other := map[rowName]string{}
	for _, r := range b {
		other[rowName{r.Table, r.Id}] = string(r.Hash)
	}
	add := func(name rowName, what What) {
		if i := slices.IndexFunc(c.result.Rows, func(r *Row) bool { return r.Journal == "" && r.Table == name.table && r.ID == name.id }); i >= 0 {
			c.result.Rows[i].Journal, c.result.Rows[i].What = p.journal.Name, Content // one side has it and cannot read it
			return
		}
		if len(c.result.Rows) >= c.options.Limit {
			c.result.More++
			return
		}
		c.result.Rows = append(c.result.Rows, &Row{Journal: p.journal.Name, Table: name.table, ID: name.id, What: what})
	}
	for _, r := range a {
		name := rowName{r.Table, r.Id}
		hash, both := other[name]
		delete(other, name)
		switch {
		case !both:
			add(name, OnlyA)
		case hash != string(r.Hash):
			add(name, Content)
		}
	}
	for _, r := range b {
		if name := (rowName{r.Table, r.Id}); other[name] != "" {
			add(name, OnlyB)
		}
	}
}

func (c *counted) HeldJournals(ctx context.Context, req *queryv1.HeldJournalsRequest) (*queryv1.HeldJournalsResponse, error) {
	return count(ctx, c, req, c.Side.HeldJournals)
}

func (c *counted) RowTree(ctx context.Context, req *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error) {
	return count(ctx, c, req, c.Side.RowTree)
}

func (c *counted) RowEvents(ctx context.Context, req *queryv1.RowEventsRequest) (*queryv1.RowEventsResponse, error) {
	return count(ctx, c, req, c.Side.RowEvents)
}

func count[Q, R proto.Message](ctx context.Context, c *counted, req Q, call func(context.Context, Q) (R, error)) (R, error) {
	res, err := call(ctx, req)
	c.bytes.Add(uint64(proto.Size(req)))
	if err == nil {
		c.bytes.Add(uint64(proto.Size(res)))
	}
	return res, err
}
