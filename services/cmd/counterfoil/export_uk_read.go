package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// ukEdition is what an agency has on record from the register at a moment.
type ukEdition struct {
	// Of the latest edition that was recorded to its end; empty where there is none.
	date   string
	digest []byte
	rows   []uklicences.Row
	// Why the rows may not be that edition's, in sentences.
	doubts []string
}

// read reads what the agency had on record from the register, page by page, and whether that is the edition that it had read last.
// A ledger that is not asked as of a moment may go on meanwhile; an import that does is noticed by the edition's digest.
func (ex *ukExporter) read(ctx context.Context, c *Clients, at *queryv1.Horizon) (*ukEdition, error) {
	ed := &ukEdition{}
	var entries []*licensingv1.Entry
	changed := 0
	err := ex.each(ctx, c, at, func(row *queryv1.Row) {
		e, digest := entryOf(row)
		rows, err := uklicences.Rows(e)
		if err != nil || !bytes.Equal(published.Digest(e), digest) {
			changed++
		}
		entries, ed.rows = append(entries, &licensingv1.Entry{Digest: digest}), append(ed.rows, rows...)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ed.rows, uklicences.Row.Compare)
	if err := ex.latest(ctx, c, at, ed); err != nil {
		return nil, err
	}
	if changed > 0 {
		ed.doubts = append(ed.doubts, fmt.Sprintf("of %d entries an officer changed what the register says; one that its columns cannot state is left out", changed))
	}
	switch asOf := proto.Equal(at, &queryv1.Horizon{AsOf: at.GetAsOf()}); {
	case at != nil && !asOf: // a part of an edition was asked for
	case ed.date == "" && len(entries) == 0:
		ex.env.Advise("no edition of %s of agency %s was on record%s", uklicences.Source, ex.of, then(at))
	case ed.date == "":
		ed.doubts = append(ed.doubts, fmt.Sprintf("no edition was recorded to its end%s; finish its import", then(at)))
	case !bytes.Equal(published.EditionDigest(entries), ed.digest):
		ed.doubts = append(ed.doubts, fmt.Sprintf("what is on record%s is not the edition of %s as it was read: an import was broken off, or an officer revoked what an edition took back", then(at), ed.date))
	}
	return ed, nil
}

func then(at *queryv1.Horizon) string {
	if words := horizonWords(at); words != "" {
		return " (" + words + ")"
	}
	return ""
}

// each calls for every licence and denial that the agency read from the register and no edition took back.
func (ex *ukExporter) each(ctx context.Context, c *Clients, at *queryv1.Horizon, do func(*queryv1.Row)) error {
	progress := ex.env.startProgress("read", "entries")
	defer progress.stop()
	filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "source", Values: []string{uklicences.Source}}}}
	tables := []queryv1.Table{queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_DENIALS}
	var all, done uint64
	for _, table := range tables {
		res, err := c.Query.Count(ctx, &queryv1.CountRequest{Table: table, Filter: filter, Horizon: at})
		if err != nil {
			return err
		}
		all += res.Total
	}
	progress.total(int64(all))
	for _, table := range tables {
		err := pages(ctx, c, &queryv1.ListRequest{Table: table, Filter: filter, PageSize: maxPage, Horizon: at}, func(rows []*queryv1.Row) {
			for _, row := range rows {
				if strings.HasPrefix(idOf(row), ex.of+"/") {
					do(row)
				}
			}
			done += uint64(len(rows))
			progress.set(int64(done))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// latest finds the latest edition that was recorded to its end.
func (ex *ukExporter) latest(ctx context.Context, c *Clients, at *queryv1.Horizon, ed *ukEdition) error {
	filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "source", Values: []string{uklicences.Source}}}}
	return pages(ctx, c, &queryv1.ListRequest{Table: queryv1.Table_TABLE_EDITIONS, Filter: filter, PageSize: maxPage, Horizon: at}, func(rows []*queryv1.Row) {
		for _, row := range rows {
			if e := row.GetEdition(); strings.HasPrefix(e.GetId(), ex.of+"/") && e.GetEdition() > ed.date {
				ed.date, ed.digest = e.GetEdition(), e.GetDigest()
			}
		}
	})
}

// pages lists every page.
func pages(ctx context.Context, c *Clients, req *queryv1.ListRequest, do func([]*queryv1.Row)) error {
	for {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return err
		}
		do(res.GetRows())
		if req.PageToken = res.GetNextPageToken(); req.PageToken == "" {
			return nil
		}
	}
}

// decided is what licences and denials have in common.
type decided interface {
	GetId() string
	GetDeal() *licensingv1.Deal
	GetPublished() *licensingv1.Published
}

func decisionIn(row *queryv1.Row) decided {
	if l := row.GetLicence(); l != nil {
		return l
	}
	return row.GetDenial()
}

func idOf(row *queryv1.Row) string { return decisionIn(row).GetId() }

// entryOf is what a row says of its entry in the register, and the digest of the entry as it was read.
func entryOf(row *queryv1.Row) (*licensingv1.Entry, []byte) {
	d := decisionIn(row)
	e := &licensingv1.Entry{
		Date: d.GetPublished().GetDate(), Destination: d.GetDeal().GetDestination(), Onward: d.GetDeal().GetOnward(),
		Sources: d.GetDeal().GetSources(), Lines: d.GetDeal().GetLines(),
	}
	if denial, refused := d.(*ledgerv1.Denial); refused {
		e.Refused, e.Criteria = true, denial.GetCriteria()
	}
	return e, d.GetPublished().GetDigest()
}
