package duty

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// ProposeCorrection says what should stand in a field of another agency's record that is on record here. Its owner has to be among
// those who read it. The same again, while it is not answered, decides nothing.
func ProposeCorrection(view ledger.View, cmd *enforcementv1.ProposeCorrectionRequest) ([]proto.Message, error) {
	_, found, err := view.Find(cmd.GetRecordId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read record %s: %w", cmd.GetRecordId(), err)
	case found == nil:
		return nil, fault.Errorf(fault.NotFound, "record %s is not on record here", cmd.GetRecordId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say why record %s should be corrected", cmd.GetRecordId())
	}
	row := content(found)
	owner := ownerOf(row)
	switch {
	case owner == view.Agency():
		return nil, fault.Errorf(fault.Invalid, "record %s is of %s itself; correct it by its own command", cmd.GetRecordId(), owner)
	case owner == "" || owner == ledger.Directory.Agency:
		return nil, fault.Errorf(fault.Invalid, "what the directory says is put right by who said it; tell the coordinating authority")
	}
	path, err := ParsePath(cmd.GetField())
	if err != nil {
		return nil, err
	}
	if err := path.in(row.ProtoReflect()); err != nil {
		return nil, err
	}
	fact := &enforcementv1.CorrectionProposed{RecordId: cmd.GetRecordId(), Owner: owner, Field: cmd.GetField(), Value: cmd.GetValue(), Reason: cmd.GetReason()}
	waits, err := proposed(view, fact)
	if waits || err != nil {
		return nil, err
	}
	if fact.CorrectionId, err = view.NextID("CR-" + yearOf(cmd.GetParticulars())); err != nil {
		return nil, err
	}
	return forReader(view, owner, fact, cmd.GetParticulars().GetMarking())
}

// proposed reports whether this agency proposed the same and has no answer yet.
func proposed(view ledger.View, fact *enforcementv1.CorrectionProposed) (bool, error) {
	rows, err := view.CorrectionsWith("record", fact.GetRecordId())
	if err != nil {
		return false, fmt.Errorf("read corrections of %s: %w", fact.GetRecordId(), err)
	}
	for _, r := range rows {
		p := r.GetProposed()
		if r.GetAgency() != view.Agency() || p.GetField() != fact.GetField() || p.GetValue() != fact.GetValue() {
			continue
		}
		answer, err := view.CorrectionAnswer(fact.GetOwner() + "/" + r.GetId())
		if answer == nil || err != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// AnswerCorrection accepts or declines a proposal for a record of this agency, once. Accepting it changes nothing in the record: that
// is for the record's own command. The same answer again decides nothing.
func AnswerCorrection(view ledger.View, cmd *enforcementv1.AnswerCorrectionRequest) ([]proto.Message, error) {
	c, err := correctionOfOwn(view, cmd.GetCorrectionId())
	if err != nil {
		return nil, err
	}
	fact := &enforcementv1.CorrectionAnswered{CorrectionId: c.GetId(), Accepted: cmd.GetAccepted(), Reason: cmd.GetReason()}
	earlier, err := view.CorrectionAnswer(view.Agency() + "/" + c.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer to %s: %w", c.GetId(), err)
	case earlier != nil && earlier.GetAnswered().GetAccepted() == cmd.GetAccepted():
		return nil, nil
	case earlier != nil:
		return nil, fault.Errorf(fault.Conflict, "correction %s was answered otherwise on %s, which stands", c.GetId(), day(earlier.GetAt()))
	case !cmd.GetAccepted() && cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for declining correction %s", c.GetId())
	}
	var g citations.Grounds
	if err := g.Add(view, c, &enforcementv1.CorrectionProposed{}); err != nil {
		return nil, err
	}
	facts, err := forReader(view, c.GetAgency(), fact, cmd.GetParticulars().GetMarking())
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(facts[0])}, nil
}

func correctionOfOwn(view ledger.View, id string) (*ledgerv1.Correction, error) {
	c, err := view.Correction(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read correction %s: %w", id, err)
	case c == nil:
		return nil, fault.Errorf(fault.NotFound, "correction %s is not on record here; see: counterfoil list corrections", id)
	case c.GetProposed().GetOwner() != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "correction %s is of a record of %s, which alone answers it", id, c.GetProposed().GetOwner())
	}
	return c, nil
}

// NextStep says what is still to be done where a correction was accepted; nothing where it was not, or is not on record.
func NextStep(view ledger.View, correctionID string) (string, error) {
	c, err := view.Correction(correctionID)
	answer, answerErr := view.CorrectionAnswer(view.Agency() + "/" + correctionID)
	if c == nil || !answer.GetAnswered().GetAccepted() || err != nil || answerErr != nil {
		return "", err
	}
	p := c.GetProposed()
	table, _, err := view.Find(p.GetRecordId())
	by := "by the command that changes such a record"
	switch table {
	case queryv1.Table_TABLE_LICENCES:
		by = "counterfoil licence amend " + p.GetRecordId() + " -f FILE"
	case queryv1.Table_TABLE_APPLICATIONS:
		by = "by an amended application of the applicant"
	case queryv1.Table_TABLE_DECLARATIONS:
		by = "counterfoil declare amend " + p.GetRecordId() + " -f FILE"
	case queryv1.Table_TABLE_ALERTS:
		by = "what an alert was raised with stands; add to it: counterfoil alert corroborate " + p.GetRecordId()
	}
	return fmt.Sprintf("%s of %s is as it was; put there %q: %s", p.GetField(), p.GetRecordId(), p.GetValue(), by), err
}

// forReader is a fact for the group that the sharing rules say, of which another agency has to be a member.
func forReader(view ledger.View, reader string, fact proto.Message, marking string) ([]proto.Message, error) {
	group, err := view.GroupHeardBy(reader, fact, marking)
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: fact, Group: group}}, nil
}

// content is the row in its wrapping.
func content(row *queryv1.Row) proto.Message {
	_, m := ledger.Unwrap(row)
	return m
}

// ownerOf is the agency whose journal made a row; empty of what no journal made.
func ownerOf(row proto.Message) string {
	made, _ := row.(interface{ GetJournal() string })
	if made == nil {
		return ""
	}
	agency, _, _ := strings.Cut(made.GetJournal(), "/")
	return agency
}

// kept are the fields that all rows have and nobody corrects.
var kept = []protoreflect.Name{"id", "journal", "events"}

// in refuses a path that leads to no value of a row.
func (p Path) in(m protoreflect.Message) error {
	for i, step := range p {
		f := m.Descriptor().Fields().ByName(protoreflect.Name(step.Name))
		switch {
		case f == nil || i == 0 && slices.Contains(kept, f.Name()):
			return fault.Errorf(fault.Invalid, "%s has no field %s; see: counterfoil get -o json", m.Descriptor().Name(), step.Name)
		case f.IsMap():
			return fault.Errorf(fault.Invalid, "%s is a map; say in the reason what should stand there, and name the field that holds it", step.Name)
		case f.IsList() != step.Indexed:
			return fault.Errorf(fault.Invalid, "say which element of a list is meant, as in parties[2], and of nothing else: %s", step.Name)
		case f.IsList() && step.Index >= m.Get(f).List().Len():
			return fault.Errorf(fault.Invalid, "%s has %d elements, the first of which is 0", step.Name, m.Get(f).List().Len())
		}
		single := f.Message() == nil || f.Message().FullName() == "google.protobuf.Timestamp"
		switch last := i == len(p)-1; {
		case last && !single:
			return fault.Errorf(fault.Invalid, "%s holds several fields; name one of them, such as %s.%s", step.Name, step.Name, f.Message().Fields().Get(0).Name())
		case !last && single:
			return fault.Errorf(fault.Invalid, "%s holds no further fields", step.Name)
		case last:
		case f.IsList():
			m = m.Get(f).List().Get(step.Index).Message()
		default:
			m = m.Get(f).Message()
		}
	}
	return nil
}
