package node

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/counterfoil/counterfoil/libs/access"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A reading has every owner once, in order; what cannot be put on record is refused.
func TestAccessed(t *testing.T) {
	journal, err := access.Open(filepath.Join(t.TempDir(), "access.db"), access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{api: api{accesses: journal}}
	read := func() error {
		return n.Accessed(t.Context(), &queryv1.Access{Call: "WhatIf", Rows: 1}, "licensing/all/7", "", "customs/D-1", "licensing/L-1")
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	list, _, err := journal.List(access.Query{Limit: 10})
	if err != nil || len(list) != 1 || !slices.Equal(list[0].Owners, []string{"customs", "licensing"}) {
		t.Errorf("on record is %v, %v", list, err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if err := read(); err == nil {
		t.Error("a reading is answered that cannot be put on record")
	}
}
