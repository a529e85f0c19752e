package ledger

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// row is what all rows have in common.
type row interface {
	proto.Message
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// header is where a row keeps what all rows have in common, so that the fold can set it.
type header struct {
	id, journal *string
	events      *[]uint64
}

// table is how one kind of row is kept, found and shown.
type table struct {
	name  string
	query queryv1.Table // unspecified when it is not asked for by table
	slot  int           // its index in tables

	rows, ids, postings []byte // its buckets: row number -> row, row id -> row number, and the index

	attributes []attribute // beside all and the day, in the order that people read them
	// owner is the attribute whose value is a row's id up to its first "#"; all when there is none. It is found by id and
	// has no postings: nearly every row would bring one of its own.
	owner     attribute
	fresh     func() row
	head      func(row) header
	index     func(row, *entries)
	date      func(row) *timestamppb.Timestamp // nil: its rows have no date of their own
	dateField protowire.Number                 // where the date stands in an encoded row; 0 where it must be worked out
	wrap      func(row) *queryv1.Row           // nil with query
}

// rowsOf is a table whose rows are R.
type rowsOf[R row] struct{ *table }

func define[R row](name string, query queryv1.Table, fresh func() R, head func(R) header) rowsOf[R] {
	return rowsOf[R]{&table{
		name: name, query: query,
		rows: []byte(name + " rows"), ids: []byte(name + " ids"), postings: []byte(name + " postings"),
		fresh: func() row { return fresh() },
		head:  func(r row) header { return head(r.(R)) },
		index: func(row, *entries) {},
	}}
}

// indexed says under which values of these attributes a row is found. Where rows have a date of their own, their year is that of it.
func (t rowsOf[R]) indexed(index func(R, *entries), attributes ...attribute) rowsOf[R] {
	t.attributes = append(attributes, byJournal)
	t.index = func(r row, x *entries) { index(r.(R), x) }
	return t
}

func (t rowsOf[R]) ownedBy(owner attribute) rowsOf[R] {
	t.owner = owner
	return t
}

// dated says what a row's date is, and which of its fields has it; field 0 when none has it as it is.
func (t rowsOf[R]) dated(field protowire.Number, date func(R) *timestamppb.Timestamp) rowsOf[R] {
	t.dateField = field
	t.date = func(r row) *timestamppb.Timestamp { return date(r.(R)) }
	return t
}

func (t rowsOf[R]) shown(wrap func(R) *queryv1.Row) rowsOf[R] {
	t.wrap = func(r row) *queryv1.Row { return wrap(r.(R)) }
	return t
}

func (t *table) has(a attribute) bool { return slices.Contains(t.attributes, a) }

// entriesOf appends everything that the row is found under.
func (t *table) entriesOf(r row, x *entries) {
	x.list = append(x.list, entry{all, ""}, entry{byJournal, r.GetJournal()})
	if t.date != nil {
		x.add(byDay, dayOf(t.date(r)))
	}
	t.index(r, x)
}

// attribute is the byte that stands for an attribute in a posting's key. It is part of the file's layout.
type attribute byte

const (
	all attribute = iota // every row, under the empty value
	byStatus
	byKind
	byDestination
	byYear
	byRating
	byCategory
	byParty
	byApplication
	bySource
	byJournal
	byDecision
	byCriterion
	byLicence
	byOffice
	byDeclaration
	byEffect
	byPriority
	byStage
	byIndicator
	byAddressee
	byAlert
	byOpen
	byAgency
	byForm
	byRequest
	byState
	byMember
	byGroup
	byReader
	byService
	bySubject
	byShipment
	byConsultation
	byAgainst
	byOrigin
	bySerial
	byLot
	byVessel
	byContainer
	byCertificate
	byRoute
	byUCR
	byDocument
	byCode
	byPost
	byDelivery
	byRecord
	byTrace
	byOwner
	byLRN
	byMoved // year in which goods crossed the border
	byEdition
	byDay     // of the row's own date
	byTransit // open or discharged
	attributeCount
)

var attributeNames = []string{"", "status", "kind", "destination", "year", "rating", "category", "party", "application", "source", "journal",
	"decision", "criterion", "licence", "office", "declaration", "effect", "priority", "stage", "indicator", "addressee",
	"alert", "open", "agency", "form", "request", "state", "member", "group", "reader",
	"service", "subject", "shipment", "consultation", "against", "origin",
	"serial", "lot", "vessel", "container", "certificate", "route", "ucr", "document", "code", "post", "delivery", "record", "trace", "owner", "lrn", "moved", "edition", "day", "transit"}

func (a attribute) String() string { return attributeNames[a] }

// entry is one thing that a row is found under.
type entry struct {
	attribute attribute
	value     string
}

// entries collects what rows are found under, the names that their destinations went by, and the folded names of their
// parties.
type entries struct {
	list   []entry
	places []placeName
	names  []string
}

type placeName struct{ name, indexed string }

// add puts the row under a value; an empty one is left out.
func (x *entries) add(a attribute, value string) {
	if value != "" {
		x.list = append(x.list, entry{a, value})
	}
}

// addOnce is add for attributes of which a row may have one value twice.
func (x *entries) addOnce(a attribute, value string) {
	if e := (entry{a, value}); value != "" && !slices.Contains(x.list, e) {
		x.list = append(x.list, e)
	}
}

// addEach is add for attributes of which a row may have one value several times, and each time counts: the second time
// it stands under the value, a 0 byte and "2". Filters find the first, counts add them up.
func (x *entries) addEach(a attribute, values []string) {
	times := map[string]int{}
	for _, value := range values {
		if times[value]++; times[value] > 1 {
			value += fmt.Sprint("\x00", times[value])
		}
		x.add(a, value)
	}
}
