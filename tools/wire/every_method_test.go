package wire

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every method of every service, found by reflection, answers or refuses over gRPC, gRPC-Web and plain JSON, the same over each; each
// plain answer is what the OpenAPI document says. The contract has no method that no node serves.
func TestEveryMethodOverEveryProtocol(t *testing.T) {
	_, peers := start(t)
	given := recorded(t, peers)
	grpc := &lines{t: t, open: map[string]*line{}}
	asked := asking{t, map[string]speaker{"gRPC": grpc.call, "gRPC-Web": grpcWeb, "JSON": plainJSON}, answersDescribed(t), map[string]string{}}
	for _, p := range peers {
		served, err := grpc.served(p)
		if err != nil {
			t.Fatal(err)
		}
		describes(t, p, served)
		for _, path := range served {
			if contract()[path] == nil { // reflection itself
				continue
			}
			for _, request := range append(given[path], empty(path)) {
				asked.every(p, path, request)
			}
		}
	}
	answered := 0
	for path := range contract() {
		switch code := asked.seen[path]; {
		case code == "":
			t.Errorf("no node serves %s", path)
		case code == "ok":
			answered++
		case given[path] != nil:
			t.Errorf("%s is refused with %s; it was to be answered", path, code)
		}
	}
	t.Logf("%d methods, %d of them answered and the others refused for what the request is", len(asked.seen), answered)
}

// asking puts requests over every protocol, and keeps how each path was answered at best.
type asking struct {
	*testing.T
	speakers map[string]speaker
	answers  described
	seen     map[string]string
}

func (a asking) every(p peer, path, request string) {
	a.Helper()
	codes := map[string]string{}
	for protocol, speak := range a.speakers {
		codes[protocol] = ask(a.T, speak, p, path, request, func(message []byte) error {
			if m := contract()[path]; protocol == "JSON" && !m.IsStreamingServer() && !m.IsStreamingClient() {
				a.answers.holds(a.T, path, message)
			}
			return nil
		})
	}
	code := codes["JSON"]
	if codes["gRPC"] != code || codes["gRPC-Web"] != code {
		a.Errorf("%s at %s answers %s with %v", path, p.agency, request, codes)
	}
	if slices.Contains([]string{"unimplemented", "internal", "unknown", "data_loss", "unauthenticated"}, code) {
		a.Errorf("%s at %s answers %s with %s", path, p.agency, request, code)
	}
	if a.seen[path] != "ok" {
		a.seen[path] = code
	}
}

func ask(t *testing.T, speak speaker, to peer, path, request string, each func([]byte) error) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	code, err := speak(ctx, to, path, []string{request}, each)
	if err != nil {
		t.Errorf("%s at %s with %s: %v", path, to.agency, request, err)
	}
	return code
}

// empty is a request that says nothing but what keeps it from recording something, or from lasting.
func empty(path string) string {
	input := contract()[path].Input()
	switch {
	case input.Fields().ByName("particulars") != nil:
		return `{"particulars": {"dryRun": true}}`
	case input.Fields().ByName("until_caught_up") != nil:
		return `{"untilCaughtUp": true}`
	}
	return `{}`
}

// recorded puts a few facts on record and returns requests about them, by path: those that have to be answered by a node.
func recorded(t *testing.T, peers []peer) map[string][]string {
	t.Helper()
	do := func(agency, path, request string) (made struct {
		Receipt struct{ Subject, Journal, FirstEvent string }
	}) {
		t.Helper()
		if code := ask(t, plainJSON, named(peers, agency), path, request, func(answer []byte) error { return json.Unmarshal(answer, &made) }); code != "ok" {
			t.Fatalf("%s: %s", path, code)
		}
		return made
	}
	application := do("licensing", "/counterfoil.licensing.v1.LicensingService/SubmitApplication", `{"deal": {
		"kind": "KIND_EXPORT", "destination": "XB", "endUse": "police equipment",
		"parties": [{"role": "ROLE_EXPORTER", "name": "Northgate Arms XA", "country": "XA"}, {"role": "ROLE_CONSIGNEE", "name": "Harbour Trading XB", "country": "XB"}],
		"lines": [{"number": 1, "rating": "ML1.a", "hsCode": "930190", "quantity": {"thousandths": "500000", "unit": "H87"}}]}}`).Receipt
	alert := do("enforcement", "/counterfoil.enforcement.v1.EnforcementService/RaiseAlert", `{
		"stage": "STAGE_D3_AT_DELIVERY", "priority": "PRIORITY_URGENT", "item": "assault rifles", "parties": [{"role": "ROLE_CONSIGNEE", "name": "Harbour Trading XB", "country": "XB"}],
		"indicators": ["RF10"], "lastKnownLocation": "XBHAR", "addressees": ["licensing"], "summary": "not seen", "handling": {}}`).Receipt
	in := strings.NewReplacer("{APPLICATION}", application.Subject, "{ALERT}", alert.Subject, "{JOURNAL}", alert.Journal, "{NUMBER}", alert.FirstEvent)
	given := map[string][]string{}
	for path, requests := range questions {
		for _, request := range requests {
			given[path] = append(given[path], in.Replace(request))
		}
	}
	return given
}
