package ledger_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	tableLicences = queryv1.Table_TABLE_LICENCES
	tableEvents   = queryv1.Table_TABLE_EVENTS
)

func where(attribute string, values ...string) *queryv1.Filter {
	return &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: values}}}
}

func TestFoldName(t *testing.T) {
	for name, want := range map[string]string{
		"":                          "",
		"  ":                        "",
		"Acme":                      "acme",
		" Müller & Söhne GmbH. ":    "muller sohne gmbh",
		"MU\u0308LLER--SO\u0308HNE": "muller sohne",
		"Ł-Works (no. 7)":           "ł works no 7",
		"Завод №1":                  "завод no1",
	} {
		if got := ledger.FoldName(name); got != want {
			t.Errorf("FoldName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestCountFindsDestinationsByCodeAndName(t *testing.T) {
	grant := func(id string, p *licensingv1.Place) proto.Message {
		return &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: &licensingv1.Deal{Destination: p}}
	}
	v := ledgertest.Given(t,
		grant("1", &licensingv1.Place{Country: "XB", Name: "Côte-Bleue"}),
		grant("2", &licensingv1.Place{Country: "XB"}),
		grant("3", &licensingv1.Place{Name: "Atlantis (sunk)"}),
	)
	for value, want := range map[string]uint64{"XB": 2, "xb": 2, "cote bleue": 2, "Côte-Bleue": 2, "Atlantis (sunk)": 1, "atlantis sunk": 1, "Atlantis": 0} {
		if n, _, err := v.Count(tableLicences, where("destination", value), ""); err != nil || n != want {
			t.Errorf("Count of %q: %d, %v, want %d", value, n, err, want)
		}
	}
	_, groups, err := v.Count(tableLicences, nil, "destination")
	want := []*queryv1.GroupCount{{Key: "XB", Count: 2}, {Key: "Atlantis (sunk)", Count: 1}}
	if diff := cmp.Diff(want, groups, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("groups: %v\n%s", err, diff)
	}
}

func TestACriterionCountsAsOftenAsItIsGiven(t *testing.T) {
	v := ledgertest.Given(t, deniedX, &licensingv1.LicenceDenied{DenialId: "licensing/X-000002", Criteria: []string{"7", "7", "7"}})
	table := queryv1.Table_TABLE_DENIALS
	n, groups, err := v.Count(table, where("criterion", "7"), "criterion")
	want := []*queryv1.GroupCount{{Key: "7", Count: 4}, {Key: "2", Count: 1}}
	if diff := cmp.Diff(want, groups, protocmp.Transform()); diff != "" || n != 2 || err != nil {
		t.Errorf("Count: %d, %v\n%s", n, err, diff)
	}
	if rows, err := v.DenialsWith("criterion", "7"); err != nil || len(rows) != 2 {
		t.Errorf("DenialsWith: %v, %v", rows, err)
	}
}

func TestCountOfEvents(t *testing.T) {
	v := ledgertest.Given(t, registered,
		ledgertest.At(time.Date(2008, 12, 31, 23, 59, 59, 0, time.UTC), grantedL),
		ledgertest.At(time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC), suspendedL))
	tests := []struct {
		name string
		f    *queryv1.Filter
		want uint64
	}{
		{"all", nil, 3},
		{"short kind", where("kind", "LicenceGranted"), 1},
		{"part of a kind", where("kind", "Granted"), 0},
		{"full kind", where("kind", "counterfoil.licensing.v1.LicenceGranted"), 1},
		{"either", where("kind", "LicenceGranted", "AgencyRegistered"), 2},
		{"journal", where("journal", "licensing/all"), 2},
		{"year", where("year", "2008"), 1},
		{"until new year", &queryv1.Filter{Until: timestamppb.New(time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC))}, 1},
		{"from new year", &queryv1.Filter{From: timestamppb.New(time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC))}, 2},
		{"one second", &queryv1.Filter{From: timestamppb.New(time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)), Until: timestamppb.New(time.Date(2009, 1, 1, 0, 0, 1, 0, time.UTC))}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, _, err := v.Count(tableEvents, tt.f, "")
			if err != nil || n != tt.want {
				t.Errorf("Count: %d, %v, want %d", n, err, tt.want)
			}
			rows, next, err := v.List(tableEvents, tt.f, "", 10)
			if err != nil || uint64(len(rows)) != tt.want || next != "" {
				t.Errorf("List: %v, %q, %v", rows, next, err)
			}
		})
	}
	_, groups, err := v.Count(tableEvents, nil, "journal")
	want := []*queryv1.GroupCount{{Key: "licensing/all", Count: 2}, {Key: "authority/directory", Count: 1}}
	if diff := cmp.Diff(want, groups, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("groups: %v\n%s", err, diff)
	}
}

func TestRefusals(t *testing.T) {
	v := ledgertest.Given(t, grantedL, &licensingv1.LicenceGranted{LicenceId: "licensing/L-000002"})
	_, token, err := v.List(tableLicences, nil, "", 1)
	if err != nil || token == "" {
		t.Fatalf("List: %q, %v", token, err)
	}
	other := ledgertest.Given(t, grantedL)
	page := func(v ledger.View, f *queryv1.Filter, token string) error {
		_, _, err := v.List(tableLicences, f, token, 1)
		return err
	}
	count := func(of queryv1.Table, f *queryv1.Filter, by string) error {
		_, _, err := v.Count(of, f, by)
		return err
	}
	watch := func(token string) error {
		_, _, _, err := v.EventsAfter(token, nil, 1)
		return err
	}
	_, _, turned := v.Newest(tableLicences, nil, token, 1)
	_, unknown := v.LicencesWith("colour", "red")
	_, noEvent := v.Get(tableEvents, "licensing")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"attribute", count(tableLicences, where("colour", "red"), ""), `licences have no attribute "colour"; there are status, kind,`},
		{"group", count(tableLicences, nil, "colour"), `licences have no attribute "colour"`},
		{"attribute of events", count(tableEvents, where("party", "x"), ""), "there are kind, year, journal"},
		{"attribute in a rule", unknown, `licences have no attribute "colour"`},
		{"table", count(queryv1.Table(99), nil, ""), "there is no table"},
		{"date of what has none", count(queryv1.Table_TABLE_WRITE_OFFS, &queryv1.Filter{From: timestamppb.Now()}, ""), "write_offs have no date"},
		{"garbled page token", page(v, nil, token[:len(token)-1]+"!"), "garbled"},
		{"changed page token", page(v, nil, "A"+token[1:]), "garbled"},
		{"page token of another filter", page(v, where("status", "granted"), token), "another table, filter or order"},
		{"page token of the other order", turned, "another table, filter or order"},
		{"page token of another ledger", page(other, nil, token), "built anew"},
		{"page token to watch with", watch(token), "garbled"},
		{"watch token", watch("x"), "garbled"},
		{"event", noEvent, "neither"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !errors.Is(tt.err, fault.Invalid) || !strings.Contains(tt.err.Error(), tt.want) {
				t.Errorf("%v, want %q", tt.err, tt.want)
			}
		})
	}
	if err := page(v, nil, token); err != nil {
		t.Errorf("the token as it was given: %v", err)
	}
}

func TestGetAndFind(t *testing.T) {
	v := ledgertest.Given(t, grantedL, acceptedD, reservedD, registered)
	for id, want := range map[string]queryv1.Table{
		"licensing/L-000001": tableLicences, "licensing/L-000001#2": queryv1.Table_TABLE_LINES,
		"customs/D-000001": queryv1.Table_TABLE_DECLARATIONS, "customs/D-000001#1#1": queryv1.Table_TABLE_WRITE_OFFS,
		"customs": queryv1.Table_TABLE_AGENCIES, "licensing/none": queryv1.Table_TABLE_UNSPECIFIED,
	} {
		of, found, err := v.Find(id)
		if err != nil || of != want {
			t.Errorf("Find(%q): %v, %v", id, of, err)
		}
		if found == nil {
			continue
		}
		got, err := v.Get(of, id)
		if diff := cmp.Diff(found, got, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("Get(%q): %v\n%s", id, err, diff)
		}
	}
	e, err := v.Event(journal.ID{Agency: "customs", Group: "all"}, 2)
	if err != nil || e.GetSigner() != "customs" || e.KeyId != "746573746b657938" || e.Fact == nil {
		t.Fatalf("Event: %v, %v", e, err)
	}
	for _, id := range []string{e.Id, "customs/all/2"} {
		r, err := v.Get(tableEvents, id)
		if diff := cmp.Diff(e, r.GetEvent(), protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("Get(%q): %v\n%s", id, err, diff)
		}
	}
	if r, err := v.Get(tableEvents, "customs/all/3"); r != nil || err != nil {
		t.Errorf("Get of an event that is not there: %v, %v", r, err)
	}
}

func TestSharingGroup(t *testing.T) {
	rule := func(kind, marking, agency, group string) *directoryv1.SharingRule {
		return &directoryv1.SharingRule{Kind: kind, Marking: marking, Agency: agency, Group: group}
	}
	v := ledgertest.Given(t,
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{rule("", "", "", "all"), rule("k.Granted", "", "", "old"), rule("", "secret", "", "committee")}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{rule("k.Granted", "", "", "border"), rule("k.Granted", "secret", "licensing", "licensing-internal")}},
	)
	for _, tt := range []struct{ kind, marking, agency, want string }{
		{"k.Other", "", "customs", "all"},
		{"k.Granted", "", "customs", "border"},
		{"k.Granted", "secret", "customs", "committee"},
		{"k.Granted", "secret", "licensing", "licensing-internal"},
	} {
		got, err := v.SharingGroup(protoreflect.FullName(tt.kind), tt.marking, tt.agency)
		if err != nil || got != tt.want {
			t.Errorf("SharingGroup(%q, %q, %q): %q, %v, want %q", tt.kind, tt.marking, tt.agency, got, err, tt.want)
		}
	}
	if _, err := v.SharingGroup("k.Other", "unheard-of", "customs"); !errors.Is(err, fault.Precondition) {
		t.Errorf("a marking without a rule: %v", err)
	}
	if _, err := ledgertest.Given(t).SharingGroup("k.Other", "", "customs"); !errors.Is(err, fault.Precondition) {
		t.Errorf("no rules: %v", err)
	}
}

func TestNextID(t *testing.T) {
	v := ledgertest.Given(t,
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000009"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-1000000"},
		&licensingv1.LicenceDenied{DenialId: "licensing/X-000041", Deal: &licensingv1.Deal{Lines: []*transferv1.Line{{Number: 7}}}},
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-77"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/uk-2008-abcdef"},
	)
	for prefix, want := range map[string]string{"L": "licensing/L-1000001", "X": "licensing/X-000042", "A": "licensing/A-000001", "uk-2008": "licensing/uk-2008-000001"} {
		if got, err := v.NextID(prefix); err != nil || got != want {
			t.Errorf("NextID(%q): %q, %v, want %q", prefix, got, err, want)
		}
	}
}

func TestRootIsOverRowsInOrderOfTableAndID(t *testing.T) {
	v := ledgertest.Given(t, deniedX, grantedL, acceptedD, reservedD, registered, amendedL)
	hashes := map[string]hash.Hash{}
	part := func(h hash.Hash, content []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(content))))
		h.Write(content)
	}
	for _, name := range ledger.TableNames() {
		rows, err := v.Scan(name)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(rows, func(x, y ledger.Scanned) int { return strings.Compare(x.Row.GetId(), y.Row.GetId()) })
		for _, r := range rows {
			raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(r.Row)
			if err != nil {
				t.Fatal(err)
			}
			h := hashes[r.Row.GetJournal()]
			if h == nil {
				h = sha256.New()
				hashes[r.Row.GetJournal()] = h
			}
			part(h, []byte(name))
			part(h, []byte(r.Row.GetId()))
			part(h, raw)
		}
	}
	whole := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(hashes)) {
		part(whole, []byte(name))
		part(whole, hashes[name].Sum(nil))
	}
	root, journals, err := v.Root(t.Context())
	if err != nil || root != [32]byte(whole.Sum(nil)) || len(journals) != 3 {
		t.Errorf("Root: %x, %v, %v, want %x", root, journals, err, whole.Sum(nil))
	}
}

// TestMoreThanAChunk has more lines than one posting covers, and reads across its end.
func TestMoreThanAChunk(t *testing.T) {
	const grants, each = 140, 500
	var many []proto.Message
	for i := range grants {
		g := &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%06d", i), Deal: &licensingv1.Deal{}}
		for n := range uint32(each) {
			g.Deal.Lines = append(g.Deal.Lines, &transferv1.Line{Number: n + 1, Rating: "ML" + strconv.Itoa(int(n%7))})
		}
		many = append(many, g)
	}
	l := ledgertest.Open(t, "licensing")
	w := ledgertest.NewWriter()
	fold(t, l, w.Blocks(many...), never)
	revoked := &licensingv1.LicenceRevoked{LicenceId: "licensing/L-000135"}
	fold(t, l, w.Blocks(revoked), never)
	table := queryv1.Table_TABLE_LINES
	err := l.View(func(v ledger.View) error {
		total, groups, err := v.Count(table, where("status", "granted"), "rating")
		if err != nil || total != (grants-1)*each || len(groups) != 7 || groups[0].Count != (grants-1)*72 || groups[0].Key != "ML0" {
			t.Errorf("Count: %d, %v, %v", total, groups, err)
		}
		total, groups, err = v.Count(table, where("decision", "licensing/L-000001", "licensing/L-000131"), "decision")
		if err != nil || total != 2*each || len(groups) != 2 || groups[1].Key != "licensing/L-000131" {
			t.Errorf("Count by decision: %d, %v, %v", total, groups, err)
		}
		var numbers []uint32
		for token := ""; ; {
			rows, next, err := v.List(table, where("rating", "ML3"), token, 999)
			if err != nil {
				return err
			}
			for _, r := range rows {
				numbers = append(numbers, r.GetLine().Line.Number)
			}
			if token = next; token == "" {
				break
			}
		}
		for i, n := range numbers {
			if want := uint32(i%71*7 + 4); n != want {
				t.Fatalf("row %d is line %d, want %d", i, n, want)
			}
		}
		if len(numbers) != grants*71 {
			t.Errorf("List: %d rows", len(numbers))
		}
		if lines, err := v.LinesWith("decision", "licensing/L-000135"); err != nil || len(lines) != each || lines[each-1].Status != ledgerv1.Status_STATUS_REVOKED {
			t.Errorf("LinesWith: %d, %v", len(lines), err)
		}
		findings, err := v.Check(t.Context())
		if len(findings) > 0 {
			t.Errorf("Check: %v", findings)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
