package web

import (
	"google.golang.org/protobuf/proto"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Deed is something that can be done with a record.
type Deed struct {
	// Key is the message that names it, and Path where it is done, below Root.
	Key, Path string
	// Not is the message that says why it cannot be done now, and Why the same in the node's words. Both empty: it can.
	Not, Why string
}

// Offer adds what a part can have done with records: offer is asked when a record is shown, with what is on record about it, and makes no calls.
func (s *Site) Offer(offer func(v *Visit, table queryv1.Table, row proto.Message, related []*queryv1.Row) []Deed) {
	s.offers = append(s.offers, offer)
}

// Deeds are what can be done with a record as an explanation has it, and what could otherwise.
func (v *Visit) Deeds(table queryv1.Table, row proto.Message, related []*queryv1.Row) (all []Deed) {
	for _, offer := range v.site.offers {
		all = append(all, offer(v, table, row, related)...)
	}
	return all
}
