package ledger

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

func (v View) WireFile(id string) (*ledgerv1.WireFile, error) {
	return get(v, wireFiles, id)
}

func (v View) Usage(id string) (*ledgerv1.Usage, error) {
	return get(v, usages, id)
}

// WireStream is where run numbers stand.
func (v View) WireStream(id string) (*ledgerv1.WireStream, error) {
	return get(v, wireStreams, id)
}

func (v View) WireFilesWith(attribute, value string) ([]*ledgerv1.WireFile, error) {
	return with(v, wireFiles, attribute, value)
}

func (v View) UsagesWith(attribute, value string) ([]*ledgerv1.Usage, error) {
	return with(v, usages, attribute, value)
}

// LicencesOnFile are the licences that came in files of other systems.
func (v View) LicencesOnFile() ([]*ledgerv1.Licence, error) {
	return with(v, licences, bySource.String(), wireSource)
}

// WirePart reports whether the part of a file that begins at a line is on record.
func (v View) WirePart(wire string, line uint32) (bool, error) {
	r, err := get(v, wireParts, wirePartID(wire, line))
	return r != nil, err
}

// WireFacts are the facts of a file's parts, in the order of the file. One that was withdrawn is left out.
func (v View) WireFacts(wire string) ([]proto.Message, error) {
	parts, err := with(v, wireParts, byRecord.String(), wire)
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, p := range parts {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		e, err := v.eventOrRepeat(id, p.Events[0])
		if err != nil {
			return nil, fmt.Errorf("read the event of %s: %w", p.Id, err)
		}
		if e.GetFact() == nil {
			continue
		}
		fact, err := e.Fact.UnmarshalNew()
		if err != nil {
			return nil, fmt.Errorf("read the event of %s: %w", p.Id, err)
		}
		facts = append(facts, fact)
	}
	return facts, nil
}
