package chief_test

import (
	"bytes"
	"testing"

	"github.com/counterfoil/counterfoil/libs/published/chief"
)

// The publisher's largest file, with its twenty licences many times over.
func BenchmarkParse(b *testing.B) {
	one := read(b, "licenceData/batched_licence_update_file")
	f := mustParse(b, one)
	for len(f.Licences) < 20_000 {
		f.Licences = append(f.Licences, mustParse(b, one).Licences...)
	}
	for i := range f.Licences {
		f.Licences[i].Licence.Ref = string(chief.NumberOf(i))
	}
	f.Number()
	data := f.Bytes()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if f, err := chief.Parse(data); err != nil || len(f.Problems) > 0 {
			b.Fatal(err, f.Problems[:1])
		}
	}
	if !bytes.Equal(data, f.Bytes()) {
		b.Fatal("not the same")
	}
}
