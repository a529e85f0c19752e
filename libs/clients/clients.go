// Package clients are the APIs of a node, as whoever asks them holds them: the commands over the network, the console in the node's own process.
package clients

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
)

// Clients are the APIs of one node. A node that does not serve one answers that it does not. They may be used by several goroutines.
type Clients struct {
	Query          queryv1connect.QueryServiceClient
	Replay         queryv1connect.ReplayServiceClient
	Licensing      licensingv1connect.LicensingServiceClient
	Consultation   licensingv1connect.ConsultationServiceClient
	Opinion        licensingv1connect.OpinionServiceClient
	Denial         licensingv1connect.DenialServiceClient
	Customs        customsv1connect.CustomsServiceClient
	WriteOff       customsv1connect.WriteOffServiceClient
	Allowance      customsv1connect.AllowanceServiceClient
	Release        customsv1connect.ReleaseServiceClient
	Delivery       customsv1connect.DeliveryServiceClient
	Chief          customsv1connect.ChiefServiceClient
	Enforcement    enforcementv1connect.EnforcementServiceClient
	AlertAnswer    enforcementv1connect.AlertAnswerServiceClient
	Tracing        enforcementv1connect.TracingServiceClient
	TraceReply     enforcementv1connect.TraceReplyServiceClient
	Incident       enforcementv1connect.IncidentServiceClient
	Link           queryv1connect.LinkServiceClient
	Knowledge      queryv1connect.KnowledgeServiceClient
	Proof          queryv1connect.ProofServiceClient
	Compare        queryv1connect.CompareServiceClient
	Bundle         queryv1connect.BundleServiceClient
	WhatIf         queryv1connect.WhatIfServiceClient
	Rebuild        queryv1connect.RebuildServiceClient
	Feed           queryv1connect.FeedServiceClient
	Webhook        queryv1connect.WebhookServiceClient
	Reporting      reportingv1connect.ReportingServiceClient
	Return         reportingv1connect.ReturnServiceClient
	Procedure      reportingv1connect.ProcedureServiceClient
	Calendar       reportingv1connect.CalendarServiceClient
	Report         reportingv1connect.ReportServiceClient
	Draft          reportingv1connect.DraftServiceClient
	Reconciliation reportingv1connect.ReconciliationServiceClient
	Difference     reportingv1connect.DifferenceServiceClient
	National       reportingv1connect.NationalServiceClient
	Authority      directoryv1connect.AuthorityServiceClient
	Directory      directoryv1connect.DirectoryServiceClient
	Screening      screeningv1connect.ScreeningServiceClient
	List           screeningv1connect.ListServiceClient
}

// MaxAnswer is the largest message that is read, in bytes: a page of 10,000 entries of an edition fits.
const MaxAnswer = 64 << 20

// Identity is who calls. Empty parts are not said.
type Identity struct {
	// Token is the bearer token that opens the API.
	Token string
	// Role is the role in which calls are made, and Person who makes them where the token is the node's own.
	Role, Person string
}

// Over returns the clients of the node at a base URL. Refusals that carry the field's own code are a Coded.
func Over(over *http.Client, url string, as Identity) *Clients {
	client := connect.NewClient(connecthttp.NewTransport(over, url, connecthttp.WithReadMaxBytes(MaxAnswer)), as.identify, keepCode)
	return &Clients{
		Query:          queryv1connect.NewQueryServiceClient(client),
		Replay:         queryv1connect.NewReplayServiceClient(client),
		Licensing:      licensingv1connect.NewLicensingServiceClient(client),
		Consultation:   licensingv1connect.NewConsultationServiceClient(client),
		Opinion:        licensingv1connect.NewOpinionServiceClient(client),
		Denial:         licensingv1connect.NewDenialServiceClient(client),
		Customs:        customsv1connect.NewCustomsServiceClient(client),
		WriteOff:       customsv1connect.NewWriteOffServiceClient(client),
		Allowance:      customsv1connect.NewAllowanceServiceClient(client),
		Release:        customsv1connect.NewReleaseServiceClient(client),
		Delivery:       customsv1connect.NewDeliveryServiceClient(client),
		Chief:          customsv1connect.NewChiefServiceClient(client),
		Enforcement:    enforcementv1connect.NewEnforcementServiceClient(client),
		AlertAnswer:    enforcementv1connect.NewAlertAnswerServiceClient(client),
		Tracing:        enforcementv1connect.NewTracingServiceClient(client),
		TraceReply:     enforcementv1connect.NewTraceReplyServiceClient(client),
		Incident:       enforcementv1connect.NewIncidentServiceClient(client),
		Link:           queryv1connect.NewLinkServiceClient(client),
		Knowledge:      queryv1connect.NewKnowledgeServiceClient(client),
		Proof:          queryv1connect.NewProofServiceClient(client),
		Compare:        queryv1connect.NewCompareServiceClient(client),
		Bundle:         queryv1connect.NewBundleServiceClient(client),
		WhatIf:         queryv1connect.NewWhatIfServiceClient(client),
		Rebuild:        queryv1connect.NewRebuildServiceClient(client),
		Feed:           queryv1connect.NewFeedServiceClient(client),
		Webhook:        queryv1connect.NewWebhookServiceClient(client),
		Reporting:      reportingv1connect.NewReportingServiceClient(client),
		Return:         reportingv1connect.NewReturnServiceClient(client),
		Procedure:      reportingv1connect.NewProcedureServiceClient(client),
		Calendar:       reportingv1connect.NewCalendarServiceClient(client),
		Report:         reportingv1connect.NewReportServiceClient(client),
		Draft:          reportingv1connect.NewDraftServiceClient(client),
		Reconciliation: reportingv1connect.NewReconciliationServiceClient(client),
		Difference:     reportingv1connect.NewDifferenceServiceClient(client),
		National:       reportingv1connect.NewNationalServiceClient(client),
		Authority:      directoryv1connect.NewAuthorityServiceClient(client),
		Directory:      directoryv1connect.NewDirectoryServiceClient(client),
		Screening:      screeningv1connect.NewScreeningServiceClient(client),
		List:           screeningv1connect.NewListServiceClient(client),
	}
}

// identify says in every request who calls, and in which role.
func (i Identity) identify(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		if info, found := connect.CallInfoForClientContext(ctx); found {
			set(info.RequestHeader(), "Authorization", "Bearer ", i.Token)
			set(info.RequestHeader(), rpc.RoleHeader, "", i.Role)
			set(info.RequestHeader(), rpc.PersonHeader, "", i.Person)
		}
		return next(ctx, spec)
	}
}

func set(header *connect.Header, key, before, value string) {
	if value != "" {
		header.Set(key, before+value)
	}
}

// Coded is a refusal with the field's code for it, such as "DX02".
type Coded struct {
	Code string
	error
}

func (c Coded) Unwrap() error { return c.error }

// keepCode keeps the code that a refusal carries beside its sentence.
func keepCode(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		stream, err := next(ctx, spec)
		if err != nil {
			return nil, err
		}
		info, _ := connect.CallInfoForClientContext(ctx)
		return codeKeeper{stream, info}, nil
	}
}

type codeKeeper struct {
	connect.ClientStream
	info *connect.CallInfo
}

func (k codeKeeper) Receive(msg any) error {
	err := k.ClientStream.Receive(msg)
	if err == nil || k.info == nil || errors.Is(err, io.EOF) {
		return err
	}
	for _, header := range []*connect.Header{k.info.ResponseHeader(), k.info.ResponseTrailer()} {
		if code := header.Get(rpc.CodeHeader); code != "" {
			return Coded{code, err}
		}
	}
	return err
}
