package consultation

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Close counts the opinions under the policies that the consultation was opened under, and ends it: who has not answered by
// then does not any more, and was not silent. It may be closed after the application was decided. Closing it twice
// decides nothing.
func Close(view ledger.View, cmd *licensingv1.CloseConsultationRequest) ([]proto.Message, error) {
	at, err := moment(cmd)
	if err != nil {
		return nil, err
	}
	row, err := own(view, cmd.GetConsultationId())
	if err != nil || row.GetClosed() != nil {
		return nil, err
	}
	f, err := dossier.Of(view, row)
	if err != nil {
		return nil, err
	}
	c, err := dossier.With(view, row)
	if err != nil {
		return nil, err
	}
	result, err := f.Tally(view, c, at)
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(row, &licensingv1.ConsultationClosed{
		ConsultationId: row.GetId(), MayGrant: result.MayGrant, Against: result.Against, Reasons: result.Reasons, Voices: voices(result.Standings),
	})}, nil
}

// voices says how each place in the round was counted; where two policies count it alike, once.
func voices(standings []policy.Standing) []*licensingv1.CountedVoice {
	var list []*licensingv1.CountedVoice
	for _, s := range standings {
		v := &licensingv1.CountedVoice{Agency: s.Agency, View: viewOf(s.View), Counted: counted(s)}
		if !slices.ContainsFunc(list, func(o *licensingv1.CountedVoice) bool { return proto.Equal(o, v) }) {
			list = append(list, v)
		}
	}
	return list
}

func viewOf(word string) licensingv1.OpinionView {
	return licensingv1.OpinionView(licensingv1.OpinionView_value["OPINION_VIEW_"+strings.ToUpper(word)])
}

// meaning is what a view, or a silence that counts as one, says.
var meaning = map[string]string{
	policy.Concur: "concurs", policy.ConcurWithConditions: "concurs with conditions", policy.Object: "objects", policy.Abstain: "abstains",
	"no_view": "has no view",
}

// counted says in words how an agency's answer, or its silence, was counted.
func counted(s policy.Standing) string {
	switch s.How {
	case policy.AsGuest:
		return "guest, does not count"
	case policy.Recused:
		return "recused, does not count"
	case policy.NotAsked:
		return s.By + " was not asked, does not count"
	case policy.Waited:
		return s.By + " has not answered and was waited for"
	case policy.NotWaited:
		return "has not answered and was not waited for"
	case policy.Escalating:
		return "silent, and who was asked instead has not answered"
	case policy.Silent:
		return "silent, " + meaning[s.Counts] + " by the policy"
	}
	words := meaning[s.View]
	if s.By != s.Agency {
		words = s.By + " in its place: " + words
	}
	if s.Late {
		words += ", after the deadline"
	}
	return words
}
