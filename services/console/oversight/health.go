package oversight

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// healthPage is how the node is.
type healthPage struct {
	// Troubles are what is wrong, with what to do; none where all is well.
	Troubles []trouble
	Status   *queryv1.StatusResponse
	// Checks are the doctor's; NoChecks says why they are not shown.
	Checks   []*queryv1.Check
	NoChecks string
	Parked   *queryv1.ParkedResponse
	// Why parked events cannot be tried again, and the journals not be verified, by who looks.
	NoRetry, NoVerify string
	Retried           *queryv1.RetryParkedResponse
	Verified          *verified
	Failed            *web.Failure
}

// verified is what reading every block again came to.
type verified struct {
	*queryv1.VerifyResponse
	Found []*queryv1.Finding
}

func (p pages) readHealth(v *web.Visit) (*healthPage, error) {
	page := &healthPage{NoChecks: v.May(doctor), NoRetry: v.May(retry), NoVerify: v.May(verify)}
	var err error
	if page.Status, err = v.API.Query.Status(v.R.Context(), &queryv1.StatusRequest{}); err != nil {
		return nil, err
	}
	if page.Parked, err = v.API.Query.Parked(v.R.Context(), &queryv1.ParkedRequest{NewestFirst: true, PageToken: v.R.URL.Query().Get("page")}); err != nil {
		return nil, err
	}
	if page.NoChecks == "" {
		res, err := v.API.Query.Doctor(v.R.Context(), &queryv1.DoctorRequest{})
		if err != nil {
			return nil, err
		}
		page.Checks = res.Checks
	}
	page.Troubles = troublesOf(page.Status, page.Checks)
	slices.SortStableFunc(page.Status.Journals, func(a, b *queryv1.JournalStatus) int { return cmp.Compare(worry(b), worry(a)) })
	return page, nil
}

// trouble is one thing that is wrong.
type trouble struct {
	// Key is the message that names it; Detail and Next are the node's: what was found, and what to type.
	Key, Detail, Next string
	// Place is the page where it is looked at; empty: this one says all.
	Place string
}

// troublePlaces are the pages where what a check found is looked at; of a check that is not named this page says all.
var troublePlaces = map[string]string{
	"parked": "#parked", "journals": "#journals", "folded": "#journals", "withdrawals": "/console/sharing#withdrawals", "widenings": "/console/sharing#widenings",
	"part": "/console/agencies", "keys": "/console/agencies", "feed": "/console/systems#feed", "webhooks": "/console/systems#webhooks",
}

// troublesOf are what the checks found wrong; where they are not shown to who looks, what the status itself says.
func troublesOf(status *queryv1.StatusResponse, checks []*queryv1.Check) (all []trouble) {
	for _, c := range checks {
		if !c.Ok {
			all = append(all, trouble{Key: "doctor." + c.Name, Detail: c.Detail, Next: c.Next, Place: troublePlaces[c.Name]})
		}
	}
	if len(checks) > 0 {
		return all
	}
	if !status.HubConnected {
		all = append(all, trouble{Key: "doctor.hub"})
	}
	for _, j := range status.Journals {
		if j.Stopped != nil {
			all = append(all, trouble{Key: "doctor.journals", Detail: j.Journal + ": " + j.Stopped.Reason, Place: "#journals"})
		}
	}
	if slices.ContainsFunc(status.Journals, func(j *queryv1.JournalStatus) bool { return j.Parked > 0 }) {
		all = append(all, trouble{Key: "doctor.parked", Place: "#parked"})
	}
	return all
}

// worry orders journals: those that are not followed first, then those with parked events, then those that are behind.
func worry(j *queryv1.JournalStatus) int {
	switch {
	case j.Stopped != nil:
		return 3
	case j.Parked > 0:
		return 2
	case j.BehindBy > 0:
		return 1
	}
	return 0
}

// Held are the checks that found nothing wrong.
func (h *healthPage) Held() (held []*queryv1.Check) {
	for _, c := range h.Checks {
		if c.Ok {
			held = append(held, c)
		}
	}
	return held
}

// Known reports whether there is a name for what is wrong in the language of who looks.
func (t trouble) Known(v web.View) bool { return v.Has(t.Key) }

func (p pages) health(v *web.Visit) error {
	page, err := p.readHealth(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "health", page)
}

// verify reads every block again and says what it came to.
func (p pages) verify(v *web.Visit) error {
	stream, err := v.API.Query.Verify(v.R.Context(), &queryv1.VerifyRequest{})
	if err != nil {
		return err
	}
	defer stream.Close()
	all := &verified{VerifyResponse: &queryv1.VerifyResponse{}}
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		all.VerifyResponse, all.Found = res, append(all.Found, res.Findings...)
	}
	page, err := p.readHealth(v)
	if err != nil {
		return err
	}
	page.Verified = all
	return v.Page(p.Pages, "health", page)
}

func (p pages) retryAll(v *web.Visit) error { return p.retry(v, &queryv1.RetryParkedRequest{}) }

func (p pages) retryOne(v *web.Visit) error {
	number, err := strconv.ParseUint(v.R.PathValue("number"), 10, 64)
	if err != nil {
		return web.NotFound("an event has a number")
	}
	return p.retry(v, &queryv1.RetryParkedRequest{Journal: v.R.PathValue("agency") + "/" + v.R.PathValue("group"), Number: number})
}

func (p pages) retry(v *web.Visit, req *queryv1.RetryParkedRequest) error {
	res, err := v.API.Query.RetryParked(v.R.Context(), req)
	if err != nil && !web.IsRefusal(err) {
		return err
	}
	page, again := p.readHealth(v)
	if again != nil {
		return again
	}
	page.Retried, page.Failed = res, web.Refusal(err)
	return v.Page(p.Pages, "health", page)
}

// parkedPage is one event that could not be applied.
type parkedPage struct {
	*queryv1.ParkedEventResponse
	NoRetry string
}

func (p pages) parked(v *web.Visit) error {
	number, err := strconv.ParseUint(v.R.PathValue("number"), 10, 64)
	if err != nil {
		return web.NotFound("an event has a number")
	}
	res, err := v.API.Query.ParkedEvent(v.R.Context(), &queryv1.ParkedEventRequest{Journal: v.R.PathValue("agency") + "/" + v.R.PathValue("group"), Number: number})
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "parked", parkedPage{res, v.May(retry)})
}
