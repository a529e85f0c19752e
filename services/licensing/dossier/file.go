package dossier

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// File is a case that this agency decides.
type File struct {
	Application *ledgerv1.Application
	State       string
	// The policies that it runs under: one, but for a mixed consignment that is decided jointly.
	Policies []*policy.Policy
	Facts    policy.Facts
}

// Open returns the file of an application that this agency has to decide and has not, at a moment.
func Open(view ledger.View, id string, at time.Time, emergency bool) (*File, error) {
	a, err := Undecided(view, id)
	if err != nil {
		return nil, err
	}
	state, err := Home(view)
	if err != nil {
		return nil, err
	}
	f := &File{Application: a, State: state}
	if f.Policies, err = governing(view, a, state, at, emergency); err != nil {
		return nil, err
	}
	if emergency && !slices.ContainsFunc(f.Policies, func(p *policy.Policy) bool { return p.Terms.GetEmergency() != nil }) {
		return nil, fault.Errorf(fault.Precondition, "policy %s has no emergency variant; decide application %s as an ordinary case", f.PolicyID(), id)
	}
	f.Facts = policy.FactsOf(a.GetDeal(), state, circumstances(a.GetDeal(), emergency))
	return f, nil
}

// Undecided returns an application to this agency that is not decided, ended or routed on.
func Undecided(view ledger.View, id string) (*ledgerv1.Application, error) {
	a, err := Kept(view, id)
	if err != nil {
		return nil, err
	}
	decision, err := view.DecisionOn(id)
	if err != nil {
		return nil, err
	}
	if decision != "" {
		return nil, fault.Errorf(fault.Conflict, "application %s has been decided: see %s", id, decision)
	}
	return a, nil
}

// Kept returns an application to this agency that is its own to decide or was: one that was not sent back, withdrawn or routed on.
func Kept(view ledger.View, id string) (*ledgerv1.Application, error) {
	a, err := view.Application(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read application %s: %w", id, err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "application %s has not been submitted", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "application %s was submitted to another agency; only that agency can decide it", id)
	}
	switch a.GetStatus() {
	case ledgerv1.Status_STATUS_RETURNED:
		return nil, fault.Errorf(fault.Precondition, "application %s was sent back (%s); it has to be submitted anew", id, a.GetStatusReason())
	case ledgerv1.Status_STATUS_RETRACTED:
		return nil, fault.Errorf(fault.Precondition, "application %s was withdrawn by the applicant", id)
	case ledgerv1.Status_STATUS_ROUTED:
		return nil, fault.Errorf(fault.Precondition, "application %s was routed to those who decide its lines: %s", id, deciders(a))
	}
	return a, nil
}

func deciders(a *ledgerv1.Application) string {
	var names []string
	for _, p := range a.GetParts() {
		names = append(names, p.GetDecider())
	}
	return strings.Join(names, ", ")
}

// Home returns the State that this agency decides for.
func Home(view ledger.View) (string, error) {
	agency, err := view.AgencyRow(view.Agency())
	switch {
	case err != nil:
		return "", fmt.Errorf("read agency %s: %w", view.Agency(), err)
	case agency.GetState() == "":
		return "", fault.Errorf(fault.Precondition, "the directory does not say which State %s belongs to; have it registered first", view.Agency())
	}
	return agency.GetState(), nil
}

// DealDigest is the SHA-256 of what the gates look at: all of a deal but its papers and what its lines were classified as,
// which come to the file later and change nothing of what is sold to whom.
func DealDigest(d *licensingv1.Deal) ([]byte, error) {
	bare := cmp.Or(proto.CloneOf(d), &licensingv1.Deal{})
	bare.Documents, bare.ExternalAuthorizations = nil, nil
	for _, l := range bare.GetLines() {
		l.Category, l.Row = 0, ""
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("encode a deal: %w", err)
	}
	sum := sha256.Sum256(data)
	return sum[:], nil
}

// Knowledge is how far this agency's ledger has every journal now, and what else was looked at.
func Knowledge(view ledger.View, external []string) (*eventv1.Knowledge, error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, fmt.Errorf("read how far the journals are: %w", err)
	}
	k := &eventv1.Knowledge{External: external}
	for _, p := range positions {
		k.Journals = append(k.Journals, &eventv1.Reach{Journal: p.GetJournal(), Block: p.GetBlock(), Events: p.GetEvents(), Root: p.GetRoot()})
	}
	return k, nil
}

// latest returns the row with the latest date, and of those of one date the last.
func latest[R any](rows []R, at func(R) time.Time) (newest R) {
	for i, r := range rows {
		if i == 0 || !at(r).Before(at(newest)) {
			newest = r
		}
	}
	return newest
}
