package field

import (
	"crypto/rand"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// deed is a command that a form sends. Its words are "deed.NAME", and "deed.NAME-hint" where there is more to say.
type deed struct {
	Name string
	// procedure is the call that it makes.
	procedure string
	// Class is its button's: "warning", "secondary" or none.
	Class string
	Asks  []ask
	// do sends it, for the record that the page is of.
	do func(v *web.Visit, id string, with *eventv1.Particulars) error
}

// ask is what a person fills in. Its words are "ask.NAME", and "ask.NAME-hint" where there is more to say.
type ask struct {
	Name string
	// As is line, text, day, moment, tick, one (of the options) or some (of them); head is the heading above others.
	As      string
	Options []option
	Needed  bool
	// Value is what stands in it before somebody types.
	Value string
}

// option is a value that can be chosen, with the message that names it or, where it is a name, its text.
type option struct {
	Value, Key, Text string
	// Shown says that the value stands before the words, as people know it: "DX09".
	Shown bool
}

// part is one thing that a form asks.
type part struct {
	Of  offered
	Ask ask
}

// control is the button of a form, and why it cannot be pressed.
type control struct{ ID, Key, Why, Class string }

// Part is one of a deed's asks.
func (o offered) Part(a ask) part { return part{o, a} }

// Control is a deed's button.
func (o offered) Control() control {
	return control{ID: "do-" + o.Name, Key: "deed." + o.Name, Why: o.Why, Class: o.Class}
}

// offered is a deed as a page shows it: where it is sent, and why it cannot be where it cannot.
type offered struct {
	deed
	To, Why string
	// Open says that its form is shown without being asked for; Sent, that it is the one that was sent and refused.
	Open, Sent bool
}

// form is what a page with deeds is given beside what it shows.
type form struct {
	// Key makes sending a form twice do it once.
	Key string
	// Failed is why the last one was not done, and Deed which.
	Failed *web.Failure
	Deed   string
	Deeds  []offered
}

func newForm(v *web.Visit, failed *web.Failure) form {
	f := form{Key: v.R.PostFormValue("key"), Failed: failed, Deed: v.R.PathValue("deed")}
	if f.Key == "" || failed.Used() {
		f.Key = rand.Text()
	}
	return f
}

// first opens the form of the deed that comes first, where nobody sent one.
func (f *form) first() {
	if f.Deed == "" && len(f.Deeds) > 0 {
		f.Deeds[0].Open = true
	}
}

// offer adds deeds to a page, below a path such as "/alerts/enforcement/D-2026-000001".
func (f *form) offer(v *web.Visit, path string, deeds ...deed) {
	for _, d := range deeds {
		f.Deeds = append(f.Deeds, offered{deed: d, To: web.Root + path + "/" + d.Name, Why: why(v, d.procedure), Open: d.Name == f.Deed, Sent: d.Name == f.Deed})
	}
}

// send does what the form that came in asks for, of the deeds that there are.
func send(v *web.Visit, deeds []deed, id string) error {
	name := v.R.PathValue("deed")
	i := slices.IndexFunc(deeds, func(d deed) bool { return d.Name == name })
	if i < 0 {
		return connect.NewError(connect.CodeNotFound, "there is no such form")
	}
	return deeds[i].do(v, id, particulars(v, name))
}

// particulars are what a form says of itself: that it is this one, however often it is sent.
func particulars(v *web.Visit, name string) *eventv1.Particulars {
	if key := v.R.PostFormValue("key"); key != "" {
		return &eventv1.Particulars{IdempotencyKey: key + "/" + name}
	}
	return nil
}

// said is what was typed under a name.
func said(v *web.Visit, name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }

// ticked reports whether a box was.
func ticked(v *web.Visit, name string) bool { return v.R.PostFormValue(name) != "" }

// chosen are the values that were, of several.
func chosen(v *web.Visit, name string) []string {
	said(v, name) // reads the form
	return v.R.PostForm[name]
}

// several are the values in a line, with commas or spaces between, or one in each line.
func several(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// lines are what stands in each line, of those that are not empty.
func lines(text string) (all []string) {
	for one := range strings.Lines(text) {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// when reads the time that was typed under a name.
func when(v *web.Visit, name string) (*timestamppb.Timestamp, error) {
	return web.ParseTime(said(v, name))
}

// Typed is what was typed under a name before the form was refused, else what the form begins with.
func (o offered) Typed(v web.View, a ask) string {
	if o.Sent && v.R.PostForm != nil {
		return v.R.PostFormValue(a.Name)
	}
	return a.Value
}

// Chosen reports whether a value was chosen under a name.
func (o offered) Chosen(v web.View, a ask, value string) bool {
	if o.Sent && v.R.PostForm != nil {
		return slices.Contains(v.R.PostForm[a.Name], value)
	}
	return a.Value != "" && slices.Contains(strings.Split(a.Value, ","), value)
}

// servedBy is which service serves a part of the API, where not every agency does.
var servedBy = map[string]string{
	"counterfoil.customs.v1.CustomsService": "customs", "counterfoil.customs.v1.ReleaseService": "customs",
	"counterfoil.customs.v1.WriteOffService": "customs", "counterfoil.customs.v1.AllowanceService": "customs",
	"counterfoil.enforcement.v1.EnforcementService": "enforcement", "counterfoil.enforcement.v1.TracingService": "enforcement",
}

// why returns why the caller cannot make a call here, or nothing: it is not allowed to them, or done at another agency.
func why(v *web.Visit, procedure string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(procedure, "/"), "/")
	at, only := servedBy[part]
	switch service := v.Site().Service; {
	case only && service != at:
		return "the node of agency " + v.Site().Agency + " does not do this; it is done at the agency for " + at
	case recordsNothing(service):
		return "the node of agency " + v.Site().Agency + " records nothing of transfers"
	}
	return v.May(procedure)
}

// recordsNothing reports whether agencies of a service record nothing of transfers, and answer nothing that others ask of them.
func recordsNothing(service string) bool { return service == "observer" || service == "authority" }
