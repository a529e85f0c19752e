package figures_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/published/figures"
)

// The list of codes that people read is the one that the program has.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "reconciliation.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [A-Z]").FindAllSubmatch(page, -1) {
		documented[string(m[1])] = true
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(figures.Codes)), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("codes (-program +docs/reconciliation.md):\n%s", diff)
	}
}

func TestImplausible(t *testing.T) {
	euros := func(n int64) *int64 { n *= 100; return &n }
	for _, tt := range []struct {
		licences uint64
		licensed *int64
		want     bool
	}{
		{66_000, nil, true}, {10_001, euros(1), true}, {10_000, nil, false}, {15_300, euros(15_300), true}, {100, euros(100), true}, {99, euros(99), false},
		{1, euros(1), false}, {3633, euros(673_986_262), false}, {0, euros(0), false}, {100, nil, false},
	} {
		if got := figures.Implausible(tt.licences, tt.licensed); got != tt.want {
			t.Errorf("%d licences: %v, want %v", tt.licences, got, tt.want)
		}
	}
}
