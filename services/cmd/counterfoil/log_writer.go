package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// logWriter writes what a node sends of a journal.
type logWriter struct {
	dir, name string
	head      *queryv1.SignedHead
	folder    *proofs.Folder
	progress  *progress
}

// begin opens the folder with the first message.
func (l *logWriter) begin(head *queryv1.SignedHead, entries bool) error {
	switch {
	case l.folder != nil:
		return nil
	case head == nil:
		return errors.New("the node did not say what the journal hashes to")
	}
	h, err := proofs.SignedHeadOf(head)
	if err != nil {
		return err
	}
	if h.Journal != l.name {
		return fmt.Errorf("the node sent %s in its place", h.Journal)
	}
	l.head = head
	l.progress.total(int64(h.Events))
	l.folder, err = proofs.OpenFolder(l.dir, h, []byte(head.Note), entries)
	return err
}

// leaves writes a journal's hashes.
func (l *logWriter) leaves(ctx context.Context, c *Clients) error {
	stream, err := c.Proof.Leaves(ctx, &queryv1.LeavesRequest{Journal: l.name})
	if err != nil {
		return err
	}
	defer stream.Close()
	return follow(l, stream.Receive, func(res *queryv1.LeavesResponse) error {
		if err := l.begin(res.Head, false); err != nil {
			return err
		}
		for hash := range slices.Chunk(res.Hashes, tlog.HashSize) {
			if err := l.leaf(hash, l.folder.Leaf); err != nil {
				return err
			}
		}
		return nil
	})
}

// events writes a journal's hashes and its events.
func (l *logWriter) events(ctx context.Context, c *Clients) error {
	stream, err := c.Proof.Entries(ctx, &queryv1.EntriesRequest{Journal: l.name})
	if err != nil {
		return err
	}
	defer stream.Close()
	return follow(l, stream.Receive, func(res *queryv1.EntriesResponse) error {
		if err := l.begin(res.Head, true); err != nil {
			return err
		}
		for _, entry := range res.Entries {
			var err error
			switch content := entry.Content.(type) {
			case *queryv1.LogEntry_Event:
				err = l.folder.Event(content.Event)
			case *queryv1.LogEntry_Leaf:
				err = l.leaf(content.Leaf, l.folder.Withdrawn)
			default:
				err = errors.New("the node sent neither an event nor what is left of it")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *logWriter) leaf(hash []byte, add func(tlog.Hash) error) error {
	if len(hash) != tlog.HashSize {
		return fmt.Errorf("the node sent a hash of %d bytes", len(hash))
	}
	return add(tlog.Hash(hash))
}

// follow takes what a node sends to its end. A stream that ends before all of the journal came is an error.
func follow[M any](l *logWriter, receive func() (M, error), take func(M) error) error {
	for {
		res, err := receive()
		if errors.Is(err, io.EOF) && l.folder != nil {
			return l.folder.Close()
		}
		if err == nil {
			err = take(res)
		}
		if err != nil {
			return err
		}
		l.progress.set(int64(l.folder.Size()))
	}
}
