package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// View reads one state of the ledger. A row that is not there is (nil, nil). Rows are the caller's own copies. A View
// serves one goroutine, for as long as its transaction.
type View struct{ *reader }

// Agency is whose ledger it is.
func (v View) Agency() string { return v.l.agency }

// Own is the agency's own journal of a group.
func (v View) Own(group string) journal.ID { return journal.ID{Agency: v.l.agency, Group: group} }

// Owns reports whether an id, or the name of a journal, is one of this agency.
func (v View) Owns(id string) bool { return strings.HasPrefix(id, v.l.agency+"/") }

// NextID returns "<agency>/<prefix>-000001", numbered one above the highest such id on record in any table.
func (v View) NextID(prefix string) (string, error) {
	ids, err := v.NextIDs(prefix, 1)
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// NextIDs returns the next n ids, for a command that makes several rows.
func (v View) NextIDs(prefix string, n int) ([]string, error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	next := uint64(1)
	if b := v.tx.Bucket(bucketNumbers).Get([]byte(prefix)); b != nil {
		next += binary.BigEndian.Uint64(b)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s/%s-%0*d", v.l.agency, prefix, idDigits, next+uint64(i))
	}
	return ids, nil
}

func (v View) Licence(id string) (*ledgerv1.Licence, error)         { return get(v, licences, id) }
func (v View) Line(id string) (*ledgerv1.Line, error)               { return get(v, lines, id) }
func (v View) Denial(id string) (*ledgerv1.Denial, error)           { return get(v, denials, id) }
func (v View) Application(id string) (*ledgerv1.Application, error) { return get(v, applications, id) }
func (v View) Declaration(id string) (*ledgerv1.Declaration, error) { return get(v, declarations, id) }
func (v View) WriteOff(id string) (*ledgerv1.WriteOff, error)       { return get(v, writeOffs, id) }
func (v View) Alert(id string) (*ledgerv1.Alert, error)             { return get(v, alerts, id) }
func (v View) Edition(id string) (*ledgerv1.Edition, error)         { return get(v, editions, id) }
func (v View) Group(id string) (*ledgerv1.Group, error)             { return get(v, groups, id) }
func (v View) AgencyRow(id string) (*ledgerv1.Agency, error)        { return get(v, agencies, id) }
func (v View) Release(id string) (*ledgerv1.Release, error)         { return get(v, releases, id) }
func (v View) Receipt(id string) (*ledgerv1.Receipt, error)         { return get(v, receipts, id) }
func (v View) Withdrawal(id string) (*ledgerv1.Withdrawal, error)   { return get(v, withdrawals, id) }
func (v View) Widening(id string) (*ledgerv1.Widening, error)       { return get(v, widenings, id) }
func (v View) AgencyKeys(id string) (*ledgerv1.AgencyKeys, error)   { return get(v, agencyKeys, id) }
func (v View) Policy(id string) (*ledgerv1.Policy, error)           { return get(v, policies, id) }

func (v View) Reassessment(id string) (*ledgerv1.Reassessment, error) {
	return get(v, reassessments, id)
}

// Acknowledgement is by agency, "/", alert id.
func (v View) Acknowledgement(id string) (*ledgerv1.Acknowledgement, error) {
	return get(v, acknowledgements, id)
}

func (v View) ReturnRequest(id string) (*ledgerv1.ReturnRequest, error) {
	return get(v, returnRequests, id)
}

// ReturnSubmission is by agency, "/", request id.
func (v View) ReturnSubmission(id string) (*ledgerv1.ReturnSubmission, error) {
	return get(v, returnSubmissions, id)
}

// KeptCommand is what an idempotency key of this agency stands for.
func (v View) KeptCommand(key string) (*ledgerv1.KeptCommand, error) {
	return get(v, commands, v.l.agency+"/"+key)
}

// The rows that are found under a value of an attribute, in the order of their ids, withdrawn ones too. An attribute
// that the table does not have is refused.

func (v View) LicencesWith(attribute, value string) ([]*ledgerv1.Licence, error) {
	return with(v, licences, attribute, value)
}

func (v View) DenialsWith(attribute, value string) ([]*ledgerv1.Denial, error) {
	return with(v, denials, attribute, value)
}

func (v View) LinesWith(attribute, value string) ([]*ledgerv1.Line, error) {
	return with(v, lines, attribute, value)
}

func (v View) ApplicationsWith(attribute, value string) ([]*ledgerv1.Application, error) {
	return with(v, applications, attribute, value)
}

func (v View) DeclarationsWith(attribute, value string) ([]*ledgerv1.Declaration, error) {
	return with(v, declarations, attribute, value)
}

func (v View) WriteOffsWith(attribute, value string) ([]*ledgerv1.WriteOff, error) {
	return with(v, writeOffs, attribute, value)
}

func (v View) AlertsWith(attribute, value string) ([]*ledgerv1.Alert, error) {
	return with(v, alerts, attribute, value)
}

func (v View) ReassessmentsWith(attribute, value string) ([]*ledgerv1.Reassessment, error) {
	return with(v, reassessments, attribute, value)
}

func (v View) AcknowledgementsWith(attribute, value string) ([]*ledgerv1.Acknowledgement, error) {
	return with(v, acknowledgements, attribute, value)
}

func (v View) RequestsWith(attribute, value string) ([]*ledgerv1.ReturnRequest, error) {
	return with(v, returnRequests, attribute, value)
}

func (v View) SubmissionsWith(attribute, value string) ([]*ledgerv1.ReturnSubmission, error) {
	return with(v, returnSubmissions, attribute, value)
}

func (v View) GroupsWith(attribute, value string) ([]*ledgerv1.Group, error) {
	return with(v, groups, attribute, value)
}

func (v View) AgenciesWith(attribute, value string) ([]*ledgerv1.Agency, error) {
	return with(v, agencies, attribute, value)
}

func (v View) EditionsWith(attribute, value string) ([]*ledgerv1.Edition, error) {
	return with(v, editions, attribute, value)
}

// Agencies are all agencies of the directory, in the order of their names.
func (v View) Agencies() ([]*ledgerv1.Agency, error) { return everyRow(v, agencies) }

// Groups are all groups of the directory, in the order of their names.
func (v View) Groups() ([]*ledgerv1.Group, error) { return everyRow(v, groups) }

// Releases are what all publishers let others have, by publisher, group and reader.
func (v View) Releases() ([]*ledgerv1.Release, error) { return everyRow(v, releases) }

func (v View) ReleasesWith(attribute, value string) ([]*ledgerv1.Release, error) {
	return with(v, releases, attribute, value)
}

// JournalKeys are the epochs of all publishers' journals, by journal and epoch.
func (v View) JournalKeys() ([]*ledgerv1.JournalKey, error) { return everyRow(v, journalKeys) }

func (v View) JournalKeysWith(attribute, value string) ([]*ledgerv1.JournalKey, error) {
	return with(v, journalKeys, attribute, value)
}

// JournalKey is by JournalKeyID.
func (v View) JournalKey(id string) (*ledgerv1.JournalKey, error) { return get(v, journalKeys, id) }

// ChangedKeys are the keys that agencies changed to, by agency.
func (v View) ChangedKeys() ([]*ledgerv1.AgencyKeys, error) { return everyRow(v, agencyKeys) }

// Receipts are what agencies said of how far they are, by reader and journal.
func (v View) Receipts() ([]*ledgerv1.Receipt, error) { return everyRow(v, receipts) }

func (v View) ReceiptsWith(attribute, value string) ([]*ledgerv1.Receipt, error) {
	return with(v, receipts, attribute, value)
}

// Withdrawals are all orders to purge an event, by id.
func (v View) Withdrawals() ([]*ledgerv1.Withdrawal, error) { return everyRow(v, withdrawals) }

func (v View) WithdrawalReceiptsWith(attribute, value string) ([]*ledgerv1.WithdrawalReceipt, error) {
	return with(v, withdrawalReceipts, attribute, value)
}

// WithdrawalReceipt is by WithdrawalReceiptID.
func (v View) WithdrawalReceipt(id string) (*ledgerv1.WithdrawalReceipt, error) {
	return get(v, withdrawalReceipts, id)
}

// Widenings are all emergency widenings, by id.
func (v View) Widenings() ([]*ledgerv1.Widening, error) { return everyRow(v, widenings) }

// Policies are all versions of decision policies that were adopted.
func (v View) Policies() ([]*ledgerv1.Policy, error) { return everyRow(v, policies) }

func (v View) Calendar(id string) (*ledgerv1.Calendar, error) { return get(v, calendars, id) }
func (v View) Calendars() ([]*ledgerv1.Calendar, error)       { return everyRow(v, calendars) }
func (v View) Handovers() ([]*ledgerv1.Handover, error)       { return everyRow(v, handovers) }

// SharingRules are the rules in force, the latest first; nil when none were adopted.
func (v View) SharingRules() (*ledgerv1.SharingRules, error) {
	return get(v, sharingRules, sharingRulesID)
}

// SharingGroup returns the group that an agency records an event of this kind and marking for, by SharingRule.
func (v View) SharingGroup(kind protoreflect.FullName, marking, agency string) (string, error) {
	rule, err := v.SharingRule(kind, marking, agency)
	return rule.GetGroup(), err
}

// GroupHeardBy returns the group that this agency records a fact of this kind and marking for. It is refused where another agency,
// which has to hear of it, does not read that.
func (v View) GroupHeardBy(reader string, fact proto.Message, marking string) (string, error) {
	name, err := v.SharingGroup(fact.ProtoReflect().Descriptor().FullName(), marking, v.l.agency)
	if err != nil {
		return "", err
	}
	group, err := v.Group(name)
	if err != nil {
		return "", fmt.Errorf("read group %s: %w", name, err)
	}
	if !slices.Contains(group.GetMembers(), reader) {
		return "", fault.Errorf(fault.Precondition, "%s would not hear of it: it does not read group %s, which this is recorded for; choose a marking, or have the authority mend the sharing rules", reader, name)
	}
	return name, nil
}

// SharingRule returns the rule by which an agency records an event of this kind and marking. Of the rules that fit, the one
// that names most of kind, marking and agency wins, then the one adopted later. A marked event needs a rule for its
// marking. Without a rule it is refused.
func (v View) SharingRule(kind protoreflect.FullName, marking, agency string) (*directoryv1.SharingRule, error) {
	rules, err := v.SharingRules()
	if err != nil {
		return nil, err
	}
	var best *directoryv1.SharingRule
	most := -1
	for _, r := range rules.GetRules() {
		if r.Kind != "" && r.Kind != string(kind) || r.Agency != "" && r.Agency != agency || r.Marking != marking {
			continue
		}
		named := 0
		for _, part := range []string{r.Kind, r.Marking, r.Agency} {
			if part != "" {
				named++
			}
		}
		if named > most {
			best, most = r, named
		}
	}
	if best == nil {
		marked := "unmarked"
		if marking != "" {
			marked = fmt.Sprintf("marked %q", marking)
		}
		return nil, fault.Errorf(fault.Precondition, "no sharing rule says who may read %s of %s, %s; have the authority adopt one", kind.Name(), agency, marked)
	}
	return best, nil
}

// Get returns the row with this id of a table, or nil. For an event the id is its UUID, or "agency/group/number".
func (v View) Get(of queryv1.Table, id string) (*queryv1.Row, error) {
	if of == queryv1.Table_TABLE_EVENTS {
		return v.getEvent(id)
	}
	t, err := tableOf(of)
	if err != nil {
		return nil, err
	}
	r, err := v.row(t, id)
	if r == nil || err != nil {
		return nil, err
	}
	return t.wrap(r), nil
}

// Find returns the row with this id and the table that it is in; nil when no table has it. Ids are unique but for those
// of agencies and groups, of which the agency is found first.
func (v View) Find(id string) (queryv1.Table, *queryv1.Row, error) {
	for _, t := range tables {
		if t.wrap == nil {
			continue
		}
		if r, err := v.row(t, id); r != nil || err != nil {
			if err != nil {
				return 0, nil, err
			}
			return t.query, t.wrap(r), nil
		}
	}
	return 0, nil, nil
}

// Local returns a value that was kept with PutLocal; nil when there is none.
func (v View) Local(key string) []byte {
	return bytes.Clone(v.tx.Bucket(bucketLocal).Get([]byte(key)))
}

// Locals are the values that were kept with PutLocal under names that begin with prefix, by name.
func (v View) Locals(prefix string) map[string][]byte {
	all := map[string][]byte{}
	c := v.tx.Bucket(bucketLocal).Cursor()
	for k, value := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, value = c.Next() {
		all[string(k)] = bytes.Clone(value)
	}
	return all
}

// Position is how far the journal is folded; nil when nothing of it was.
func (v View) Position(id journal.ID) (*ledgerv1.Position, error) {
	n, ok := v.journal(id.String())
	if !ok {
		return nil, nil
	}
	return decode(v.tx.Bucket(bucketPositions).Get(binary.BigEndian.AppendUint16(nil, n)), &ledgerv1.Position{})
}

// Positions are how far each journal is folded, in the order of their names.
func (v View) Positions() ([]*ledgerv1.Position, error) {
	positions, err := decodeAll(v.tx.Bucket(bucketPositions), func() *ledgerv1.Position { return &ledgerv1.Position{} })
	slices.SortFunc(positions, func(x, y *ledgerv1.Position) int { return strings.Compare(x.Journal, y.Journal) })
	return positions, err
}

// ParkedEvents are the events that could not be applied, by journal in the order of its arrival, then by number.
func (v View) ParkedEvents() ([]*ledgerv1.ParkedEvent, error) {
	return decodeAll(v.tx.Bucket(bucketParked), func() *ledgerv1.ParkedEvent { return &ledgerv1.ParkedEvent{} })
}

// Parked is how many events of each journal could not be applied although all that they rest on was given to this agency;
// journals without any are left out.
func (v View) Parked() (map[journal.ID]uint64, error) {
	counts := map[journal.ID]uint64{}
	events, err := v.ParkedEvents()
	for _, e := range events {
		if e.BeforeStart {
			continue
		}
		id, err := journal.ParseID(e.Journal)
		if err != nil {
			return nil, err
		}
		counts[id]++
	}
	return counts, err
}

// Stops are the journals that are not followed any further, by name.
func (v View) Stops() ([]*ledgerv1.Stop, error) {
	return decodeAll(v.tx.Bucket(bucketStops), func() *ledgerv1.Stop { return &ledgerv1.Stop{} })
}

func decode[M proto.Message](raw []byte, m M) (M, error) {
	if err := proto.Unmarshal(raw, m); err != nil {
		return m, fmt.Errorf("decode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return m, nil
}

func decodeAll[M proto.Message](b interface {
	ForEach(func(k, v []byte) error) error
}, fresh func() M) (all []M, err error) {
	err = b.ForEach(func(_, raw []byte) error {
		m, err := decode(raw, fresh())
		all = append(all, m)
		return err
	})
	return all, err
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

var errStop = errors.New("stop")
