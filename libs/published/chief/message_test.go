package chief_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// through takes something of a file through the contract's form.
func through(t testing.TB, w chief.Written) chief.Written {
	t.Helper()
	switch w := w.(type) {
	case *chief.Header:
		h := chief.HeaderOf(encoded(t, w.Message(), &customsv1.WireHeader{}))
		return &h
	case *chief.Trailer:
		l := chief.TrailerOf(encoded(t, w.Message(), &customsv1.WireTrailer{}))
		return &l
	case *chief.LicenceTransaction:
		l := chief.LicenceOf(encoded(t, w.Message(), &customsv1.WireLicence{}))
		return &l
	case *chief.UsageTransaction:
		u := chief.UsageOf(encoded(t, w.Message(), &customsv1.WireUsage{}))
		return &u
	case *chief.ReplyTransaction:
		r := chief.ReplyOf(encoded(t, w.Message(), &customsv1.WireReply{}))
		return &r
	case *chief.FileError:
		e := chief.FileErrorOf(encoded(t, w.Message(), &customsv1.WireFileError{}))
		return &e
	}
	t.Fatalf("%T", w)
	return nil
}

func encoded[M proto.Message](t testing.TB, m, into M) M {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
	if _, err := protojson.Marshal(into); err != nil {
		t.Fatal(err)
	}
	return into
}

// checkParts says what is wrong with the parts of a file: they are all its lines, each once, and what is whole comes out of the
// contract's form as it went in, and as it was written where nothing in the file is wrong.
func checkParts(t testing.TB, data []byte, f *chief.File) {
	t.Helper()
	ending := "\n"
	if f.CRLF {
		ending = "\r\n"
	}
	var all, written []byte
	at, whole, broken := 1, 0, 0
	for _, p := range chief.Parts(data, f) {
		if p.First != at || p.Lines < 1 {
			t.Fatalf("a part of %d lines at %d, not at %d", p.Lines, p.First, at)
		}
		at += p.Lines
		all = append(all, p.Raw...)
		switch {
		case p.Broken != nil:
			broken++
		case p.Whole != nil:
			again := through(t, p.Whole)
			text := chief.Text(p.Whole, ending)
			if utf8.Valid(text) && len(f.Problems) == 0 && !bytes.Equal(text, chief.Text(again, ending)) {
				t.Fatalf("%q comes out as %q", text, chief.Text(again, ending))
			}
			written = append(written, text...)
			whole++
		}
	}
	if !bytes.Equal(all, data) {
		t.Fatalf("the parts of %q are %q", data, all)
	}
	trailers := 0
	if f.Trailer != nil {
		trailers = 1
	}
	if want := 1 + trailers + len(f.Licences) + len(f.Usages) + len(f.Replies) + len(f.FileErrors); whole != want || broken != len(f.Broken) {
		t.Fatalf("%d whole parts and %d broken ones, not %d and %d, in %q", whole, broken, want, len(f.Broken), data)
	}
	if f.Unended {
		written = bytes.TrimSuffix(written, []byte(ending))
	}
	if len(f.Problems) == 0 && !bytes.Equal(written, data) {
		t.Fatalf("%q is written as %q", data, written)
	}
}

func TestPartsAndMessages(t *testing.T) {
	for _, text := range []string{licences, usages, replies} {
		f := mustParse(t, []byte(text))
		checkParts(t, []byte(text), f)
		for _, p := range chief.Parts([]byte(text), f) {
			if diff := cmp.Diff(p.Whole, through(t, p.Whole)); diff != "" {
				t.Errorf("line %d (-before +after):\n%s", p.First, diff)
			}
		}
	}
	for _, text := range []string{
		"junk\n" + licences, licences + "more\nand more", "\uFEFF" + licences, "1\\fileHeader\\A\\B\\licenceData\\202001010000\\1\\N\n\n\nx\n5\\licence\\a\n6\\fileTrailer\\0\n",
		"1\\fileHeader\\A\\B\\usageReply\\202001010000\\1\n2\\fileError\\1\\x\n3\\fileError\\toolong\\x\n4\\accepted\\x\n",
	} {
		checkParts(t, []byte(text), mustParse(t, []byte(text)))
	}
}
