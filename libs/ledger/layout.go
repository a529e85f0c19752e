package ledger

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"
)

// The buckets beside those of the tables. Numbers in keys are big-endian.
var (
	bucketMeta = []byte("meta")
	// What is only local: a name -> a value.
	bucketLocal = []byte("local")
	// Journal ("agency/group") -> its number in this file, 2 bytes.
	bucketJournals = []byte("journals")
	// Journal's number -> ledgerv1.Position.
	bucketPositions = []byte("positions")
	// Journal's number, number of the block's first event -> ledgerv1.FoldedBlock.
	bucketBlocks = []byte("blocks")
	// Event's id, 16 bytes -> its place, 8 bytes.
	bucketEventIDs = []byte("event ids")
	// As the tables' postings, over places.
	bucketEventPostings = []byte("event postings")
	// Arrival number, 8 bytes -> place of the block's first event, 8 bytes, and how many events, 4 bytes.
	bucketArrivals = []byte("arrivals")
	// Place -> ledgerv1.ParkedEvent.
	bucketParked = []byte("parked")
	// Journal ("agency/group") -> ledgerv1.Stop.
	bucketStops = []byte("stops")
	// Prefix of the agency's own ids -> the highest number on record, 8 bytes.
	bucketNumbers = []byte("numbers")
	// An event's journal ("agency/group"), 0, its number, and the number of a journal that it is repeated in -> its place there.
	bucketRepeats = []byte("repeats")
	// Folded name of a destination, 0, what it is indexed as -> nothing.
	bucketPlaces = []byte("places")
	// A key that names near to one another share (names.Keys), 0, a party's folded name -> nothing.
	bucketNames = []byte("names")
)

var (
	keySchema      = []byte("schema")
	keyAgency      = []byte("agency")
	keyIncarnation = []byte("incarnation")
)

func buckets() [][]byte {
	all := [][]byte{bucketMeta, bucketLocal, bucketJournals, bucketPositions, bucketBlocks, bucketEventIDs, bucketEventPostings,
		bucketArrivals, bucketParked, bucketStops, bucketNumbers, bucketRepeats, bucketPlaces, bucketNames}
	for _, t := range tables {
		all = append(all, t.rows, t.ids, t.postings)
	}
	return all
}

// A place is where an event stands: the number of its journal in this file, 16 bits, and its own number, 32 bits. A row's
// number in its table is used like a place where both are meant; it stays below 1<<32.
type place uint64

const placeBits = 32

// lastPlace is beyond all places.
const lastPlace = ^place(0)

func placeOf(journal uint16, number uint64) place { return place(journal)<<placeBits | place(number) }

func (p place) journal() uint16 { return uint16(p >> placeBits) }
func (p place) number() uint64  { return uint64(p) & (1<<placeBits - 1) }

// A chunk is the 1<<16 places that one posting covers.
func (p place) chunk() uint32 { return uint32(p >> 16) }

func (p place) key() []byte { return binary.BigEndian.AppendUint64(nil, uint64(p)) }

func parsePlace(b []byte) place { return place(binary.BigEndian.Uint64(b)) }

func rowKey(number place) []byte { return binary.BigEndian.AppendUint32(nil, uint32(number)) }

func parseRowKey(b []byte) place { return place(binary.BigEndian.Uint32(b)) }

// reader holds a transaction's buckets, opened when they are first asked for. It serves one goroutine.
type reader struct {
	l     *Ledger
	file  *file
	tx    *bolt.Tx
	write *Tx // nil in a read transaction

	opened []tableBuckets // by table's slot
	blocks blockCache
}

type tableBuckets struct{ rows, ids, postings *bolt.Bucket }

func (l *Ledger) reader(f *file, tx *bolt.Tx, write *Tx) *reader {
	return &reader{l: l, file: f, tx: tx, write: write, opened: make([]tableBuckets, len(tables))}
}

func (r *reader) of(t *table) *tableBuckets {
	b := &r.opened[t.slot]
	if b.rows == nil {
		*b = tableBuckets{r.tx.Bucket(t.rows), r.tx.Bucket(t.ids), r.tx.Bucket(t.postings)}
	}
	return b
}

// journal returns the number that a journal has in this file; false when nothing of it was ever folded.
func (r *reader) journal(name string) (uint16, bool) {
	b := r.tx.Bucket(bucketJournals).Get([]byte(name))
	if b == nil {
		return 0, false
	}
	return binary.BigEndian.Uint16(b), true
}
