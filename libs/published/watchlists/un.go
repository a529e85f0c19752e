package watchlists

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const unFile = "consolidated.xml"

const (
	maxFile  = 256 << 20
	maxField = 64 << 10
)

type unParty struct {
	List        string   `xml:"UN_LIST_TYPE"`
	Reference   string   `xml:"REFERENCE_NUMBER"`
	First       string   `xml:"FIRST_NAME"`
	Second      string   `xml:"SECOND_NAME"`
	Third       string   `xml:"THIRD_NAME"`
	Fourth      string   `xml:"FOURTH_NAME"`
	Original    string   `xml:"NAME_ORIGINAL_SCRIPT"`
	ListedOn    string   `xml:"LISTED_ON"`
	Comments    string   `xml:"COMMENTS1"`
	Titles      []string `xml:"TITLE>VALUE"`
	Posts       []string `xml:"DESIGNATION>VALUE"`
	Nationality []string `xml:"NATIONALITY>VALUE"`

	Aliases         []unAlias    `xml:"INDIVIDUAL_ALIAS"`
	EntityAliases   []unAlias    `xml:"ENTITY_ALIAS"`
	Addresses       []unAddress  `xml:"INDIVIDUAL_ADDRESS"`
	EntityAddresses []unAddress  `xml:"ENTITY_ADDRESS"`
	Births          []unBirth    `xml:"INDIVIDUAL_DATE_OF_BIRTH"`
	Documents       []unDocument `xml:"INDIVIDUAL_DOCUMENT"`
}

type unAlias struct {
	Quality string `xml:"QUALITY"`
	Name    string `xml:"ALIAS_NAME"`
	Note    string `xml:"NOTE"`
}

type unAddress struct {
	Street  string `xml:"STREET"`
	City    string `xml:"CITY"`
	State   string `xml:"STATE_PROVINCE"`
	Zip     string `xml:"ZIP_CODE"`
	Country string `xml:"COUNTRY"`
	Note    string `xml:"NOTE"`
}

type unBirth struct {
	Type string `xml:"TYPE_OF_DATE"`
	Note string `xml:"NOTE"`
	Date string `xml:"DATE"`
	Year string `xml:"YEAR"`
	From string `xml:"FROM_YEAR"`
	To   string `xml:"TO_YEAR"`
}

type unDocument struct {
	Type   string `xml:"TYPE_OF_DOCUMENT"`
	Type2  string `xml:"TYPE_OF_DOCUMENT2"`
	Number string `xml:"NUMBER"`
	Note   string `xml:"NOTE"`
}

// UN reads the Security Council's consolidated list in the form of the UN's schema sc-sanctions.xsd. It refuses a file
// that is no such list, that ends early, or that has no entries: recording it would take everybody off the list.
func UN(r io.Reader) (List, error) {
	b := &builder{file: unFile, list: List{Source: "un"}}
	left := &io.LimitedReader{R: r, N: maxFile}
	d := xml.NewDecoder(left)
	root := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && root != "" {
			break
		}
		if err != nil {
			if left.N == 0 {
				return List{}, fault.Errorf(fault.Invalid, "the file is larger than %d MiB; the UN's list is not", maxFile>>20)
			}
			return List{}, fault.Errorf(fault.Invalid, "this is no list of the UN, or a damaged one: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		line, _ := d.InputPos()
		switch name := start.Name.Local; {
		case root == "":
			if name != "CONSOLIDATED_LIST" {
				return List{}, fault.Errorf(fault.Invalid, "this is no list of the UN: it begins with %q where %q should be", name, "CONSOLIDATED_LIST")
			}
			root = name
			for _, a := range start.Attr {
				if a.Name.Local == "dateGenerated" && dayForm.MatchString(a.Value) {
					b.list.Date = a.Value[:10]
				}
			}
		case name == "INDIVIDUAL" || name == "ENTITY":
			var p unParty
			if err := d.DecodeElement(&p, &start); err != nil {
				return List{}, fault.Errorf(fault.Invalid, "the list is damaged in the entry at line %d: %v", line, err)
			}
			b.party(line, name == "INDIVIDUAL", &p)
		}
	}
	if len(b.list.Entries) == 0 {
		return List{}, fault.Errorf(fault.Invalid, "the list has no entries; recording it would take everybody off the list")
	}
	return b.finish(), nil
}

func (b *builder) party(line int, person bool, p *unParty) {
	e := Entry{Key: strings.TrimSpace(p.Reference), Type: Entity, ListedOn: b.day(line, "the date of listing", time.DateOnly, p.ListedOn)}
	if person {
		e.Type = Person
	}
	name := space(strings.Join([]string{p.First, p.Second, p.Third, p.Fourth}, " "))
	if e.Key == "" || name == "" {
		b.problem(line, "an entry without reference number or without a name")
		return
	}
	if e.Key != p.Reference {
		b.remark(line, "its reference number has blanks around it")
	}
	if p.First != strings.TrimSpace(p.First) {
		b.remark(line, "its name has blanks around it")
	}
	if list := space(p.List); list != "" {
		e.Programmes = []string{list}
	}
	e.Names = []Name{{Text: name, Kind: Primary, Original: space(p.Original)}}
	b.aliases(line, &e, append(p.Aliases, p.EntityAliases...))
	for _, n := range p.Nationality {
		b.country(line, &e, n)
	}
	for _, a := range append(p.Addresses, p.EntityAddresses...) {
		b.country(line, &e, a.Country)
		if text := joined(a.Street, a.City, a.State, a.Zip, a.Country, a.Note); text != "" {
			e.Addresses = append(e.Addresses, text)
		}
	}
	for _, birth := range p.Births {
		b.birth(line, &e, birth)
	}
	for _, doc := range p.Documents {
		document(&e, doc)
	}
	if strings.Contains(strings.TrimSpace(p.Comments), "\n") {
		b.remark(line, "its comments have line ends; written as blanks")
	}
	e.Remarks = also(also(joined(p.Titles...), joined(p.Posts...)), also(space(p.Comments), e.Remarks))
	for _, text := range append([]string{e.Remarks, name, e.Key}, e.Addresses...) {
		if len(text) > maxField {
			b.problem(line, fmt.Sprintf("an entry with a text longer than %d bytes", maxField))
			return
		}
	}
	b.add(line, e)
}

// joined writes what is not empty, with commas.
func joined(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p = space(p); p != "" && p != "na" {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}

func (b *builder) aliases(line int, e *Entry, aliases []unAlias) {
	for _, a := range aliases {
		n := Name{Text: space(a.Name), Kind: Alias}
		note := strings.ToLower(a.Note)
		switch quality := space(a.Quality); {
		case n.Text == "":
			b.remark(line, "an alias is there and empty; left out")
			continue
		case quality == "f.k.a.", strings.Contains(note, "formerly listed"), strings.Contains(note, "previously listed"):
			n.Kind = Former
		case quality == "Low":
			n.Kind = Weak
		}
		e.Names = append(e.Names, n)
	}
}

var year = regexp.MustCompile(`^[12]\d{3}$`)

func (b *builder) birth(line int, e *Entry, d unBirth) {
	date, y := strings.TrimSpace(d.Date), strings.TrimSpace(d.Year)
	text := ""
	switch {
	case date != "":
		text = b.day(line, "a date of birth", time.DateOnly, date)
	case year.MatchString(y):
		text = y
		b.remark(line, "a date of birth is a year only")
	case strings.TrimSpace(d.From) != "" || strings.TrimSpace(d.To) != "":
		text = space(d.From) + " to " + space(d.To)
	}
	if text != "" && d.Type == "APPROXIMATELY" {
		text = "circa " + text
	}
	if text != "" {
		e.BirthDates = append(e.BirthDates, text)
	}
	if note := space(d.Note); note != "" {
		e.Remarks = also(e.Remarks, "born: "+note)
	}
}

// plainNumber is a document's number and nothing else; others are sentences.
var plainNumber = regexp.MustCompile(`^[A-Za-z]{0,4}[ /.-]?\d[A-Za-z0-9 /.-]{2,24}$`)

func document(e *Entry, d unDocument) {
	kind, number := strings.ToLower(d.Type+" "+d.Type2), space(d.Number)
	scheme := ""
	switch {
	case strings.Contains(kind, "passport"), strings.Contains(kind, "passeport"), strings.Contains(kind, "pasaporte"):
		scheme = "passport"
	case strings.Contains(kind, "national identi"):
		scheme = "national-id"
	}
	if scheme != "" && plainNumber.MatchString(number) {
		e.Identifiers = append(e.Identifiers, scheme+":"+number)
		number = ""
	}
	if number != "" {
		e.Remarks = also(e.Remarks, joined(d.Type, d.Type2, number, d.Note))
	}
}
