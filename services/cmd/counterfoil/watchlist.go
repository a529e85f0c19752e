package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published/watchlists"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
)

// listImporter records one edition of a watch list at the agency that keeps it.
type listImporter struct {
	env             *Env
	client          screeningv1connect.ListServiceClient
	source, edition string
	batch           int
	dryRun          bool
}

// listOnRecord is what is on record from a list: digests by key. state is a digest over it, which makes a request's key new
// once something was recorded since.
type listOnRecord struct {
	digests map[string][]byte
	latest  string // edition
	state   []byte
}

// contents fetches what is on record, page by page.
func (im *listImporter) contents(ctx context.Context) (*listOnRecord, error) {
	all := &listOnRecord{digests: map[string][]byte{}}
	digest := sha256.New()
	req := &screeningv1.ListContentsRequest{Source: im.source}
	for {
		res, err := im.client.ListContents(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("read what is on record: %w", err)
		}
		for _, e := range res.Entries {
			fmt.Fprintf(digest, "%q %x\n", e.EntryId, e.Digest)
			all.digests[e.Key] = e.Digest
		}
		all.latest = res.Edition
		if !res.More || len(res.Entries) == 0 {
			all.state = digest.Sum([]byte(all.latest))
			return all, nil
		}
		req.After = res.Entries[len(res.Entries)-1].EntryId
	}
}

// listChanges is what leads from what is on record to an edition.
type listChanges struct {
	entries        []*screeningv1.ListEntry // new ones first, then those that it states otherwise
	removed        []string                 // keys
	added, changed int
	whole          *screeningv1.CloseListRequest
}

func differences(onRecord map[string][]byte, list watchlists.List) *listChanges {
	c := &listChanges{}
	var otherwise []*screeningv1.ListEntry
	var digests [][]byte
	seen := map[string]bool{}
	for _, e := range list.Entries {
		entry := listEntry(list.Source, e)
		seen[entry.Key], digests = true, append(digests, entry.Digest)
		switch before, known := onRecord[entry.Key]; {
		case !known:
			c.entries = append(c.entries, entry)
		case !bytes.Equal(before, entry.Digest):
			otherwise = append(otherwise, entry)
		}
	}
	c.added, c.changed = len(c.entries), len(otherwise)
	c.entries = append(c.entries, otherwise...)
	for _, key := range slices.Sorted(maps.Keys(onRecord)) {
		if !seen[key] {
			c.removed = append(c.removed, key)
		}
	}
	c.whole = &screeningv1.CloseListRequest{Entries: uint64(len(digests)), Digest: screening.ListDigest(digests)}
	return c
}

// listEntry is an entry as it is recorded. A name in its own script is a name like the others.
func listEntry(source string, e watchlists.Entry) *screeningv1.ListEntry {
	entry := &screeningv1.ListEntry{
		Source: source, Key: e.Key, Type: string(e.Type), Programmes: e.Programmes, Countries: e.Countries, Identifiers: e.Identifiers,
		BirthDates: e.BirthDates, Addresses: e.Addresses, ListedOn: e.ListedOn, Until: e.Until, Remarks: e.Remarks,
	}
	for _, n := range e.Names {
		entry.Names = append(entry.Names, &screeningv1.ListName{Text: n.Text, Kind: string(n.Kind)})
		if n.Original != "" {
			entry.Names = append(entry.Names, &screeningv1.ListName{Text: n.Original, Kind: string(n.Kind)})
		}
	}
	entry.Digest = screening.EntryDigest(entry)
	return entry
}

func (c *listChanges) summary(im *listImporter, list watchlists.List) *importedList {
	s := &importedList{
		Source: im.source, Edition: im.edition, DryRun: im.dryRun, Entries: len(list.Entries),
		Added: c.added, Changed: c.changed, Removed: len(c.removed),
	}
	for _, e := range list.Entries {
		s.Names += len(e.Names)
	}
	s.Problems, s.ProblemRows = listFindings(list.Problems)
	s.Remarks, _ = listFindings(list.Remarks)
	return s
}

// record sends the changes part by part, then closes the edition. On an error what was answered stays on record; events says
// how much that is.
func (im *listImporter) record(ctx context.Context, from *listOnRecord, changes *listChanges) (events uint64, err error) {
	progress := im.env.startProgress("record", "entries")
	defer progress.stop()
	progress.total(int64(len(changes.entries) + len(changes.removed)))
	done := 0
	for part := range im.parts(changes) {
		key, err := keyOf(from, part)
		if err != nil {
			return events, err
		}
		part.Particulars = &eventv1.Particulars{IdempotencyKey: key}
		res, err := send(ctx, part, im.client.RecordList)
		if err != nil {
			return events, err
		}
		events += uint64(res.GetReceipt().GetEvents())
		done += len(part.Entries) + len(part.Removed)
		progress.set(int64(done))
	}
	whole := changes.whole
	whole.Source, whole.Edition = im.source, im.edition
	key, err := keyOf(from, whole)
	if err != nil {
		return events, err
	}
	whole.Particulars = &eventv1.Particulars{IdempotencyKey: key}
	res, err := send(ctx, whole, im.client.CloseList)
	return events + uint64(res.GetReceipt().GetEvents()), err
}

// parts cuts the changes into requests of at most batch entries, and of a size that fits.
func (im *listImporter) parts(changes *listChanges) func(yield func(*screeningv1.RecordListRequest) bool) {
	return func(yield func(*screeningv1.RecordListRequest) bool) {
		part, size := im.part(), 0
		for _, e := range changes.entries {
			weight := proto.Size(e)
			if len(part.Entries) > 0 && (len(part.Entries) == im.batch || size+weight > maxBatchBytes) {
				if !yield(part) {
					return
				}
				part, size = im.part(), 0
			}
			part.Entries, size = append(part.Entries, e), size+weight
		}
		if len(part.Entries) > 0 && !yield(part) {
			return
		}
		for keys := range slices.Chunk(changes.removed, im.batch) {
			part := im.part()
			part.Removed = keys
			if !yield(part) {
				return
			}
		}
	}
}

func (im *listImporter) part() *screeningv1.RecordListRequest {
	return &screeningv1.RecordListRequest{Source: im.source, Edition: im.edition}
}

// keyOf is the idempotency key of a request, drawn from what it says and what it is said about.
func keyOf(from *listOnRecord, req proto.Message) (string, error) {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return "", fmt.Errorf("make the request's key: %w", err)
	}
	digest := sha256.Sum256(append(slices.Clone(from.state), content...))
	return "list-" + hex.EncodeToString(digest[:]), nil
}
