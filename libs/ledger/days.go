package ledger

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A day is a date's day in UTC, counted so that 1970 begins with epoch. In postings it is 4 bytes, big-endian, and what is
// found by year is found by its days. A date that is too far off for it is of the first or the last day.
type day uint32

const (
	epoch      day = 1 << 31
	lastDay    day = 1<<32 - 1
	daySeconds     = 24 * 60 * 60
)

func dayAt(seconds int64) day {
	n := seconds / daySeconds
	if seconds%daySeconds < 0 {
		n--
	}
	return day(min(max(n+int64(epoch), 0), int64(lastDay)))
}

// begins is the day's first second, since 1970.
func (d day) begins() int64 { return (int64(d) - int64(epoch)) * daySeconds }

func (d day) year() string { return yearName(time.Unix(d.begins(), 0).UTC().Year()) }

func (d day) value() string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(d))
	return string(b[:])
}

// dayOf is the value that a date is found under; nothing of no date.
func dayOf(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return dayAt(t.Seconds).value()
}

// span is days, the first and the last among them.
type span struct{ first, last day }

// spanOfYear is the days of a year; false of what is none.
func spanOfYear(name string) (span, bool) {
	year, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return span{}, false
	}
	begins := func(year int64) int64 { return time.Date(int(year), 1, 1, 0, 0, 0, 0, time.UTC).Unix() }
	return span{dayAt(begins(year)), dayAt(begins(year+1) - 1)}, true
}

// each calls fn with the postings of those of the days that places of the chunk have, rising.
func (s span) each(postings *bolt.Bucket, chunk uint32, fn func(d day, posting []byte)) {
	of := postingKey(chunk, byDay, "")
	c := postings.Cursor()
	for k, posting := c.Seek(postingKey(chunk, byDay, s.first.value())); bytes.HasPrefix(k, of); k, posting = c.Next() {
		d := day(binary.BigEndian.Uint32(k[len(of):]))
		if d > s.last {
			return
		}
		fn(d, posting)
	}
}
