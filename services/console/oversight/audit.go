package oversight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/citations"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// auditPage is who read what at this node, and what was recorded in whose name.
type auditPage struct {
	Owner, ID, Since string
	// Out says that only what was handed out is shown.
	Out        bool
	Accesses   *queryv1.AccessResponse
	NoAccesses string
	// Decided are own events since then, of each journal the oldest first; More leads on, by the token of their next page.
	Decided   []*queryv1.RecordedEvent
	More      string
	NoDecided string
	// Verified says what is wrong with each of them, by "AGENCY/GROUP/NUMBER", where that was asked for: nothing, where it is as recorded.
	// Wrong is how many are not, and NoVerify why it cannot be asked for.
	Verified map[string]string
	Wrong    int
	NoVerify string
}

func (p pages) audit(v *web.Visit) error {
	q := v.R.URL.Query()
	page := auditPage{Owner: strings.TrimSpace(q.Get("owner")), ID: strings.TrimSpace(q.Get("id")), Since: q.Get("since"), Out: q.Get("out") != "", NoAccesses: v.May(access), NoDecided: v.May("/counterfoil.query.v1.QueryService/List")}
	since, err := web.ParseTime(page.Since)
	if err != nil {
		return err
	}
	if page.NoAccesses == "" {
		req := &queryv1.AccessRequest{Owner: page.Owner, Id: page.ID, Since: since, PageToken: q.Get("page")}
		if page.Out {
			req.Calls = handedOut
		}
		page.Accesses, err = v.API.Query.Access(v.R.Context(), req)
		if err != nil {
			return err
		}
	}
	if page.NoDecided == "" {
		if page.Decided, page.More, err = decided(v, since); err != nil {
			return err
		}
	}
	page.NoVerify = v.May("/counterfoil.query.v1.ProofService/Prove")
	if q.Get("verify") != "" && page.NoVerify == "" {
		page.verify(v)
	}
	return v.Page(p.Pages, "audit", page)
}

// verify works out from the journals again whether what is shown of each event is what its agency signed.
func (p *auditPage) verify(v *web.Visit) {
	p.Verified = map[string]string{}
	for _, e := range p.Decided {
		proved, err := v.Proved(e)
		wrong := proved.Wrong
		if err != nil {
			wrong = cmp.Or(web.Refusal(err).Sentence, "it could not be worked out")
		}
		if wrong != "" {
			p.Wrong++
		}
		p.Verified[p.Name(e)] = wrong
	}
}

// Name is an event's journal and number.
func (auditPage) Name(e *queryv1.RecordedEvent) string {
	return fmt.Sprintf("%s/%d", e.GetJournal(), e.GetNumber())
}

// handedOut are the calls by which records leave the node as a whole: in bundles, copies of journals, proofs, lineage files, files for
// another system, to the agency's own systems.
var handedOut = []string{"MakeBundle", "ReplayBlocks", "Entries", "Prove", "TakeLineage", "Wire", "Feed", "Webhook"}

// Decides reports whether there is an answer to what was known when an event was recorded.
func (auditPage) Decides(e *queryv1.RecordedEvent) bool {
	return citations.IsDecision(protoreflect.FullName(e.GetKind())) && e.GetFact() != nil
}

// Elsewhere reports whether what a call names is no record: the serial of an item, a journal, a file, one of the agency's own systems.
func (auditPage) Elsewhere(call string) bool {
	return slices.Contains([]string{"Custody", "Entries", "Wire", "Feed", "Webhook"}, call)
}

// Key is the message that says what a call does, where there is one.
func (auditPage) Key(call string) string { return "call." + call }

// decided is a page of what this agency recorded since a moment, in whatever journal.
func decided(v *web.Visit, since *timestamppb.Timestamp) (events []*queryv1.RecordedEvent, more string, err error) {
	status, err := v.API.Query.Status(v.R.Context(), &queryv1.StatusRequest{})
	if err != nil {
		return nil, "", err
	}
	own := &queryv1.Condition{Attribute: "journal"}
	for _, j := range status.Journals {
		if j.Own {
			own.Values = append(own.Values, j.Journal)
		}
	}
	if len(own.Values) == 0 {
		return nil, "", nil
	}
	res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{
		Table: queryv1.Table_TABLE_EVENTS, Filter: &queryv1.Filter{From: since, Conditions: []*queryv1.Condition{own}},
		Order: queryv1.Order_ORDER_NEWEST_FIRST, PageToken: v.R.URL.Query().Get("events"),
	})
	if err != nil {
		return nil, "", err
	}
	for _, r := range res.Rows {
		events = append(events, r.GetEvent())
	}
	return events, res.NextPageToken, nil
}
