package cloudevent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var at = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

func suspended(t testing.TB) *queryv1.RecordedEvent {
	t.Helper()
	fact := &licensingv1.LicenceSuspended{LicenceId: "licensing/licence-000001", Reason: "forged certificate"}
	event, err := journal.NewEvent(fact, at, at.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	event.Purpose, event.Officer = "ATT 7(7)", &eventv1.Officer{Role: "officer", Person: "17"}
	raw, err := proto.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	anyFact, err := anypb.New(fact)
	if err != nil {
		t.Fatal(err)
	}
	return &queryv1.RecordedEvent{
		Journal: "licensing/all", Number: 7, Block: 3, Id: "0195-id", Kind: event.Kind, OccurredAt: event.OccurredAt, RecordedAt: event.RecordedAt,
		WrittenAt: timestamppb.New(at.Add(2 * time.Hour)), Purpose: event.Purpose, Officer: event.Officer, Fact: anyFact, Raw: raw,
		Origin: &eventv1.Cause{Journal: "licensing/border", Number: 5},
	}
}

func TestBinaryMode(t *testing.T) {
	c, err := cloudevent.New(suspended(t), "token")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"ce-specversion": {"1.0"}, "ce-id": {"0195-id"}, "ce-source": {"/counterfoil/licensing/all"},
		"ce-type": {"counterfoil.licensing.v1.LicenceSuspended"}, "ce-subject": {"licensing/licence-000001"},
		"ce-time": {"2026-03-01T09:30:00Z"}, "ce-recordedtime": {"2026-03-01T10:30:00Z"}, "ce-writtentime": {"2026-03-01T11:30:00Z"},
		"ce-dataschema":      {"https://type.googleapis.com/counterfoil.licensing.v1.LicenceSuspended"},
		"ce-datacontenttype": {"application/protobuf"}, "content-type": {"application/protobuf"},
		"ce-journal": {"licensing/all"}, "ce-eventnumber": {"7"}, "ce-block": {"3"}, "ce-agency": {"licensing"}, "ce-position": {"token"},
		"ce-purpose": {"ATT%207(7)"}, "ce-officerrole": {"officer"}, "ce-repeats": {"licensing/border/5"},
	}
	if diff := cmp.Diff(want, c.Header()); diff != "" {
		t.Error(diff)
	}
	fact := &licensingv1.LicenceSuspended{}
	if err := proto.Unmarshal(c.Data, fact); err != nil || fact.Reason != "forged certificate" {
		t.Errorf("the body is %v, %v", fact, err)
	}
}

func TestStructuredMode(t *testing.T) {
	c, err := cloudevent.NewJSON(suspended(t), "token")
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	read, err := cloudevent.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	fact := &licensingv1.LicenceSuspended{}
	if err := protojson.Unmarshal(read.Data, fact); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&licensingv1.LicenceSuspended{LicenceId: "licensing/licence-000001", Reason: "forged certificate"}, fact, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	read.Data, c.Data = nil, nil // JSON of the same fact may be spaced differently
	if diff := cmp.Diff(c, read); diff != "" {
		t.Error(diff)
	}
}

// TestUnknownKind: what a newer program recorded is passed on as it is.
func TestUnknownKind(t *testing.T) {
	e := suspended(t)
	e.Kind, e.Fact = "counterfoil.licensing.v9.SomethingNew", nil
	c, err := cloudevent.NewJSON(e, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.DataContentType != cloudevent.Protobuf || c.Subject != "" {
		t.Errorf("content type %q, subject %q", c.DataContentType, c.Subject)
	}
	written, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	read, err := cloudevent.Parse(written)
	if err != nil || !bytes.Equal(read.Data, c.Data) {
		t.Errorf("%s\n%v", written, err)
	}
}

// TestWhatOthersRecorded: no event that somebody else recorded is refused, whatever it says of itself.
func TestWhatOthersRecorded(t *testing.T) {
	for _, kind := range []string{"", ".", "a b", "x.>", "\x01", "é", strings.Repeat("k", 3000)} {
		e := suspended(t)
		e.Kind, e.OccurredAt, e.RecordedAt = kind, &timestamppb.Timestamp{Seconds: 1 << 60}, &timestamppb.Timestamp{Nanos: -1}
		e.Fact = &anypb.Any{TypeUrl: "type.googleapis.com/counterfoil.licensing.v1.LicenceSuspended", Value: []byte{0xff}}
		for _, show := range []func(*queryv1.RecordedEvent, string) (*cloudevent.Event, error){cloudevent.New, cloudevent.NewJSON} {
			c, err := show(e, "token")
			if err != nil {
				t.Errorf("kind %q: %v", kind, err)
				continue
			}
			written, err := json.Marshal(c)
			if err == nil {
				_, err = cloudevent.Parse(written)
			}
			if err != nil {
				t.Errorf("kind %q: %v", kind, err)
			}
		}
	}
}

// TestPublishedCases reads the cases by which the publisher of the format tells events from what is none.
func TestPublishedCases(t *testing.T) {
	type set struct {
		Tests []struct {
			ID, SampleID string
			Event        json.RawMessage
		}
	}
	load := func(name string) (s set) {
		data, err := os.ReadFile(publishedtest.Data(t, "cloudevents-json-format", name))
		if err == nil {
			err = json.Unmarshal(data, &s)
		}
		if err != nil || len(s.Tests) == 0 {
			t.Fatalf("read %s: %d cases, %v", name, len(s.Tests), err)
		}
		return s
	}
	samples := map[string]*cloudevent.Event{}
	for _, c := range load("valid-events.json").Tests {
		e, err := cloudevent.Parse(c.Event)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		if same := samples[c.SampleID]; same != nil && !cmp.Equal(same, e) {
			t.Errorf("%s differs from others of the sample %s: %s", c.ID, c.SampleID, cmp.Diff(same, e))
		}
		samples[c.SampleID] = e
	}
	for _, c := range load("invalid-events.json").Tests {
		if e, err := cloudevent.Parse(c.Event); err == nil {
			t.Errorf("%s was taken: %+v", c.ID, e)
		}
	}
}

// TestReadAsWritten: whatever event there can be is read as it was written.
func TestReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é—𝄞]{1,20}`)
		e := &cloudevent.Event{
			ID: text.Draw(t, "id"), Source: "/counterfoil/" + rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "source"), Type: text.Draw(t, "type"),
			DataContentType: rapid.SampledFrom([]string{"", cloudevent.JSON, cloudevent.Protobuf}).Draw(t, "content type"),
			Extensions:      rapid.MapOf(rapid.StringMatching(`x[a-z0-9]{1,8}`), text).Draw(t, "extensions"),
		}
		if rapid.Bool().Draw(t, "timed") {
			e.Time = time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
		}
		if e.Data = []byte(`{"a":1}`); e.DataContentType == cloudevent.Protobuf {
			e.Data = rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "data")
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		read, err := cloudevent.Parse(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(e, read); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"1","type":"a","source":"b","time":"2018-04-05T17:31:00Z","data":{"x":1}}`))
	f.Add([]byte(`{"specversion":"1.0","id":"1","type":"a","source":"b","datacontenttype":"text/plain","data":"x","xint":-7,"xbool":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := cloudevent.Parse(data)
		if err != nil {
			return
		}
		written, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := cloudevent.Parse(written); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
