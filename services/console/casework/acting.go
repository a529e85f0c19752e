package casework

import (
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// offers are the acts on a record of this agency, and the pages of casework that a record has a part in.
func offers(v *web.Visit, table queryv1.Table, row proto.Message, related []*queryv1.Row) (all []web.Deed) {
	id := idOf(row)
	own := ledger.AgencyOf(id) == v.Site().Agency
	all = pagesOf(v.Site().Agency, own, row)
	for _, a := range standings[table].acts {
		if own && a.served(v) {
			all = append(all, a.deed(v, id, row, related))
		}
	}
	return all
}

// served reports whether this agency's node does it: a licence of another system may be the record of an agency that decides none.
func (a act) served(v *web.Visit) bool {
	return decides(v) || !strings.HasPrefix(a.procedure, "/"+licensingv1connect.LicensingServiceName+"/")
}

func (a act) deed(v *web.Visit, id string, row proto.Message, related []*queryv1.Row) web.Deed {
	return web.Deed{Key: "act." + a.Name, Path: "/act/" + id + "/" + a.Name, Why: v.May(a.procedure), Not: a.hindered(row, related)}
}

// hindered is the message that says why the act cannot be done with a record as it stands; empty: it can.
func (a act) hindered(row proto.Message, related []*queryv1.Row) (why string) {
	if a.not != nil {
		why = a.not(row)
	}
	if why == "" && a.beside != nil {
		why = a.beside(related)
	}
	return why
}

// pagesOf are where a record is worked on, where that is a page of its own.
func pagesOf(agency string, own bool, row proto.Message) []web.Deed {
	lead := func(key, path string) []web.Deed { return []web.Deed{{Key: key, Path: path}} }
	switch r := row.(type) {
	case *ledgerv1.Application:
		if own {
			return lead("act.work", "/decide/"+r.GetId())
		}
	case *ledgerv1.Proposal:
		if own {
			return lead("task.sign", "/decide/"+r.GetProposed().GetApplicationId()+"/sign")
		}
	case *ledgerv1.Consultation:
		if own {
			return lead("task.consultation", "/decide/"+r.GetOpened().GetApplicationId()+"/consultation")
		}
		if slices.ContainsFunc(r.GetOpened().GetAddressees(), func(a *licensingv1.Addressee) bool { return a.GetAgency() == agency }) {
			return lead("decide.answer", "/opinion/"+r.GetId())
		}
	case *ledgerv1.Denial:
		return lead("act.denial", "/denials/"+r.GetId())
	case *ledgerv1.DenialNotice:
		return lead("act.denial", "/denials/"+r.GetId())
	case *ledgerv1.Undercut:
		return lead("act.undercut", "/denials/alike/"+r.GetId())
	case *ledgerv1.BlindCheck:
		if own {
			return lead("act.blind", "/denials/blind/"+r.GetId())
		}
	case *ledgerv1.Screening:
		if own {
			return lead("act.screening", "/screening/"+r.GetId())
		}
	case *ledgerv1.Finding:
		if own {
			return lead("act.screening", "/screening/"+r.GetId())
		}
	}
	return nil
}

// actPage is an act with its form.
type actPage struct {
	act
	ID string
	// Row is the record as it stands, and Columns what is said of it.
	Row     proto.Message
	Columns []web.Column
	Form    form
	Asks    []ask
	// Not is why it cannot be done with the record as it stands.
	Not string
}

// Back is where the page leads back to, below Root.
func (p *actPage) Back() string {
	if p.about == "" {
		return "/decide"
	}
	return web.RecordPath(p.ID)
}

// Send is the act's button, with one beside it that says what would be recorded.
func (p *actPage) Send(v *web.Visit) control {
	c := p.Form.Tried(v, p.procedure, "act."+p.Name, "")
	c.ID, c.Class = "do-"+p.Name, p.Class
	return c
}

// readAct reads the record that an address names, and the act on it.
func readAct(v *web.Visit, in form) (*actPage, error) {
	p := &actPage{ID: id(v), Form: in}
	res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: p.ID})
	if err != nil {
		return nil, err
	}
	table, row := web.Inner(res.Row)
	acts, name := standings[table], v.R.PathValue("act")
	i := slices.IndexFunc(acts.acts, func(a act) bool { return a.Name == name })
	if i < 0 || v.R.PathValue("agency") != v.Site().Agency || !acts.acts[i].served(v) {
		return nil, connect.NewError(connect.CodeNotFound, "there is no such act on "+p.ID+" at this agency; those that there are stand on its page")
	}
	p.act, p.Row, p.Columns = acts.acts[i], row, acts.columns
	p.Not = p.hindered(row, res.Related)
	return p, nil
}

// begun is the command as it stands before anybody says anything.
func (p *actPage) begun() proto.Message {
	command := p.command()
	if p.fill != nil {
		p.fill(p.Row, command)
		command = proto.Clone(command) // what stands on the record stays as it is
	}
	return command
}

func (p *actPage) show(v *web.Visit, of web.Pages) error {
	p.Asks = p.Form.asks(p.command().ProtoReflect().Descriptor(), "", p.about)
	switch {
	case p.Form.Failed != nil || p.Form.Lacks != nil:
		return v.PageAgain(of, "act", p)
	default:
		return v.Page(of, "act", p)
	}
}

func (p pages) act(v *web.Visit) error {
	page, err := readAct(v, newForm())
	if err != nil {
		return err
	}
	return page.begin(v, p.Pages)
}

func (p *actPage) begin(v *web.Visit, of web.Pages) error {
	p.Form.state(p.begun().ProtoReflect(), "", p.about)
	p.Form.Set("seen", p.seen())
	return p.show(v, of)
}

// seen says as of which of its events the record was shown.
func (p *actPage) seen() string {
	if of, is := p.Row.(interface{ GetEvents() []uint64 }); is {
		return strconv.Itoa(len(of.GetEvents()))
	}
	return ""
}

func (p pages) doAct(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readAct(v, in)
	if err != nil {
		return err
	}
	return page.finish(v, p)
}

// finish sends the command, and leads to the record; "more" adds a row to a list instead.
func (p *actPage) finish(v *web.Visit, of pages) error {
	if list := p.Form.Get("more"); list != "" {
		p.Form.Set(list, strconv.Itoa(p.Form.rows(list)+1))
		return p.show(v, of.Pages)
	}
	made := ""
	finished, err := p.Form.do(func(by *eventv1.Particulars) (recorded, error) {
		command, err := p.read(by)
		if err != nil {
			return nil, err
		}
		res, err := p.send(v.R.Context(), v.API, command)
		if err == nil {
			made = res.GetReceipt().GetSubject()
		}
		return res, err
	})
	switch {
	case err != nil:
		return err
	case !finished:
		return p.show(v, of.Pages)
	case p.about == "":
		return v.Redirect("/decide/" + made)
	}
	return v.Redirect(web.RecordPath(p.ID) + "?done=" + p.Name)
}

// read makes the command of the form. Where it would put back what somebody changed since the form was shown, it is a *lack.
func (p *actPage) read(by *eventv1.Particulars) (proto.Message, error) {
	command := p.begun()
	before := proto.Clone(command)
	m := command.ProtoReflect()
	if err := p.Form.read(m, "", p.about); err != nil {
		return nil, err
	}
	if p.fill != nil && p.Form.Get("seen") != p.seen() && !repeats(before.ProtoReflect(), m) {
		p.Form.Set("seen", p.seen())
		return nil, &lack{Field: "act-record", Key: "lack.changed-since"}
	}
	if p.partly {
		unsay(m, before.ProtoReflect())
	}
	fields := m.Descriptor().Fields()
	m.Set(fields.ByName("particulars"), protoreflect.ValueOfMessage(by.ProtoReflect()))
	if p.about != "" {
		m.Set(fields.ByName(protoreflect.Name(p.about)), protoreflect.ValueOfString(p.ID))
	}
	return command, nil
}

// repeats reports whether a command says of what stood on the record that it stays so: it may have been sent before.
func repeats(before, command protoreflect.Message) bool {
	same := true
	before.Range(func(d protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		same = command.Has(d) && value.Equal(command.Get(d))
		return same
	})
	return same
}

// unsay takes out of a command what is the same in another.
func unsay(m, before protoreflect.Message) {
	m.Range(func(d protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if before.Has(d) && value.Equal(before.Get(d)) {
			m.Clear(d)
		}
		return true
	})
}

func idOf(row proto.Message) string {
	if of, is := row.(interface{ GetId() string }); is {
		return of.GetId()
	}
	return ""
}
