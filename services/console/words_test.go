package console_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// -update adds what the contract has and the English catalog has not, by its name in the contract, to be put into words by hand, and to the
// other catalogs the hash of each English message that they translate.
var update = flag.Bool("update", false, "add the messages that are missing in English")

const catalogs = "words/catalog"

// entry is a message in a catalog. Description says where a term of the treaty is from; a translation without one was made by machine.
type entry struct {
	Description string `toml:"description,omitempty"`
	Hash        string `toml:"hash,omitempty"`
	Zero        string `toml:"zero,omitempty"`
	One         string `toml:"one,omitempty"`
	Two         string `toml:"two,omitempty"`
	Few         string `toml:"few,omitempty"`
	Many        string `toml:"many,omitempty"`
	Other       string `toml:"other"`
}

func (e entry) hash() string {
	sum := sha256.Sum256([]byte(e.One + "\x00" + e.Other))
	return hex.EncodeToString(sum[:4])
}

// read returns the messages of a language, by the file's part and key.
func read(t *testing.T, language string) map[string]map[string]entry {
	t.Helper()
	files, err := filepath.Glob(catalogs + "/*." + language + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]entry{}
	for _, f := range files {
		part := map[string]entry{}
		if _, err := toml.DecodeFile(f, &part); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all[strings.TrimSuffix(filepath.Base(f), "."+language+".toml")] = part
	}
	return all
}

func write(t *testing.T, part, language string, entries map[string]entry) {
	t.Helper()
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		fmt.Fprintf(&b, "[%q]\n", key)
		if err := toml.NewEncoder(&b).Encode(entries[key]); err != nil {
			t.Fatal(err)
		}
		b.WriteByte('\n')
	}
	if err := os.WriteFile(filepath.Join(catalogs, part+"."+language+".toml"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// contractKeys are the messages that name what the contract has: tables, attributes, columns and fields that are shown, values of enums, and
// kinds of events; with the name that each has there.
func contractKeys() map[string]string {
	keys := map[string]string{}
	seen := map[protoreflect.FullName]bool{}
	var visit func(m protoreflect.MessageDescriptor)
	visit = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] || m.ParentFile().Package() == "google.protobuf" {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			keys["field."+string(f.Name())] = strings.TrimSuffix(string(f.Name()), "_at")
			if f.IsMap() {
				f = f.MapValue()
			}
			if f.Message() != nil {
				visit(f.Message())
			}
			if e := f.Enum(); e != nil {
				for j := range e.Values().Len() {
					if v := e.Values().Get(j); v.Number() != 0 {
						keys["enum."+string(e.Name())+"."+word(v)] = word(v)
					}
				}
			}
		}
	}
	for number, name := range queryv1.Table_name {
		if number == 0 {
			continue
		}
		table := queryv1.Table(number)
		keys["table."+web.TableName(table)] = strings.TrimPrefix(name, "TABLE_")
		names, _ := ledger.Attributes(table)
		for _, n := range names {
			keys["attribute."+n] = n
		}
		for _, c := range web.Columns(table) {
			keys[c.Key()] = strings.TrimPrefix(c.Key(), "field.")
		}
	}
	visit((&queryv1.Row{}).ProtoReflect().Descriptor())
	for _, kind := range slices.Concat(ledger.Kinds(), ledger.DirectoryKinds()) {
		keys["kind."+string(kind.Name())] = spaced(string(kind.Name()))
		visit(kind)
	}
	return keys
}

var capital = regexp.MustCompile(`([a-z])([A-Z])`)

func spaced(name string) string { return strings.ToLower(capital.ReplaceAllString(name, "$1 $2")) }

func word(v protoreflect.EnumValueDescriptor) string {
	zero := v.Parent().(protoreflect.EnumDescriptor).Values().ByNumber(0)
	return strings.ToLower(strings.TrimPrefix(string(v.Name()), strings.TrimSuffix(string(zero.Name()), "UNSPECIFIED")))
}

// Everything in the contract that can be shown has a name in English.
func TestContractHasWords(t *testing.T) {
	keys, have := contractKeys(), map[string]entry{}
	english := read(t, "en")
	for _, part := range english {
		maps.Copy(have, part)
	}
	contract := english["contract"]
	if contract == nil {
		contract = map[string]entry{}
	}
	for key, name := range keys {
		if _, found := have[key]; found {
			continue
		}
		if !*update {
			t.Errorf("nothing says what %s is called; go test ./services/console -update adds it", key)
			continue
		}
		text := strings.ReplaceAll(strings.ToLower(name), "_", " ")
		contract[key] = entry{Other: strings.ToUpper(text[:1]) + text[1:]}
	}
	for key := range contract {
		if _, wanted := keys[key]; !wanted {
			t.Errorf("%s is in the catalog of the contract's words, and not in the contract", key)
		}
	}
	if *update {
		write(t, "contract", "en", contract)
	}
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func placeholders(text string) (names []string) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// forms are the plural forms that a language needs of a message that has them in English.
var forms = map[string][]string{
	"fr": {"one", "other"}, "es": {"one", "other"}, "ru": {"one", "few", "many", "other"},
	"ar": {"zero", "one", "two", "few", "many", "other"}, "zh": {"other"},
}

func (e entry) form(name string) string {
	return map[string]string{"zero": e.Zero, "one": e.One, "two": e.Two, "few": e.Few, "many": e.Many, "other": e.Other}[name]
}

// Every language says everything that English says, of the text as it is now, with the same values in it and all its plural forms.
func TestEveryLanguageHasEveryKey(t *testing.T) {
	english := read(t, "en")
	for _, tag := range words.Languages[1:] {
		language := tag.String()
		translated := read(t, language)
		for part, messages := range english {
			if *update {
				for key, e := range translated[part] {
					if e.Hash == "" {
						e.Hash = messages[key].hash()
						translated[part][key] = e
					}
				}
				write(t, part, language, translated[part])
			}
			for key, en := range messages {
				e, found := translated[part][key]
				switch {
				case !found:
					t.Errorf("%s is missing in %s.%s.toml", key, part, language)
				case e.Hash != en.hash():
					t.Errorf("%s in %s.%s.toml translates an English text that has changed since: put it right, take its hash out and run with -update", key, part, language)
				case en.One != "":
					for _, form := range forms[language] {
						if e.form(form) == "" {
							t.Errorf("%s in %s.%s.toml has no form for %q", key, part, language, form)
						}
					}
				}
				if found && !slices.Equal(placeholders(e.Other), placeholders(en.Other)) {
					t.Errorf("%s in %s.%s.toml has the values %v, in English %v", key, part, language, placeholders(e.Other), placeholders(en.Other))
				}
			}
			for key := range translated[part] {
				if _, known := messages[key]; !known {
					t.Errorf("%s in %s.%s.toml is in no English catalog", key, part, language)
				}
			}
		}
	}
}

var used = regexp.MustCompile(`\.T "([^"]+)"`)

// Every message that a template names is there.
func TestTemplatesNameMessages(t *testing.T) {
	have := map[string]bool{}
	for _, part := range read(t, "en") {
		for key := range part {
			have[key] = true
		}
	}
	found := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".html") || strings.Contains(path, "node_modules") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range used.FindAllSubmatch(data, -1) {
			found++
			if !have[string(m[1])] {
				t.Errorf("%s names message %s, which is in no catalog", path, m[1])
			}
		}
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d messages, %v", found, err)
	}
}
