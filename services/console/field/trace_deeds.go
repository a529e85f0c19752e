package field

import (
	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

const (
	tracing = "/counterfoil.enforcement.v1.TracingService/"
	opening = tracing + "OpenTrace"
)

var (
	byAsk      = ask{Name: "by", As: "line"}
	toldAsk    = ask{Name: "told", As: "text", Needed: true}
	refusalAsk = ask{Name: "ground", As: "one", Options: codes(refdata.TraceRefusals), Needed: true}
)

// Commands on a trace.
var (
	sendTrace = deed{Name: "send", procedure: tracing + "SendTrace",
		Asks: []ask{{Name: "to", As: "line", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.SendTrace(v.R.Context(), &enforcementv1.SendTraceRequest{Particulars: with, TraceId: id, To: said(v, "to")})
			return err
		}}
	acknowledgeTrace = deed{Name: "acknowledge-trace", procedure: tracing + "AcknowledgeTrace",
		Asks: []ask{byAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.AcknowledgeTrace(v.R.Context(), &enforcementv1.AcknowledgeTraceRequest{Particulars: with, TraceId: id, By: said(v, "by")})
			return err
		}}
	askTrace = deed{Name: "information", procedure: tracing + "RequestTraceInformation", Class: "secondary",
		Asks: []ask{byAsk, {Name: "text", As: "text", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.RequestTraceInformation(v.R.Context(), &enforcementv1.RequestTraceInformationRequest{Particulars: with, TraceId: id, By: said(v, "by"), Text: said(v, "text")})
			return err
		}}
	answerTrace = deed{Name: "answer-trace", procedure: tracing + "AnswerTrace",
		Asks: []ask{byAsk, {Name: "from_records", As: "tick"}, {Name: "final", As: "tick"}, {Name: "last_lawful_holder", As: "line"}, {Name: "end", As: "one", Options: codes(refdata.ChainEnds)}, {Name: "text", As: "text"}},
		do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.AnswerTrace(v.R.Context(), &enforcementv1.AnswerTraceRequest{
				Particulars: with, TraceId: id, By: said(v, "by"), FromRecords: ticked(v, "from_records"), Final: ticked(v, "final"),
				LastLawfulHolder: said(v, "last_lawful_holder"), End: said(v, "end"), Text: said(v, "text"),
			})
			return err
		}}
	delayTrace = deed{Name: "delay", procedure: tracing + "DelayTrace", Class: "secondary",
		Asks: []ask{byAsk, refusalAsk, toldAsk, {Name: "until", As: "day", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			until, err := when(v, "until")
			if err != nil {
				return err
			}
			_, err = v.API.Tracing.DelayTrace(v.R.Context(), &enforcementv1.DelayTraceRequest{Particulars: with, TraceId: id, By: said(v, "by"), Reason: said(v, "ground"), Text: said(v, "told"), Until: until})
			return err
		}}
	refuseTrace = deed{Name: "refuse-trace", procedure: tracing + "RefuseTrace", Class: "warning",
		Asks: []ask{byAsk, refusalAsk, toldAsk}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.RefuseTrace(v.R.Context(), &enforcementv1.RefuseTraceRequest{Particulars: with, TraceId: id, By: said(v, "by"), Reason: said(v, "ground"), Text: said(v, "told")})
			return err
		}}
	withdrawTrace = deed{Name: "withdraw-trace", procedure: tracing + "WithdrawTrace", Class: "secondary",
		Asks: []ask{{Name: "reason", As: "line", Needed: true}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.Tracing.WithdrawTrace(v.R.Context(), &enforcementv1.WithdrawTraceRequest{Particulars: with, TraceId: id, Reason: said(v, "reason")})
			return err
		}}
	replyTrace = deed{Name: "reply", procedure: "/counterfoil.enforcement.v1.TraceReplyService/ReplyToTrace",
		Asks: []ask{{Name: "from_records", As: "tick"}, {Name: "text", As: "text"}, {Name: "refused", As: "one", Options: codes(refdata.TraceRefusals)}}, do: func(v *web.Visit, id string, with *eventv1.Particulars) error {
			_, err := v.API.TraceReply.ReplyToTrace(v.R.Context(), &enforcementv1.ReplyToTraceRequest{Particulars: with, TraceId: id, FromRecords: ticked(v, "from_records"), Text: said(v, "text"), Refused: said(v, "refused")})
			return err
		}}
	ownTraceDeeds = []deed{acknowledgeTrace, answerTrace, sendTrace, askTrace, delayTrace, refuseTrace, withdrawTrace}
	traceDeeds    = append([]deed{replyTrace}, ownTraceDeeds...)
)

// openDeed is the form that opens a trace, with what the International Tracing Instrument has a request carry (paragraph 17).
var openDeed = deed{Name: "open", procedure: opening, Asks: []ask{
	{Name: "part-marks", As: "head"},
	{Name: "serial", As: "line", Needed: true}, {Name: "maker", As: "line"}, {Name: "maker_country", As: "line"}, {Name: "model", As: "line"}, {Name: "calibre", As: "line"}, {Name: "import_mark", As: "line"},
	{Name: "part-found", As: "head"},
	{Name: "item", As: "line", Needed: true},
	{Name: "illicit", As: "one", Options: codes(refdata.IllicitGrounds), Needed: true}, {Name: "circumstances", As: "text"},
	{Name: "recovered_at", As: "day", Needed: true}, {Name: "place", As: "line"}, {Name: "found_country", As: "line", Needed: true},
	{Name: "part-for", As: "head"},
	{Name: "purpose", As: "line", Needed: true}, {Name: "urgent", As: "tick"},
	{Name: "requester", As: "line"}, {Name: "references", As: "text"}, {Name: "alert", As: "line"},
}}

var openPage = formPage{Title: "trace.open-title", Intro: "trace.open-intro", Back: "/console/traces", BackKey: "nav.traces"}

func (p pages) showOpen(v *web.Visit) error {
	d := openDeed
	d.Asks = append([]ask{}, openDeed.Asks...)
	for i := range d.Asks {
		if d.Asks[i].Name == "alert" {
			d.Asks[i].Value = v.R.URL.Query().Get("alert")
		}
	}
	return p.showForm(v, openPage, d, "/traces/open", nil)
}

func (p pages) open(v *web.Visit) error {
	recovered, err := when(v, "recovered_at")
	if err == nil {
		res, sent := v.API.Tracing.OpenTrace(v.R.Context(), &enforcementv1.OpenTraceRequest{
			Particulars: particulars(v, "open"), Received: said(v, "requester") != "", Requester: said(v, "requester"), Item: said(v, "item"), Ground: said(v, "illicit"),
			Marks:         []*transferv1.Mark{{Serial: said(v, "serial"), Maker: said(v, "maker"), Country: country(v, "maker_country"), Model: said(v, "model"), Calibre: said(v, "calibre"), ImportMark: said(v, "import_mark")}},
			Circumstances: said(v, "circumstances"), RecoveredAt: recovered, Place: said(v, "place"), Country: country(v, "found_country"), Purpose: said(v, "purpose"),
			Urgent: ticked(v, "urgent"), References: lines(said(v, "references")), AlertId: said(v, "alert"),
		})
		if sent == nil {
			return v.Redirect("/traces/" + res.TraceId)
		}
		err = sent
	}
	if !web.IsRefusal(err) {
		return err
	}
	return p.showForm(v, openPage, openDeed, "/traces/open", web.Refusal(err))
}
