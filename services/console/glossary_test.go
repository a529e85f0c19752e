package console_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// glossary has the terms of the Treaty in the words of its authentic texts, with the article that has them; "Preamble" where no article is the
// first to. An empty field is a term that has not been compared with the authentic text of that language, and is not held against anybody.
const glossary = "words/glossary.tsv"

// notTheTreatys are words that are said for a term of the Treaty elsewhere, in other instruments or in the trade.
var notTheTreatys = map[string][]string{
	"en": {"transshipment", "authorisation", "brokerage", "state parties", "armored", "end-user "},
	"fr": {
		"diversion", "déviation", "intermédiation", "transbordage", "armes conventionnelles", "chars d'assaut", "hélicoptères d'attaque",
		"bâtiments de guerre", "pièces détachées", "parties et composants", "système de contrôle national", "liste de contrôle nationale",
		"utilisateur ultime", "États membres", "États signataires",
	},
	"es": {
		"desviación", "intermediación", "trasbordo", "armas clásicas", "tanques", "helicópteros de combate", "aviones de combate", "barcos de guerra",
		"partes y componentes", "repuestos", "usuario último", "armas cortas", "Estados miembros", "Estados signatarios",
	},
	"ru": {"утечк", "диверси", "амуници", "комплектующ", "конвенциональн", "страны-участницы", "государства-члены", "конечный потребитель"},
	"ar": {"الأسلحة الكلاسيكية", "الدول الأعضاء", "الوساطة", "المستهلك النهائي"},
	"zh": {"成员国", "传统武器", "最终消费者", "转口"},
}

// inOtherWords are messages whose English has a term's word in another meaning: goods are in transit there wherever they are on their way.
var inOtherWords = map[string]bool{"enum.Stage.d2_in_transit": true}

// Reports and pages name the categories of Article 2(1)(a) to (h), and the kinds of transfer, with the same words.
func TestReportsAndPagesHaveOneNameForACategory(t *testing.T) {
	w, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{
		"I": "i_battle_tanks", "II": "ii_armoured_combat_vehicles", "III": "iii_large_calibre_artillery", "IV": "iv_combat_aircraft", "V": "v_attack_helicopters",
		"VI": "vi_warships", "VII": "vii_missiles_and_launchers", "VIII": "viii_small_arms_light_weapons",
	}
	for _, tag := range words.Languages {
		for number, key := range keys {
			is, err := w.Speaker(tag.String(), "").T("enum.Category." + key)
			if want := number + ". " + strings.ReplaceAll(render.Word(tag.String(), number), "’", "'"); err != nil || is != want {
				t.Errorf("%s: pages say %q, and reports %q: %v", tag, is, want, err)
			}
		}
		for _, kind := range []string{"export", "import", "transit", "trans_shipment", "brokering"} {
			is, err := w.Speaker(tag.String(), "").T("enum.Kind." + kind)
			if want := render.Word(tag.String(), "kind."+kind); err != nil || !strings.EqualFold(is, want) {
				t.Errorf("%s: pages say %q, and reports %q: %v", tag, is, want, err)
			}
		}
	}
}

type term struct {
	article string
	in      map[string]string
}

func readGlossary(t *testing.T) []term {
	t.Helper()
	f, err := os.Open(glossary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", glossary, len(rows), err)
	}
	var all []term
	for _, row := range rows[1:] {
		made := term{article: row[1], in: map[string]string{}}
		for i, language := range rows[0][2:] {
			made.in[language] = row[i+2]
		}
		if made.article == "" || made.in["en"] == "" {
			t.Errorf("%s has no article or no English", row[0])
		}
		all = append(all, made)
	}
	return all
}

// named reports whether an English text names the term, in one or several.
func (t term) named(english string) bool {
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(t.in["en"]) + `s?\b`).MatchString(english)
}

// said reports whether a text says the term in a language, whatever its endings.
func (t term) said(language, text string) bool {
	text = folded(text)
	for _, word := range strings.FieldsFunc(folded(t.in[language]), func(r rune) bool { return r == ' ' || r == '-' }) {
		if !strings.Contains(text, stem(language, word)) {
			return false
		}
	}
	return true
}

// cited is how a description says where a term is from.
func (t term) cited() string {
	if unicode.IsDigit(rune(t.article[0])) {
		return "ATT Article " + t.article
	}
	return "ATT " + t.article
}

// folded is a text in lower case, without accents.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}

func stem(language, word string) string {
	runes := []rune(word)
	switch {
	case language == "ar":
		return strings.TrimPrefix(strings.TrimPrefix(word, "و"), "ال")
	case language != "zh" && len(runes) > 6:
		return string(runes[:len(runes)-2])
	}
	return word
}

var numeral = regexp.MustCompile(`^[IVX]+\. `)

// faults are the messages of a catalog that say a term of the Treaty by another word, and those that cite the Treaty for what is none of its
// terms.
func faults(language string, english, catalog map[string]entry, terms []term) (all []string) {
	for key, e := range catalog {
		cited := e.Description == ""
		for _, t := range terms {
			if t.in[language] != "" && !inOtherWords[key] && t.named(english[key].Other) && !t.said(language, e.Other) {
				all = append(all, fmt.Sprintf("%s: %q does not say %q as the Treaty does, %q", key, e.Other, t.in["en"], t.in[language]))
			}
			cited = cited || e.Description == t.cited() && strings.EqualFold(numeral.ReplaceAllString(e.Other, ""), t.in[language])
		}
		if !cited {
			all = append(all, fmt.Sprintf("%s: %q is no term of the Treaty, and is said to be from %s", key, e.Other, e.Description))
		}
		for _, other := range notTheTreatys[language] {
			if strings.Contains(folded(e.Other), folded(other)) {
				all = append(all, fmt.Sprintf("%s: %q says %q, which is not a word of the Treaty", key, e.Other, other))
			}
		}
	}
	return all
}

// Terms of the Treaty are said in the words of its authentic texts, and by no others.
func TestTermsAreTheTreatys(t *testing.T) {
	terms, english := readGlossary(t), read(t, "en")
	for _, tag := range words.Languages {
		catalogs := read(t, tag.String())
		for _, fault := range faults(tag.String(), english["contract"], catalogs["contract"], terms) {
			t.Errorf("contract.%s.toml: %s", tag, fault)
		}
		for part, catalog := range catalogs {
			if part != "contract" { // what is exported there is a list, and no arms
				for _, fault := range faults(tag.String(), nil, catalog, terms) {
					t.Errorf("%s.%s.toml: %s", part, tag, fault)
				}
			}
		}
	}
}

// Another word for a term is found, one that nobody has thought of as well as one that is listed; so is a term by the wrong article.
func TestAnotherWordIsFound(t *testing.T) {
	terms, english := readGlossary(t), read(t, "en")["contract"]
	for _, mutant := range []struct {
		language, key string
		is            entry
	}{
		{"fr", "kind.DiversionAlertRaised", entry{Other: "Alerte de diversion lancée"}},
		{"fr", "enum.Kind.brokering", entry{Other: "Négoce"}},
		{"fr", "field.end_user", entry{Other: "Utilisateur final", Description: "ATT Article 9"}},
		{"es", "enum.Category.i_battle_tanks", entry{Other: "I. Tanques"}},
		{"es", "field.transit", entry{Other: "Paso"}},
		{"es", "field.route", entry{Other: "Ruta", Description: "ATT Article 9"}},
		{"ru", "kind.DiversionAlertRaised", entry{Other: "Сообщено об утечке"}},
		{"ar", "enum.Kind.export", entry{Other: "الإرسال"}},
		{"zh", "enum.Audience.states_parties", entry{Other: "仅限成员国"}},
	} {
		if len(faults(mutant.language, english, map[string]entry{mutant.key: mutant.is}, terms)) == 0 {
			t.Errorf("%s in %s may be %q (%s)", mutant.key, mutant.language, mutant.is.Other, mutant.is.Description)
		}
	}
	for key := range inOtherWords {
		if english[key].Other == "" {
			t.Errorf("%s is in no catalog", key)
		}
	}
	as := entry{Other: "Alerta de desvío emitida"}
	if found := faults("es", english, map[string]entry{"kind.DiversionAlertRaised": as}, terms); len(found) != 0 {
		t.Errorf("the Treaty's own word is found fault with: %v", found)
	}
}
