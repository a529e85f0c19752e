package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Audience says who reads a row, an event or a journal, or would read an event of a kind if this agency recorded it.
func (s *service) Audience(_ context.Context, req *queryv1.AudienceRequest) (res *queryv1.AudienceResponse, err error) {
	res = &queryv1.AudienceResponse{}
	err = s.Ledger.View(func(v ledger.View) error {
		if res.Audiences, err = audiences(v, req); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// audiences are who reads it where it was recorded, then who reads it where it was shared later.
func audiences(v ledger.View, req *queryv1.AudienceRequest) ([]*queryv1.Audience, error) {
	switch {
	case req.Id != "" && (req.Kind != "" || req.Marking != ""), req.Id == "" && req.Kind == "":
		return nil, fault.Errorf(fault.Invalid, "give the id of what is on record, or the kind of an event and its marking")
	case req.Id != "":
		return audiencesOf(v, req.Id)
	}
	kind, err := kindCalled(req.Kind)
	if err != nil {
		return nil, err
	}
	id, words := directory.Journal, "whatever the authority records goes to group "+directory.Group
	if v.Agency() != directory.Authority {
		rule, err := v.SharingRule(kind, req.Marking, v.Agency())
		if err != nil {
			return nil, err
		}
		id, words = journal.ID{Agency: v.Agency(), Group: rule.Group}, directory.RuleWords(rule)
	}
	one, err := audienceIn(v, id, words)
	return []*queryv1.Audience{one}, err
}

// audiencesOf are who reads what is on record under an id.
func audiencesOf(v ledger.View, id string) ([]*queryv1.Audience, error) {
	at, err := stands(v, id)
	if err != nil {
		return nil, err
	}
	shared, err := sharedOn(v, at)
	if err != nil {
		return nil, err
	}
	var all []*queryv1.Audience
	for _, at := range append([]standing{at}, shared...) {
		one, err := audienceAt(v, at)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// audienceAt is who reads events where they stand.
func audienceAt(v ledger.View, at standing) (*queryv1.Audience, error) {
	var rules []string
	var numbers []uint64
	for _, e := range at.events {
		numbers = append(numbers, e.Number)
		words, err := wordsOf(v, at.id, e)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(rules, words) {
			rules = append(rules, words)
		}
	}
	a, err := audienceIn(v, at.id, strings.Join(rules, "; "))
	if err != nil {
		return nil, err
	}
	a.Events = numbers
	for _, r := range a.Readers {
		release, err := v.Release(ledger.ReleaseID(at.id.Agency, at.id.Group, r.Agency))
		if err != nil {
			return nil, err
		}
		begins := release.GetStart().GetEvents()
		switch first, last := slices.Min(numbers), slices.Max(numbers); {
		case !r.Reads || begins < first:
		case begins >= last:
			r.Reads, r.Rule = false, fmt.Sprintf("its copy begins after it, with event %d", begins+1)
		default:
			r.Rule += fmt.Sprintf("; its copy begins with event %d", begins+1)
		}
	}
	return a, nil
}

// wordsOf says why an event stands in a journal: a rule sent it there, or its agency shared it later.
func wordsOf(v ledger.View, id journal.ID, e *queryv1.RecordedEvent) (string, error) {
	switch {
	case e.WideningId != "":
		return "it was shared with group " + id.Group + " under " + e.WideningId, nil
	case e.Origin != nil:
		return id.Agency + " shared it with group " + id.Group + " later", nil
	}
	return directory.RuleBehind(v, id, protoreflect.FullName(e.Kind))
}

func audienceIn(v ledger.View, id journal.ID, rule string) (*queryv1.Audience, error) {
	group, err := v.Group(id.Group)
	if err != nil {
		return nil, err
	}
	readers, err := directory.Readers(v, id)
	if err != nil {
		return nil, err
	}
	return &queryv1.Audience{
		Journal: id.String(), Purpose: group.GetPurpose(), LegalBasis: group.GetLegalBasis(), Readers: readers, Rule: rule,
	}, nil
}

// kindCalled finds a kind of event by its full name or the last part of it.
func kindCalled(name string) (protoreflect.FullName, error) {
	kinds := ledger.Kinds()
	i := slices.IndexFunc(kinds, func(k protoreflect.MessageDescriptor) bool {
		return string(k.FullName()) == name || string(k.Name()) == name
	})
	if i < 0 {
		return "", fault.Errorf(fault.Invalid, "there is no kind of event called %s; kinds are such as LicenceGranted, and every agency reads what is said in the directory", name)
	}
	return kinds[i].FullName(), nil
}
