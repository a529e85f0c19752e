package authority

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/authority/agency"
)

// plan works out what an agency would read and would not, journal by journal.
func plan(view ledger.View, req *directoryv1.PlanAgencyRequest, heads map[journal.ID]uint64) (*directoryv1.PlanAgencyResponse, error) {
	memberships, err := agency.Memberships(view, req.GetLike(), req.GetMemberships())
	if err != nil {
		return nil, err
	}
	groups, err := view.Groups()
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		if !slices.ContainsFunc(groups, func(g *ledgerv1.Group) bool { return g.Id == m.Group }) {
			return nil, noGroup(m.Group)
		}
	}
	res := &directoryv1.PlanAgencyResponse{Agency: req.GetAgency(), Memberships: memberships}
	for _, g := range groups {
		if g.Id == directory.Group {
			continue
		}
		i := slices.IndexFunc(memberships, func(m *directoryv1.Membership) bool { return m.Group == g.Id })
		if i < 0 {
			res.OtherGroups = append(res.OtherGroups, g.Id)
		}
		publishers, err := publishersOf(view, g)
		if err != nil {
			return nil, err
		}
		for _, p := range publishers {
			if p.Id == req.GetAgency() {
				continue
			}
			planned, err := planned(view, g, p)
			if err != nil {
				return nil, err
			}
			planned.Blocks = heads[journal.ID{Agency: p.Id, Group: g.Id}]
			if i >= 0 {
				admit(planned, g, memberships[i])
			} else {
				planned.Rule = "it would not be a member of group " + g.Id
			}
			res.Journals = append(res.Journals, planned)
		}
	}
	res.Sentences = sentences(res)
	if of := req.GetPostOf(); of != "" {
		res.Sentences = append(res.Sentences, fmt.Sprintf("%s would be a post of %s: it would write off only what %s lends it.", req.GetAgency(), of, of))
	}
	return res, nil
}

func publishersOf(view ledger.View, g *ledgerv1.Group) (list []*ledgerv1.Agency, err error) {
	for _, name := range g.Members {
		if !directory.Publishes(g, name) {
			continue
		}
		a, err := view.AgencyRow(name)
		if err != nil {
			return nil, err
		}
		if a != nil {
			list = append(list, a)
		}
	}
	return list, nil
}

// planned is a publisher's journal of a group, with the kinds of event that the sharing rules send there.
func planned(view ledger.View, g *ledgerv1.Group, publisher *ledgerv1.Agency) (*directoryv1.PlannedJournal, error) {
	j := &directoryv1.PlannedJournal{
		Journal: publisher.Id + "/" + g.Id, Purpose: g.Purpose, ConsentByItself: publisher.Consent != "ask",
	}
	rules, err := view.SharingRules()
	if err != nil {
		return nil, err
	}
	for _, kind := range ledger.Kinds() {
		if !records(publisher.Service, kind) || !sentTo(view, rules, kind, publisher.Id, g.Id) {
			continue
		}
		j.Kinds = append(j.Kinds, &directoryv1.PlannedKind{Kind: string(kind.FullName()), Fields: fieldsOf(kind)})
	}
	return j, nil
}

// owed are the kinds that every agency records that records anything, whatever it serves.
var owed = []protoreflect.Name{
	"AlertAcknowledged", "AgencyReturnSubmitted", "OpinionGiven", "ConditionAsked", "ConditionChanged", "ConditionDropped",
}

// found are the kinds of what an agency finds about its own licences and declarations.
var found = []protoreflect.Name{"PartyFound", "HitJudged"}

// records reports whether an agency that serves something records events of a kind: those of the package of that name, those
// that everybody owes, and watch lists and what screening comes to where there is something to screen.
func records(service string, kind protoreflect.MessageDescriptor) bool {
	name := string(kind.FullName())
	switch {
	case service == "observer":
		return false
	case slices.Contains(owed, kind.Name()):
		return true
	case strings.HasPrefix(name, "counterfoil.screening."):
		return service == "licensing" || service == "customs" && slices.Contains(found, kind.Name())
	}
	return strings.Contains(name, "."+service+".")
}

// sentTo reports whether the sharing rules send events of a kind, unmarked or with some marking, to the group.
func sentTo(view ledger.View, rules *ledgerv1.SharingRules, kind protoreflect.MessageDescriptor, agency, group string) bool {
	markings := []string{""}
	for _, r := range rules.GetRules() {
		if !slices.Contains(markings, r.Marking) {
			markings = append(markings, r.Marking)
		}
	}
	return slices.ContainsFunc(markings, func(marking string) bool {
		to, err := view.SharingGroup(kind.FullName(), marking, agency)
		return err == nil && to == group
	})
}

func fieldsOf(kind protoreflect.MessageDescriptor) (names []string) {
	for i := range kind.Fields().Len() {
		names = append(names, string(kind.Fields().Get(i).Name()))
	}
	return names
}

func admit(j *directoryv1.PlannedJournal, g *ledgerv1.Group, m *directoryv1.Membership) {
	j.Reads, j.History, j.HistoryFrom = true, g.History, g.HistoryFrom
	if m.History != directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED {
		j.History, j.HistoryFrom = m.History, m.HistoryFrom
	}
	if j.History == directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED {
		j.History = directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING
	}
	j.Rule = "as a member of group " + g.Id
}

// sentences says the plan in plain words.
func sentences(res *directoryv1.PlanAgencyResponse) (list []string) {
	read, not := 0, 0
	for _, j := range res.Journals {
		if !j.Reads {
			not++
			continue
		}
		read++
		publisher, _, _ := strings.Cut(j.Journal, "/")
		consent := publisher + " agrees by itself"
		if !j.ConsentByItself {
			consent = publisher + " has to agree first: counterfoil --context " + publisher + " release agree"
		}
		list = append(list, fmt.Sprintf("%s would read %s (%s) %s, in %d kinds of event; blocks now: %d; %s.",
			res.Agency, j.Journal, j.Purpose, Since(j.History, j.HistoryFrom), len(j.Kinds), j.Blocks, consent))
	}
	if read == 0 {
		list = append(list, fmt.Sprintf("%s would read nothing but the directory.", res.Agency))
	}
	if not > 0 {
		list = append(list, fmt.Sprintf("%s would not read the %d other journals, of groups %s.", res.Agency, not, strings.Join(res.OtherGroups, ", ")))
	}
	return append(list, fmt.Sprintf("%s would read the directory: agencies, their public keys and contacts, groups and rules.", res.Agency))
}

// Since says a history rule in words.
func Since(rule directoryv1.HistoryRule, from *timestamppb.Timestamp) string {
	switch rule {
	case directoryv1.HistoryRule_HISTORY_RULE_FROM_START:
		return "from the start"
	case directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE:
		return "from what was written on " + from.AsTime().Format("2006-01-02") + " on"
	}
	return "from its joining on"
}
