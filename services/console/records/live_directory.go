package records

import (
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// directoryKinds are the kinds of facts that make and change the rows of the directory's tables: they name an agency or a group, and no row.
var directoryKinds = map[queryv1.Table][]proto.Message{
	queryv1.Table_TABLE_AGENCIES: {&directoryv1.AgencyRegistered{}, &directoryv1.AgencySuspended{}, &directoryv1.AgencyResumed{}, &directoryv1.AgencyRemoved{},
		&directoryv1.AgencyReadmitted{}, &directoryv1.ContactsNamed{}, &directoryv1.CompetencesAssigned{}, &directoryv1.SigningKeyAdded{}, &directoryv1.SigningKeyEnded{}},
	queryv1.Table_TABLE_GROUPS:       {&directoryv1.GroupDefined{}, &directoryv1.GroupRekeyed{}},
	queryv1.Table_TABLE_AGENCY_KEYS:  {&directoryv1.SigningKeyChanged{}, &directoryv1.SealingKeyChanged{}},
	queryv1.Table_TABLE_JOURNAL_KEYS: {&directoryv1.JournalKeyIssued{}},
	queryv1.Table_TABLE_RELEASES:     {&directoryv1.ReleaseAgreed{}, &directoryv1.ReleaseRefused{}, &directoryv1.ReleaseEnded{}},
	queryv1.Table_TABLE_WIDENINGS:    {&directoryv1.AudienceWidened{}, &directoryv1.WideningEnded{}, &directoryv1.WideningReviewed{}},
	queryv1.Table_TABLE_POLICIES:     {&directoryv1.PolicyAdopted{}},
	queryv1.Table_TABLE_CALENDARS:    {&directoryv1.CalendarAdopted{}},
}

func fullNames(kinds []proto.Message) (names []string) {
	for _, k := range kinds {
		names = append(names, string(k.ProtoReflect().Descriptor().FullName()))
	}
	return names
}
