package duty_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const correctionID = "licensing/CR-2026-000001"

var (
	proposal = &enforcementv1.CorrectionProposed{
		CorrectionId: correctionID, RecordId: heldID, Owner: "customs", Field: "accepted.parties[0].name", Value: "Harbour Trade XB", Reason: "so the register has it",
	}
	proposing = &enforcementv1.ProposeCorrectionRequest{Particulars: today, RecordId: heldID, Field: proposal.Field, Value: proposal.Value, Reason: proposal.Reason}
)

// forAll is a fact for the group that all read.
func forAll(fact proto.Message) []proto.Message {
	return []proto.Message{ledger.Dated{Message: fact, Group: "all"}}
}

func TestProposeCorrection(t *testing.T) {
	field := func(path string) *enforcementv1.ProposeCorrectionRequest {
		return with(proposing, func(c *enforcementv1.ProposeCorrectionRequest) { c.Field = path })
	}
	at := func(path string) []proto.Message {
		return forAll(with(proposal, func(c *enforcementv1.CorrectionProposed) { c.Field = path }))
	}
	declined := ledgertest.By("customs", &enforcementv1.CorrectionAnswered{CorrectionId: correctionID})
	made := ledgertest.By("licensing", proposal)
	second := forAll(with(proposal, func(c *enforcementv1.CorrectionProposed) { c.CorrectionId = "licensing/CR-2026-000002" }))
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *enforcementv1.ProposeCorrectionRequest
		want    []proto.Message
		wantErr error
	}{
		{"of a party's name", shared(accepted), proposing, forAll(proposal), nil},
		{"of a number", shared(accepted), field("accepted.office"), at("accepted.office"), nil},
		{"of a time", shared(accepted), field("accepted.accepted_at"), at("accepted.accepted_at"), nil},
		{"again", shared(accepted, made), proposing, nil, nil},
		{"again, after it was declined", shared(accepted, made, declined), proposing, second, nil},
		{"of nothing here", shared(), proposing, nil, fault.NotFound},
		{"of an own record", shared(ledgertest.By("licensing", &enforcementv1.SightingAdded{SightingId: "licensing/SI-1"})),
			with(proposing, func(c *enforcementv1.ProposeCorrectionRequest) { c.RecordId, c.Field = "licensing/SI-1", "added.text" }), nil, fault.Invalid},
		{"of the directory", shared(&directoryv1.AgencyRegistered{Agency: "customs"}),
			with(proposing, func(c *enforcementv1.ProposeCorrectionRequest) { c.RecordId, c.Field = "customs", "title" }), nil, fault.Invalid},
		{"without a reason", shared(accepted), with(proposing, func(c *enforcementv1.ProposeCorrectionRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"that its owner would not read", []proto.Message{accepted, &directoryv1.GroupDefined{Group: "own", Members: []string{"licensing"}},
			&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "own"}}}}, proposing, nil, fault.Precondition},
		{"no path", shared(accepted), field("accepted..office"), nil, fault.Invalid},
		{"no field", shared(accepted), field("accepted.colour"), nil, fault.Invalid},
		{"what every row has", shared(accepted), field("id"), nil, fault.Invalid},
		{"a whole party", shared(accepted), field("accepted.parties[0]"), nil, fault.Invalid},
		{"some party", shared(accepted), field("accepted.parties.name"), nil, fault.Invalid},
		{"an element of what is no list", shared(accepted), field("accepted.office[0]"), nil, fault.Invalid},
		{"a party too many", shared(accepted), field("accepted.parties[1].name"), nil, fault.Invalid},
		{"a field of a name", shared(accepted), field("accepted.office.name"), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.ProposeCorrection(ledgertest.GivenAs(t, "licensing", tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestAnswerCorrection(t *testing.T) {
	made := ledgertest.By("licensing", proposal)
	answer := func(accepted bool, reason string) *enforcementv1.CorrectionAnswered {
		return &enforcementv1.CorrectionAnswered{CorrectionId: correctionID, Accepted: accepted, Reason: reason}
	}
	tests := []struct {
		name, agency string
		given        []proto.Message
		accepted     bool
		reason       string
		want         []proto.Message
		wantErr      error
	}{
		{"accepted", "customs", shared(made), true, "", forAll(answer(true, "")), nil},
		{"declined", "customs", shared(made), false, "the paper says so", forAll(answer(false, "the paper says so")), nil},
		{"declined without a reason", "customs", shared(made), false, "", nil, fault.Invalid},
		{"again", "customs", shared(made, ledgertest.By("customs", answer(true, "yes"))), true, "", nil, nil},
		{"otherwise", "customs", shared(made, ledgertest.By("customs", answer(true, "yes"))), false, "no", nil, fault.Conflict},
		{"by another", "enforcement", shared(made), true, "", nil, fault.NotAllowed},
		{"never proposed", "customs", shared(), true, "", nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &enforcementv1.AnswerCorrectionRequest{Particulars: today, CorrectionId: correctionID, Accepted: tt.accepted, Reason: tt.reason}
			got, err := duty.AnswerCorrection(ledgertest.GivenAs(t, tt.agency, tt.given...), cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestNextStep(t *testing.T) {
	made, answered := ledgertest.By("licensing", proposal), &enforcementv1.CorrectionAnswered{CorrectionId: correctionID, Accepted: true}
	for name, tt := range map[string]struct {
		given []proto.Message
		want  string
	}{
		"accepted": {shared(accepted, made, ledgertest.By("customs", answered)), "counterfoil declare amend " + heldID},
		"declined": {shared(accepted, made, ledgertest.By("customs", &enforcementv1.CorrectionAnswered{CorrectionId: correctionID})), ""},
		"open":     {shared(accepted, made), ""},
		"none":     {shared(), ""},
	} {
		got, err := duty.NextStep(ledgertest.GivenAs(t, "customs", tt.given...), correctionID)
		if err != nil || (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestParsePath(t *testing.T) {
	for text, want := range map[string]duty.Path{
		"office":               {{Name: "office"}},
		"deal.parties[2].name": {{Name: "deal"}, {Name: "parties", Indexed: true, Index: 2}, {Name: "name"}},
		"serials[0]":           {{Name: "serials", Indexed: true}},
	} {
		got, err := duty.ParsePath(text)
		if err != nil || got.String() != text || len(got) != len(want) || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "a.", "A", "a[", "a[]", "a[01]", "a[-1]", "a[1234567]", "a b", "a[0][1]"} {
		if got, err := duty.ParsePath(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// Every path that is read is written as it was.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"office", "deal.parties[2].name", "a[0].b", "a..b", "[", "a[999999]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := duty.ParsePath(text)
		if err == nil && path.String() != text {
			t.Errorf("%q is read as %q", text, path)
		}
	})
}
