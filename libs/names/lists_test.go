package names_test

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/counterfoil/counterfoil/libs/names"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
)

// listed is a name of a real list, under the list's own number.
type listed struct{ id, name string }

// lists reads the names and aliases of the UN's and the United States' lists of 2018 and 2019.
func lists(t testing.TB) []listed {
	dir := publishedtest.Data(t, "watchlists-2018-2019")
	all := readLists(dir)
	if len(all) < 20000 {
		t.Fatalf("%s has only %d names", dir, len(all))
	}
	return all
}

var readLists = func() func(dir string) []listed {
	var once sync.Once
	var all []listed
	return func(dir string) []listed {
		once.Do(func() {
			all = append(table(dir+"/us/sdn.csv", "sdn", ',', 1), table(dir+"/us/alt.csv", "sdn", ',', 3)...)
			all = append(all, table(dir+"/us/dpl.txt", "dpl", '\t', 0)...)
			all = append(all, table(dir+"/us/csl.csv", "csl", ',', 4)...)
			all = append(all, un(dir+"/un/consolidated-2018-10-29.xml")...)
		})
		return all
	}
}()

// table reads one column of a table; the id is the first column, or the line where that has no number.
func table(path, source string, comma rune, column int) (all []listed) {
	f, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	for n := 1; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			return all
		}
		if err != nil {
			panic(err)
		}
		if len(row) <= column || strings.EqualFold(row[column], "name") {
			continue
		}
		id := fmt.Sprint(source, ":", row[0])
		if source != "sdn" {
			id = fmt.Sprint(source, ":", n)
		}
		all = append(all, listed{id, row[column]})
	}
}

func un(path string) (all []listed) {
	type party struct {
		Reference string   `xml:"REFERENCE_NUMBER"`
		First     string   `xml:"FIRST_NAME"`
		Second    string   `xml:"SECOND_NAME"`
		Third     string   `xml:"THIRD_NAME"`
		Fourth    string   `xml:"FOURTH_NAME"`
		Original  string   `xml:"NAME_ORIGINAL_SCRIPT"`
		Aliases   []string `xml:"INDIVIDUAL_ALIAS>ALIAS_NAME"`
		Others    []string `xml:"ENTITY_ALIAS>ALIAS_NAME"`
	}
	var list struct {
		Individuals []party `xml:"INDIVIDUALS>INDIVIDUAL"`
		Entities    []party `xml:"ENTITIES>ENTITY"`
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if err := xml.Unmarshal(raw, &list); err != nil {
		panic(err)
	}
	for _, p := range append(list.Individuals, list.Entities...) {
		id := "un:" + strings.TrimSpace(p.Reference)
		full := strings.Join([]string{p.First, p.Second, p.Third, p.Fourth}, " ")
		for _, name := range append(append([]string{full, p.Original}, p.Aliases...), p.Others...) {
			if strings.TrimSpace(name) != "" {
				all = append(all, listed{id, strings.TrimSpace(name)})
			}
		}
	}
	return all
}

var indexes sync.Map

// index of all lists; built once.
func index(t testing.TB) *names.Index {
	all := lists(t)
	x, _ := indexes.LoadOrStore("all", sync.OnceValue(func() *names.Index {
		x := new(names.Index)
		for _, l := range all {
			x.Add(l.id, l.name)
		}
		return x
	}))
	return x.(func() *names.Index)()
}

func found(hits []names.Hit, id string) (best names.Hit) {
	for _, h := range hits {
		if h.ID == id && h.Match.Score > best.Match.Score {
			best = h
		}
	}
	return best
}

// In a short run every name is compared with itself, and every eighth is searched for among all.
func TestEveryListedNameFindsItself(t *testing.T) {
	t.Parallel()
	x := index(t)
	missed := 0
	for i, l := range lists(t) {
		if n := names.Parse(l.name); names.Score(n, n) < 1-1e-9 || len(n.Keys()) == 0 {
			t.Errorf("%s %q is not like itself, or has no keys", l.id, l.name)
		}
		if !soak() && i%8 != 0 {
			continue
		}
		if h := found(x.Search(l.name), l.id); h.Match.Score < 1-1e-9 {
			if missed++; missed < 20 {
				t.Errorf("%s %q: best of its own is %q with %v", l.id, l.name, h.Name, h.Match.Score)
			}
		}
	}
	t.Logf("%d names, %d missed", len(lists(t)), missed)
}

// soak reports whether the long runs are asked for.
func soak() bool { return os.Getenv("COUNTERFOIL_SOAK") != "" }
