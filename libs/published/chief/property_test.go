package chief_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published/chief"
)

// text is what a field may hold, other than nothing.
func text(limit int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune("aZ09 '|/°\u00a0,.\t-")), 1, limit, -1)
}

func maybe(t *rapid.T, g *rapid.Generator[string], label string) string {
	if !rapid.Bool().Draw(t, label+" is there") {
		return ""
	}
	return g.Draw(t, label)
}

func digits(t *rapid.T, label string) string {
	return rapid.StringMatching(`[0-9]{1,9}(\.[0-9]{1,2}0{0,3})?`).Draw(t, label)
}

func day(t *rapid.T, label string) chief.Date {
	return chief.Date(fmt.Sprintf("20%02d%02d%02d", rapid.IntRange(10, 40).Draw(t, label), rapid.IntRange(1, 12).Draw(t, label), rapid.IntRange(1, 28).Draw(t, label)))
}

// width is one that the record may be written with: 0 for the usual, or more.
func width(t *rapid.T) chief.Record {
	return chief.Record{Width: rapid.SampledFrom([]int{0, 0, 2, 30}).Draw(t, "width")}
}

func address(t *rapid.T) (lines [5]string) {
	for i := range lines {
		lines[i] = maybe(t, text(35), "address")
	}
	return lines
}

func licence(t *rapid.T, number int) chief.LicenceTransaction {
	l := chief.LicenceTransaction{
		Licence: chief.Licence{Record: width(t), Ref: fmt.Sprint("R", number), LicenceRef: text(20).Draw(t, "licence"), Action: chief.Cancel},
		End:     chief.End{Record: width(t)},
	}
	if rapid.IntRange(0, 4).Draw(t, "cancel") == 0 {
		return l
	}
	l.Licence.Action = rapid.SampledFrom([]string{chief.Insert, chief.Replace}).Draw(t, "action")
	l.Licence.Type = rapid.SampledFrom([]string{"SIE", "OGE", "OIL"}).Draw(t, "type")
	l.Licence.Usage, l.Licence.Start = chief.LicenceTypes()[l.Licence.Type].Usage, day(t, "start")
	for range rapid.IntRange(1, 2).Draw(t, "traders") {
		l.Traders = append(l.Traders, chief.Trader{Record: width(t), TURN: text(10).Draw(t, "turn"), Name: maybe(t, text(80), "name"), Address: address(t)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "countries") {
		l.Countries = append(l.Countries, chief.Country{Record: width(t), Group: text(4).Draw(t, "group"), Use: "D"})
	}
	if rapid.Bool().Draw(t, "foreign trader") {
		l.ForeignTraders = []chief.ForeignTrader{{Record: width(t), Name: text(80).Draw(t, "name"), Address: address(t), Country: "US"}}
	}
	if rapid.Bool().Draw(t, "restrictions") {
		l.Restrictions = []chief.Restrictions{{Record: width(t), Text: maybe(t, text(100), "restrictions")}}
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
		l.Lines = append(l.Lines, chief.Line{
			Record: width(t), Number: chief.NumberOf(i + 1), Description: text(50).Draw(t, "goods"), ControlledBy: "B", Currency: "GBP", Unit: "030",
			QuantityIssued: chief.Quantity(digits(t, "quantity")), ValueIssued: chief.Money(digits(t, "value")),
		})
	}
	return l
}

func usage(t *rapid.T, number int) chief.UsageTransaction {
	u := chief.UsageTransaction{
		Licence: chief.LicenceUsage{Record: width(t), Ref: fmt.Sprintf("LU1/%d", number), Action: chief.Insert, LicenceRef: text(20).Draw(t, "licence"), Status: "O"},
		End:     chief.End{Record: width(t)},
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "lines") {
		l := chief.UsageLine{Record: width(t), Number: chief.NumberOf(i + 1), Quantity: chief.Quantity(digits(t, "total")), End: chief.End{Record: width(t)}}
		for range rapid.IntRange(0, 3).Draw(t, "usages") {
			l.Usages = append(l.Usages, chief.Usage{
				Record: width(t), Type: rapid.SampledFrom([]string{"O", "A", "C", "L", "M"}).Draw(t, "type"), Declaration: text(20).Draw(t, "declaration"),
				Controlled: day(t, "controlled"), Quantity: chief.Quantity(digits(t, "quantity")), MRN: maybe(t, text(18), "mrn"),
			})
		}
		u.Lines = append(u.Lines, l)
	}
	return u
}

func reply(t *rapid.T, number int) chief.ReplyTransaction {
	r := chief.ReplyTransaction{Record: width(t), Ref: fmt.Sprint("R", number), Accepted: rapid.Bool().Draw(t, "accepted")}
	if !r.Accepted {
		r.End.Record = width(t)
		for range rapid.IntRange(1, 2).Draw(t, "errors") {
			r.Errors = append(r.Errors, chief.ReplyError{Record: width(t), Code: "T01", Text: text(130).Draw(t, "error")})
		}
	}
	return r
}

// whole is a file without problems, numbered.
func whole(t *rapid.T) *chief.File {
	f := chief.NewLicenceData("XA", "XB", "202608101531", rapid.IntRange(0, 9_999_999).Draw(t, "run"))
	f.Header.DataID = rapid.SampledFrom([]chief.DataID{chief.LicenceData, chief.UsageData, chief.LicenceReply, chief.UsageReply}).Draw(t, "data id")
	f.CRLF, f.Unended = rapid.Bool().Draw(t, "crlf"), rapid.Bool().Draw(t, "unended")
	for i := range rapid.IntRange(0, 4).Draw(t, "transactions") {
		switch f.Header.DataID {
		case chief.LicenceData:
			f.Licences = append(f.Licences, licence(t, i))
		case chief.UsageData:
			f.Usages = append(f.Usages, usage(t, i))
		default:
			f.Replies = append(f.Replies, reply(t, i))
		}
	}
	if f.Header.DataID.IsReply() && rapid.Bool().Draw(t, "file error") {
		f.FileErrors = []chief.FileError{{Record: width(t), Code: "F04", Text: text(130).Draw(t, "file error")}}
	}
	f.Number()
	return f
}

type (
	printer func(*chief.File) []byte
	parser  func([]byte) (*chief.File, error)
)

func bare(f *chief.File) chief.File {
	c := *f
	c.Problems, c.Remarks, c.Broken, c.Outside, c.Defects = nil, nil, nil, nil, nil
	return c
}

// roundTrip returns an error where a file is not the same after it was printed and parsed, or its text after that.
func roundTrip(t *rapid.T, print printer, parse parser) error {
	f := whole(t)
	data := print(f)
	again, err := parse(data)
	switch {
	case err != nil:
		return err
	case len(again.Problems) > 0:
		return fmt.Errorf("%q has problems %q", data, findings(again.Problems))
	}
	if diff := cmp.Diff(bare(f), bare(again)); diff != "" {
		return fmt.Errorf("%q (-before +after):\n%s", data, diff)
	}
	if got := print(again); string(got) != string(data) {
		return fmt.Errorf("%q is printed again as %q", data, got)
	}
	return nil
}

// cut returns an error where a file that is cut at any byte loses a transaction that was whole before it, keeps one that was
// not, or does not say that it was cut.
func cut(t *rapid.T, parse parser) error {
	f := whole(t)
	f.Unended = false
	data := f.Bytes()
	at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
	got, err := parse(data[:at])
	lines := strings.SplitAfter(string(data), "\n")
	if err != nil {
		if at < len(lines[0]) {
			return nil // within the header
		}
		return err
	}
	if strings.TrimRight(string(data), "\r\n") == strings.TrimRight(string(data[:at]), "\r\n") {
		return nil // only the last line's ending is gone
	}
	var want []string
	for i, ref := range kept(f) {
		if len(strings.Join(lines[:lastRecord(f, i).Int()], "")) <= at {
			want = append(want, ref)
		}
	}
	if diff := cmp.Diff(want, kept(got)); diff != "" {
		return fmt.Errorf("%q keeps (-want +got):\n%s", data[:at], diff)
	}
	if len(got.Problems) == 0 {
		return errors.New("it does not say that it was cut")
	}
	return nil
}

// lastRecord is the number of the last record of transaction i.
func lastRecord(f *chief.File, i int) chief.Number {
	switch {
	case len(f.Licences) > 0:
		return f.Licences[i].End.Seq
	case len(f.Usages) > 0:
		return f.Usages[i].End.Seq
	case f.Replies[i].Accepted:
		return f.Replies[i].Seq
	}
	return f.Replies[i].End.Seq
}

func TestFilesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := roundTrip(t, (*chief.File).Bytes, chief.Parse); err != nil {
			t.Error(err)
		}
	})
}

func TestCutFilesLoseOneTransaction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := cut(t, chief.Parse); err != nil {
			t.Error(err)
		}
	})
}

// The properties reject printers and parsers that are wrong.
func TestPropertiesCatchMutants(t *testing.T) {
	printers := map[string]printer{
		"cuts empty fields off": func(f *chief.File) []byte {
			lines := strings.Split(string(f.Bytes()), "\n")
			for i := range lines {
				lines[i] = strings.TrimRight(lines[i], `\`)
			}
			return []byte(strings.Join(lines, "\n"))
		},
		"always ends the last line": func(f *chief.File) []byte {
			c := *f
			c.Unended = false
			return c.Bytes()
		},
		"always LF": func(f *chief.File) []byte {
			c := *f
			c.CRLF = false
			return c.Bytes()
		},
	}
	for name, print := range printers {
		if !fails(func(t *rapid.T) error { return roundTrip(t, print, chief.Parse) }) {
			t.Errorf("a printer that %s is not noticed", name)
		}
	}
	parsers := map[string]parser{
		"takes a last line without an ending as it is": func(data []byte) (*chief.File, error) {
			if len(data) > 0 && data[len(data)-1] != '\n' {
				data = append(append([]byte{}, data...), '\n')
			}
			return chief.Parse(data)
		},
		"gives up at the first broken transaction": func(data []byte) (*chief.File, error) {
			f, err := chief.Parse(data)
			if err == nil && len(f.Broken) > 0 {
				f.Licences, f.Usages, f.Replies = nil, nil, nil
			}
			return f, err
		},
		"says nothing": func(data []byte) (*chief.File, error) {
			f, err := chief.Parse(data)
			if err == nil {
				f.Problems = nil
			}
			return f, err
		},
	}
	for name, parse := range parsers {
		if !fails(func(t *rapid.T) error { return cut(t, parse) }) {
			t.Errorf("a parser that %s is not noticed", name)
		}
	}
}

// fails reports whether a property is broken by one of many draws.
func fails(property func(*rapid.T) error) bool {
	found := rapid.Custom(func(t *rapid.T) bool { return property(t) != nil })
	for seed := range 1000 {
		if found.Example(seed) {
			return true
		}
	}
	return false
}

// Whatever the bytes: parsing ends; what has no problems comes out as it went in and is the same again; what was kept of
// a file is whole when it is numbered anew; and a reply that is made can be written.
func FuzzParse(f *testing.F) {
	for name := range messages {
		f.Add(read(f, name))
	}
	for _, text := range []string{licences, usages, replies} {
		f.Add([]byte(text))
		f.Add([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := chief.Parse(data)
		if err != nil {
			return
		}
		verdicts := chief.Verdicts{Of: map[string][]chief.Defect{}}
		for _, ref := range kept(file) {
			verdicts.Of[ref] = nil
		}
		if r, err := chief.Reply(file, verdicts, "202608101600"); err == nil {
			if _, err := r.Encode(); err != nil {
				t.Fatalf("the reply to %q cannot be written: %v", data, err)
			}
		}
		checkParts(t, data, file)
		out := file.Bytes()
		if len(file.Problems) == 0 {
			if string(out) != string(data) {
				t.Fatalf("%q comes out as %q", data, out)
			}
			again := mustParse(t, out)
			if diff := cmp.Diff(file, again); diff != "" {
				t.Fatalf("%q (-once +twice):\n%s", data, diff)
			}
			return
		}
		for _, b := range file.Broken {
			if b.First < 2 || b.Last < b.First || len(b.Defects) == 0 {
				t.Fatalf("broken %+v", b)
			}
		}
		renumbered := *file
		renumbered.Header.Source, renumbered.Header.Destination, renumbered.Header.Created, renumbered.Header.Run, renumbered.Header.Reset = "XA", "XB", "202601010000", "1", ""
		renumbered.Header.Width, renumbered.Unended = 0, false
		renumbered.Number()
		again := mustParse(t, renumbered.Bytes())
		if diff := cmp.Diff(bare(&renumbered), bare(again)); diff != "" || len(again.Problems) > 0 {
			t.Fatalf("%q (-kept +again):\n%s\nproblems %q", data, diff, findings(again.Problems))
		}
	})
}
