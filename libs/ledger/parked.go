package ledger

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/counterfoil/counterfoil/libs/journal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// ParkedEvent returns event number of a journal when it is parked, and nil otherwise.
func (v View) ParkedEvent(id journal.ID, number uint64) (*ledgerv1.ParkedEvent, error) {
	n, ok := v.journal(id.String())
	if !ok || number == 0 || number >= 1<<placeBits {
		return nil, nil
	}
	raw := v.tx.Bucket(bucketParked).Get(placeOf(n, number).key())
	if raw == nil {
		return nil, nil
	}
	return decode(raw, &ledgerv1.ParkedEvent{})
}

// ParkedClass says what keeps a parked event from being applied, as this program sees it now.
func ParkedClass(p *ledgerv1.ParkedEvent) queryv1.ParkedClass {
	switch {
	case p.Unknown && knows(p.Kind):
		return queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW
	case p.Unknown:
		return queryv1.ParkedClass_PARKED_CLASS_UNKNOWN
	case p.BeforeStart:
		return queryv1.ParkedClass_PARKED_CLASS_BEFORE_START
	}
	return queryv1.ParkedClass_PARKED_CLASS_REFUSED
}

// CompareParked orders parked events by journal, then by number.
func CompareParked(a, b *ledgerv1.ParkedEvent) int {
	return cmp.Or(strings.Compare(a.Journal, b.Journal), cmp.Compare(a.Number, b.Number))
}

// Lacks reports whether this copy of a journal lacks events that were withdrawn.
func (v View) Lacks(id journal.ID) bool { return v.Local(withdrawnKey(id.String())) != nil }

// knows reports whether this program folds facts of a kind.
func knows(kind string) bool {
	if slices.ContainsFunc(kinds, func(k proto.Message) bool { return string(k.ProtoReflect().Descriptor().FullName()) == kind }) {
		return true
	}
	of, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(kind))
	if err != nil {
		return false
	}
	fact, f := of.New().Interface(), &folding{}
	_, withdrawn := fact.(*directoryv1.EventWithdrawn)
	return withdrawn || f.directoryRow(fact) != nil || f.statement(fact) != nil
}
