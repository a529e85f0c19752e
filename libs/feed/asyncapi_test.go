package feed

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// TestAsyncAPIIsWhatIsSent: every attribute that a message carries is described, every one that always is there is there, and
// every kind has a channel whose name is no other's.
func TestAsyncAPIIsWhatIsSent(t *testing.T) {
	doc, err := AsyncAPI("nats://127.0.0.1:4333", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(doc["channels"].(object)), len(ledger.Kinds())+len(ledger.DirectoryKinds())+1; got != want {
		t.Errorf("%d channels; want %d: two kinds have one name", got, want)
	}
	w := newWorld(t, Settings{JSON: true})
	nc := w.add(User{Name: "risk"})
	w.record(granted(1), ledgertest.At(ledgertest.Start, suspended(1)))
	for _, m := range fetch(t, consumer(t, nc, User{Name: "risk"}), 10) {
		described := headers()["properties"].(object)
		for name := range m.Headers() {
			if described[name] == nil && !strings.HasPrefix(name, "Nats-") {
				t.Errorf("header %s is not described", name)
			}
		}
		for _, name := range headers()["required"].([]string) {
			if m.Headers()[name] == nil {
				t.Errorf("header %s is not there", name)
			}
		}
	}
	inJSON := User{Name: "json", JSON: true}
	list := fetch(t, consumer(t, w.add(inJSON), inJSON), 1)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(list[0].Data(), &members); err != nil {
		t.Fatal(err)
	}
	payload := jsonMessage()["payload"].(object)
	for name := range members {
		if payload["properties"].(object)[name] == nil {
			t.Errorf("member %s is not described", name)
		}
	}
	if err := protojson.Unmarshal(members["data"], granted(0)); err != nil {
		t.Error(err)
	}
	if _, err := AsyncAPI("127.0.0.1:4333", ""); err == nil {
		t.Error("an address without a scheme was taken")
	}
}
