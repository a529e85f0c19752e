package consultation_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

// addressees reads "agency part article" of each.
func addressees(lines ...string) (list []*licensingv1.Addressee) {
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		list = append(list, &licensingv1.Addressee{Agency: f[0], Part: f[1], Serves: f[2]})
	}
	return list
}

func with(agency, part string) *licensingv1.Addressee {
	return &licensingv1.Addressee{Agency: agency, Part: part}
}

func TestOpen(t *testing.T) {
	type command = licensingv1.OpenConsultationRequest
	none := (*timestamppb.Timestamp)(nil)
	m1 := func(who ...string) []proto.Message {
		return []proto.Message{&licensingv1.ConsultationOpened{
			ConsultationId: consultationID, ApplicationId: application, PolicyId: "ad-hoc/1", OpenedAt: timestamppb.New(now), Silence: "no_view",
			Due: timestamppb.New(time.Date(2026, 3, 19, 23, 59, 59, 0, time.UTC)), Deal: deal(), Addressees: addressees(who...),
		}}
	}
	m3 := func(who ...string) []proto.Message {
		return []proto.Message{&licensingv1.ConsultationOpened{
			ConsultationId: consultationID, ApplicationId: application, PolicyId: "mandatory/1", OpenedAt: timestamppb.New(now), Silence: "no_view",
			Due: timestamppb.New(time.Date(2026, 3, 20, 23, 59, 59, 0, time.UTC)), Deal: deal(), Addressees: addressees(who...),
		}}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *command
		want    []proto.Message
		wantErr error
	}{
		{"M1: whom nobody lists", state(adHoc), &command{With: []*licensingv1.Addressee{with("foreign", "")}},
			m1("academy guest ATT 7(1)", "foreign chosen chosen for the case"), nil},
		{"M1: whom the policy lists as chosen", state(adHoc), &command{With: []*licensingv1.Addressee{with("customs", "chosen")}},
			m1("academy guest ATT 7(1)", "customs chosen ATT 5(5)"), nil},
		{"M1: a guest of the case, for an article", state(adHoc), &command{With: []*licensingv1.Addressee{{Agency: "customs", Part: "guest", Serves: "ATT 11"}}},
			m1("academy guest ATT 7(1)", "customs guest ATT 11"), nil},
		{"M2: the committee, over a holiday and a weekend", state(committee), &command{Question: "end use?"},
			[]proto.Message{opened(func(o *licensingv1.ConsultationOpened) { o.Question = "end use?" })}, nil},
		{"P7: an emergency", state(committee), &command{Emergency: "evacuation"}, []proto.Message{opened(func(o *licensingv1.ConsultationOpened) {
			o.Emergency, o.Silence, o.Due = "evacuation", "concurs", timestamppb.New(now.Add(6*time.Hour))
		})}, nil},
		{"M3: mandatory and optional, nobody chosen", state(mandatory), &command{}, m3("foreign mandatory ATT 7(1)", "defence optional ATT 7(1)(a)"), nil},
		{"listed already", state(mandatory), &command{With: []*licensingv1.Addressee{with("foreign", ""), with("defence", "optional")}},
			m3("foreign mandatory ATT 7(1)", "defence optional ATT 7(1)(a)"), nil},
		{"another after one was closed", state(committee, opened(), closed), &command{},
			[]proto.Message{opened(func(o *licensingv1.ConsultationOpened) { o.ConsultationId = "licensing/C-2026-000002" })}, nil},
		{"no deadline", state(bare), &command{With: []*licensingv1.Addressee{with("foreign", "")}}, []proto.Message{opened(func(o *licensingv1.ConsultationOpened) {
			o.PolicyId, o.Silence, o.Due, o.Addressees = "bare/1", "no_view", none, addressees("foreign chosen chosen for the case")
		})}, nil},

		{"a guest that has to be heard", state(mandatory), &command{With: []*licensingv1.Addressee{with("foreign", "guest")}}, nil, fault.Invalid},
		{"mandatory by command", state(mandatory), &command{With: []*licensingv1.Addressee{with("academy", "mandatory")}}, nil, fault.Invalid},
		{"nobody to ask", state(bare), &command{}, nil, fault.Invalid},
		{"no agency", state(mandatory), &command{With: []*licensingv1.Addressee{with("nobody", "")}}, nil, fault.Precondition},
		{"an agency that left", state(mandatory), &command{With: []*licensingv1.Addressee{with("left", "")}}, nil, fault.Precondition},
		{"an agency that would not hear", state(mandatory), &command{With: []*licensingv1.Addressee{with("far", "")}}, nil, fault.Precondition},
		{"a policy asks who left", state(mandatory, &directoryv1.AgencyRemoved{Agency: "foreign"}), &command{}, nil, fault.Precondition},
		{"open already", state(committee, opened()), &command{}, nil, fault.Conflict},
		{"no emergency variant", state(mandatory), &command{Emergency: "evacuation"}, nil, fault.Precondition},
		{"no policy", state(""), &command{}, nil, fault.Precondition},
		{"no calendar", append(state(mandatory)[:12:12], state(mandatory)[13:]...), &command{}, nil, fault.Precondition},
		{"decided", state(committee, granted), &command{}, nil, fault.Conflict},
		{"no date", state(committee), &command{Particulars: at(time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC))}, nil, fault.Invalid},
		{"of another agency", state(committee, ledgertest.By("licensing-b", &licensingv1.ApplicationSubmitted{ApplicationId: "licensing-b/A-1"})),
			&command{ApplicationId: "licensing-b/A-1"}, nil, fault.NotAllowed},
		{"never submitted", state(committee), &command{ApplicationId: "licensing/A-9"}, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.cmd.ApplicationId == "" {
				tt.cmd.ApplicationId = application
			}
			if tt.cmd.Particulars == nil {
				tt.cmd.Particulars = particulars
			}
			got, err := consultation.Open(given(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
