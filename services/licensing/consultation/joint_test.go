package consultation_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

// M4: a consignment of light weapons and of artillery is decided jointly under two policies. Everybody whom one of them names is
// asked once, the later deadline holds, and silence means what stands most against a grant.
func TestJointCase(t *testing.T) {
	policy := func(id, terms string) proto.Message {
		return &directoryv1.PolicyAdopted{PolicyId: id + "/1", Content: []byte("name: " + id + `
version: 1
title: Joint
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
mixed: joint
` + terms)}
	}
	mixed := deal()
	mixed.Lines = append(mixed.Lines, &transferv1.Line{Number: 2, Rating: "ML2.a", Category: transferv1.Category_CATEGORY_III_LARGE_CALIBRE_ARTILLERY})
	const id = "licensing/A-2026-000002"
	facts := state("",
		policy("small", `scope: '"viii" in categories'
consultees: [{agency: foreign, part: optional, serves: ATT 7(1)}, {agency: defence, part: mandatory, serves: ATT 7(1)}]
deadline: {working_days: 1}
silence: concurs
`),
		policy("heavy", `scope: '"iii" in categories'
consultees: [{agency: foreign, part: mandatory, serves: ATT 6(3)}, {agency: defence, part: mandatory, serves: ATT 7(1)}]
deadline: {working_days: 3}
silence: objects
`),
		&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: mixed})
	due := time.Date(2026, 3, 10, 23, 59, 59, 0, time.UTC) // the third working day of a calendar without the holiday
	want := &licensingv1.ConsultationOpened{
		ConsultationId: consultationID, ApplicationId: id, PolicyId: "small/1 heavy/1", OpenedAt: timestamppb.New(now), Due: timestamppb.New(due), Silence: "objects",
		Addressees: addressees("foreign mandatory ATT 7(1); ATT 6(3)", "defence mandatory ATT 7(1)"), Deal: mixed,
	}
	got, err := consultation.Open(given(t, facts...), &licensingv1.OpenConsultationRequest{Particulars: particulars, ApplicationId: id})
	expect(t, got, err, []proto.Message{want}, nil)

	got, _, err = consultation.Due(given(t, append(facts, want)...), due.Add(time.Second))
	expect(t, got, err, []proto.Message{taken("foreign", "objects", "", "", time.Time{}), taken("defence", "objects", "", "", time.Time{})}, nil)
}
