package list

import (
	"bytes"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Close says that an edition was read to its end, once it is on record as a whole: screenings rest on that. Closing it again
// with the same digest records nothing; with another it is refused, as is an edition of which something is missing.
func Close(view ledger.View, cmd *screeningv1.CloseListRequest) ([]proto.Message, error) {
	last, err := latest(view, cmd.GetSource())
	if err != nil {
		return nil, err
	}
	if err := checkEdition(last, cmd.GetEdition(), cmd.GetParticulars()); err != nil {
		return nil, err
	}
	if last.GetEdition().GetEdition() == cmd.GetEdition() {
		if bytes.Equal(last.GetEdition().GetDigest(), cmd.GetDigest()) {
			return nil, nil
		}
		return nil, fault.Errorf(fault.Conflict, "the edition of %s of list %s is on record with another content; what is published under a date must not change", cmd.GetEdition(), cmd.GetSource())
	}
	entries, err := onRecord(view, cmd.GetSource())
	if err != nil {
		return nil, err
	}
	digests := make([][]byte, len(entries))
	for i, e := range entries {
		digests[i] = e.GetEntry().GetDigest()
	}
	if uint64(len(entries)) != cmd.GetEntries() || !bytes.Equal(screening.ListDigest(digests), cmd.GetDigest()) {
		return nil, fault.Errorf(fault.Precondition, "the edition of %s of list %s is not on record as a whole: it has %d entries, on record are %d; record what is missing first", cmd.GetEdition(), cmd.GetSource(), cmd.GetEntries(), len(entries))
	}
	closed := &screeningv1.ListEditionRecorded{
		ListId: ListID(view.Agency(), cmd.GetSource()), Source: cmd.GetSource(), Edition: cmd.GetEdition(), Entries: cmd.GetEntries(), Digest: cmd.GetDigest(),
	}
	switch {
	case last != nil:
		return []proto.Message{ledger.Beside(last, closed)}, nil
	case len(entries) > 0:
		return []proto.Message{ledger.Beside(entries[0], closed)}, nil
	}
	return []proto.Message{closed}, nil
}
