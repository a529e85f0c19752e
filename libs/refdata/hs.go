package refdata

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

//go:embed hs.yaml
var headingsText []byte

type heading struct {
	Code       string
	Controlled bool
	Categories []string

	categories []transferv1.Category
}

type headingTable struct {
	Version  string
	Edition  int
	Headings []*heading
}

var headings = sync.OnceValue(func() *headingTable {
	t, err := loadHeadings(headingsText)
	if err != nil {
		panic("refdata: " + err.Error()) // the table is part of the program, and a test reads it
	}
	return t
})

func loadHeadings(text []byte) (*headingTable, error) {
	t := new(headingTable)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("read the headings: %w", err)
	}
	for _, h := range t.Headings {
		for _, name := range h.Categories {
			number, ok := transferv1.Category_value[name]
			if !ok || number == 0 {
				return nil, fmt.Errorf("heading %s: no category %q", h.Code, name)
			}
			h.categories = append(h.categories, transferv1.Category(number))
		}
	}
	slices.SortStableFunc(t.Headings, func(a, b *heading) int { return len(b.Code) - len(a.Code) })
	return t, nil
}

// headingOf returns the row for an HS code of six digits or with a national part, or nil.
func headingOf(code string) *heading {
	if f, _ := CheckIdentifier("hs", code); f.Wrong == WrongForm {
		return nil
	}
	for _, h := range headings().Headings {
		if strings.HasPrefix(code, h.Code) {
			return h
		}
	}
	return nil
}

// HSTable names the table of headings and the edition of the Harmonized System that its codes are of, such as 2022. Codes of
// another edition may mean other goods: unmanned aircraft were in 8802 before.
func HSTable() (version string, edition int) {
	t := headings()
	return t.Version, t.Edition
}

// HSPlausible says whether goods of a Treaty category may be declared under an HS code, of which the first six digits count
// (docs/border.md). That it is plausible says no more than that: codes are shared, and technical parameters and an officer
// decide. known is false for a code that is not on the table, for a text that is no HS code, and for the unspecified category,
// of which nothing is known.
func HSPlausible(code string, category transferv1.Category) (plausible, known bool) {
	h := headingOf(code)
	if h == nil || category == transferv1.Category_CATEGORY_UNSPECIFIED {
		return false, false
	}
	return slices.Contains(h.categories, category), true
}

// HSControlled reports whether everything under an HS code is arms, ammunition or parts that need a licence by the Treaty or by
// what national definitions may bring under it, so that a declaration that claims none is a discrepancy (DX20). It is false for
// codes that civil goods share (aircraft, sights, radar), which says nothing about the goods.
func HSControlled(code string) bool {
	h := headingOf(code)
	return h != nil && h.Controlled
}
