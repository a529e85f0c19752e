package wire_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// Whatever can be read is recorded to its end, answered, and comes out as it went in.
func FuzzReceive(f *testing.F) {
	for _, text := range []string{
		licences(1, put("insert", "1"), cancel("1")), usages(1, used("1", "O", "4", "O4", "C1")), numbered("SPIRE", "licenceReply", 1, `accepted\1P`),
		numbered("SPIRE", "usageReply", 1, `rejected\1P`+"\n"+`error\1\no`+"\n"+`end\rejected\3`),
	} {
		f.Add([]byte(text))
		f.Add([]byte(text[:len(text)-20] + "\r\n\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := wire.Read("a file", data)
		if err != nil {
			return
		}
		b := &book{t, ledgertest.Begin(t, ledgertest.Open(t, "customs")), ledgertest.NewWriter()}
		for parts := 0; ; parts++ {
			if parts > 1000 {
				t.Fatalf("%q comes to no end", data)
			}
			facts, err := wire.Receive(b.tx.View, &customsv1.ReceiveWireRequest{Particulars: particulars, AnyRun: true}, file)
			if err != nil {
				t.Fatal(err)
			}
			if len(facts) == 0 {
				break
			}
			b.record(facts...)
		}
		check(t, b.tx.View, file, data)
	})
}

func check(t *testing.T, view ledger.View, file *wire.File, data []byte) {
	row, err := wire.OnRecord(view, file)
	if err != nil || row == nil {
		t.Fatalf("on record is %v, %v", row, err)
	}
	_, out, exact, err := wire.Emit(view, row.Id)
	if err != nil || row.Received.Refused == nil && (!exact || string(out) != string(data)) {
		t.Errorf("%q comes out as %q, %v", data, out, err)
	}
	if _, _, err := wire.Answer(view, row.Id); err != nil && !file.Header.DataID.IsReply() {
		t.Errorf("%q cannot be answered: %v", data, err)
	}
}
