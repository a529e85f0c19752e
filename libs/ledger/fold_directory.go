package ledger

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

var sharingRulesID = Directory.Agency + "/sharing-rules"

// directory keeps the rows that the authority's events of counterfoil.directory.v1 make. They are folded from the
// directory's own journal only, and its rows of agencies, groups, policies and calendars go by their bare names.
func (f *folding) directory(fact proto.Message) error {
	write := f.directoryRow(fact)
	if write == nil {
		return errUnknown
	}
	if f.id != Directory {
		return f.refuse("it is recorded in journal %s", Directory)
	}
	return write()
}

func (f *folding) directoryRow(fact proto.Message) func() error {
	switch e := fact.(type) {
	case *directoryv1.AgencyRegistered:
		return func() error {
			r := &ledgerv1.Agency{Id: e.Agency, Title: e.Title, State: e.State, SealingKey: e.SealingKey, Service: e.Service, Consent: e.Consent, PostOf: e.PostOf, Since: f.event.OccurredAt}
			if e.SigningKey != nil {
				r.SigningKeys = []*directoryv1.SigningKey{e.SigningKey}
			}
			return f.create(agencies.table, r)
		}
	case *directoryv1.AgencyReadmitted:
		return f.agency(e.Agency, func(r *ledgerv1.Agency) error {
			if r.Status != agencyRemoved {
				return f.refuse("agency %s has not been removed", e.Agency)
			}
			r.Status, r.StatusReason, r.Since = agencyTaking, "", f.event.OccurredAt
			r.SigningKeys, r.SealingKey, r.Readmitted = append(r.SigningKeys, e.SigningKey), e.SealingKey, f.event.OccurredAt
			return nil
		})
	case *directoryv1.SigningKeyAdded:
		return f.agency(e.Agency, func(r *ledgerv1.Agency) error {
			r.SigningKeys = append(r.SigningKeys, e.Key)
			return nil
		})
	case *directoryv1.SigningKeyEnded:
		return f.agency(e.Agency, func(r *ledgerv1.Agency) error { return f.endKey(r, e) })
	case *directoryv1.ContactsNamed:
		return f.agency(e.Agency, func(r *ledgerv1.Agency) error {
			r.Contacts = e.Contacts
			return nil
		})
	case *directoryv1.CompetencesAssigned:
		return f.agency(e.Agency, func(r *ledgerv1.Agency) error {
			r.Competences, r.LegalBasis = e.Competences, e.LegalBasis
			return nil
		})
	case *directoryv1.AgencySuspended:
		return f.moveAgency(e.Agency, e.Reason, agencySuspended, agencyTaking)
	case *directoryv1.AgencyResumed:
		return f.moveAgency(e.Agency, e.Reason, agencyTaking, agencySuspended)
	case *directoryv1.AgencyRemoved:
		return f.moveAgency(e.Agency, e.Reason, agencyRemoved, agencyTaking, agencySuspended)
	case *directoryv1.GroupDefined:
		return func() error { return f.defineGroup(e) }
	case *directoryv1.GroupRekeyed:
		return func() error {
			return change(f, groups, e.Group, func(r *ledgerv1.Group) error {
				r.Rekeyed++
				return nil
			})
		}
	case *directoryv1.GroupKeyIssued:
		return func() error { return f.issueGroupKey(e) }
	case *directoryv1.SharingRuleAdopted:
		return func() error { return f.adoptRules(e.Rules) }
	case *directoryv1.PolicyAdopted:
		return func() error {
			return f.create(policies.table, &ledgerv1.Policy{Id: e.PolicyId, Adopted: e})
		}
	case *directoryv1.CalendarAdopted:
		return func() error { return f.adoptCalendar(e) }
	}
	return nil
}

const (
	agencyTaking    = ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED
	agencySuspended = ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED
	agencyRemoved   = ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED
)

func (f *folding) agency(id string, edit func(*ledgerv1.Agency) error) func() error {
	return func() error { return change(f, agencies, id, edit) }
}

func (f *folding) moveAgency(id, reason string, to ledgerv1.AgencyStatus, from ...ledgerv1.AgencyStatus) func() error {
	return f.agency(id, func(r *ledgerv1.Agency) error {
		if !slices.Contains(from, r.Status) {
			return f.refuse("agency %s is %s", id, agencyStatusNames.of(r.Status.Number()))
		}
		r.Status, r.StatusReason, r.Since = to, reason, f.event.OccurredAt
		return nil
	})
}

func (f *folding) endKey(r *ledgerv1.Agency, e *directoryv1.SigningKeyEnded) error {
	for i, k := range r.SigningKeys {
		if sum := sha256.Sum256(k.Public); bytes.Equal(sum[:len(e.KeyId)], e.KeyId) {
			ended := proto.CloneOf(k)
			ended.ValidUntil = e.ValidUntil
			r.SigningKeys[i] = ended
			return nil
		}
	}
	// It is one that the agency changed to itself: its end is kept here, beside no beginning.
	r.EndedKeys = append(r.EndedKeys, e)
	return nil
}

// defineGroup makes a group, or says anew what it is; its keys stay.
func (f *folding) defineGroup(e *directoryv1.GroupDefined) error {
	before, _, err := f.tx.peek(groups.table, e.Group)
	if err != nil {
		return err
	}
	if before == nil {
		r := &ledgerv1.Group{Id: e.Group}
		f.setGroup(r, e)
		return f.create(groups.table, r)
	}
	return change(f, groups, e.Group, func(r *ledgerv1.Group) error {
		f.setGroup(r, e)
		return nil
	})
}

func (f *folding) setGroup(r *ledgerv1.Group, e *directoryv1.GroupDefined) {
	since := make([]*ledgerv1.Membership, 0, len(e.Members))
	for _, m := range e.Members {
		i := slices.IndexFunc(r.Since, func(s *ledgerv1.Membership) bool { return s.Agency == m })
		if i >= 0 {
			since = append(since, r.Since[i])
			continue
		}
		since = append(since, &ledgerv1.Membership{Agency: m, Since: f.event.OccurredAt})
	}
	r.Purpose, r.LegalBasis, r.Members, r.Publishers, r.Since = e.Purpose, e.LegalBasis, e.Members, e.Publishers, since
	r.History, r.HistoryFrom, r.Exceptions = e.History, e.HistoryFrom, e.Exceptions
}

func (f *folding) issueGroupKey(e *directoryv1.GroupKeyIssued) error {
	if e.Group != Directory.Group {
		return f.refuse("the keys of group %s are its publishers' to issue", e.Group)
	}
	return change(f, groups, e.Group, func(r *ledgerv1.Group) error {
		if next := len(r.Keys) + 1; int(e.Epoch) != next {
			return f.refuse("epoch %d of group %s does not follow, the next is %d", e.Epoch, r.Id, next)
		}
		r.Keys = append(r.Keys, e)
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

func (f *folding) adoptCalendar(e *directoryv1.CalendarAdopted) error {
	before, _, err := f.tx.peek(calendars.table, e.CalendarId)
	if err != nil {
		return err
	}
	if before == nil {
		return f.create(calendars.table, &ledgerv1.Calendar{Id: e.CalendarId, Adopted: e})
	}
	return change(f, calendars, e.CalendarId, func(r *ledgerv1.Calendar) error {
		r.Adopted = e
		return nil
	})
}
