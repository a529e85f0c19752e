package denial

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/names"
	"github.com/counterfoil/counterfoil/libs/refdata"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// elsewhere is what another destination takes off the score, in thousandths. It does not rule a denial out: the same end user
// in another country is a sign of diversion.
const elsewhere = 200

// alike says how near a deal comes to one that was denied, in thousandths, and why; 0: they are not essentially identical
// (the same item, and the same end user or consignee, Regulation (EU) 2021/821, Article 2). The score is that of the parties:
// 1000 for an identifier in common, else the names' likeness; another destination takes 200 off. The reasons say of the
// applicant's deal no more than the denial says itself, for the authority that denied reads them.
func alike(deal, denied *licensingv1.Deal) (score uint32, reasons []string) {
	item := sameItem(deal.GetLines(), denied.GetLines())
	if item == "" {
		return 0, nil
	}
	who, why := sameRecipient(recipients(deal), recipients(denied))
	if who == 0 {
		return 0, nil
	}
	reasons = []string{why, item}
	if where := otherDestination(deal.GetDestination(), denied.GetDestination()); where != "" {
		return who - elsewhere, append(reasons, where)
	}
	return who, append(reasons, "the destination is the same")
}

// recipients are the end users and consignees of a deal, by whom two deals are compared.
func recipients(d *licensingv1.Deal) (all []*transferv1.Party) {
	for _, p := range d.GetParties() {
		if p.GetRole() == transferv1.Role_ROLE_END_USER || p.GetRole() == transferv1.Role_ROLE_CONSIGNEE {
			all = append(all, p)
		}
	}
	return all
}

// sameRecipient returns how sure the best pair is, in thousandths; 0: there is none.
func sameRecipient(ours, theirs []*transferv1.Party) (best uint32, why string) {
	for _, o := range ours {
		for _, t := range theirs {
			if id := inCommon(o.GetIdentifiers(), t.GetIdentifiers()); id != "" {
				return 1000, fmt.Sprintf("the %s has the identifier %s", roleWord(t), id)
			}
			likeness := names.Compare(names.Parse(o.GetName()), names.Parse(t.GetName())).Score
			if score := uint32(likeness * 1000); likeness >= names.ReviewLine && score > best {
				best, why = score, fmt.Sprintf("the %s is named like %s (%s, %d thousandths)", roleWord(t), t.GetName(), names.Version, score)
			}
		}
	}
	return best, why
}

func inCommon(a, b []string) string {
	for _, x := range a {
		for _, y := range b {
			if strings.EqualFold(x, y) {
				return y
			}
		}
	}
	return ""
}

func roleWord(p *transferv1.Party) string {
	if p.GetRole() == transferv1.Role_ROLE_CONSIGNEE {
		return "consignee"
	}
	return "end user"
}

// sameItem says what makes a line of one deal the item of a line of the other: the rating down to its letter, or the HS
// subheading with the model, or calibre with type. Empty: nothing does.
func sameItem(ours, theirs []*transferv1.Line) string {
	for _, t := range theirs {
		for _, o := range ours {
			if r := atLetter(t.GetRating()); r != "" && r == atLetter(o.GetRating()) {
				return "the item is rated " + r
			}
			if hs := subheading(t); hs != "" && hs == subheading(o) && sameText(t.GetModel(), o.GetModel()) {
				return fmt.Sprintf("the item is of HS %s and the model %s", hs, t.GetModel())
			}
			if c := calibre(t); c != "" && c == calibre(o) && sameText(t.GetParameters()["type"], o.GetParameters()["type"]) {
				return fmt.Sprintf("the item is of calibre %s and the type %s", c, t.GetParameters()["type"])
			}
		}
	}
	return ""
}

func atLetter(rating string) string {
	r, err := refdata.ParseRating(rating)
	if err != nil || r.Number == 0 {
		return strings.ToUpper(strings.Join(strings.Fields(rating), " "))
	}
	return r.AtLetter()
}

// subheading is the first six digits of an HS code.
func subheading(l *transferv1.Line) string {
	if hs := l.GetHsCode(); len(hs) >= 6 {
		return hs[:6]
	}
	return ""
}

// calibre is the largest one that a line states, as it states it.
func calibre(l *transferv1.Line) string {
	for _, parameter := range []string{"gun_calibre_mm", "calibre_mm", "calibre"} {
		if c := strings.ToLower(strings.TrimSpace(l.GetParameters()[parameter])); c != "" && c != "0" {
			return c
		}
	}
	return ""
}

// sameText compares without case and blanks around; nothing equals nothing.
func sameText(a, b string) bool {
	return strings.TrimSpace(a) != "" && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// otherDestination says why a destination is not the one that was denied; empty where it is.
func otherDestination(ours, theirs *licensingv1.Place) string {
	switch {
	case theirs.GetCountry() == "" && theirs.GetName() == "":
		return "the denial does not say its destination"
	case theirs.GetCountry() == "" && sameText(ours.GetName(), theirs.GetName()),
		theirs.GetCountry() != "" && ours.GetCountry() == theirs.GetCountry():
		return ""
	}
	return "the destination is another; the same party elsewhere may be a sign of diversion"
}
