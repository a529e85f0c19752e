package names_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/names"
)

var samples = []string{"BOUT, Viktor Anatolijevitch", "Общество с ограниченной ответственностью Алмаз-Антей", "فيصل بوغانمي",
	"Santa María International Trading S.A. de C.V.", "Mohammed Ali Hassan Ahmed"}

func BenchmarkParse(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		names.Parse(samples[i%len(samples)])
	}
}

func BenchmarkKeys(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		names.Keys(samples[i%len(samples)])
	}
}

func BenchmarkCompare(b *testing.B) {
	query, listed := names.Parse("Victor Anatolyevich But"), names.Parse("BOUT, Viktor Anatolijevitch")
	for b.Loop() {
		names.Compare(query, listed)
	}
}

func BenchmarkSearch(b *testing.B) {
	x := index(b)
	for i := 0; b.Loop(); i++ {
		x.Search(samples[i%len(samples)])
	}
}
