package group

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// AdoptPolicy puts a version of a decision policy on record, and warns of what is worth a look. What cannot be read or
// cannot work is refused with a line for each error. A version stays as it is: another content is a higher version. The
// same again decides nothing.
func AdoptPolicy(view ledger.View, cmd *directoryv1.AdoptPolicyRequest) (facts []proto.Message, warnings []string, err error) {
	adopted := proto.CloneOf(cmd.GetPolicy())
	name := adopted.GetPolicyId()
	if name == "" {
		name = "the policy"
	}
	p, err := policy.Load(name, adopted.GetContent())
	if err != nil {
		return nil, nil, err
	}
	if warnings, err = check(view, p); err != nil {
		return nil, nil, err
	}
	if err := fill(adopted, p); err != nil {
		return nil, nil, err
	}
	rows, err := view.Policies()
	if err != nil {
		return nil, nil, fmt.Errorf("read the policies: %w", err)
	}
	for _, row := range rows {
		switch {
		case row.GetId() == p.ID() && bytes.Equal(row.GetAdopted().GetContent(), adopted.GetContent()):
			return nil, warnings, nil
		case row.GetId() == p.ID():
			return nil, nil, fault.Errorf(fault.Conflict, "policy %s is on record with another content; give the new one a higher version", p.ID())
		}
	}
	if last := lastVersion(rows, p.Terms.GetName()); uint64(p.Terms.GetVersion()) <= last {
		return nil, nil, fault.Errorf(fault.Conflict, "version %d of policy %s was adopted before; give the new one version %d", last, p.Terms.GetName(), last+1)
	}
	return []proto.Message{adopted}, warnings, nil
}

// check refuses a policy that makes no sense here, and returns the warnings about one that does.
func check(view ledger.View, p *policy.Policy) (warnings []string, err error) {
	known, err := registry(view)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, problem := range policy.Check(p, known) {
		if problem.Severity == policy.Error {
			wrong = append(wrong, problem.String())
		} else {
			warnings = append(warnings, problem.String())
		}
	}
	if len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return warnings, nil
}

// registry is the agencies that take part and the calendars that were adopted.
func registry(view ledger.View) (known policy.Registry, err error) {
	agencies, err := view.Agencies()
	if err != nil {
		return known, fmt.Errorf("read the agencies: %w", err)
	}
	calendars, err := view.Calendars()
	if err != nil {
		return known, fmt.Errorf("read the calendars: %w", err)
	}
	known = policy.Registry{Agencies: []string{}, Calendars: []string{}}
	for _, a := range agencies {
		if a.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			known.Agencies = append(known.Agencies, a.GetId())
		}
	}
	for _, c := range calendars {
		known.Calendars = append(known.Calendars, c.GetId())
	}
	return known, nil
}

// fill puts in what the content says of the policy, and refuses what contradicts it.
func fill(adopted *directoryv1.PolicyAdopted, p *policy.Policy) error {
	from := timestamppb.New(p.ValidFrom)
	if adopted.ValidFrom != nil && !proto.Equal(adopted.ValidFrom, from) {
		return fault.Errorf(fault.Invalid, "by its content policy %s is valid from %s; leave valid_from out", p.ID(), p.Terms.GetValidFrom())
	}
	adopted.ValidFrom = from
	for _, one := range []struct {
		field, says string
		given       *string
	}{
		{"policy_id", p.ID(), &adopted.PolicyId}, {"title", p.Terms.GetTitle(), &adopted.Title}, {"legal_basis", p.Terms.GetLegalBasis(), &adopted.LegalBasis},
	} {
		if *one.given != "" && *one.given != one.says {
			return fault.Errorf(fault.Invalid, "by its content the %s of the policy is %q and not %q; leave it out", one.field, one.says, *one.given)
		}
		*one.given = one.says
	}
	return nil
}

// lastVersion is the highest version of a policy on record; 0 when there is none.
func lastVersion(rows []*ledgerv1.Policy, of string) (last uint64) {
	for _, row := range rows {
		name, version, _ := strings.Cut(row.GetId(), "/")
		if n, err := strconv.ParseUint(version, 10, 32); err == nil && name == of {
			last = max(last, n)
		}
	}
	return last
}

// AdoptCalendar sets the days that deadlines are counted in, and the zone whose midnights part them.
func AdoptCalendar(view ledger.View, cmd *directoryv1.AdoptCalendarRequest) ([]proto.Message, error) {
	c := cmd.GetCalendar()
	if c.GetCalendarId() == "" {
		return nil, fault.Errorf(fault.Invalid, "a calendar has an id, such as a State's code")
	}
	if _, err := policy.NewCalendar(c); err != nil {
		return nil, err
	}
	known, err := view.Calendar(c.CalendarId)
	if err != nil {
		return nil, fmt.Errorf("read calendar %s: %w", c.CalendarId, err)
	}
	if known != nil && proto.Equal(known.Adopted, c) {
		return nil, nil
	}
	return []proto.Message{c}, nil
}
