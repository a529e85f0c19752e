package field

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// borderPage is what the desk says of what was typed or scanned.
type borderPage struct {
	form
	// Asked is what was; empty: nothing yet.
	Asked string
	// Advice is go, hold, stop, or "ask" where this node cannot tell: only customs counts and releases.
	Advice  string
	Reasons []reason
	// Customs says that this node decides.
	Customs     bool
	Declaration *ledgerv1.Declaration
	Licence     *ledgerv1.Licence
	Lines       []lineLeft
	Open        []*customsv1.DiscrepancyRaised
	// WriteOffs are the entries of the declaration against licence lines.
	WriteOffs   []*ledgerv1.WriteOff
	Suggestions []*customsv1.Suggestion
	Found       []*ledgerv1.Declaration
	Conditions  []string
	Obligations []*ledgerv1.Obligation
	Alerts      []*ledgerv1.Alert
	Freshness   *customsv1.Freshness
	// Age is how old the copy of the licence is, Limit how old it may be.
	Age, Limit   *durationpb.Duration
	Journals     []aged
	HubConnected bool
	// Stale is why the facts are not to be relied on as they are; the message of it, empty where they are.
	Stale     string
	CheckedAt *timestamppb.Timestamp
	// WhyNotDeclare is why the caller cannot lodge a declaration.
	WhyNotDeclare string
}

// aged is a journal with how long ago its agency wrote in it.
type aged struct {
	*queryv1.JournalStatus
	Age *durationpb.Duration
}

func seconds(n float64) *durationpb.Duration {
	return durationpb.New(time.Duration(n * float64(time.Second)))
}

// reason is a sentence of the node, with the field's code for it.
type reason struct{ Code, Sentence string }

var coded = regexp.MustCompile(`\b(DX|RF)[0-9]{2}\b`)

func reasonOf(sentence string) reason {
	for _, code := range coded.FindAllString(sentence, -1) {
		_, discrepancy := refdata.Discrepancy(code)
		if _, flag := refdata.RedFlag(code); flag || discrepancy {
			return reason{Code: code, Sentence: strings.TrimPrefix(sentence, code+": ")}
		}
	}
	return reason{Sentence: sentence}
}

// lineLeft is a licence line with what is left of it.
type lineLeft struct {
	*customsv1.LineBalance
	Line *transferv1.Line
	// Used and Reserved are the parts of what is authorized, in percent.
	Used, Reserved int64
}

func (p pages) border(v *web.Visit) error { return p.showBorder(v, v.R.URL.Query().Get("q"), nil) }

func (p pages) showBorder(v *web.Visit, asked string, failed *web.Failure) error {
	page := &borderPage{form: newForm(v, failed), Asked: strings.TrimSpace(asked), CheckedAt: timestamppb.New(v.Site().Now()), Customs: v.Site().Service == "customs", WhyNotDeclare: why(v, lodging)}
	if page.Asked != "" {
		if err := page.look(v); err != nil {
			if !web.IsRefusal(err) || failed != nil {
				return err
			}
			page.Failed = web.Refusal(err)
		}
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "border", page)
	}
	return v.Page(p.Pages, "border", page)
}

// look answers what was asked: at customs by its own rules, elsewhere from what the ledger has.
func (b *borderPage) look(v *web.Visit) error {
	var declaration, licence string
	if b.Customs && v.May(checking) == "" {
		res, err := b.check(v)
		if err != nil {
			return err
		}
		b.Advice = map[customsv1.Advice]string{customsv1.Advice_ADVICE_GO: "go", customsv1.Advice_ADVICE_HOLD: "hold", customsv1.Advice_ADVICE_STOP: "stop"}[res.Advice]
		for _, r := range res.Reasons {
			b.Reasons = append(b.Reasons, reasonOf(r))
		}
		b.Open, b.Suggestions, b.Freshness = res.Open, res.Suggestions, res.Freshness
		for _, l := range res.Lines {
			b.Lines = append(b.Lines, lineLeft{LineBalance: l})
		}
		declaration, licence = res.DeclarationId, res.LicenceId
		if declaration+licence == "" {
			return nil
		}
	}
	if err := b.read(v, declaration, licence); err != nil {
		return err
	}
	if b.Advice == "" {
		b.judge(b.CheckedAt.AsTime())
	}
	b.describe()
	b.offerDeeds(v)
	return b.fresh(v)
}

// check asks customs' rules, of the id or number as it was typed; where that is none, of this agency's declaration with the number, or of
// the only one with the reference.
func (b *borderPage) check(v *web.Visit) (*customsv1.CheckDeclarationResponse, error) {
	ask := func(id string) (*customsv1.CheckDeclarationResponse, error) {
		return v.API.Customs.CheckDeclaration(v.R.Context(), &customsv1.CheckDeclarationRequest{Id: id})
	}
	res, err := ask(b.Asked)
	if err != nil || res.DeclarationId+res.LicenceId != "" || len(res.Suggestions) > 0 || strings.Contains(b.Asked, "/") {
		return res, err
	}
	own, err := ask(v.Site().Agency + "/" + b.Asked)
	if err != nil || own.DeclarationId != "" {
		return own, err
	}
	if b.Found, _, err = rows[*ledgerv1.Declaration](v, queryv1.Table_TABLE_DECLARATIONS, where("ucr", b.Asked)); err != nil || len(b.Found) != 1 {
		return res, err
	}
	only := b.Found[0].Id
	b.Found = nil
	return ask(only)
}

// read takes the records from the ledger; where the ids are not known yet, what was typed is one.
func (b *borderPage) read(v *web.Visit, declaration, licence string) error {
	ask := func(id string) (*queryv1.ExplainResponse, error) {
		return v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id})
	}
	first := declaration
	if first == "" {
		first = licence
	}
	if first == "" {
		first = b.Asked
	}
	res, err := ask(first)
	if err != nil {
		return err
	}
	_, row := web.Inner(res.Row)
	if d, ok := row.(*ledgerv1.Declaration); ok {
		b.Declaration, b.WriteOffs = d, only[*ledgerv1.WriteOff](res.Related)
		if licence == "" {
			licence = d.GetAccepted().GetLicenceId()
		}
		if b.Alerts, err = every[*ledgerv1.Alert](v, queryv1.Table_TABLE_ALERTS, where("declaration", d.Id)); err != nil {
			return err
		}
		if !b.Customs {
			b.Open = unsettled(only[*ledgerv1.Discrepancy](res.Related))
		}
		if licence == "" {
			return nil
		}
		if res, err = ask(licence); err != nil {
			if f := web.Refusal(err); f.Kind == "not_found" { // the licence is not on record here; the check says so
				return nil
			}
			return err
		}
		_, row = web.Inner(res.Row)
	}
	b.Licence, _ = row.(*ledgerv1.Licence)
	for _, a := range only[*ledgerv1.Alert](res.Related) {
		if !slices.ContainsFunc(b.Alerts, func(other *ledgerv1.Alert) bool { return other.Id == a.Id }) {
			b.Alerts = append(b.Alerts, a)
		}
	}
	b.Obligations = slices.DeleteFunc(only[*ledgerv1.Obligation](res.Related), func(o *ledgerv1.Obligation) bool { return o.Met != nil })
	return nil
}

func unsettled(all []*ledgerv1.Discrepancy) (open []*customsv1.DiscrepancyRaised) {
	for _, d := range all {
		if d.Settled == nil {
			open = append(open, d.Raised)
		}
	}
	return open
}

// judge says what the ledger alone can say: that a licence that is not in force stops goods wherever they are. Nothing is let go by it.
func (b *borderPage) judge(now time.Time) {
	b.Advice = "ask"
	l := b.Licence
	if l == nil {
		return
	}
	switch {
	case l.Status != ledgerv1.Status_STATUS_GRANTED:
		b.Advice = "stop"
	case l.ValidUntil != nil && !now.Before(l.ValidUntil.AsTime()), l.ValidFrom != nil && now.Before(l.ValidFrom.AsTime()):
		b.Advice = "stop"
	}
	if b.Advice == "stop" {
		b.Reasons = []reason{{Code: "DX02", Sentence: l.StatusReason}}
	}
}

// describe puts the licence's own words to its lines, and leaves out alerts that are refuted or closed.
func (b *borderPage) describe() {
	b.Alerts = slices.DeleteFunc(b.Alerts, func(a *ledgerv1.Alert) bool { return ended(a) })
	if b.Licence == nil {
		return
	}
	b.Conditions = slices.Clone(b.Licence.Conditions)
	for _, k := range b.Licence.Kept {
		b.Conditions = append(b.Conditions, k.Text)
	}
	if len(b.Lines) == 0 {
		for _, l := range b.Licence.GetDeal().GetLines() {
			b.Lines = append(b.Lines, lineLeft{LineBalance: &customsv1.LineBalance{LicenceLine: l.Number, Authorized: l.Quantity, AuthorizedValue: l.Value}})
		}
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		for _, line := range b.Licence.GetDeal().GetLines() {
			if line.Number == l.LicenceLine {
				l.Line = line
			}
		}
		l.Used, l.Reserved = parts(l.GetAuthorized().GetThousandths(), l.GetUsed().GetThousandths(), l.GetReserved().GetThousandths()+l.GetLent().GetThousandths())
	}
}

// parts are what is used and what is reserved of a whole, in percent, together 100 at most.
func parts(whole, used, reserved int64) (usedPart, reservedPart int64) {
	if whole <= 0 {
		return 0, 0
	}
	percent := func(n int64) int64 { return int64(min(100, max(0, float64(n)/float64(whole)*100))) }
	usedPart = percent(used)
	return usedPart, min(100-usedPart, percent(reserved))
}

// fresh says how old the journals are that the answer rests on, and whether it can be relied on.
func (b *borderPage) fresh(v *web.Visit) error {
	res, err := v.API.Query.Status(v.R.Context(), &queryv1.StatusRequest{})
	if err != nil {
		return err
	}
	b.HubConnected = res.HubConnected
	rests := map[string]bool{}
	for _, a := range b.Alerts {
		rests[a.Journal] = true
	}
	rests[b.Licence.GetJournal()], rests[b.Declaration.GetJournal()] = true, true
	for _, j := range res.Journals {
		if !rests[j.Journal] {
			continue
		}
		b.Journals = append(b.Journals, aged{j, seconds(j.AgeSeconds)})
		if j.Stopped != nil {
			b.Stale = "border.stale-stopped"
		}
	}
	if f := b.Freshness; f != nil {
		b.Age = seconds(float64(f.AgeSeconds))
		if f.LimitSeconds > 0 {
			b.Limit = seconds(float64(f.LimitSeconds))
		}
	}
	switch f := b.Freshness; {
	case b.Stale != "":
	case f != nil && f.LimitSeconds > 0 && f.AgeSeconds > f.LimitSeconds:
		b.Stale = "border.stale-old"
	case !b.HubConnected:
		b.Stale = "border.stale-cut"
	}
	return nil
}

// ID is the record that the deeds are for.
func (b *borderPage) ID() string {
	if b.Declaration != nil {
		return b.Declaration.Id
	}
	return b.Licence.GetId()
}

// ended reports whether an alert asks nothing of anybody any more.
func ended(a *ledgerv1.Alert) bool {
	return a.Status == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED || a.Status == ledgerv1.AlertStatus_ALERT_STATUS_CLOSED || a.Finding == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED
}
