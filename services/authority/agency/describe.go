package agency

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// NameContacts says anew how an agency is reached. The same again decides nothing.
func NameContacts(view ledger.View, cmd *directoryv1.NameContactsRequest) ([]proto.Message, error) {
	named := cmd.GetContacts()
	a, err := view.AgencyRow(named.GetAgency())
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no agency %q; see: counterfoil directory show", named.GetAgency())
	}
	for _, c := range named.Contacts {
		if c.Role == "" || c.Reach == "" {
			return nil, fault.Errorf(fault.Invalid, "a contact of %s has no role or no way to reach it", a.Id)
		}
	}
	if slices.EqualFunc(a.Contacts, named.Contacts, func(x, y *directoryv1.Contact) bool { return proto.Equal(x, y) }) {
		return nil, nil
	}
	return []proto.Message{named}, nil
}

// kinds are the five kinds of transfer of the Treaty (ATT Article 2(2)).
var kinds = []string{"", "export", "import", "transit", "transshipment", "brokering"}

// AssignCompetences says anew what an agency decides on. The same again decides nothing.
func AssignCompetences(view ledger.View, cmd *directoryv1.AssignCompetencesRequest) ([]proto.Message, error) {
	assigned := cmd.GetCompetences()
	a, err := view.AgencyRow(assigned.GetAgency())
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no agency %q; see: counterfoil directory show", assigned.GetAgency())
	}
	for _, c := range assigned.Competences {
		if !slices.Contains(kinds, c.Kind) {
			return nil, fault.Errorf(fault.Invalid, "%q is no kind of transfer: export, import, transit, transshipment or brokering", c.Kind)
		}
	}
	same := slices.EqualFunc(a.Competences, assigned.Competences, func(x, y *directoryv1.Competence) bool { return proto.Equal(x, y) })
	if same && a.LegalBasis == assigned.LegalBasis {
		return nil, nil
	}
	return []proto.Message{assigned}, nil
}

// EndKey takes a signing key out of use. Blocks that say they were written later are not believed.
func EndKey(view ledger.View, cmd *directoryv1.EndSigningKeyRequest, keyID func(public []byte) []byte) ([]proto.Message, error) {
	ended := cmd.GetEnded()
	a, err := view.AgencyRow(ended.GetAgency())
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no agency %q; see: counterfoil directory show", ended.GetAgency())
	case ended.ValidUntil == nil:
		ended.ValidUntil = cmd.GetParticulars().GetOccurredAt()
	}
	own, err := view.AgencyKeys(a.Id + "/keys")
	if err != nil {
		return nil, err
	}
	known := slices.ContainsFunc(append(a.SigningKeys, own.GetSigningKeys()...), func(k *directoryv1.SigningKey) bool {
		return bytes.Equal(keyID(k.Public), ended.KeyId)
	})
	if !known {
		return nil, fault.Errorf(fault.NotFound, "agency %s has no signing key %x; see: counterfoil agency show %s", a.Id, ended.KeyId, a.Id)
	}
	return []proto.Message{ended}, nil
}
