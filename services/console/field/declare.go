package field

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/plain"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// declarePage is the short form of a declaration. What an office system knows beside it comes in by the API or a file.
type declarePage struct {
	form
	// WhyLodge and WhyAccept are why the buttons cannot be pressed.
	WhyLodge, WhyAccept control
	Kinds, Modes        []option
	Items               []itemRow
	typed               url.Values
}

// itemRow is a row of the form for goods: of a licence line, or an empty one.
type itemRow struct {
	Number int
	Line   *transferv1.Line
}

// emptyRows are how many items the form takes where no licence gives its lines; maxRows how many at most.
const emptyRows, maxRows = 3, 50

const accepting = customsService + "AcceptDeclaration"

func (p pages) showDeclare(v *web.Visit) error {
	page, err := p.newDeclare(v, nil)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "declare", page)
}

func (p pages) newDeclare(v *web.Visit, failed *web.Failure) (*declarePage, error) {
	page := &declarePage{form: newForm(v, failed), Kinds: enum(transferv1.Kind(0), 5), Modes: valuesOf("sea", "rail", "road", "air", "post", "multimodal", "fixed", "inland_water"), typed: v.R.PostForm}
	page.WhyLodge = control{ID: "lodge", Key: "declare.lodge", Why: why(v, lodging), Class: "secondary"}
	page.WhyAccept = control{ID: "accept", Key: "declare.accept", Why: why(v, accepting)}
	if page.typed == nil {
		page.typed = url.Values{}
	}
	licence := v.R.URL.Query().Get("licence")
	if licence == "" {
		licence = page.typed.Get("under")
	}
	if licence == "" {
		page.addEmpty()
		return page, nil
	}
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: licence})
	if err != nil {
		return nil, err
	}
	page.under(res.Row.GetLicence())
	return page, nil
}

func (d *declarePage) addEmpty() {
	for i := range emptyRows {
		d.Items = append(d.Items, itemRow{Number: i + 1})
	}
}

// under takes over what a licence says, where nothing was typed yet.
func (d *declarePage) under(l *ledgerv1.Licence) {
	deal := l.GetDeal()
	for i, line := range deal.GetLines() {
		if i < maxRows {
			d.Items = append(d.Items, itemRow{Number: i + 1, Line: line})
		}
	}
	if len(d.Items) == 0 {
		d.addEmpty()
	}
	if len(d.typed) > 0 {
		return
	}
	d.typed.Set("under", l.GetId())
	d.typed.Set("licence", l.GetId())
	d.typed.Set("destination", deal.GetDestination().GetCountry())
	d.typed.Set("kind", plain.Enum(deal.GetKind()))
	for _, party := range deal.GetParties() {
		if at, asked := map[transferv1.Role]string{transferv1.Role_ROLE_EXPORTER: "exporter", transferv1.Role_ROLE_CONSIGNEE: "consignee"}[party.Role]; asked {
			d.typed.Set(at, party.Name)
			d.typed.Set(at+"_country", party.Country)
		}
	}
}

// Typed is what stands in a part of the form; of an item's, by its number.
func (d *declarePage) Typed(name string, item ...int) string {
	return d.typed.Get(numbered(name, item...))
}

// Name is what a part of the form for an item is called.
func (d *declarePage) Name(name string, item int) string { return numbered(name, item) }

func numbered(name string, item ...int) string {
	for _, n := range item {
		name += "." + strconv.Itoa(n)
	}
	return name
}

func (p pages) declare(v *web.Visit) error {
	id, err := sendDeclaration(v)
	if err == nil {
		return v.Redirect("/border?q=" + url.QueryEscape(id))
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, pageErr := p.newDeclare(v, web.Refusal(err))
	if pageErr != nil {
		return pageErr
	}
	return v.PageAgain(p.Pages, "declare", page)
}

// sendDeclaration lodges what was typed, or accepts it, as the button says.
func sendDeclaration(v *web.Visit) (id string, err error) {
	said(v, "number") // reads the form
	req, err := declarationOf(v.R.PostForm)
	if err != nil {
		return "", err
	}
	if ticked(v, "accept") {
		take := &customsv1.AcceptDeclarationRequest{
			Particulars: particulars(v, "accept"), Number: req.Number, Kind: req.Kind, Office: req.Office, LicenceReference: req.LicenceReference, Parties: req.Parties,
			Destination: req.Destination, Items: req.Items, Consignment: req.Consignment, Examine: ticked(v, "examine"),
		}
		res, err := v.API.Customs.AcceptDeclaration(v.R.Context(), take)
		return res.GetDeclarationId(), err
	}
	req.Particulars = particulars(v, "lodge")
	res, err := v.API.Customs.LodgeDeclaration(v.R.Context(), req)
	return res.GetDeclarationId(), err
}

func wrong(format string, args ...any) error {
	return connect.NewError(connect.CodeInvalidArgument, fmt.Sprintf(format, args...))
}

// declarationOf reads the form. An item without a quantity and a value is not declared.
func declarationOf(f url.Values) (*customsv1.LodgeDeclarationRequest, error) {
	get := func(name string, item ...int) string { return strings.TrimSpace(f.Get(numbered(name, item...))) }
	req := &customsv1.LodgeDeclarationRequest{
		Number: get("number"), Kind: transferv1.Kind(number(transferv1.Kind(0), get("kind"))), Office: get("office"),
		LicenceReference: get("licence"), Destination: strings.ToUpper(get("destination")),
	}
	for _, role := range []struct {
		name string
		role transferv1.Role
	}{{"exporter", transferv1.Role_ROLE_EXPORTER}, {"consignee", transferv1.Role_ROLE_CONSIGNEE}} {
		if get(role.name) != "" {
			req.Parties = append(req.Parties, &transferv1.Party{Role: role.role, Name: get(role.name), Country: strings.ToUpper(get(role.name + "_country"))})
		}
	}
	c := &customsv1.Consignment{Lrn: get("lrn"), Ucr: get("ucr"), Containers: several(get("containers")), OfficeOfExit: get("office_of_exit"), Route: several(strings.ToUpper(get("route")))}
	if get("mode") != "" || get("transport") != "" {
		c.Transport = &customsv1.Transport{Mode: get("mode"), Identity: get("transport")}
	}
	if proto.Size(c) > 0 {
		req.Consignment = c
	}
	for n := range maxRows {
		item, err := itemOf(func(name string) string { return get(name, n+1) }, uint32(len(req.Items)+1))
		if err != nil {
			return nil, err
		}
		if item != nil {
			req.Items = append(req.Items, item)
		}
	}
	if len(req.Items) == 0 {
		return nil, wrong("no goods are declared: give the quantity or the value of an item")
	}
	return req, nil
}

// itemOf reads one item; nil where nothing of it is declared.
func itemOf(get func(string) string, n uint32) (*customsv1.Item, error) {
	if get("quantity") == "" && get("value") == "" {
		return nil, nil
	}
	item := &customsv1.Item{Number: n, HsCode: get("hs"), Description: get("description"), Rating: get("rating"), Model: get("model")}
	if text := get("line"); text != "" {
		line, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, wrong("item %d: “%s” is no number of a licence line", n, text)
		}
		item.LicenceLine = uint32(line)
	}
	if text := get("quantity"); text != "" {
		var ok bool
		if item.Quantity, ok = plain.ParseQuantity(text+" "+get("unit"), ""); !ok {
			return nil, wrong("item %d: “%s” is no quantity; write 40, or 12.5, without separators between thousands, and its unit such as H87", n, strings.TrimSpace(text+" "+get("unit")))
		}
	}
	if text := get("value"); text != "" {
		var ok bool
		if item.Value, ok = plain.ParseMoney(text+" "+get("currency"), ""); !ok {
			return nil, wrong("item %d: “%s” is no value; write 1200.50 and a currency such as EUR", n, strings.TrimSpace(text+" "+get("currency")))
		}
	}
	if serials := several(get("serials")); len(serials) > 0 {
		item.Serials = []*transferv1.Serials{{Mark: &transferv1.Mark{Maker: get("maker"), Model: get("model")}, Serials: serials}}
	}
	return item, nil
}

// entry is a part of the form with what stands in it.
type entry struct {
	Name, Key, Value string
	Needed, Numeric  bool
}

// Field is a part of the form.
func (d *declarePage) Field(name string, needed bool) entry {
	return entry{Name: name, Key: name, Value: d.Typed(name), Needed: needed}
}

// Further are the parts that a declaration may say beside the usual.
func (d *declarePage) Further() (all []entry) {
	for _, name := range []string{"lrn", "ucr", "office_of_exit", "route", "containers", "transport"} {
		all = append(all, d.Field(name, false))
	}
	return all
}

// ItemFields are what the form asks of an item: of one under a licence line, what the line does not say.
func (d *declarePage) ItemFields(r itemRow) (all []entry) {
	names := []string{"quantity", "unit", "value", "currency", "serials"}
	if r.Line == nil {
		names = []string{"description", "rating", "model", "hs", "quantity", "unit", "value", "currency", "serials"}
	}
	otherwise := map[string]string{"unit": "H87"}
	if r.Line.GetQuantity() != nil {
		otherwise["unit"] = r.Line.Quantity.Unit
	}
	otherwise["currency"] = r.Line.GetValue().GetCurrency()
	for _, name := range names {
		e := entry{Name: numbered(name, r.Number), Key: name, Value: d.Typed(name, r.Number), Numeric: name == "quantity" || name == "value"}
		if e.Value == "" && !d.typed.Has(e.Name) {
			e.Value = otherwise[name]
		}
		all = append(all, e)
	}
	return all
}
