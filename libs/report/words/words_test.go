package words_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report/questions"
	"github.com/counterfoil/counterfoil/libs/report/words"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var start = ledgertest.Start

func licence(n int, kind transferv1.Kind) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n), Deal: &licensingv1.Deal{Kind: kind}})
}

func denial(n int, criteria ...string) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceDenied{DenialId: fmt.Sprintf("licensing/N-%d", n), Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT}, Criteria: criteria})
}

func alert(n int, stage enforcementv1.Stage) proto.Message {
	return ledgertest.At(start, &enforcementv1.DiversionAlertRaised{AlertId: fmt.Sprintf("enforcement/D-%d", n), Stage: stage, Priority: enforcementv1.Priority_PRIORITY_URGENT})
}

// consultation is opened, and closed so many days later, with what each said.
func consultation(n, days int, may bool, views ...licensingv1.OpinionView) []proto.Message {
	id := fmt.Sprintf("licensing/C-%d", n)
	var voices []*licensingv1.CountedVoice
	for _, v := range views {
		voices = append(voices, &licensingv1.CountedVoice{Agency: "customs", View: v})
	}
	return []proto.Message{
		ledgertest.At(start, &licensingv1.ConsultationOpened{ConsultationId: id, OpenedAt: timestamppb.New(start)}),
		ledgertest.At(start, &licensingv1.SilenceTaken{ConsultationId: id, Agency: "customs"}),
		ledgertest.At(start.AddDate(0, 0, days), &licensingv1.ConsultationClosed{ConsultationId: id, MayGrant: may, Voices: voices}),
	}
}

const procedure = `procedure: XA-reports
version: 1
state: XA
authority: Treaty office
reports:
  - report: att-annual
    owner: reporting
    steps: [{step: open, day: "01-15"}, {step: submit, day: "05-31", legal: true}]
  - report: un-register
    owner: reporting
    steps: [{step: submit, day: "02-last", legal: true}]
  - report: national
    owner: reporting
    steps: [{step: submit, day: "06-30"}]
  - report: att-initial
    owner: reporting
    once: true
    steps: [{step: submit, day: "+1y", legal: true}]
`

func submitted(report string, at time.Time) []proto.Message {
	id := "reporting/" + report + "-2026.1"
	return []proto.Message{
		&reportingv1.ReportOpened{ReportId: id, Report: report, Year: 2026, Revision: 1}, &reportingv1.ReportDrafted{ReportId: id, Draft: 1},
		&reportingv1.ReportFrozen{ReportId: id, Draft: 1}, &reportingv1.ReportSubmitted{ReportId: id, To: "ATT Secretariat", At: timestamppb.New(at)},
	}
}

func textsOf(doc *reportingv1.WrittenReport) (texts []string) {
	for _, s := range doc.GetSections() {
		for _, p := range s.GetParagraphs() {
			texts = append(texts, p.GetText())
		}
	}
	return texts
}

func TestNational(t *testing.T) {
	concur, asks := licensingv1.OpinionView_OPINION_VIEW_CONCUR, licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
	transit, delivery := enforcementv1.Stage_STAGE_D2_IN_TRANSIT, enforcementv1.Stage_STAGE_D3_AT_DELIVERY
	given := []proto.Message{
		licence(1, transferv1.Kind_KIND_EXPORT), licence(2, transferv1.Kind_KIND_EXPORT), licence(3, transferv1.Kind_KIND_BROKERING), licence(4, transferv1.Kind_KIND_TRANS_SHIPMENT),
		&licensingv1.LicenceRevoked{LicenceId: "licensing/L-2", Reason: "diverted"},
		denial(1, "7(1)(a)", "7(1)(b)(i)"), denial(2, "7(1)(a)"), denial(3),
		ledgertest.At(start.AddDate(-1, 0, 0), &licensingv1.LicenceGranted{LicenceId: "licensing/L-0", Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_IMPORT}}),
		alert(1, transit), alert(2, transit), alert(3, transit), alert(4, delivery), &enforcementv1.AlertRefuted{AlertId: "enforcement/D-1"}, &enforcementv1.AlertClosed{AlertId: "enforcement/D-1"},
		&reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(procedure)},
		ledgertest.By("customs", ledgertest.At(start, &reportingv1.FactsUsed{ReportId: "customs/use-2026-01-31", Uses: []*reportingv1.FactUse{
			{Publisher: "licensing", Kind: "k", Decision: "d", Count: 4}, {Publisher: "licensing", Kind: "k", Decision: "e", Count: 3},
		}})),
	}
	given = append(given, consultation(1, 4, true, concur, concur)...)
	given = append(given, consultation(2, 10, true, concur, asks)...)
	given = append(given, consultation(3, 30, false)...)
	given = append(given, submitted("att-annual", time.Date(2027, 6, 3, 0, 0, 0, 0, time.UTC))...)
	view := ledgertest.GivenAs(t, "reporting", given...)
	want := []string{
		"Export: 2 authorized.", "Export: 3 refused.", "Import: none authorized.", "Transit: none refused.", "Trans-shipment: 1 authorized.", "Brokering: 1 authorized.",
		"Criterion 7(1)(a): 2 refused.", "Criterion 7(1)(b)(i): 1 refused.",
		"Raised, diversion in transit or trans-shipment: 3.", "Raised, diversion at or shortly after delivery: fewer than 3.",
		"Of these closed, diversion in transit or trans-shipment: fewer than 3.",
		"Verifications of delivery that are overdue: 0.",
		"att-annual on 2026, due by law on 2027-05-31: submitted to ATT Secretariat on 2027-06-03, which was late.",
		"un-register on 2026, due by law on 2027-02-28: not submitted, and its date has passed.",
		"Opened: 3, of which 3 have ended.", "Half of them took no longer than 10.0 days.", "In 1 of 3 nobody objected or asked for a condition, so that they changed nothing.",
		"An agency that was asked did not answer in time: 3.", "Decisions of others cited what licensing shared 7 times.",
	}
	at := time.Date(2027, 6, 10, 0, 0, 0, 0, time.UTC)
	for audience, names := range map[string]bool{words.Parliament: false, words.Cabinet: true} {
		doc, err := words.National(view, 2026, audience, at)
		if err != nil {
			t.Fatal(err)
		}
		texts := textsOf(doc)
		for _, text := range want {
			if !slices.Contains(texts, text) {
				t.Errorf("%s is not told: %s\n%s", audience, text, strings.Join(texts, "\n"))
			}
		}
		if got := slices.Contains(texts, "customs did not answer in time: 3."); got != names {
			t.Errorf("%s is told who did not answer: %v", audience, got)
		}
		for _, s := range doc.GetSections() {
			for _, p := range s.GetParagraphs() {
				if !strings.HasPrefix(p.GetShows(), "counterfoil ") {
					t.Errorf("%s: %q says not by which command its records are shown", s.GetHeading(), p.GetText())
				}
			}
		}
	}
	for _, audience := range []string{"", "public"} {
		if _, err := words.National(view, 2026, audience, at); !errors.Is(err, fault.Invalid) {
			t.Errorf("for %q: %v", audience, err)
		}
	}
	if _, err := words.National(view, 0, words.Parliament, at); !errors.Is(err, fault.Invalid) {
		t.Errorf("of no year: %v", err)
	}
}

// Of an empty ledger every section says that there was nothing.
func TestNationalOfNothing(t *testing.T) {
	doc, err := words.National(ledgertest.GivenAs(t, "reporting"), 2026, words.Parliament, start)
	if err != nil || len(doc.GetSections()) != 8 {
		t.Fatalf("%v, %v", doc, err)
	}
	for _, s := range doc.GetSections() {
		if len(s.GetParagraphs()) == 0 {
			t.Errorf("%s says nothing", s.GetHeading())
		}
	}
}

// No class of one or two alerts is told, and no sum that it could be taken from. Caught: telling from 2 on, and telling the sum of the classes.
func TestSmallClassesAreNotTold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var given []proto.Message
		want := map[string]bool{}
		for stage := 1; stage <= 6; stage++ {
			n := rapid.IntRange(0, 5).Draw(rt, "alerts")
			for range n {
				given = append(given, alert(len(given)+1, enforcementv1.Stage(stage)))
			}
			if n >= words.Least {
				want[fmt.Sprint(n)] = true
			}
		}
		doc, err := words.National(ledgertest.GivenAs(t, "reporting", given...), 2026, words.Parliament, start)
		if err != nil {
			rt.Fatal(err)
		}
		for _, p := range doc.GetSections()[3].GetParagraphs() {
			told := p.GetText()[strings.LastIndex(p.GetText(), " ")+1:]
			if told = strings.TrimSuffix(told, "."); !want[told] && !strings.HasSuffix(p.GetText(), "fewer than 3.") && len(given) > 0 {
				rt.Fatalf("of %d alerts is told: %s", len(given), p.GetText())
			}
		}
	})
}

// What is of one release class is in no other's report (docs/reports.md).
func TestMeasures(t *testing.T) {
	var rows []*ledgerv1.Measure
	for name, class := range reportingv1.ReleaseClass_value {
		if class > 0 {
			rows = append(rows, &ledgerv1.Measure{Reported: &reportingv1.MeasureReported{AlertId: "enforcement/D-1", Measure: &reportingv1.Measure{
				Title: name, Taken: "taken " + name, Stage: "d2_in_transit", Agencies: []string{"customs"}, Release: reportingv1.ReleaseClass(class),
			}}})
		}
	}
	for _, release := range []string{"case_exchange", "states_parties", "public"} {
		doc, err := words.Measures(rows, map[string]string{"customs": "Customs administration"}, release)
		if err != nil || len(doc.GetSections()) != 1 {
			t.Fatalf("%s: %v, %v", release, doc, err)
		}
		text := doc.GetSections()[0].GetHeading() + strings.Join(textsOf(doc), " ")
		for name := range reportingv1.ReleaseClass_value {
			if own := name == "RELEASE_CLASS_"+strings.ToUpper(release); strings.Contains(text, name) != own {
				t.Errorf("the report for %s: %s", release, text)
			}
		}
		if strings.Contains(text, "enforcement/D-1") || !strings.Contains(text, "Agencies: Customs administration") {
			t.Errorf("the report for %s: %s", release, text)
		}
	}
	if _, err := words.Measures(rows, nil, "parliament"); !errors.Is(err, fault.Invalid) {
		t.Errorf("for parliament: %v", err)
	}
}

func TestAnswered(t *testing.T) {
	q, _ := questions.Of(questions.Initial)
	asked := q.Asked([]*reportingv1.Answer{{Question: "A1.1", Choice: "under_conditions", Text: "since 2019.", Audience: reportingv1.Audience_AUDIENCE_PUBLIC}}, reportingv1.Audience_AUDIENCE_PUBLIC)
	doc := words.Answered(q, asked, "public")
	texts := textsOf(doc)
	if len(doc.GetSections()) != 12 || texts[1] != "under conditions. since 2019." || texts[3] != "Not answered." {
		t.Errorf("%d sections: %q", len(doc.GetSections()), texts[:4])
	}
	if text := strings.Join(texts, "\n"); strings.Contains(text, "B1.1 ") {
		t.Error("a voluntary question without an answer is in the report")
	}
}

func TestRender(t *testing.T) {
	doc := &reportingv1.WrittenReport{Title: "T <b>", Sections: []*reportingv1.WrittenSection{{Heading: "1. H", Paragraphs: []*reportingv1.WrittenParagraph{
		{Text: "one *two*\n# three", Shows: "counterfoil status"}, {Text: "12. four & <i>", Shows: "counterfoil status"}, {Text: "- five"},
	}}}}
	var md, bare, html strings.Builder
	if err := errors.Join(words.Markdown(&md, doc, true), words.Markdown(&bare, doc, false), words.HTML(&html, doc, true)); err != nil {
		t.Fatal(err)
	}
	want := "# T \\<b>\n\n## 1\\. H\n\none \\*two\\* \\# three\n\n12\\. four \\& \\<i>\n\n    counterfoil status\n\n\\- five\n"
	if md.String() != want {
		t.Errorf("Markdown is\n%s\nwant\n%s", md.String(), want)
	}
	if strings.Contains(bare.String(), "counterfoil") {
		t.Error("the commands are in a text without them")
	}
	for _, part := range []string{"<h1>T &lt;b&gt;</h1>", "12. four &amp; &lt;i&gt;<br><code>counterfoil status</code>"} {
		if !strings.Contains(html.String(), part) {
			t.Errorf("%s is not in\n%s", part, html.String())
		}
	}
}
