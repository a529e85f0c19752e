package oversight

import (
	"strings"

	"connectrpc.com/connect/v2"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// systemsPage is which systems of the agency's are told what the node folds, and how far each is.
type systemsPage struct {
	Feed       *queryv1.FeedStatusResponse
	NoWebhooks string
	Webhooks   []*queryv1.Webhook
}

func (p pages) systems(v *web.Visit) error {
	page := systemsPage{NoWebhooks: v.May(hooks + "ListWebhooks")}
	var err error
	if page.Feed, err = v.API.Feed.FeedStatus(v.R.Context(), &queryv1.FeedStatusRequest{}); err != nil {
		return err
	}
	if page.NoWebhooks == "" {
		res, err := v.API.Webhook.ListWebhooks(v.R.Context(), &queryv1.ListWebhooksRequest{})
		if err != nil {
			return err
		}
		page.Webhooks = res.Webhooks
	}
	return v.Page(p.Pages, "systems", page)
}

// Worry is "bad" where a reader lost something or cannot go on, "warn" where it is not connected.
func (systemsPage) Worry(r *queryv1.FeedReader) string {
	switch {
	case r.Trouble != "" || r.Dropped > 0:
		return "bad"
	case r.Connections == 0:
		return "warn"
	}
	return "good"
}

// webhookPage is one webhook, with what was given up.
type webhookPage struct {
	*queryv1.Webhook
	Parked *queryv1.ParkedDeliveriesResponse
	// Why each of these cannot be done; empty where it can.
	NoChange string
	// Tried is what a test came to, Again how many deliveries are about to be tried once more.
	Tried  *queryv1.DeliveryTry
	Again  *queryv1.RetryDeliveriesResponse
	Failed *web.Failure
}

func readWebhook(v *web.Visit) (*webhookPage, error) {
	name := v.R.PathValue("name")
	page := &webhookPage{NoChange: v.May(hooks + "SwitchWebhook")}
	res, err := v.API.Webhook.ListWebhooks(v.R.Context(), &queryv1.ListWebhooksRequest{Name: name})
	if err != nil {
		return nil, err
	}
	if len(res.Webhooks) == 0 {
		return nil, web.NotFound("there is no webhook " + name)
	}
	page.Webhook = res.Webhooks[0]
	page.Parked, err = v.API.Webhook.ParkedDeliveries(v.R.Context(), &queryv1.ParkedDeliveriesRequest{Name: name, PageToken: v.R.URL.Query().Get("page")})
	return page, err
}

func (p pages) webhook(v *web.Visit) error {
	page, err := readWebhook(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "webhook", page)
}

// changeWebhook does what a form of the page asks for. What a test or a retry came to is shown; a change leads back.
func (p pages) changeWebhook(v *web.Visit) error {
	done, err := sendWebhook(v)
	if err != nil && !web.IsRefusal(err) {
		return err
	}
	page, again := readWebhook(v)
	if again != nil {
		return again
	}
	if err != nil {
		page.Failed = web.Refusal(err)
		return v.PageAgain(p.Pages, "webhook", page)
	}
	if done == nil {
		return v.Redirect("/systems/webhooks/" + page.Name)
	}
	page.Tried, page.Again = done.Tried, done.Again
	return v.Page(p.Pages, "webhook", page)
}

// sendWebhook returns what there is to show beside the webhook; nil where there is nothing.
func sendWebhook(v *web.Visit) (*webhookPage, error) {
	name, ctx := v.R.PathValue("name"), v.R.Context()
	switch v.R.PathValue("form") {
	case "test":
		res, err := v.API.Webhook.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: name})
		return &webhookPage{Tried: res.GetTry()}, err
	case "retry":
		res, err := v.API.Webhook.RetryDeliveries(ctx, &queryv1.RetryDeliveriesRequest{Name: name})
		return &webhookPage{Again: res}, err
	case "off":
		reason := strings.TrimSpace(v.R.FormValue("reason"))
		if reason == "" { // without one the call turns it on
			return nil, connect.NewError(connect.CodeInvalidArgument, "give the reason why nothing is to be posted; whoever looks at the webhook reads it")
		}
		_, err := v.API.Webhook.SwitchWebhook(ctx, &queryv1.SwitchWebhookRequest{Name: name, Off: reason})
		return nil, err
	case "on":
		_, err := v.API.Webhook.SwitchWebhook(ctx, &queryv1.SwitchWebhookRequest{Name: name})
		return nil, err
	case "replay":
		since, err := web.ParseTime(v.R.FormValue("since"))
		if err != nil {
			return nil, err
		}
		_, err = v.API.Webhook.ReplayWebhook(ctx, &queryv1.ReplayWebhookRequest{Name: name, Since: since})
		return nil, err
	}
	return nil, web.NotFound("there is no such form")
}
