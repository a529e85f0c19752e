package lineage

import (
	"crypto/ed25519"
	"encoding/json"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

func leafOf(raw []byte) tlog.Hash { return tlog.RecordHash(raw) }

func headerOf(raw []byte) *eventv1.Header {
	h := &eventv1.Header{}
	if err := proto.Unmarshal(raw, h); err != nil {
		panic(err)
	}
	return h
}

func rootOf(header []byte) []byte { return headerOf(header).GetRoot() }

// extentEvents is how many events of a journal the report read.
func extentEvents(f *File, name string) uint64 {
	var title struct {
		Extents []struct{ Journal, Events string }
	}
	if err := json.Unmarshal(f.Title, &title); err != nil {
		panic(err)
	}
	for _, e := range title.Extents {
		if e.Journal == name {
			return must(strconv.ParseUint(e.Events, 10, 64))
		}
	}
	panic("the report did not read " + name)
}

// forge signs a journal's header with another key, under its name.
func forge(j *Journal, by string) {
	key := keyOfAgency(by)
	h := headerOf(j.Header)
	h.KeyId = journal.KeyID(key.Public().(ed25519.PublicKey))
	j.Header, j.Key = must(proto.Marshal(h)), key.Public().(ed25519.PublicKey)
	j.Signature = ed25519.Sign(key, append([]byte("counterfoil block v1\n"), j.Header...))
}

func causeOf(id []byte, journal string, number uint64) *eventv1.Cause {
	return &eventv1.Cause{Journal: journal, Number: number, Id: id}
}
