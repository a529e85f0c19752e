package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
)

// Clients are the APIs of one node. A node that does not serve one answers that it does not.
type Clients struct {
	Context        config.Context
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

// maxAnswer is the largest message that is read, in bytes: a page of 10,000 entries of an edition fits.
const maxAnswer = 64 << 20

func dial(contexts config.Contexts, to config.Context) (*Clients, error) {
	over, err := httpClient(contexts, to)
	if err != nil {
		return nil, err
	}
	token, err := contexts.Token(to)
	if errors.Is(err, fs.ErrNotExist) && to.User != "" {
		return nil, &failure{exit: exitNotAllowed, why: fmt.Sprintf("nobody is logged in with context %s", to.Name), next: "counterfoil login --context " + quote(to.Name)}
	}
	if err != nil {
		return nil, err
	}
	return clientsOver(over, to.URL, to, token), nil
}

func clientsOver(over *http.Client, url string, to config.Context, token string) *Clients {
	client := connect.NewClient(
		connecthttp.NewTransport(over, url, connecthttp.WithReadMaxBytes(maxAnswer)),
		identify(to, token), keepCode,
	)
	return &Clients{
		Context:        to,
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

// httpClient speaks to the node of a context. It trusts those whom the context names, or the machine where it names none.
func httpClient(contexts config.Contexts, to config.Context) (*http.Client, error) {
	node, err := url.Parse(to.URL)
	if err != nil || node.Host == "" || node.Scheme != "http" && node.Scheme != "https" {
		return nil, fmt.Errorf("context %s: url %q is not http://… or https://…", to.Name, to.URL)
	}
	t := transport(node.Scheme)
	if to.CAFile == "" {
		return &http.Client{Transport: t}, nil
	}
	data, err := os.ReadFile(contexts.File(to.CAFile))
	if err != nil {
		return nil, fmt.Errorf("read who certifies the node of context %s: %w", to.Name, err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("context %s: %s holds no certificate", to.Name, to.CAFile)
	}
	return &http.Client{Transport: t}, nil
}

// transport speaks HTTP/2, with TLS or without. A line that went dead is noticed within half a minute, also under a watch
// on which nothing happens.
func transport(scheme string) *http.Transport {
	t := &http.Transport{
		Protocols:       new(http.Protocols),
		DialContext:     (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		HTTP2:           &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		IdleConnTimeout: time.Minute,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if scheme == "http" {
		t.Protocols.SetUnencryptedHTTP2(true)
		return t
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(true)
	t.Proxy = http.ProxyFromEnvironment
	return t
}

// identify says in every request who calls, and in which role.
func identify(as config.Context, token string) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, found := connect.CallInfoForClientContext(ctx); found {
				set(info.RequestHeader(), "Authorization", "Bearer ", token)
				set(info.RequestHeader(), rpc.RoleHeader, "", as.Role)
				set(info.RequestHeader(), rpc.PersonHeader, "", as.Person)
			}
			return next(ctx, spec)
		}
	}
}

func set(header *connect.Header, key, before, value string) {
	if value != "" {
		header.Set(key, before+value)
	}
}

// coded is a refusal with the field's code for it, such as "DX02".
type coded struct {
	code string
	error
}

func (c coded) Unwrap() error { return c.error }

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
			return coded{code, err}
		}
	}
	return err
}
