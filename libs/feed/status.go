package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Status says how far the feed is, and how far those who read it are.
func (f *Feed) Status(ctx context.Context) (*queryv1.FeedStatusResponse, error) {
	res := &queryv1.FeedStatusResponse{Enabled: true, Url: f.URL()}
	for _, w := range f.writers {
		s, err := w.status(ctx)
		if err != nil {
			return nil, fmt.Errorf("look at stream %s of the feed: %w", w.form.stream, err)
		}
		res.Streams = append(res.Streams, s)
	}
	f.mu.Lock()
	users := slices.Clone(f.readers.users)
	res.Trouble = f.trouble
	f.mu.Unlock()
	for _, u := range users {
		s, err := f.reader(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("look at user %s of the feed: %w", u.Name, err)
		}
		res.Users = append(res.Users, s)
	}
	return res, nil
}

func (w *writer) status(ctx context.Context) (*queryv1.FeedStream, error) {
	info, err := w.stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	s := &queryv1.FeedStream{Stream: w.form.stream, Messages: info.State.Msgs, Bytes: info.State.Bytes, LastSequence: info.State.LastSeq}
	if info.State.Msgs > 0 {
		s.FirstSequence, s.OldestAt = info.State.FirstSeq, timestamppb.New(info.State.FirstTime)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s.Trouble = w.trouble
	if err := w.resume(ctx); err != nil {
		return nil, err
	}
	err = w.feed.cfg.Ledger.Committed(func(v ledger.View) (err error) {
		s.Behind, err = v.Unsent(w.position)
		return err
	})
	return s, err
}

// reader says how far a user is.
func (f *Feed) reader(ctx context.Context, u User) (*queryv1.FeedReader, error) {
	s := &queryv1.FeedReader{User: u.Name, Stream: u.Stream(), Only: u.Only}
	f.mu.Lock()
	s.Connections = uint32(len(f.alive(f.connected[u.Name])))
	f.mu.Unlock()
	w := f.writer(u.Stream())
	if w == nil {
		s.Trouble = "events in JSON are not published: set \"json\": true for the feed in agency.json"
		return s, nil
	}
	consumer, err := w.stream.Consumer(ctx, u.Name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		s.Trouble = "it was added just now and may not read yet"
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	at := consumer.CachedInfo()
	s.Acknowledged, s.Unacknowledged, s.Pending = at.AckFloor.Stream, uint64(at.NumAckPending), at.NumPending
	if at.Delivered.Last != nil {
		s.ReadAt = timestamppb.New(*at.Delivered.Last)
	}
	s.Dropped, _ = strconv.ParseUint(at.Config.Metadata[droppedKey], 10, 64)
	if when, err := time.Parse(time.RFC3339, at.Config.Metadata[droppedAtKey]); err == nil {
		s.DroppedAt = timestamppb.New(when)
	}
	return s, nil
}

// alive returns those of the connections that have not ended.
func (f *Feed) alive(ids []uint64) (left []uint64) {
	for _, id := range ids {
		if f.srv.GetClient(id) != nil {
			left = append(left, id)
		}
	}
	return left
}

// seen is what of a consumer was put on record: how many messages it was given, and up to which of the stream.
type seen struct{ consumer, stream uint64 }

func seenOf(info *jetstream.ConsumerInfo) seen {
	return seen{info.Delivered.Consumer, info.Delivered.Stream}
}

// eachConsumer calls fn with what each consumer is at.
func (f *Feed) eachConsumer(ctx context.Context, fn func(w *writer, info *jetstream.ConsumerInfo) error) error {
	for _, w := range f.writers {
		list := w.stream.ListConsumers(ctx)
		for info := range list.Info() {
			if err := fn(w, info); err != nil {
				return err
			}
		}
		if err := list.Err(); err != nil {
			return err
		}
	}
	return nil
}

// begin takes what was read before the feed was opened as being on record. A node that is killed loses what was read in the last
// seconds.
func (f *Feed) begin(ctx context.Context) error {
	return f.eachConsumer(ctx, func(w *writer, info *jetstream.ConsumerInfo) error {
		f.seen[w.form.stream+"/"+info.Name] = seenOf(info)
		return nil
	})
}

// note puts on record who read what since it did so last.
func (f *Feed) note(ctx context.Context) error {
	if f.cfg.Accessed == nil {
		return nil
	}
	return f.eachConsumer(ctx, f.noteOne)
}

func (f *Feed) noteOne(w *writer, info *jetstream.ConsumerInfo) error {
	key := w.form.stream + "/" + info.Name
	now, before := seenOf(info), f.seen[key]
	rows := now.consumer - before.consumer
	if now.consumer < before.consumer { // it went back and began to count anew
		rows = now.consumer
	}
	if rows == 0 {
		f.seen[key] = now
		return nil
	}
	owners, err := f.owners(info.Config.FilterSubjects, w.prefix)
	if err == nil {
		err = f.cfg.Accessed(&queryv1.Access{User: "feed/" + info.Name, Call: "Feed", Table: queryv1.Table_TABLE_EVENTS, Rows: rows, Owners: owners})
	}
	if err == nil {
		f.seen[key] = now
		f.counted.read.Add(rows)
	}
	return err
}

// owners are the agencies whose events filters let in.
func (f *Feed) owners(filters []string, prefix string) (owners []string, err error) {
	err = f.cfg.Ledger.Committed(func(v ledger.View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			agency := ledger.AgencyOf(p.Journal)
			let := len(filters) == 0 || slices.ContainsFunc(filters, func(filter string) bool {
				return overlap(strings.TrimPrefix(filter, prefix), agency+".>")
			})
			if let && !slices.Contains(owners, agency) {
				owners = append(owners, agency)
			}
		}
		return err
	})
	slices.Sort(owners)
	return owners, err
}
