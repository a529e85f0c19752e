package uklicences

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
)

// Whatever the file holds, reading ends, every row is counted once, and every entry keeps to the contract.
func FuzzReadValues(f *testing.F) {
	for _, name := range []string{valuesFile} {
		f.Add(folder(nil)[name].Data)
	}
	f.Add([]byte(valuesHeader + "1,2008-01,\"ML1\n\n,1,5,Italy,0\n\"1\",2008-01,ML1,1,5,Italy,0\r\n"))
	f.Add([]byte("\xff\xfel\x00,\x00"))
	f.Add([]byte(valuesHeader + "1,2008-01,ML1,1,5,It\xe1ly,1\n1,2008-01,ML1,1,-5,Italy,0\n2,2008-01,ML1,1,5,\"It\"\"aly\",0"))
	validator, err := protovalidate.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, values []byte) {
		fsys := folder(nil)
		fsys[valuesFile].Data = values
		ed, err := readMap(fsys)
		if err != nil {
			return
		}
		rows := 0
		for _, p := range ed.Problems {
			if p.File == valuesFile {
				rows += p.Rows
			}
			if p.Line < 1 || p.Rows < 1 || p.Reason == "" {
				t.Errorf("problem %+v", p)
			}
		}
		if len(ed.Problems) < 1000 {
			if n := countRows(t, values); ed.Lines+rows != n {
				t.Errorf("%d lines and %d problem rows of %d rows: %v", ed.Lines, rows, n, ed.Problems)
			}
		}
		for _, e := range ed.Entries {
			if err := validator.Validate(e); err != nil {
				t.Errorf("%v: %v", e, err)
			}
		}
	})
}

// countRows counts the records of a file without reading them.
func countRows(t *testing.T, file []byte) (n int) {
	r, _, err := text(strings.NewReader(string(file)))
	if err != nil {
		t.Fatal(err)
	}
	records := newRecords(r)
	if _, err := header(records, "", strings.Split(strings.TrimSpace(valuesHeader), ",")); err != nil {
		t.Fatal(err)
	}
	for ; ; n++ {
		if _, _, err := records.next(); errors.Is(err, io.EOF) {
			return n
		}
	}
}

// What encoding/csv reads, records reads alike.
func FuzzRecords(f *testing.F) {
	f.Add("a,b\n\"1\n2\",\"x\"\"y\"\r\n\n,\n")
	f.Add("a,b\n\"1,2\n3,4\n\"5\",6")
	f.Add("\"\"\"\",b\n\"\",\n")
	f.Fuzz(func(t *testing.T, file string) {
		if strings.Contains(strings.ReplaceAll(file, "\r\n", "\n"), "\r") {
			return // a bare carriage return is a character here, and in encoding/csv only sometimes
		}
		theirs := csv.NewReader(strings.NewReader(file))
		want, err := theirs.ReadAll()
		if err != nil {
			return
		}
		ours := newRecords(strings.NewReader(file))
		var got [][]string
		for {
			fields, _, err := ours.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // a record of more than 32 lines
			}
			got = append(got, append([]string(nil), fields...))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-encoding/csv +ours):\n%s", file, diff)
		}
	})
}
