package wire

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// maxSent is how many usages one file has, so that its event fits in a block.
	maxSent = 400
	maxRun  = 9_999_999
)

// Send decides the next file of usages for a licensing system: every write-off that was committed, corrected or restored on a licence
// that it put on file and that no file before has, up to 400; ask again until it decides nothing. What another customs computer
// reported is in the totals of the lines and is no usage of this one. It refuses a system that has put nothing on file.
func Send(view ledger.View, cmd *customsv1.SendUsageRequest) ([]proto.Message, error) {
	licences, err := view.LicencesOnFile()
	if err != nil {
		return nil, fmt.Errorf("read licences on file: %w", err)
	}
	byDestination := map[string][]*ledgerv1.Licence{}
	for _, l := range licences {
		if l.GetOnFile().GetSource() == cmd.GetTo() && view.Owns(l.GetId()) {
			byDestination[l.GetOnFile().GetDestination()] = append(byDestination[l.GetOnFile().GetDestination()], l)
		}
	}
	if len(byDestination) == 0 {
		return nil, fault.Errorf(fault.NotFound, "no licence of system %s is on file; what was used is sent to the system that put licences on file", cmd.GetTo())
	}
	for _, as := range slices.Sorted(maps.Keys(byDestination)) {
		s := sending{view: view, cmd: cmd, header: chief.Header{Source: as, Destination: cmd.GetTo(), DataID: chief.UsageData}}
		if facts, err := s.decide(byDestination[as]); len(facts) > 0 || err != nil {
			return facts, err
		}
	}
	return nil, nil
}

// sending is a file of usages under way.
type sending struct {
	view   ledger.View
	cmd    *customsv1.SendUsageRequest
	header chief.Header
	covers map[string]uint64
	// entries of each licence, and those of them that this file tells of.
	entries map[string][]*ledgerv1.WriteOff
	told    map[string][]*ledgerv1.WriteOff
}

func (s *sending) decide(licences []*ledgerv1.Licence) ([]proto.Message, error) {
	streamID := streamID(s.view.Agency(), "sent-", s.header)
	stream, err := s.view.WireStream(streamID)
	if err != nil {
		return nil, fmt.Errorf("read run numbers %s: %w", streamID, err)
	}
	s.covers = map[string]uint64{}
	for _, c := range stream.GetCovers() {
		s.covers[c.GetJournal()] = c.GetEvents()
	}
	if err := s.collect(licences); err != nil || len(s.told) == 0 {
		return nil, err
	}
	run := (int(stream.GetRun()) + 1) % (maxRun + 1)
	s.header.Run, s.header.Created = chief.NumberOf(run), chief.StampOf(s.cmd.GetParticulars().GetOccurredAt().AsTime().In(london))
	e := &customsv1.WireSent{WireId: wireID(streamID, run), Header: s.header.Message(), Stream: streamID}
	for _, l := range licences {
		if len(s.told[l.GetId()]) == 0 {
			continue
		}
		usage, err := s.usage(l)
		if err != nil {
			return nil, err
		}
		e.Usages = append(e.Usages, usage.Message())
	}
	for _, journal := range slices.Sorted(maps.Keys(s.covers)) {
		e.Covers = append(e.Covers, &customsv1.WireCover{Journal: journal, Events: s.covers[journal]})
	}
	if _, _, err := sentFile(e); err != nil {
		return nil, err
	}
	if stream != nil {
		return []proto.Message{ledger.Beside(stream, e)}, nil
	}
	return []proto.Message{e}, nil
}

// collect reads the entries of the licences, picks those that no file has yet, and moves on what is covered.
func (s *sending) collect(licences []*ledgerv1.Licence) error {
	s.entries, s.told = map[string][]*ledgerv1.WriteOff{}, map[string][]*ledgerv1.WriteOff{}
	var fresh []*ledgerv1.WriteOff
	for _, l := range licences {
		all, err := s.view.WriteOffsWith("licence", l.GetId())
		if err != nil {
			return fmt.Errorf("read write-offs on licence %s: %w", l.GetId(), err)
		}
		s.entries[l.GetId()] = slices.DeleteFunc(all, func(e *ledgerv1.WriteOff) bool { return use(e) == 0 })
		for _, e := range s.entries[l.GetId()] {
			if !s.isUsage(e) && e.GetEvents()[0] > s.covers[e.GetJournal()] {
				fresh = append(fresh, e)
			}
		}
	}
	slices.SortFunc(fresh, func(a, b *ledgerv1.WriteOff) int {
		return cmp.Or(strings.Compare(a.GetJournal(), b.GetJournal()), cmp.Compare(a.GetEvents()[0], b.GetEvents()[0]), strings.Compare(a.GetId(), b.GetId()))
	})
	for _, e := range fresh[:min(len(fresh), maxSent)] {
		s.told[e.GetLicenceId()] = append(s.told[e.GetLicenceId()], e)
		s.covers[e.GetJournal()] = e.GetEvents()[0]
	}
	return nil
}

// use is whether an entry adds to what is used, or takes from it: 1, -1, or 0 for neither.
func use(e *ledgerv1.WriteOff) int64 {
	switch e.GetEffect() {
	case ledgerv1.Effect_EFFECT_COMMITTED, ledgerv1.Effect_EFFECT_CORRECTED:
		return 1
	case ledgerv1.Effect_EFFECT_RESTORED:
		return -1
	}
	return 0
}

// isUsage reports whether an entry is of a usage that came in.
func (s *sending) isUsage(e *ledgerv1.WriteOff) bool {
	return strings.HasPrefix(e.GetDeclarationId(), s.view.Agency()+"/chief-"+string(chief.UsageData)+"-")
}

// covered reports whether an entry is in this file or one before, or came in.
func (s *sending) covered(e *ledgerv1.WriteOff) bool {
	return s.isUsage(e) || e.GetEvents()[0] <= s.covers[e.GetJournal()]
}
