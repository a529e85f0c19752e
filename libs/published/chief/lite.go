package chief

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
)

// maxLITE is the largest licence of LITE, in bytes.
const maxLITE = 1 << 20

const (
	provisos  = "Provisos may apply please see licence"
	openGoods = "Open Licence goods - see actual licence for information"
)

// liteTypes are customs' licence types by those of LITE.
var liteTypes = map[string]string{
	"siel": "SIE", "sicl": "SIE", "sitl": "SIE", "oiel": "OIE", "ogel": "OGE", "ogcl": "OGE", "ogtl": "OGE",
}

type liteCountry struct {
	ID string `json:"id"`
}

type liteParty struct {
	Name    string `json:"name"`
	EORI    string `json:"eori_number"`
	Address struct {
		Line1    string      `json:"line_1"`
		Line2    string      `json:"line_2"`
		Line3    string      `json:"line_3"`
		Line4    string      `json:"line_4"`
		Line5    string      `json:"line_5"`
		Postcode string      `json:"postcode"`
		Country  liteCountry `json:"country"`
	} `json:"address"`
}

type liteGood struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Unit        string      `json:"unit"`
	Quantity    json.Number `json:"quantity"`
	Value       json.Number `json:"value"`
}

type liteLicence struct {
	OldID        string        `json:"old_id"`
	Reference    string        `json:"reference"`
	Type         string        `json:"type"`
	Action       string        `json:"action"`
	Start        string        `json:"start_date"`
	End          string        `json:"end_date"`
	Organisation liteParty     `json:"organisation"`
	EndUser      *liteParty    `json:"end_user"`
	Countries    []liteCountry `json:"countries"`
	Goods        []liteGood    `json:"goods"`
}

// FromLITE reads the JSON of one licence that LITE posts, as transactions to append to a file of licences: one, or for an
// update two, because customs knows none: a cancellation of the earlier licence and an insertion. reference
// says what the earlier licence's reference is by its id in LITE. That the field which has this id is old_id is not certain: none of the
// published examples is an update.
//
// Texts that cannot be written, or are over their limits, are changed as little as possible, and each change is a problem that names
// the field; so is what is left out or cannot be seen to be allowed, such as letters beyond ASCII. The line of a problem is
// always 1. The transactions come numbered as a file of their own. FromLITE refuses what would not be a licence that customs accepts.
func FromLITE(data []byte, reference func(id string) (string, bool)) ([]LicenceTransaction, []published.Problem, error) {
	var posted struct {
		Licence *liteLicence `json:"licence"`
	}
	if len(data) > maxLITE {
		return nil, nil, fault.Errorf(fault.Invalid, "the licence has more than %d bytes; this is none of LITE", maxLITE)
	}
	if err := json.Unmarshal(data, &posted); err != nil {
		return nil, nil, fault.Errorf(fault.Invalid, "this is no licence of LITE: %v", err)
	}
	if posted.Licence == nil {
		return nil, nil, fault.Errorf(fault.Invalid, "this is no licence of LITE: it has no licence")
	}
	w := liteWriter{in: posted.Licence}
	list, err := w.transactions(reference)
	if err != nil {
		return nil, nil, err
	}
	f := NewLicenceData("SPIRE", "CHIEF", "202001010000", 1)
	f.Licences = list
	if _, err := f.Encode(); err != nil {
		return nil, nil, fmt.Errorf("licence %s: %w", w.in.Reference, err)
	}
	return list, w.problems.List, nil
}

// LITEReference returns the id that a licence of LITE has there, and its reference; both empty where the JSON is none.
func LITEReference(data []byte) (id, reference string) {
	var posted struct {
		Licence struct{ ID, Reference string } `json:"licence"`
	}
	if len(data) > maxLITE || json.Unmarshal(data, &posted) != nil {
		return "", ""
	}
	return posted.Licence.ID, posted.Licence.Reference
}

// liteWriter makes transactions of one licence.
type liteWriter struct {
	in       *liteLicence
	problems published.Findings
}

func (w *liteWriter) transactions(reference func(string) (string, bool)) ([]LicenceTransaction, error) {
	switch w.in.Action {
	case Insert, Cancel:
		t, err := w.transaction(w.in.Action)
		return []LicenceTransaction{t}, err
	case "update":
		old, ok := reference(w.in.OldID)
		if !ok {
			return nil, fault.Errorf(fault.NotFound, "licence %s updates one with the id %s, which is not known here: insert that first", w.in.Reference, show(w.in.OldID))
		}
		if old == w.in.Reference {
			return nil, fault.Errorf(fault.Conflict, "licence %s updates one with the same reference, which customs could not tell apart: give it another", old)
		}
		ref, err := transactionRef(old)
		if err != nil {
			return nil, err
		}
		t, err := w.transaction(Insert)
		return []LicenceTransaction{{Licence: Licence{Ref: ref, Action: Cancel, LicenceRef: old}}, t}, err
	}
	return nil, fault.Errorf(fault.Invalid, "licence %s has the action %s; it has to be insert, update or cancel", w.in.Reference, show(w.in.Action))
}

// transactionRef makes the reference of a transaction of that of a licence: 20200000001P of GBSIEL/2020/0000001/P.
func transactionRef(licence string) (string, error) {
	_, rest, _ := strings.Cut(licence, "/")
	ref := strings.ReplaceAll(rest, "/", "")
	if code, wrong := upTo17(ref); ref == "" || code != "" {
		return "", fault.Errorf(fault.Invalid, "the licence reference %s makes no transaction reference, %s %s; it has to be like GBSIEL/2020/0000001/P", show(licence), show(ref), wrong)
	}
	return ref, nil
}

func (w *liteWriter) transaction(action string) (t LicenceTransaction, err error) {
	l := &t.Licence
	l.Action, l.LicenceRef, l.Type, l.Usage = action, w.in.Reference, liteTypes[w.in.Type], "E"
	if l.Type == "" {
		return t, fault.Errorf(fault.Invalid, "licence %s has the type %s, which customs has none for", w.in.Reference, show(w.in.Type))
	}
	if l.Ref, err = transactionRef(w.in.Reference); err != nil {
		return t, err
	}
	if l.Start, err = liteDate(w.in.Start); err != nil {
		return t, err
	}
	if l.End, err = liteDate(w.in.End); err != nil || action == Cancel {
		return t, err
	}
	w.parties(&t)
	t.Restrictions = []Restrictions{{Text: provisos}}
	return t, w.goods(&t)
}

func liteDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", fault.Errorf(fault.Invalid, "%s is no date of the form 2020-06-02", show(text))
	}
	return DateOf(t), nil
}

func (w *liteWriter) parties(t *LicenceTransaction) {
	o := w.in.Organisation
	t.Traders = []Trader{{
		TraderID: o.EORI, Start: t.Licence.Start, End: t.Licence.End, Name: w.name("organisation.name", o.Name),
		Address: w.address("organisation.address", o), Postcode: w.clean("organisation.address.postcode", o.Address.Postcode),
	}}
	countries := w.in.Countries
	if e := w.in.EndUser; e != nil {
		t.ForeignTraders = []ForeignTrader{{
			Name: w.name("end_user.name", e.Name), Address: w.address("end_user.address", *e),
			Postcode: w.shorten("end_user.address.postcode", w.clean("end_user.address.postcode", e.Address.Postcode), 8), Country: e.Address.Country.ID,
		}}
		if len(countries) == 0 {
			countries = []liteCountry{e.Address.Country}
		}
	}
	for _, c := range countries {
		t.Countries = append(t.Countries, Country{Code: c.ID, Use: "D"})
	}
}

func (w *liteWriter) goods(t *LicenceTransaction) error {
	for i, g := range w.in.Goods {
		field := fmt.Sprintf("goods[%d]", i)
		unit := liteUnits[g.Unit]
		if unit == "" {
			unit, _ = Unit(g.Unit)
		}
		if unit == "" {
			return fault.Errorf(fault.Invalid, "%s of licence %s is in the unit %s, which customs has none for", field, w.in.Reference, show(g.Unit))
		}
		quantity := g.Quantity.String()
		if whole, zeros, _ := strings.Cut(quantity, "."); unit == "030" && strings.Trim(zeros, "0") == "" {
			quantity = whole
		}
		description := g.Name
		if description == "" {
			description = g.Description
		}
		if g.Value != "" {
			w.problem(field+".value", "is left out: the line is controlled by quantity")
		}
		t.Lines = append(t.Lines, Line{
			Number: NumberOf(i + 1), Description: w.clean(field+".name", description), ControlledBy: "Q", Unit: unit, QuantityIssued: Quantity(quantity),
		})
	}
	if len(t.Lines) == 0 && licenceTypes[t.Licence.Type].Open {
		t.Lines = []Line{{Number: "1", Description: openGoods, ControlledBy: "O"}}
	}
	return nil
}
