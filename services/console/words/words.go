// Package words says what the console says, in six languages: a catalog of messages per language, with the plural rules of CLDR.
package words

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed catalog/*.toml
var catalog embed.FS

// Languages are those that there are, English first: what is not asked for otherwise is said in it.
var Languages = []language.Tag{
	language.English, language.French, language.Spanish, language.Russian, language.Arabic, language.Chinese,
}

// Words are all catalogs. They may be used by several goroutines.
type Words struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
}

// Load returns the catalogs, which are read the first time. A file is called PART.LANGUAGE.toml.
var Load = sync.OnceValues(load)

func load() (*Words, error) {
	w := &Words{bundle: i18n.NewBundle(language.English), matcher: language.NewMatcher(Languages)}
	w.bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	files, err := fs.Glob(catalog, "catalog/*.toml")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if _, err := w.bundle.LoadMessageFileFS(catalog, f); err != nil {
			return nil, fmt.Errorf("read %s: %w", f, err)
		}
	}
	return w, nil
}

// Speaker says things in one language. It may be used by several goroutines.
type Speaker struct {
	Tag     language.Tag
	local   *i18n.Localizer
	printer *message.Printer
}

// Speaker returns who speaks the language of a name such as "fr", or the first of an Accept-Language header that there is.
func (w *Words) Speaker(name, accept string) *Speaker {
	_, i := language.MatchStrings(w.matcher, name, accept)
	tag := Languages[i]
	// Figures are written with the digits that stand in the documents, in every language.
	latin, err := tag.SetTypeForKey("nu", "latn")
	if err != nil {
		latin = tag
	}
	return &Speaker{Tag: tag, local: i18n.NewLocalizer(w.bundle, tag.String()), printer: message.NewPrinter(latin)}
}

// Of is Speaker for a request: the language that was chosen in it or by a cookie, else the browser's.
func (w *Words) Of(r *http.Request) *Speaker {
	name := ""
	if c, err := r.Cookie(Cookie); err == nil {
		name = c.Value
	}
	return w.Speaker(name, r.Header.Get("Accept-Language"))
}

// Cookie is where the chosen language stands.
const Cookie = "counterfoil-language"

// Lang is the language's own code, such as "ar".
func (s *Speaker) Lang() string { return s.Tag.String() }

// Dir is "rtl" or "ltr".
func (s *Speaker) Dir() string {
	if s.Tag == language.Arabic {
		return "rtl"
	}
	return "ltr"
}

// T returns the message of a key. What stands in it is given by pairs of a name and a value; the value of "n" picks the plural and is
// written as a number. Values stand apart from the writing around them, whatever its direction. An unknown key is an error.
func (s *Speaker) T(key string, pairs ...any) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("message %s: a value is missing", key)
	}
	data := map[string]any{}
	cfg := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	for i := 0; i < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), pairs[i+1]
		if name == "n" {
			cfg.PluralCount = fmt.Sprint(value)
			data[name] = s.apart(s.Number(value))
			continue
		}
		data[name] = s.apart(fmt.Sprint(value))
	}
	text, tag, err := s.local.LocalizeWithTag(cfg)
	if err != nil {
		return "", fmt.Errorf("message %s in %s: %w", key, s.Tag, err)
	}
	if tag != s.Tag && !strings.HasPrefix(tag.String(), s.Tag.String()) {
		return "", fmt.Errorf("message %s is not there in %s", key, s.Tag)
	}
	return text, nil
}

// apart puts a value into a left-to-right isolate in languages that are written from right to left, so that "350 / 500" stays that.
func (s *Speaker) apart(text string) string {
	if s.Dir() == "rtl" {
		return "\u2066" + text + "\u2069"
	}
	return text
}

// Has reports whether there is a message of a key.
func (s *Speaker) Has(key string) bool {
	_, _, err := s.local.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: key})
	var missing *i18n.MessageNotFoundErr
	return !errors.As(err, &missing)
}

// Number writes a number with the language's grouping and Latin digits.
func (s *Speaker) Number(n any) string { return s.printer.Sprint(n) }
