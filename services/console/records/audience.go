package records

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// audience is who can see a record, and who has it.
type audience struct {
	Groups  []*queryv1.Audience
	Holders []holder
}

// holder is an agency: whether it may read the record and why, and whether it said that it has it.
type holder struct {
	Agency string
	Reads  bool
	Rule   string
	// State is the worst of the record's events; unspecified where no receipt tells.
	State  queryv1.HolderState
	Reason string
	SaidAt *timestamppb.Timestamp
}

// StateWord is the name of the state, as messages are named by it.
func (h holder) StateWord() string {
	return strings.ToLower(strings.TrimPrefix(h.State.String(), "HOLDER_STATE_"))
}

// audienceOf asks for the present, whatever moment is shown. Of what is said in directories there are no receipts.
func audienceOf(v *web.Visit, id string) (a audience, err error) {
	readers, err := v.API.Query.Audience(v.R.Context(), &queryv1.AudienceRequest{Id: id})
	if err != nil {
		return a, err
	}
	receipts, err := v.API.Query.Receipts(v.R.Context(), &queryv1.ReceiptsRequest{Id: id})
	if err != nil && !web.IsRefusal(err) {
		return a, err
	}
	return audience{readers.Audiences, holders(readers.Audiences, receipts.GetEvents())}, nil
}

// holders are agencies by name, each once.
func holders(readers []*queryv1.Audience, receipts []*queryv1.EventReceipts) []holder {
	all := map[string]holder{}
	for _, group := range readers {
		for _, r := range group.Readers {
			if known, found := all[r.Agency]; !found || r.Reads && !known.Reads {
				all[r.Agency] = holder{Agency: r.Agency, Reads: r.Reads, Rule: r.Rule}
			}
		}
	}
	for _, e := range receipts {
		for _, r := range e.Holders {
			h := all[r.Agency]
			h.Agency = r.Agency
			if r.State >= h.State {
				h.State, h.Reason, h.SaidAt = r.State, r.Reason, r.SaidAt
			}
			all[r.Agency] = h
		}
	}
	var sorted []holder
	for _, h := range all {
		sorted = append(sorted, h)
	}
	slices.SortFunc(sorted, func(a, b holder) int { return cmp.Compare(a.Agency, b.Agency) })
	return sorted
}
