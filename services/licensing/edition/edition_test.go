package edition_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/published"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/edition"
)

const source = "uk-licences"

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func particulars() *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(date("2026-02-01"))}
}

// entry makes an entry of one line; change may alter it before its digest is taken.
func entry(day string, refused bool, change ...func(*licensingv1.Entry)) *licensingv1.Entry {
	e := &licensingv1.Entry{
		Date: day, Refused: refused, Destination: &licensingv1.Place{Country: "XB", Name: "Xebia"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML10", Licences: 1}},
	}
	if refused {
		e.Criteria = []string{"2", "7"}
	} else {
		e.Lines[0].Value = &transferv1.Money{Minor: 354000, Currency: "GBP"}
	}
	for _, c := range change {
		c(e)
	}
	e.Digest = published.Digest(e)
	return e
}

func onward(names ...string) func(*licensingv1.Entry) {
	return func(e *licensingv1.Entry) {
		for _, n := range names {
			e.Onward = append(e.Onward, &licensingv1.Place{Name: n})
		}
	}
}

func criteria(codes ...string) func(*licensingv1.Entry) {
	return func(e *licensingv1.Entry) { e.Criteria = codes }
}

func deal(e *licensingv1.Entry) *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: e.Destination, Onward: e.Onward, Sources: e.Sources, Lines: e.Lines,
	}
}

func from(e *licensingv1.Entry, edition string) *licensingv1.Published {
	return &licensingv1.Published{Source: source, Digest: e.Digest, Date: e.Date, Edition: edition}
}

func id(e *licensingv1.Entry, ordinal uint32) string {
	return published.EntryID("licensing", source, e.Digest, ordinal)
}

// granted and denied are what an edition's entry is on record as.
func granted(id string, e *licensingv1.Entry, decided, edition string) proto.Message {
	return dated(decided, edition, &licensingv1.LicenceGranted{LicenceId: id, Deal: deal(e), Published: from(e, edition)})
}

func denied(id string, e *licensingv1.Entry, decided, edition string) proto.Message {
	return dated(decided, edition, &licensingv1.LicenceDenied{DenialId: id, Deal: deal(e), Criteria: e.Criteria, Published: from(e, edition)})
}

func dated(occurred, recorded string, fact proto.Message) proto.Message {
	return ledger.Dated{Message: fact, OccurredAt: date(occurred), RecordedAt: date(recorded)}
}

func withdrawn(id, decided, edition string) proto.Message {
	return dated(decided, edition, &licensingv1.EntryWithdrawn{Id: id, Source: source, Edition: edition})
}

func closed(edition string, digest byte) proto.Message {
	sum := make([]byte, 32)
	sum[0] = digest
	return dated(edition, edition, &licensingv1.EditionRecorded{Source: source, Edition: edition, Digest: sum, Entries: 1, Lines: 1})
}

// sameFacts compares facts with their dates.
func sameFacts(want, got []proto.Message) string {
	type fact struct {
		Fact               proto.Message
		Occurred, Recorded time.Time
	}
	plain := func(facts []proto.Message) (all []fact) {
		for _, f := range facts {
			d := f.(ledger.Dated)
			all = append(all, fact{d.Message, d.OccurredAt, d.RecordedAt})
		}
		return all
	}
	return cmp.Diff(plain(want), plain(got), protocmp.Transform())
}

func TestRecord(t *testing.T) {
	const july, october = "2012-07-12", "2012-10-11"
	licence, other := entry("2008-01-02", false), entry("2008-01-02", false, onward("Chile"))
	denial := entry("2008-02", true)
	milder := entry("2008-02", true, criteria("2"))
	uncriticized := entry("2008-02", true, criteria())
	onRecord := granted(id(licence, 1), licence, "2008-01-02", july)
	refusal := denied(id(denial, 1), denial, "2008-02-01", july)
	amended := dated("2008-01-02", july, &licensingv1.LicenceAmended{LicenceId: id(licence, 1), Deal: deal(other), Published: from(other, july)})
	add := func(e *licensingv1.Entry, ordinal uint32) *licensingv1.RecordEditionRequest {
		return &licensingv1.RecordEditionRequest{Added: []*licensingv1.Addition{{Entry: e, Ordinal: ordinal}}}
	}
	change := func(id string, e *licensingv1.Entry) *licensingv1.RecordEditionRequest {
		return &licensingv1.RecordEditionRequest{Changed: []*licensingv1.Change{{Id: id, Entry: e}}}
	}
	leaveOut := func(ids ...string) *licensingv1.RecordEditionRequest {
		return &licensingv1.RecordEditionRequest{Withdrawn: ids}
	}
	altered := proto.CloneOf(licence)
	altered.Date = "2008-01-03"
	unnumbered := entry("2008-01-02", false, func(e *licensingv1.Entry) { e.Lines[0].Number = 0 })
	tests := []struct {
		name    string
		given   []proto.Message
		edition string // october, when empty
		req     *licensingv1.RecordEditionRequest
		want    []proto.Message
		wantErr error
	}{
		{name: "a licence", req: add(licence, 1), want: []proto.Message{granted(id(licence, 1), licence, "2008-01-02", october)}},
		{name: "a denial, dated to the month", req: add(denial, 1), want: []proto.Message{denied(id(denial, 1), denial, "2008-02-01", october)}},
		{name: "an equal licence", given: []proto.Message{onRecord}, req: add(licence, 2), want: []proto.Message{granted(id(licence, 2), licence, "2008-01-02", october)}},
		{name: "on record", given: []proto.Message{onRecord}, req: add(licence, 1)},
		{name: "suspended", given: []proto.Message{onRecord, &licensingv1.LicenceSuspended{LicenceId: id(licence, 1)}}, req: add(licence, 1)},
		{name: "revoked", given: []proto.Message{onRecord, &licensingv1.LicenceRevoked{LicenceId: id(licence, 1)}}, req: add(licence, 1)},
		{name: "back again", given: []proto.Message{onRecord, withdrawn(id(licence, 1), "2008-01-02", july)}, req: add(licence, 1),
			want: []proto.Message{granted(id(licence, 1), licence, "2008-01-02", october)}},
		{name: "another content under its id", given: []proto.Message{onRecord, amended}, req: add(licence, 1), wantErr: fault.Conflict},
		{name: "twice", req: &licensingv1.RecordEditionRequest{Added: []*licensingv1.Addition{{Entry: licence, Ordinal: 1}, {Entry: licence, Ordinal: 1}}}, wantErr: fault.Invalid},
		{name: "without ordinal", req: add(licence, 0), wantErr: fault.Invalid},
		{name: "not its digest", req: add(altered, 1), wantErr: fault.Invalid},
		{name: "line without number", req: add(unnumbered, 1), wantErr: fault.Invalid},
		{name: "no date", req: add(entry("2008-13", false), 1), wantErr: fault.Invalid},
		{name: "granted with criteria", req: add(entry("2008-01", false, criteria("1")), 1), wantErr: fault.Invalid},
		{name: "empty entry", req: add(nil, 1), wantErr: fault.Invalid},

		{name: "change of a licence", given: []proto.Message{onRecord}, req: change(id(licence, 1), other), want: []proto.Message{
			dated("2008-01-02", october, &licensingv1.LicenceAmended{LicenceId: id(licence, 1), Deal: deal(other), Published: from(other, october)})}},
		{name: "change of a denial", given: []proto.Message{refusal}, req: change(id(denial, 1), milder), want: []proto.Message{
			dated("2008-02-01", october, &licensingv1.DenialAmended{DenialId: id(denial, 1), Deal: deal(milder), Criteria: []string{"2"}, Published: from(milder, october)})}},
		{name: "no criteria any more", given: []proto.Message{refusal}, req: change(id(denial, 1), uncriticized), want: []proto.Message{
			withdrawn(id(denial, 1), "2008-02-01", october), denied(id(denial, 1), uncriticized, "2008-02-01", october)}},
		{name: "changed already", given: []proto.Message{onRecord, amended}, req: change(id(licence, 1), other)},
		{name: "change of a revoked one", given: []proto.Message{onRecord, &licensingv1.LicenceRevoked{LicenceId: id(licence, 1)}}, req: change(id(licence, 1), other)},
		{name: "change of nothing", req: change(id(licence, 1), other), wantErr: fault.NotFound},
		{name: "change to a refusal", given: []proto.Message{onRecord}, req: change(id(licence, 1), denial), wantErr: fault.Invalid},
		{name: "change of a withdrawn one", given: []proto.Message{onRecord, withdrawn(id(licence, 1), "2008-01-02", july)}, req: change(id(licence, 1), other), wantErr: fault.Conflict},
		{name: "change of what was not published", given: []proto.Message{&licensingv1.LicenceGranted{LicenceId: "licensing/L-000001"}}, req: change("licensing/L-000001", other), wantErr: fault.Invalid},

		{name: "a licence left out", given: []proto.Message{onRecord}, req: leaveOut(id(licence, 1)), want: []proto.Message{withdrawn(id(licence, 1), "2008-01-02", october)}},
		{name: "a denial left out", given: []proto.Message{refusal}, req: leaveOut(id(denial, 1)), want: []proto.Message{withdrawn(id(denial, 1), "2008-02-01", october)}},
		{name: "left out already", given: []proto.Message{refusal, withdrawn(id(denial, 1), "2008-02-01", july)}, req: leaveOut(id(denial, 1))},
		{name: "a revoked one left out", given: []proto.Message{onRecord, &licensingv1.LicenceRevoked{LicenceId: id(licence, 1)}}, req: leaveOut(id(licence, 1))},
		{name: "left out, never in", req: leaveOut(id(licence, 1)), wantErr: fault.NotFound},
		{name: "left out twice", given: []proto.Message{onRecord}, req: leaveOut(id(licence, 1), id(licence, 1)), wantErr: fault.Invalid},

		{name: "older than the closed one", given: []proto.Message{closed(october, 1)}, edition: july, req: add(licence, 1), wantErr: fault.Precondition},
		{name: "older than what is on record", given: []proto.Message{granted(id(licence, 1), licence, "2008-01-02", october)}, edition: july, req: leaveOut(id(licence, 1)), wantErr: fault.Precondition},
		{name: "closed, sent again", given: []proto.Message{onRecord, closed(july, 1)}, edition: july, req: add(licence, 1)},
		{name: "closed, something new", given: []proto.Message{onRecord, closed(july, 1)}, edition: july, req: add(licence, 2), wantErr: fault.Precondition},
		{name: "newer than the closed one", given: []proto.Message{closed(july, 1)}, req: add(licence, 1), want: []proto.Message{granted(id(licence, 1), licence, "2008-01-02", october)}},
		{name: "from the future", edition: "2102-10-11", req: add(licence, 1), wantErr: fault.Invalid},
		{name: "of no day", edition: "2012-02-30", req: add(licence, 1), wantErr: fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			tt.req.Particulars, tt.req.Source, tt.req.Edition = particulars(), source, october
			if tt.edition != "" {
				tt.req.Edition = tt.edition
			}
			got, err := edition.Record(view, tt.req)
			if diff := sameFacts(tt.want, got); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Record: %v; want %v (-want +got):\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

func TestClose(t *testing.T) {
	request := func(edition string, digest byte) *licensingv1.CloseEditionRequest {
		sum := make([]byte, 32)
		sum[0] = digest
		return &licensingv1.CloseEditionRequest{Particulars: particulars(), Source: source, Edition: edition, Digest: sum, Entries: 1, Lines: 1}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		req     *licensingv1.CloseEditionRequest
		want    []proto.Message
		wantErr error
	}{
		{name: "once", req: request("2012-07-12", 1), want: []proto.Message{closed("2012-07-12", 1)}},
		{name: "again", given: []proto.Message{closed("2012-07-12", 1)}, req: request("2012-07-12", 1)},
		{name: "again after a later one", given: []proto.Message{closed("2012-07-12", 1), closed("2012-10-11", 2)}, req: request("2012-07-12", 1)},
		{name: "another content", given: []proto.Message{closed("2012-07-12", 1)}, req: request("2012-07-12", 2), wantErr: fault.Conflict},
		{name: "the next", given: []proto.Message{closed("2012-07-12", 1)}, req: request("2012-10-11", 1), want: []proto.Message{closed("2012-10-11", 1)}},
		{name: "one before", given: []proto.Message{closed("2012-10-11", 1)}, req: request("2012-07-12", 1), wantErr: fault.Precondition},
		{name: "from the future", req: request("2102-10-11", 1), wantErr: fault.Invalid},
		{name: "of another agency", given: []proto.Message{ledgertest.By("customs", closed("2012-10-11", 1))}, req: request("2012-07-12", 1), want: []proto.Message{closed("2012-07-12", 1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := edition.Close(ledgertest.Given(t, tt.given...), tt.req)
			if diff := sameFacts(tt.want, got); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Close: %v; want %v (-want +got):\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

func TestContents(t *testing.T) {
	licence, other, denial := entry("2008-01-02", false), entry("2009-01-02", false), entry("2008-02", true)
	view := ledgertest.Given(t,
		granted(id(licence, 1), licence, "2008-01-02", "2012-07-12"),
		granted(id(licence, 2), licence, "2008-01-02", "2012-07-12"),
		granted(id(other, 1), other, "2009-01-02", "2012-07-12"),
		denied(id(denial, 1), denial, "2008-02-01", "2012-07-12"),
		closed("2012-07-12", 1),
		closed("2012-10-11", 2),
		&licensingv1.LicenceSuspended{LicenceId: id(licence, 2)},
		withdrawn(id(other, 1), "2009-01-02", "2012-10-11"),
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000001"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/other-1", Published: &licensingv1.Published{Source: "other"}},
	)
	all := map[string]*licensingv1.EntryOnRecord{
		id(licence, 1): published.OnRecord(id(licence, 1), licence),
		id(licence, 2): published.OnRecord(id(licence, 2), licence),
		id(denial, 1):  published.OnRecord(id(denial, 1), denial),
	}
	got, err := edition.Contents(view, &licensingv1.EditionContentsRequest{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 3 || got.Edition != "2012-10-11" || got.More {
		t.Fatalf("contents %v", got)
	}
	for i, e := range got.Entries {
		if diff := cmp.Diff(all[e.Id], e, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.Id, diff)
		}
		if i > 0 && got.Entries[i-1].Id >= e.Id {
			t.Errorf("%s comes after %s", e.Id, got.Entries[i-1].Id)
		}
	}
	rest, err := edition.Contents(view, &licensingv1.EditionContentsRequest{Source: source, After: got.Entries[0].Id})
	if diff := cmp.Diff(got.Entries[1:], rest.GetEntries(), protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("after the first: %v (-want +got):\n%s", err, diff)
	}
	none, err := edition.Contents(view, &licensingv1.EditionContentsRequest{Source: "nobody"})
	if diff := cmp.Diff(&licensingv1.EditionContentsResponse{}, none, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("of an unknown source: %v\n%s", err, diff)
	}
}
