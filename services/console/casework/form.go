package casework

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/plain"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// form is what stands in the fields of a page, and what came of sending it.
type form struct {
	url.Values
	// Failed is why it was not done; nil when nothing failed.
	Failed *web.Failure
	// Lacks is what has to be filled in first; nil when nothing has.
	Lacks *lack
	// Run is what would be recorded, where that was asked for.
	Run *run
	// Closed is that nothing can be done any more.
	Closed bool
}

// newForm is a form that nobody filled in yet. Sent twice it is done once.
func newForm() form { return form{Values: url.Values{"key": {rand.Text()}}} }

// sent is the form as it was sent.
func sent(v *web.Visit) (form, error) {
	if strings.HasPrefix(v.R.Header.Get("Content-Type"), "multipart/") {
		if err := v.R.ParseMultipartForm(1 << 20); err != nil {
			return form{}, err
		}
	} else if err := v.R.ParseForm(); err != nil {
		return form{}, err
	}
	return form{Values: v.R.PostForm}, nil
}

// particulars are what is said beside a command: that it is to be done once, and whether only to say what would be recorded.
func (f form) particulars() *eventv1.Particulars {
	return &eventv1.Particulars{IdempotencyKey: f.Get("key"), DryRun: f.Get("dry") != ""}
}

// lines are the lines of a field that are not empty.
func (f form) lines(name string) (all []string) {
	for line := range strings.Lines(f.Get(name)) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// set gives a field a value where it has none.
func (f form) set(name, value string) {
	if f.Get(name) == "" {
		f.Set(name, value)
	}
}

// lack is a field that has to be filled in, or filled in otherwise, before a command is sent: Key is the message that says so, Of what it is
// about. Name is the message that names the field, where Key does not say which it is.
type lack struct{ Field, Key, Of, Name string }

func (l *lack) Error() string { return l.Field + ": " + l.Key }

// recorded is the answer to a command.
type recorded interface{ GetReceipt() *eventv1.Receipt }

// run is what a command would record, and for whom.
type run struct {
	*eventv1.DryRun
	Facts []fact
}

type fact struct {
	Kind    string
	Content proto.Message
}

func readRun(of *eventv1.DryRun) (*run, error) {
	r := &run{DryRun: of}
	for _, packed := range of.GetFacts() {
		content, err := packed.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		r.Facts = append(r.Facts, fact{plain.Kind(packed.TypeUrl), content})
	}
	return r, nil
}

// do sends a command. What the form then says, it says for a person: why it failed, or what would be recorded; finished is that it was done.
func (f *form) do(send func(*eventv1.Particulars) (recorded, error)) (finished bool, err error) {
	res, err := send(f.particulars())
	if errors.As(err, &f.Lacks) {
		return false, nil
	}
	if err != nil {
		if !web.IsRefusal(err) {
			return false, err
		}
		f.Failed = web.Refusal(err)
		if f.Failed.Used() {
			f.Set("key", rand.Text())
		}
		return false, nil
	}
	if of := res.GetReceipt().GetDryRun(); of != nil {
		f.Run, err = readRun(of)
		return false, err
	}
	return true, nil
}

// finish sends what a page's form says. Once it is done it leads to another page; otherwise the page is shown again, with why it was not done
// or with what would be recorded.
func (p pages) finish(v *web.Visit, name string, page any, f *form, to string, send func(*eventv1.Particulars) (recorded, error)) error {
	return p.finishTo(v, name, page, f, func(string) string { return to }, send)
}

// finishTo is finish where the page that follows is of what the command made.
func (p pages) finishTo(v *web.Visit, name string, page any, f *form, to func(made string) string, send func(*eventv1.Particulars) (recorded, error)) error {
	made := ""
	finished, err := f.do(func(by *eventv1.Particulars) (recorded, error) {
		res, err := send(by)
		if err == nil {
			made = res.GetReceipt().GetSubject()
		}
		return res, err
	})
	switch {
	case err != nil:
		return err
	case finished:
		return v.Redirect(to(made))
	case f.Run != nil:
		return v.Page(p.Pages, name, page)
	}
	return v.PageAgain(p.Pages, name, page)
}

// field is a field of a form as a template shows it.
type field struct {
	Name, Key, Hint, Value, Class string
	Rows                          int
	Options                       []option
	// Inline has options side by side, and Optional that it may stay empty.
	Inline, Optional bool
	// Lacks is what is wrong with it; nil when nothing is.
	Lacks *lack
}

// option is one that can be chosen, called by a message or, where that is empty, by its own text.
type option struct {
	Value, Key, Text string
	On               bool
}

// field is a field with what stands in it.
func (f form) field(of field) field {
	of.Value = f.Get(of.Name)
	if f.Lacks != nil && f.Lacks.Field == of.Name {
		of.Lacks = f.Lacks
	}
	return of
}

// Text is a field of one line; hint is the message that explains it, or nothing.
func (f form) Text(name, key, hint string) field {
	return f.field(field{Name: name, Key: key, Hint: hint, Class: "govuk-input--width-20"})
}

// Area is a field of several lines.
func (f form) Area(name, key, hint string) field {
	return f.field(field{Name: name, Key: key, Hint: hint, Rows: 3})
}

// Choice is a field with options, of which one can be chosen.
func (f form) Choice(name, key, hint string, options []option) field {
	for i := range options {
		options[i].On = options[i].Value == f.Get(name)
	}
	return f.field(field{Name: name, Key: key, Hint: hint, Options: options})
}

// Row is Choice with the options side by side.
func (f form) Row(name, key, hint string, options []option) field {
	c := f.Choice(name, key, hint, options)
	c.Inline = true
	return c
}

// enums are the values of an enum as options, but for the unspecified one.
func enums(of protoreflect.Enum) (all []option) {
	values := of.Descriptor().Values()
	for i := range values.Len() {
		if n := values.Get(i).Number(); n != 0 {
			e := of.Type().New(n)
			all = append(all, option{Value: plain.Enum(e), Key: web.EnumKey(e)})
		}
	}
	return all
}

// parseEnum reads an enum's value by its name; 0 where there is none of that name.
func parseEnum[E protoreflect.Enum](name string) (none E) {
	values := none.Descriptor().Values()
	for i := range values.Len() {
		if e := none.Type().New(values.Get(i).Number()); e.Number() != 0 && plain.Enum(e) == name {
			return e.(E)
		}
	}
	return none
}

// yesNo are the options of a question that is answered by yes or no, each with its own words.
func yesNo(yes, no string) []option {
	return []option{{Value: "yes", Key: yes}, {Value: "no", Key: no}}
}

// control is a button with what it may say of itself: Why it is out of reach, and Do, which of several things it does.
type control struct {
	ID, Key, Class, Why, Do string
	// Closed: nothing can be done any more. Try: a button beside it says what would be recorded.
	Closed, Try bool
}

// Button is a control that does something by a procedure of the API; does is empty where the form does one thing only.
func (f form) Button(v *web.Visit, procedure, key, does string) control {
	return control{ID: "do-" + does, Key: key, Why: v.May(procedure), Do: does, Closed: f.Closed}
}

// Tried is Button with one beside it that says what would be recorded.
func (f form) Tried(v *web.Visit, procedure, key, does string) control {
	c := f.Button(v, procedure, key, does)
	c.Try = true
	return c
}

// Warn is Button for what cannot be taken back.
func (f form) Warn(v *web.Visit, procedure, key, does string) control {
	c := f.Button(v, procedure, key, does)
	c.Class = "warning"
	return c
}
