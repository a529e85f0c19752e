package web

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/proofs"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Proved is what was found when an event's proof was checked.
type Proved struct {
	*proofs.Signed
	Head *queryv1.SignedHead
	// Wrong says what is wrong with it; empty: it holds.
	Wrong string
}

// Proved asks for the proof of an event and checks it here: that its bytes are in the journal that its agency signed, and say what is shown.
// It fails when the proof cannot be had.
func (v *Visit) Proved(e *queryv1.RecordedEvent) (Proved, error) {
	res, err := v.API.Proof.Prove(v.R.Context(), &queryv1.ProveRequest{Event: fmt.Sprintf("%s/%d", e.GetJournal(), e.GetNumber()), WithEvent: true})
	if err != nil {
		return Proved{}, err
	}
	p := Proved{Head: res.GetHead()}
	if !says(res.GetEvent(), e) {
		p.Wrong = "the event that is proved is not the one that is shown"
		return p, nil
	}
	file, err := proofs.InclusionOf(res)
	if err == nil {
		p.Signed, err = file.Check(nil)
	}
	if err != nil {
		p.Wrong = err.Error()
	}
	return p, nil
}

// says reports whether the bytes of an event are those that are shown, and say who recorded what, when.
func says(raw []byte, shown *queryv1.RecordedEvent) bool {
	of := &eventv1.Event{}
	return bytes.Equal(raw, shown.GetRaw()) && proto.Unmarshal(raw, of) == nil && of.GetKind() == shown.GetKind() &&
		proto.Equal(of.GetOfficer(), shown.GetOfficer()) && proto.Equal(of.GetRecordedAt(), shown.GetRecordedAt()) && proto.Equal(of.GetOccurredAt(), shown.GetOccurredAt())
}
