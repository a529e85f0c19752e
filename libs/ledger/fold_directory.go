package ledger

import (
	"slices"

	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

var sharingRulesID = Directory.Agency + "/sharing-rules"

// directory keeps the rows that the events of counterfoil.directory.v1 make. They are folded from the directory's own
// journal only, and its rows of agencies and groups go by their bare names.
func (f *folding) directory(fact proto.Message) error {
	switch e := fact.(type) {
	case *directoryv1.AgencyRegistered:
		r := &ledgerv1.Agency{Id: e.Agency, Title: e.Title, State: e.State, SealingKey: e.SealingKey}
		if e.SigningKey != nil {
			r.SigningKeys = []*directoryv1.SigningKey{e.SigningKey}
		}
		return f.inDirectory(func() error { return f.create(agencies.table, r) })
	case *directoryv1.SigningKeyAdded:
		return f.inDirectory(func() error {
			return change(f, agencies, e.Agency, func(r *ledgerv1.Agency) error {
				r.SigningKeys = append(r.SigningKeys, e.Key)
				return nil
			})
		})
	case *directoryv1.GroupDefined:
		return f.inDirectory(func() error { return f.defineGroup(e) })
	case *directoryv1.GroupKeyIssued:
		return f.inDirectory(func() error {
			return change(f, groups, e.Group, func(r *ledgerv1.Group) error {
				if next := len(r.Keys) + 1; int(e.Epoch) != next {
					return f.refuse("epoch %d of group %s does not follow, the next is %d", e.Epoch, r.Id, next)
				}
				r.Keys = append(r.Keys, e)
				return nil
			})
		})
	case *directoryv1.SharingRuleAdopted:
		return f.inDirectory(func() error { return f.adoptRules(e.Rules) })
	}
	return errUnknown
}

func (f *folding) inDirectory(fn func() error) error {
	if f.id != Directory {
		return f.refuse("events of the directory are recorded in journal %s", Directory)
	}
	return fn()
}

// defineGroup makes a group, or says anew what it is; its keys stay.
func (f *folding) defineGroup(e *directoryv1.GroupDefined) error {
	if before, _, err := f.tx.peek(groups.table, e.Group); err != nil {
		return err
	} else if before == nil {
		return f.create(groups.table, &ledgerv1.Group{
			Id: e.Group, Purpose: e.Purpose, LegalBasis: e.LegalBasis, Members: e.Members, History: e.History,
		})
	}
	return change(f, groups, e.Group, func(r *ledgerv1.Group) error {
		r.Purpose, r.LegalBasis, r.Members, r.History = e.Purpose, e.LegalBasis, e.Members, e.History
		return nil
	})
}

// adoptRules puts new sharing rules before those there are.
func (f *folding) adoptRules(rules []*directoryv1.SharingRule) error {
	before, _, err := f.tx.peek(sharingRules.table, sharingRulesID)
	if err != nil {
		return err
	}
	if before == nil {
		return put(f, sharingRules, &ledgerv1.SharingRules{Id: sharingRulesID, Rules: rules})
	}
	return change(f, sharingRules, sharingRulesID, func(r *ledgerv1.SharingRules) error {
		r.Rules = append(slices.Clone(rules), r.Rules...)
		return nil
	})
}
