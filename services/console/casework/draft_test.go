package casework

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// anyLicence draws what an amendment of a licence begins with, and what the form does not ask for.
func anyLicence(t *rapid.T) *licensingv1.AmendLicenceRequest {
	word := rapid.StringMatching(`[A-Za-zж][A-Za-z0-9 .]{0,12}[a-z]`)
	q := &licensingv1.AmendLicenceRequest{}
	if rapid.Bool().Draw(t, "ends") {
		q.ValidUntil = timestamppb.New(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "until"), 0))
	}
	for range rapid.IntRange(1, 3).Draw(t, "parties") {
		q.Parties = append(q.Parties, &transferv1.Party{
			Role: transferv1.Role(rapid.IntRange(1, 10).Draw(t, "role")), Name: word.Draw(t, "name"), Country: rapid.SampledFrom([]string{"", "XA", "XB"}).Draw(t, "country"),
			Identifiers: rapid.SliceOfN(rapid.StringMatching(`lei:[A-Z0-9]{1,20}`), 0, 3).Draw(t, "identifiers"), Address: rapid.SampledFrom([]string{"", "Quay 3"}).Draw(t, "address"),
		})
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "lines") {
		l := &transferv1.Line{Number: uint32(n + 1), Rating: word.Draw(t, "rating"), Category: transferv1.Category(rapid.IntRange(0, 10).Draw(t, "category")), TolerancePermille: rapid.Uint32Range(0, 9).Draw(t, "tolerance")}
		if rapid.Bool().Draw(t, "limited") {
			l.Quantity = &transferv1.Quantity{Thousandths: rapid.Int64Min(0).Draw(t, "thousandths"), Unit: rapid.SampledFrom([]string{"H87", "KGM"}).Draw(t, "unit")}
		}
		if rapid.Bool().Draw(t, "valued") {
			l.Value = &transferv1.Money{Minor: rapid.Int64Min(0).Draw(t, "minor"), Currency: rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")}
		}
		if rapid.Bool().Draw(t, "technical") {
			l.Parameters = map[string]string{"gun_calibre_mm": word.Draw(t, "calibre")}
		}
		q.Lines = append(q.Lines, l)
	}
	q.Reason = word.Draw(t, "reason")
	return q
}

// A form that is sent as it was shown says what stood there, and leaves what it does not ask for.
func TestAFormSaysWhatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyLicence(t)
		f := form{Values: url.Values{}}
		f.state(q.ProtoReflect(), "", "licence_id")
		got := proto.CloneOf(q)
		if err := f.read(got.ProtoReflect(), "", "licence_id"); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(q, got) {
			t.Fatalf("%v was read as %v", q, got)
		}
	})
}

// The property sees a form that is read over nothing, as if it asked for all that there is.
func TestAFormReadOverNothingLosesWhatItDoesNotAskFor(t *testing.T) {
	q := &licensingv1.AmendLicenceRequest{Reason: "fewer", Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Parameters: map[string]string{"gun_calibre_mm": "105"}}}}
	f, got := form{Values: url.Values{}}, &licensingv1.AmendLicenceRequest{}
	f.state(q.ProtoReflect(), "", "licence_id")
	if err := f.read(got.ProtoReflect(), "", "licence_id"); err != nil || proto.Equal(q, got) {
		t.Errorf("%v, %v: nothing was lost", got, err)
	}
}

func TestReadAForm(t *testing.T) {
	right := url.Values{
		"deal.kind": {"export"}, "deal.destination": {"xc"}, "deal.route": {"xa; XB"}, "deal.parties": {"3"}, "deal.parties.0.role": {"exporter"}, "deal.parties.0.name": {"A"},
		"deal.parties.2.role": {"broker"}, "deal.lines": {"1"}, "deal.lines.0.rating": {"ML1.a"}, "deal.lines.0.quantity": {"12.5"}, "deal.lines.0.quantity.unit": {"kgm"},
	}
	for name, tt := range map[string]struct {
		change   url.Values
		lacks    string
		want     string
		quantity int64
	}{
		"right":                     {nil, "", "", 12500},
		"no kind":                   {url.Values{"deal.kind": {""}}, "deal.kind", "lack.needed", 0},
		"a kind that there is not":  {url.Values{"deal.kind": {"gift"}}, "deal.kind", "lack.needed", 0},
		"no destination":            {url.Values{"deal.destination": {" "}}, "deal.destination", "lack.needed", 0},
		"no rating":                 {url.Values{"deal.lines.0.rating": {""}}, "deal.lines.0.rating", "lack.needed", 0},
		"no lines":                  {url.Values{"deal.lines": {"x"}}, "deal.lines.0.rating", "lack.needed", 0},
		"a comma":                   {url.Values{"deal.lines.0.quantity": {"1,5"}}, "deal.lines.0.quantity", "lack.quantity", 0},
		"no unit":                   {url.Values{"deal.lines.0.quantity.unit": {""}}, "deal.lines.0.quantity", "lack.quantity", 0},
		"a currency that is none":   {url.Values{"deal.lines.0.value": {"1"}, "deal.lines.0.value.currency": {"ZZZ"}}, "deal.lines.0.value", "lack.value", 0},
		"more than a number holds":  {url.Values{"deal.lines.0.quantity": {"99999999999999999999"}}, "deal.lines.0.quantity", "lack.quantity", 0},
		"more rows than a form has": {url.Values{"deal.lines": {"1000000000"}}, "", "", 12500},
	} {
		t.Run(name, func(t *testing.T) {
			f := form{Values: maps.Clone(right)}
			maps.Copy(f.Values, tt.change)
			q := &licensingv1.SubmitApplicationRequest{}
			err := f.read(q.ProtoReflect(), "", "")
			var l *lack
			if errors.As(err, &l); tt.lacks != "" && (l == nil || l.Field != tt.lacks || l.Key != tt.want) || tt.lacks == "" && err != nil {
				t.Fatalf("it is %+v; want %s of %s", err, tt.want, tt.lacks)
			}
			if err != nil {
				return
			}
			d := q.GetDeal()
			if len(d.Parties) != 1 || d.Destination != "XC" || !slices.Equal(d.Route, []string{"XA", "XB"}) || d.Lines[0].Quantity.GetThousandths() != tt.quantity || d.Lines[0].Quantity.GetUnit() != "KGM" {
				t.Errorf("read as %v", d)
			}
		})
	}
}

// Whatever is sent, reading it does not panic, and what was read says the same when it is shown and sent again.
func FuzzReadForm(f *testing.F) {
	f.Add("deal.kind=export&deal.destination=xc&deal.parties=1&deal.parties.0.role=broker&deal.parties.0.name=A&deal.lines=1&deal.lines.0.rating=1&deal.lines.0.quantity=1.&deal.lines.0.quantity.unit=H87")
	f.Add("deal.lines=-1&deal.parties=99999999999999999999")
	f.Fuzz(func(t *testing.T, sent string) {
		values, _ := url.ParseQuery(sent) // what can be read of it
		q := &licensingv1.SubmitApplicationRequest{}
		if err := (form{Values: values}).read(q.ProtoReflect(), "", ""); err != nil {
			return
		}
		again, got := form{Values: url.Values{}}, proto.CloneOf(q)
		again.state(q.ProtoReflect(), "", "")
		if err := again.read(got.ProtoReflect(), "", ""); err != nil || !proto.Equal(q, got) {
			t.Errorf("%v was read again as %v, %v", q, got, err)
		}
	})
}

// What the forms ask for is in the contract.
func TestWhatIsAskedIsInTheContract(t *testing.T) {
	for name, fields := range asked {
		found, err := protoregistry.GlobalTypes.FindMessageByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			if found.Descriptor().Fields().ByName(f) == nil {
				t.Errorf("%s has no field %s", name, f)
			}
		}
	}
}

// Every act has its words, asks for something that has a name, and names its record.
func TestActsHaveWords(t *testing.T) {
	all, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	speaker := all.Speaker("en", "")
	acts := []act{submit}
	for _, s := range standings {
		acts = append(acts, s.acts...)
	}
	var check func(asks []ask)
	check = func(asks []ask) {
		for _, a := range asks {
			if check(a.Part); !speaker.Has(a.Key) {
				t.Errorf("%s has no name %s", a.Name, a.Key)
			}
		}
	}
	for _, a := range acts {
		if !speaker.Has("act."+a.Name) || !speaker.Has("act."+a.Name+"-about") {
			t.Errorf("act %s has no words", a.Name)
		}
		asks := form{Values: url.Values{}}.asks(a.command().ProtoReflect().Descriptor(), "", a.about)
		if check(asks); len(asks) == 0 || a.about == "" && a.Name != "submit" {
			t.Errorf("act %s asks for %v of %q", a.Name, asks, a.about)
		}
	}
}

func TestWhatCanBeDone(t *testing.T) {
	licence := func(s ledgerv1.Status) proto.Message { return &ledgerv1.Licence{Status: s} }
	for name, tt := range map[string]struct {
		act  act
		row  proto.Message
		want string
	}{
		"suspend what is in force":       {suspend, licence(inForce), ""},
		"suspend what is suspended":      {suspend, licence(suspended), "act.not-in-force"},
		"reinstate what is suspended":    {reinstate, licence(suspended), ""},
		"reinstate what is revoked":      {reinstate, licence(revoked), "act.not-suspended"},
		"amend what is suspended":        {amendLicence, licence(suspended), ""},
		"revoke what is revoked":         {revoke, licence(revoked), "act.licence-ended"},
		"appeal against what is granted": {appeal, licence(inForce), "act.nothing-to-appeal"},
		"appeal against a denial":        {appeal, &ledgerv1.Denial{Status: refused}, ""},
		"return what was submitted":      {returnApplication, &ledgerv1.Application{Status: ledgerv1.Status_STATUS_SUBMITTED}, ""},
		"return what was returned":       {returnApplication, &ledgerv1.Application{Status: ledgerv1.Status_STATUS_RETURNED}, "act.case-ended"},
		"an open appeal":                 {decideAppeal, &ledgerv1.Appeal{}, ""},
		"an appeal that was decided":     {decideAppeal, &ledgerv1.Appeal{Decided: &licensingv1.AppealDecided{}}, "act.decided"},
		"an obligation that was met":     {meet, &ledgerv1.Obligation{Met: &licensingv1.ObligationMet{}}, "act.met"},
		"a condition that was let go":    {changeCondition, &ledgerv1.Condition{Dropped: true}, "act.let-go"},
	} {
		if got := tt.act.not(tt.row); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// An appeal is not offered beside one that is open, nor against what an appeal has overturned; against a later suspension it is.
func TestWhatCanBeAppealed(t *testing.T) {
	appealOf := func(contested licensingv1.Contested, outcome licensingv1.AppealOutcome) []*queryv1.Row {
		a := &ledgerv1.Appeal{Lodged: &licensingv1.AppealLodged{Contested: contested}}
		if outcome != 0 {
			a.Decided = &licensingv1.AppealDecided{Outcome: outcome}
		}
		return []*queryv1.Row{{Row: &queryv1.Row_Line{Line: &ledgerv1.Line{}}}, {Row: &queryv1.Row_Appeal{Appeal: a}}}
	}
	const denial, suspension, revocation = licensingv1.Contested_CONTESTED_DENIAL, licensingv1.Contested_CONTESTED_SUSPENSION, licensingv1.Contested_CONTESTED_REVOCATION
	const upheld, overturned = licensingv1.AppealOutcome_APPEAL_OUTCOME_UPHELD, licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED
	refusal := &ledgerv1.Denial{Status: refused}
	for name, tt := range map[string]struct {
		row     proto.Message
		related []*queryv1.Row
		want    string
	}{
		"nothing yet":              {refusal, nil, ""},
		"open":                     {refusal, appealOf(denial, 0), "act.appeal-open"},
		"turned down":              {refusal, appealOf(denial, upheld), ""},
		"overturned":               {refusal, appealOf(denial, overturned), "act.appeal-overturned"},
		"a revocation, overturned": {&ledgerv1.Licence{Status: revoked}, appealOf(revocation, overturned), "act.appeal-overturned"},
		"suspended again":          {&ledgerv1.Licence{Status: suspended}, appealOf(suspension, overturned), ""},
		"in force again":           {&ledgerv1.Licence{Status: inForce}, appealOf(suspension, overturned), "act.nothing-to-appeal"},
	} {
		if got := appeal.hindered(tt.row, tt.related); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// What screening found is judged on a page of its own, at the agency that found it.
func TestFindingsLeadToTheirJudgement(t *testing.T) {
	found := &ledgerv1.Finding{Id: "licensing/F-1"}
	if all := pagesOf("licensing", true, found); len(all) != 1 || all[0].Path != "/screening/licensing/F-1" {
		t.Errorf("its own leads to %v", all)
	}
	if all := pagesOf("customs", false, found); len(all) > 0 {
		t.Errorf("another's leads to %v", all)
	}
}

// What was left as it stands is not sent; a command that changes nothing repeats.
func TestUnsay(t *testing.T) {
	before := &licensingv1.AmendLicenceRequest{Lines: []*transferv1.Line{{Rating: "ML1.a"}}, Parties: []*transferv1.Party{{Name: "A"}}}
	q := proto.CloneOf(before)
	q.Parties[0].Name = "B"
	q.Reason = "sold"
	if repeats(before.ProtoReflect(), q.ProtoReflect()) {
		t.Error("another party repeats what stands")
	}
	unsay(q.ProtoReflect(), before.ProtoReflect())
	if len(q.Lines) != 0 || len(q.Parties) != 1 || q.Reason != "sold" {
		t.Errorf("left is %v", q)
	}
	var m protoreflect.Message = proto.CloneOf(before).ProtoReflect()
	if !repeats(before.ProtoReflect(), m) {
		t.Error("what stands does not repeat itself")
	}
}
