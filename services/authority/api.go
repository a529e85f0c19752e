package authority

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/joining"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/authority/agency"
	"github.com/counterfoil/counterfoil/services/authority/group"
)

// defaultGrace is how long credentials that are to be rotated go on working.
const defaultGrace = 24 * time.Hour

// execute records what a rule decides, and brings the hub to it before the caller is answered.
func (s *Service) execute(ctx context.Context, what string, req desk.Request, rule desk.Decide) (*eventv1.Receipt, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, rule)
	if err == nil && receipt.DryRun == nil {
		err = s.converge(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return receipt, nil
}

// PlanAgency says what an agency would read and who would have to agree.
func (s *Service) PlanAgency(ctx context.Context, req *directoryv1.PlanAgencyRequest) (res *directoryv1.PlanAgencyResponse, err error) {
	heads, err := s.hub.Heads(ctx)
	if err != nil {
		return nil, fmt.Errorf("plan agency %s: %w", req.GetAgency(), err)
	}
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = plan(view, req, heads)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("plan agency %s: %w", req.GetAgency(), err)
	}
	return res, nil
}

// AddAgency registers an agency and makes it a member of groups.
func (s *Service) AddAgency(ctx context.Context, req *directoryv1.AddAgencyRequest) (*directoryv1.AddAgencyResponse, error) {
	if err := joining.Check(req.GetRequest()); err != nil {
		return nil, err
	}
	name := req.GetRequest().GetAgency()
	receipt, err := s.execute(ctx, "add agency "+name, req, func(view ledger.View) ([]proto.Message, error) {
		return agency.Add(view, req)
	})
	if err != nil {
		return nil, err
	}
	if receipt.DryRun == nil {
		if err := s.keep(req.GetRequest()); err != nil {
			return nil, fmt.Errorf("add agency %s: %w", name, err)
		}
	}
	return &directoryv1.AddAgencyResponse{Receipt: receipt}, nil
}

// MakeKit returns what an agency that was added joins with.
func (s *Service) MakeKit(ctx context.Context, req *directoryv1.MakeKitRequest) (*directoryv1.MakeKitResponse, error) {
	kit, until, err := s.kit(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("make a kit for %s: %w", req.GetAgency(), err)
	}
	return &directoryv1.MakeKitResponse{Kit: kit, ExpiresAt: timestamppb.New(until)}, nil
}

// SuspendAgency shuts an agency out until it is resumed.
func (s *Service) SuspendAgency(ctx context.Context, req *directoryv1.SuspendAgencyRequest) (*directoryv1.SuspendAgencyResponse, error) {
	receipt, err := s.execute(ctx, "suspend "+req.GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.Suspend(view, req)
	})
	return &directoryv1.SuspendAgencyResponse{Receipt: receipt}, err
}

// ResumeAgency lets a suspended agency in again.
func (s *Service) ResumeAgency(ctx context.Context, req *directoryv1.ResumeAgencyRequest) (*directoryv1.ResumeAgencyResponse, error) {
	receipt, err := s.execute(ctx, "resume "+req.GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.Resume(view, req)
	})
	return &directoryv1.ResumeAgencyResponse{Receipt: receipt}, err
}

// RemoveAgency ends an agency's part.
func (s *Service) RemoveAgency(ctx context.Context, req *directoryv1.RemoveAgencyRequest) (*directoryv1.RemoveAgencyResponse, error) {
	receipt, err := s.execute(ctx, "remove "+req.GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.Remove(view, req, directory.Reissue)
	})
	return &directoryv1.RemoveAgencyResponse{Receipt: receipt}, err
}

// RotateAgency has an agency's node take new credentials.
func (s *Service) RotateAgency(ctx context.Context, req *directoryv1.RotateAgencyRequest) (*directoryv1.RotateAgencyResponse, error) {
	grace := time.Duration(req.GetGraceSeconds()) * time.Second
	if grace == 0 {
		grace = defaultGrace
	}
	deadline := s.now().Add(grace)
	if err := s.hub.Rotate(ctx, req.GetAgency(), deadline); err != nil {
		return nil, fmt.Errorf("rotate %s: %w", req.GetAgency(), err)
	}
	return &directoryv1.RotateAgencyResponse{Deadline: timestamppb.New(deadline)}, nil
}

// DefineGroup names an audience, or says anew who is in it.
func (s *Service) DefineGroup(ctx context.Context, req *directoryv1.DefineGroupRequest) (*directoryv1.DefineGroupResponse, error) {
	id := journal.ID{Agency: directory.Authority, Group: req.GetGroup().GetGroup()}
	if !id.Valid() {
		return nil, fault.Errorf(fault.Invalid, "group %q is not 2 to 32 lower-case letters, digits and hyphens, a letter first", id.Group)
	}
	receipt, err := s.execute(ctx, "define group "+id.Group, req, func(view ledger.View) ([]proto.Message, error) {
		return group.Define(view, req)
	})
	return &directoryv1.DefineGroupResponse{Receipt: receipt}, err
}

// RekeyGroup has every publisher of a group begin a new epoch.
func (s *Service) RekeyGroup(ctx context.Context, req *directoryv1.RekeyGroupRequest) (*directoryv1.RekeyGroupResponse, error) {
	receipt, err := s.execute(ctx, "rekey group "+req.GetGroup(), req, func(view ledger.View) ([]proto.Message, error) {
		return group.Rekey(view, req, directory.Reissue)
	})
	return &directoryv1.RekeyGroupResponse{Receipt: receipt}, err
}

// AdoptRules puts sharing rules before those in force.
func (s *Service) AdoptRules(ctx context.Context, req *directoryv1.AdoptRulesRequest) (*directoryv1.AdoptRulesResponse, error) {
	receipt, err := s.execute(ctx, "adopt rules", req, func(view ledger.View) ([]proto.Message, error) {
		return group.AdoptRules(view, req)
	})
	return &directoryv1.AdoptRulesResponse{Receipt: receipt}, err
}

// AdoptPolicy puts a version of a decision policy on record, and says what about it is worth a look.
func (s *Service) AdoptPolicy(ctx context.Context, req *directoryv1.AdoptPolicyRequest) (*directoryv1.AdoptPolicyResponse, error) {
	var warnings []string
	receipt, err := s.execute(ctx, "adopt policy "+req.GetPolicy().GetPolicyId(), req, func(view ledger.View) (facts []proto.Message, err error) {
		facts, warnings, err = group.AdoptPolicy(view, req)
		return facts, err
	})
	return &directoryv1.AdoptPolicyResponse{Receipt: receipt, Warnings: warnings}, err
}

// AdoptCalendar sets the days that deadlines are counted in.
func (s *Service) AdoptCalendar(ctx context.Context, req *directoryv1.AdoptCalendarRequest) (*directoryv1.AdoptCalendarResponse, error) {
	receipt, err := s.execute(ctx, "adopt calendar "+req.GetCalendar().GetCalendarId(), req, func(view ledger.View) ([]proto.Message, error) {
		return group.AdoptCalendar(view, req)
	})
	return &directoryv1.AdoptCalendarResponse{Receipt: receipt}, err
}

// NameContacts says anew how an agency is reached.
func (s *Service) NameContacts(ctx context.Context, req *directoryv1.NameContactsRequest) (*directoryv1.NameContactsResponse, error) {
	receipt, err := s.execute(ctx, "name contacts of "+req.GetContacts().GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.NameContacts(view, req)
	})
	return &directoryv1.NameContactsResponse{Receipt: receipt}, err
}

// AssignCompetences says anew what an agency decides on.
func (s *Service) AssignCompetences(ctx context.Context, req *directoryv1.AssignCompetencesRequest) (*directoryv1.AssignCompetencesResponse, error) {
	receipt, err := s.execute(ctx, "assign competences of "+req.GetCompetences().GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.AssignCompetences(view, req)
	})
	return &directoryv1.AssignCompetencesResponse{Receipt: receipt}, err
}

// EndSigningKey takes an agency's signing key out of use.
func (s *Service) EndSigningKey(ctx context.Context, req *directoryv1.EndSigningKeyRequest) (*directoryv1.EndSigningKeyResponse, error) {
	receipt, err := s.execute(ctx, "end a signing key of "+req.GetEnded().GetAgency(), req, func(view ledger.View) ([]proto.Message, error) {
		return agency.EndKey(view, req, func(public []byte) []byte { return journal.KeyID(public) })
	})
	return &directoryv1.EndSigningKeyResponse{Receipt: receipt}, err
}
