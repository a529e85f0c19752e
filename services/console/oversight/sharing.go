package oversight

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// sharingPage is what this agency lets others read beside what the rules say: for a while, of one record, of a journal; and what it took back.
type sharingPage struct {
	// Widenings are this agency's: all that are not reviewed, then the newest of the others, and MoreWidenings the list of those where there are
	// more; NoWidenings says why they are not shown.
	Widenings     []widening
	MoreWidenings string
	NoWidenings   string
	Withdrawals   []*directoryv1.WithdrawalStatus
	// Asked are the releases that wait for this agency's consent, each "agency/group>reader"; Releases those that it answered.
	Asked    []release
	Releases []release
	Groups   []string
	Kinds    []string
	// Why each of these cannot be done, empty where it can.
	NoWiden, NoWithdraw, NoShare, NoAgree string
	Failed                                *web.Failure
	// Form is the form that was refused, with what was typed.
	Form string
}

// widening is an emergency widening with where it stands: open, over and to be reviewed, or reviewed.
type widening struct {
	*ledgerv1.Widening
	State string
	Late  bool
}

// release is what a reader may have of a journal of this agency's.
type release struct {
	Group, Reader string
	*ledgerv1.Release
}

func (p pages) sharing(v *web.Visit) error {
	page, err := readSharing(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "sharing", page)
}

func readSharing(v *web.Visit) (*sharingPage, error) {
	page := &sharingPage{NoWidenings: v.May(listing), NoWiden: v.May(sharing + "Widen"), NoWithdraw: v.May(sharing + "Withdraw"), NoShare: v.May(sharing + "Share"), NoAgree: v.May(sharing + "AgreeRelease")}
	own := v.Site().Agency + "/"
	if page.NoWidenings == "" {
		if err := page.widenings(v); err != nil {
			return nil, err
		}
	}
	withdrawn, err := v.API.Directory.Withdrawals(v.R.Context(), &directoryv1.WithdrawalsRequest{})
	if err != nil {
		return nil, err
	}
	page.Withdrawals = withdrawn.Withdrawals
	open, err := v.API.Directory.Duties(v.R.Context(), &directoryv1.DutiesRequest{})
	if err != nil {
		return nil, err
	}
	for _, d := range open.Duties {
		if d.What == "agree" {
			group, reader := releaseOf(d.Subject)
			page.Asked = append(page.Asked, release{Group: group, Reader: reader})
		}
	}
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return nil, err
	}
	for _, r := range directory.Releases {
		if strings.HasPrefix(r.Id, own) {
			page.Releases = append(page.Releases, release{r.Group, r.Reader, r})
		}
	}
	for _, g := range directory.Groups {
		page.Groups = append(page.Groups, g.Id)
	}
	for _, k := range ledger.Kinds() {
		page.Kinds = append(page.Kinds, string(k.FullName()))
	}
	slices.Sort(page.Kinds)
	return page, nil
}

// widenings reads those of this agency, newest first in each standing.
func (s *sharingPage) widenings(v *web.Visit) error {
	own := directory.Own(v.Site().Agency).String()
	asked := func(open string) *queryv1.ListRequest {
		return &queryv1.ListRequest{Table: queryv1.Table_TABLE_WIDENINGS, Order: queryv1.Order_ORDER_NEWEST_FIRST, Filter: &queryv1.Filter{Conditions: []*queryv1.Condition{
			{Attribute: "journal", Values: []string{own}}, {Attribute: "open", Values: []string{open}},
		}}}
	}
	rows, _, err := web.Every(v.R.Context(), v.API, asked("true"))
	if err != nil {
		return err
	}
	reviewed, err := v.API.Query.List(v.R.Context(), asked("false"))
	if err != nil {
		return err
	}
	if reviewed.NextPageToken != "" {
		s.MoreWidenings = "/console/list/widenings?" + url.Values{"f.journal": {own}, "f.open": {"false"}}.Encode()
	}
	for _, r := range append(rows, reviewed.Rows...) {
		s.Widenings = append(s.Widenings, wideningAt(r.GetWidening(), v.Site().Now()))
	}
	slices.SortStableFunc(s.Widenings, func(a, b widening) int { return slices.Index(standings, a.State) - slices.Index(standings, b.State) })
	return nil
}

// standings are where a widening can stand, what asks for somebody first.
var standings = []string{"review", "open", "reviewed"}

func wideningAt(w *ledgerv1.Widening, now time.Time) widening {
	switch until := w.Widened.GetUntil(); {
	case w.Review != nil:
		return widening{w, "reviewed", false}
	case w.EndedAt != nil, until != nil && !now.Before(until.AsTime()):
		by := w.Widened.GetReviewBy()
		return widening{w, "review", by != nil && now.After(by.AsTime())}
	}
	return widening{w, "open", false}
}

// releaseOf is the group and the reader of a release by its id, "agency/group>reader".
func releaseOf(id string) (group, reader string) {
	journal, reader, _ := strings.Cut(id, ">")
	_, group, _ = strings.Cut(journal, "/")
	return group, reader
}

// share does what a form of the page asks for and shows the page again: with what was typed, and why, where it was refused.
func (p pages) share(v *web.Visit) error {
	form := v.R.PathValue("form")
	err := sendShare(v, form)
	if err == nil {
		return v.Redirect("/sharing")
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := readSharing(v)
	if again != nil {
		return again
	}
	page.Failed, page.Form = web.Refusal(err), form
	return v.PageAgain(p.Pages, "sharing", page)
}

func sendShare(v *web.Visit, form string) (err error) {
	typed, ctx := func(name string) string { return strings.TrimSpace(v.R.FormValue(name)) }, v.R.Context()
	switch form {
	case "widen":
		var req *directoryv1.WidenRequest
		if req, err = widenOf(v); err == nil {
			_, err = v.API.Directory.Widen(ctx, req)
		}
	case "end":
		_, err = v.API.Directory.EndWidening(ctx, &directoryv1.EndWideningRequest{WideningId: typed("widening"), Reason: typed("reason")})
	case "review":
		_, err = v.API.Directory.ReviewWidening(ctx, &directoryv1.ReviewWideningRequest{WideningId: typed("widening"), Outcome: typed("outcome"), Note: typed("note")})
	case "withdraw":
		_, err = v.API.Directory.Withdraw(ctx, &directoryv1.WithdrawRequest{Event: typed("event"), Reason: typed("reason"), LegalBasis: typed("legal_basis")})
	case "row":
		_, err = v.API.Directory.Share(ctx, &directoryv1.ShareRequest{Id: typed("id"), Group: typed("group"), Reason: typed("reason")})
	case "agree":
		_, err = v.API.Directory.AgreeRelease(ctx, &directoryv1.AgreeReleaseRequest{Group: typed("group"), Reader: typed("reader")})
	case "refuse":
		_, err = v.API.Directory.RefuseRelease(ctx, &directoryv1.RefuseReleaseRequest{Group: typed("group"), Reader: typed("reader"), Reason: typed("reason")})
	case "end-release":
		_, err = v.API.Directory.EndRelease(ctx, &directoryv1.EndReleaseRequest{Group: typed("group"), Reader: typed("reader"), Reason: typed("reason")})
	default:
		err = web.NotFound("there is no such form")
	}
	return err
}

// widenOf reads the form of an emergency: kinds of events, to whom, for how many hours, why.
func widenOf(v *web.Visit) (*directoryv1.WidenRequest, error) {
	hours, err := strconv.ParseFloat(strings.TrimSpace(v.R.FormValue("hours")), 64)
	if err != nil || !(hours > 0 && hours <= 720) {
		return nil, connect.NewError(connect.CodeInvalidArgument, "“"+v.R.FormValue("hours")+"” is no number of hours; write 4, and 720 at most")
	}
	req := &directoryv1.WidenRequest{
		ToGroup: v.R.FormValue("to_group"), Seconds: uint32(hours * 3600), Reason: strings.TrimSpace(v.R.FormValue("reason")),
		LegalBasis: strings.TrimSpace(v.R.FormValue("legal_basis")),
	}
	for _, k := range v.R.Form["kind"] {
		if k != "" {
			req.Kinds = append(req.Kinds, k)
		}
	}
	return req, nil
}

// Typed is what was typed into a form that was refused.
func (s *sharingPage) Typed(v web.View, form, name string) string {
	if s.Form != form {
		return ""
	}
	return v.R.PostForm.Get(name)
}

// wideningPage is what was shared under a widening.
type wideningPage struct {
	widening
	*directoryv1.SeenResponse
	Failed   *web.Failure
	NoReview string
	NoEnd    string
}

func (p pages) widening(v *web.Visit) error {
	id := v.R.PathValue("agency") + "/" + v.R.PathValue("number")
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_WIDENINGS, Id: id})
	if err != nil {
		return err
	}
	page := wideningPage{widening: wideningAt(res.Row.GetWidening(), v.Site().Now()), NoReview: v.May(sharing + "ReviewWidening"), NoEnd: v.May(sharing + "EndWidening")}
	if page.SeenResponse, err = v.API.Directory.Seen(v.R.Context(), &directoryv1.SeenRequest{WideningId: id}); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		page.Failed = web.Refusal(err)
	}
	return v.Page(p.Pages, "widening", page)
}
