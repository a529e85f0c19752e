package delivery

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	allAccounted    = customsv1.CheckOutcome_CHECK_OUTCOME_ALL_ACCOUNTED
	partlyAccounted = customsv1.CheckOutcome_CHECK_OUTCOME_PARTLY_ACCOUNTED
	notAccounted    = customsv1.CheckOutcome_CHECK_OUTCOME_NOT_ACCOUNTED
	accessRefused   = customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED
	siteUnsafe      = customsv1.CheckOutcome_CHECK_OUTCOME_SITE_UNSAFE
	postponed       = customsv1.CheckOutcome_CHECK_OUTCOME_POSTPONED
)

// Plan plans a look at delivered goods where they are, by an undertaking in the licence's papers (U6) or on another basis. The
// same plan again decides nothing while it is open.
func Plan(view ledger.View, cmd *customsv1.PlanCheckRequest) ([]proto.Message, error) {
	l, err := licenceChecked(view, cmd)
	switch {
	case err != nil:
		return nil, err
	case cmd.GetLegalBasis() == "" || cmd.GetSite() == "" || cmd.GetPlannedFor() == nil:
		return nil, fault.Errorf(fault.Invalid, "say where the goods of licence %s are looked at, when, and on what basis", l.GetId())
	}
	if err := allowed(l, cmd.GetLegalBasis()); err != nil {
		return nil, err
	}
	if id := cmd.GetAlertId(); id != "" {
		a, err := view.Alert(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read alert %s: %w", id, err)
		case a == nil:
			return nil, fault.Errorf(fault.NotFound, "alert %s is not on record here", id)
		}
	}
	planned := &customsv1.PostDeliveryCheckPlanned{
		LicenceId: l.GetId(), DeliveryId: cmd.GetDeliveryId(), LegalBasis: cmd.GetLegalBasis(), PlannedFor: cmd.GetPlannedFor(), Site: cmd.GetSite(), AlertId: cmd.GetAlertId(),
	}
	rows, err := view.PostDeliveryChecksWith("licence", l.GetId())
	if err != nil {
		return nil, fmt.Errorf("read checks of licence %s: %w", l.GetId(), err)
	}
	for _, c := range rows {
		if planned.CheckId = c.GetId(); view.Owns(c.GetId()) && c.GetDone() == nil && proto.Equal(c.GetPlanned(), planned) {
			return nil, nil
		}
	}
	if planned.CheckId, err = view.NextID("PD-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{planned}, nil
}

// licenceChecked returns the licence whose goods a check is of, itself or by the delivery.
func licenceChecked(view ledger.View, cmd *customsv1.PlanCheckRequest) (*ledgerv1.Licence, error) {
	id := cmd.GetLicenceId()
	if delivery := cmd.GetDeliveryId(); delivery != "" {
		d, err := view.Delivery(delivery)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read delivery %s: %w", delivery, err)
		case d == nil:
			return nil, fault.Errorf(fault.NotFound, "delivery %s is not on record here", delivery)
		case id != "" && id != d.GetRequested().GetLicenceId():
			return nil, fault.Errorf(fault.Invalid, "delivery %s is under licence %s and not under %s; leave one of them out", delivery, d.GetRequested().GetLicenceId(), id)
		}
		id = d.GetRequested().GetLicenceId()
	}
	if id == "" {
		return nil, fault.Errorf(fault.Invalid, "name the licence or the delivery whose goods are looked at")
	}
	l, err := view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case l == nil:
		return nil, fault.Errorf(fault.NotFound, "licence %s is not on record here", id)
	}
	return l, nil
}

var undertaking = regexp.MustCompile(`^U[0-9]{1,2}$`)

// allowed refuses an undertaking that no paper of the licence has.
func allowed(l *ledgerv1.Licence, basis string) error {
	if !undertaking.MatchString(basis) {
		return nil
	}
	for _, paper := range l.GetDeal().GetDocuments() {
		if slices.Contains(paper.GetUndertakings(), basis) {
			return nil
		}
	}
	return fault.Errorf(fault.Precondition, "no paper of licence %s has undertaking %s; name another basis for looking at the goods", l.GetId(), basis)
}

// Record says what a check found. It is done once; the same again decides nothing.
func Record(view ledger.View, cmd *customsv1.RecordCheckRequest) ([]proto.Message, error) {
	c, err := ownCheck(view, cmd.GetCheckId())
	if err != nil {
		return nil, err
	}
	now := cmd.GetParticulars().GetOccurredAt()
	done := &customsv1.PostDeliveryCheckDone{
		CheckId: c.GetId(), Outcome: cmd.GetOutcome(), At: cmd.GetAt(), Seen: cmd.GetSeen(), SerialsChecked: cmd.GetSerialsChecked(), SerialsTotal: cmd.GetSerialsTotal(),
		Storage: cmd.GetStorage(), Findings: cmd.GetFindings(), DocumentsSha256: cmd.GetDocumentsSha256(), FollowUp: cmd.GetFollowUp(),
	}
	if before := c.GetDone(); before != nil {
		if done.At == nil {
			done.At = before.GetAt()
		}
		if proto.Equal(before, done) {
			return nil, nil
		}
		return nil, fault.Errorf(fault.Conflict, "check %s was done on %s and came to %s; plan another: counterfoil deliver check plan %s", c.GetId(), day(before.GetAt()), word(before.GetOutcome()), c.GetPlanned().GetLicenceId())
	}
	if done.At == nil {
		done.At = now
	}
	if err := sound(done, now.AsTime()); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(c, done)}, nil
}

// sound refuses findings that contradict themselves or say too little.
func sound(done *customsv1.PostDeliveryCheckDone, now time.Time) error {
	switch {
	case !slices.Contains([]customsv1.CheckOutcome{allAccounted, partlyAccounted, notAccounted}, done.Outcome):
		return fault.Errorf(fault.Invalid, "say what check %s came to: all accounted, partly accounted or not accounted; where it could not be done: counterfoil deliver check obstructed %s", done.CheckId, done.CheckId)
	case done.SerialsChecked > done.SerialsTotal:
		return fault.Errorf(fault.Invalid, "%d serials were checked out of %d in check %s; correct the numbers", done.SerialsChecked, done.SerialsTotal, done.CheckId)
	case done.Outcome != allAccounted && done.Findings == "":
		return fault.Errorf(fault.Invalid, "say what is not accounted for in check %s", done.CheckId)
	case done.At.AsTime().After(now):
		return fault.Errorf(fault.Invalid, "check %s cannot have been done on %s, which is yet to come; correct the date", done.CheckId, day(done.At))
	}
	return nil
}

// Obstruct says why a check could not be done, and when it is tried again. The same again decides nothing.
func Obstruct(view ledger.View, cmd *customsv1.ObstructCheckRequest) ([]proto.Message, error) {
	c, err := ownCheck(view, cmd.GetCheckId())
	if err != nil {
		return nil, err
	}
	obstructed := &customsv1.PostDeliveryCheckObstructed{CheckId: c.GetId(), Outcome: cmd.GetOutcome(), Reason: cmd.GetReason(), Again: cmd.GetAgain()}
	last := c.GetObstructed()
	again := cmd.GetAgain()
	switch {
	case len(last) > 0 && proto.Equal(last[len(last)-1], obstructed):
		return nil, nil
	case c.GetDone() != nil:
		return nil, fault.Errorf(fault.Precondition, "check %s was done on %s; plan another: counterfoil deliver check plan %s", c.GetId(), day(c.GetDone().GetAt()), c.GetPlanned().GetLicenceId())
	case !slices.Contains([]customsv1.CheckOutcome{accessRefused, siteUnsafe, postponed}, cmd.GetOutcome()):
		return nil, fault.Errorf(fault.Invalid, "say why check %s was not done: access refused, site unsafe or postponed; what it found is told by: counterfoil deliver check done %s", c.GetId(), c.GetId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for which check %s was not done", c.GetId())
	case cmd.GetOutcome() == postponed && again == nil:
		return nil, fault.Errorf(fault.Invalid, "say until when check %s was postponed", c.GetId())
	case again != nil && !again.AsTime().After(cmd.GetParticulars().GetOccurredAt().AsTime()):
		return nil, fault.Errorf(fault.Invalid, "check %s cannot be tried again on %s, which is past; correct the date", c.GetId(), day(again))
	}
	return []proto.Message{ledger.Beside(c, obstructed)}, nil
}

// ownCheck returns a check that this agency planned.
func ownCheck(view ledger.View, id string) (*ledgerv1.PostDeliveryCheck, error) {
	c, err := view.PostDeliveryCheck(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read check %s: %w", id, err)
	case c == nil:
		return nil, fault.Errorf(fault.NotFound, "check %s is not on record here; see: counterfoil list post-delivery-checks", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "check %s was planned by another agency; only that agency says what came of it", id)
	}
	return c, nil
}

// NextTry is when a check is to be done: as planned, or as it was put off to; nil when it was done or is not tried again.
func NextTry(c *ledgerv1.PostDeliveryCheck) *timestamppb.Timestamp {
	last := c.GetObstructed()
	switch {
	case c.GetDone() != nil:
		return nil
	case len(last) > 0:
		return last[len(last)-1].GetAgain()
	}
	return c.GetPlanned().GetPlannedFor()
}

// word is an outcome as sentences say it.
func word(o customsv1.CheckOutcome) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(o.String(), "CHECK_OUTCOME_"), "_", " "))
}
