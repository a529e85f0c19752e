package ledger

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var kinds = []proto.Message{
	&customsv1.DeclarationAccepted{},
	&customsv1.ExitConfirmed{},
	&customsv1.ArrivalRecorded{},
	&customsv1.DeclarationCancelled{},
	&customsv1.LicenceQuantityReserved{},
	&customsv1.LicenceQuantityCommitted{},
	&customsv1.LicenceQuantityReleased{},
	&enforcementv1.DiversionAlertRaised{},
	&enforcementv1.AlertCorroborated{},
	&enforcementv1.AlertConfirmed{},
	&enforcementv1.AlertRefuted{},
	&enforcementv1.AlertClosed{},
	&enforcementv1.AlertAcknowledged{},
	&licensingv1.ApplicationSubmitted{},
	&licensingv1.LicenceGranted{},
	&licensingv1.LicenceDenied{},
	&licensingv1.LicenceAmended{},
	&licensingv1.DenialAmended{},
	&licensingv1.LicenceSuspended{},
	&licensingv1.LicenceReinstated{},
	&licensingv1.LicenceRevoked{},
	&licensingv1.EntryWithdrawn{},
	&licensingv1.EditionRecorded{},
	&licensingv1.ReassessmentOpened{},
	&licensingv1.ReassessmentConcluded{},
	&reportingv1.AgencyReturnRequested{},
	&reportingv1.AgencyReturnSubmitted{},
}

// Kinds are the kinds of event that this program folds into rows, but for those of the directory, grouped by package.
func Kinds() []protoreflect.MessageDescriptor {
	all := make([]protoreflect.MessageDescriptor, len(kinds))
	for i, k := range kinds {
		all[i] = k.ProtoReflect().Descriptor()
	}
	return all
}
