package field

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
)

// Who had an item, and what is around a record, are said as they were on record at a moment too, and the way further keeps the moment.
func TestTraceAndNetworkAsTheyStood(t *testing.T) {
	s := consoletest.Serve(t, Register)
	declared := func(month time.Month, id string) proto.Message {
		at := time.Date(2026, month, 10, 0, 0, 0, 0, time.UTC)
		serials := []*transferv1.Serials{{Mark: &transferv1.Mark{Maker: "Arsenal XA", Country: "XA", Model: "M12"}, Serials: []string{"KA-12340"}}}
		return ledgertest.By("customs", ledgertest.At(at, &customsv1.DeclarationAccepted{
			DeclarationId: id, Kind: transferv1.Kind_KIND_EXPORT, AcceptedAt: timestamppb.New(at), Items: []*customsv1.Item{{Number: 1, Serials: serials}},
		}))
	}
	s.Record(declared(time.January, "customs/E-1"), declared(time.March, "customs/E-2"))
	for _, path := range []string{"/console/custody?serial=KA-12340", "/console/network?id=customs/E-1"} {
		then := s.Read(path + "&as_of=2026-02-01")
		if now := s.Read(path); !strings.Contains(now, "customs/E-2") || strings.Contains(then, "customs/E-2") || !strings.Contains(then, "customs/E-1") {
			t.Errorf("%s: now %t, then %t", path, strings.Contains(now, "customs/E-2"), strings.Contains(then, "customs/E-2"))
		}
		if !strings.Contains(then, `value="2026-02-01"`) || !strings.Contains(then, "As its facts stood then") {
			t.Errorf("%s does not say when:\n%s", path, then)
		}
		if res := s.Open(path + "&as_of=soon"); res.StatusCode < 400 {
			t.Errorf("%s as of soon: %s", path, res.Status)
		}
	}
	if page := s.Read("/console/network?id=customs/E-1&as_of=2026-04-01"); !strings.Contains(page, "/console/network?as_of=2026-04-01&amp;id=customs%2FE-2") {
		t.Errorf("the way further loses the moment:\n%s", page)
	}
}

// An item is found also on a declaration that was lodged and no more, however the country is typed.
func TestTraceOfWhatWasLodged(t *testing.T) {
	s := consoletest.Serve(t, Register)
	serials := []*transferv1.Serials{{Mark: &transferv1.Mark{Maker: "Arsenal XA", Country: "XA", Model: "M12"}, Serials: []string{"KA-12340"}}}
	s.Record(ledgertest.By("customs", &customsv1.DeclarationLodged{
		DeclarationId: "customs/E-1", Kind: transferv1.Kind_KIND_EXPORT, Items: []*customsv1.Item{{Number: 1, Serials: serials}},
	}))
	if page := s.Read("/console/custody?serial=+KA-12340+&country=+xa+"); !strings.Contains(page, "Lodged") || !strings.Contains(page, "customs/E-1") {
		t.Errorf("it is not found:\n%s", page)
	}
}
