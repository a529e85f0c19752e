package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/whole"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// table writes the file of a table, unless it is there.
func (ex *tableExporter) table(ctx context.Context, c *Clients, p planned) error {
	name := tableName(p.table.String())
	file := name + "." + ex.format
	before := ex.rows
	defer func() {
		ex.rows = before + int64(p.rows)
		ex.shown.set(ex.rows)
	}()
	entry, err := ex.there(file)
	if err != nil {
		return err
	}
	if entry != nil {
		ex.done.Tables = append(ex.done.Tables, tableOutcome{*entry, "there already"})
		return nil
	}
	entry = &exportedTable{Table: name, File: file}
	path := filepath.Join(ex.dir, file)
	f, err := whole.Create(path, 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	if err := ex.write(ctx, c, p.table, out, entry); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	entry.Bytes, entry.SHA256 = uint64(info.Size()), hex.EncodeToString(sum.Sum(nil))
	if err := ex.enter(*entry); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	ex.done.Tables = append(ex.done.Tables, tableOutcome{*entry, "written"})
	return nil
}

// write writes the rows of a table as they come, a page being fetched while the one before it is written, and notes in the
// entry how many they are and what they rest on.
func (ex *tableExporter) write(ctx context.Context, c *Clients, table queryv1.Table, out *bufio.Writer, entry *exportedTable) error {
	w, err := columns.New(ex.format, out, columns.Of(table))
	if err != nil {
		return err
	}
	fetched := make(chan *queryv1.ListResponse, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(fetched)
		req := &queryv1.ListRequest{Table: table, Filter: ex.filter, Horizon: ex.horizon, PageSize: maxPage}
		for more := true; more; more = req.PageToken != "" {
			res, err := c.Query.List(ctx, req)
			if err != nil {
				return err
			}
			select {
			case fetched <- res:
			case <-ctx.Done():
				return ctx.Err()
			}
			req.PageToken = res.NextPageToken
		}
		return nil
	})
	group.Go(func() error {
		for res := range fetched {
			if err := w.Write(contents(res.Rows)...); err != nil {
				return err
			}
			ex.read(entry, res)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	entry.Moved = moved(entry.Start.Positions, entry.End.Positions)
	if err := errors.Join(w.Close(), out.Flush()); err != nil {
		return fmt.Errorf("write %s: %w", entry.File, err)
	}
	return nil
}

// read notes a page that was written.
func (ex *tableExporter) read(entry *exportedTable, res *queryv1.ListResponse) {
	entry.End = basisJSON(res.Basis)
	if entry.Start.Positions == nil {
		entry.Start = entry.End
	}
	entry.Rows += uint64(len(res.Rows))
	ex.rows += int64(len(res.Rows))
	ex.shown.set(ex.rows)
}

func contents(rows []*queryv1.Row) []proto.Message {
	list := make([]proto.Message, len(rows))
	for i, row := range rows {
		list[i] = content(row)
	}
	return list
}
