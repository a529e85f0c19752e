package webhooks

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// While a secret is rotated two sign, and each is believed by itself; then the old one is no more.
func TestSignaturesAreBelievedByOtherPrograms(t *testing.T) {
	l, _ := licences(t, 1)
	c := &clock{at: start}
	w, r := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now), receive(t, nil)
	first, second := NewSecret(), NewSecret()
	s, ctx := service{w}, t.Context()
	if _, err := s.AddWebhook(ctx, &queryv1.AddWebhookRequest{Name: "erp", Url: r.URL, Secret: first}); err != nil {
		t.Fatal(err)
	}
	rotated, err := s.RotateWebhook(ctx, &queryv1.RotateWebhookRequest{Name: "erp", Secret: second, Keep: durationpb.New(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	test := func() (body []byte, header http.Header, signatures []string) {
		t.Helper()
		res, err := s.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: "erp"})
		if err != nil || res.Try.Status != 200 {
			t.Fatalf("test: %v, %v", res, err)
		}
		if e, err := cloudevent.Parse(r.body); err != nil || e.Type != TestType {
			t.Fatalf("the test's body %s: %v", r.body, err)
		}
		return r.body, r.header, strings.Fields(r.header.Get("webhook-signature"))
	}
	body, header, signatures := test()
	if len(signatures) != 4 {
		t.Fatalf("signatures: %v; want v1 and v1a of two keys", signatures)
	}
	content := append([]byte(header.Get("webhook-id")+"."+header.Get("webhook-timestamp")+"."), body...)
	for i, secret := range []string{second, first} {
		if want := "v1," + openssl(t, secret, content); signatures[2*i] != want {
			t.Errorf("signature %s; openssl says %s", signatures[2*i], want)
		}
		public := strings.TrimPrefix(rotated.Webhook.Keys[i].PublicKey, "whpk_")
		key, err := base64.StdEncoding.DecodeString(public)
		signature, err2 := base64.StdEncoding.DecodeString(strings.TrimPrefix(signatures[2*i+1], "v1a,"))
		if err != nil || err2 != nil || !ed25519.Verify(key, content, signature) {
			t.Errorf("signature %s is not of %s", signatures[2*i+1], public)
		}
		nodeBelieves(t, secret, public, header, body)
	}
	c.pass(time.Hour)
	if _, _, signatures := test(); len(signatures) != 2 || w.look(t, "erp").Keys[1].Until.AsTime() != c.at {
		t.Errorf("after the old secret's time: %v", signatures)
	}
	if _, err := s.RotateWebhook(ctx, &queryv1.RotateWebhookRequest{Name: "erp", Secret: NewSecret()}); err != nil {
		t.Fatal(err)
	}
	if keys := w.look(t, "erp").Keys; len(keys) != 2 || keys[1].SecretId != rotated.Webhook.Keys[0].SecretId {
		t.Errorf("after another rotation: %v", keys)
	}
	// A secret that leaked is rotated away, and with it those before it, however long they were to sign.
	if _, err := s.RotateWebhook(ctx, &queryv1.RotateWebhookRequest{Name: "erp", Secret: NewSecret(), Keep: durationpb.New(30 * 24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RotateWebhook(ctx, &queryv1.RotateWebhookRequest{Name: "erp", Secret: NewSecret(), Keep: durationpb.New(0)}); err != nil {
		t.Fatal(err)
	}
	if _, _, signatures := test(); len(signatures) != 2 {
		t.Errorf("after a rotation that keeps none: %v", signatures)
	}
}

// openssl returns the HMAC-SHA256 in base64.
func openssl(t *testing.T, secret string, content []byte) string {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here: signatures are not held against another program's")
	}
	key, err := ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key), "-binary")
	cmd.Stdin = bytes.NewReader(content)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// believes is a receiver in JavaScript that knows nothing of ours: both kinds of signature, with what Node brings.
const believes = `
const crypto = require("node:crypto");
const {secret, public: pub, header, body} = JSON.parse(require("node:fs").readFileSync(0));
const content = Buffer.concat([Buffer.from(header.id + "." + header.timestamp + "."), Buffer.from(body, "base64")]);
const key = crypto.createPublicKey({key: {kty: "OKP", crv: "Ed25519", x: Buffer.from(pub, "base64").toString("base64url")}, format: "jwk"});
const mac = crypto.createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(content).digest("base64");
const all = header.signature.split(" ").map(s => s.split(","));
const v1 = all.some(([v, s]) => v === "v1" && s === mac);
const v1a = all.some(([v, s]) => v === "v1a" && crypto.verify(null, content, key, Buffer.from(s, "base64")));
console.log(v1 && v1a ? "good" : "bad " + v1 + v1a);
`

func nodeBelieves(t *testing.T, secret, public string, header http.Header, body []byte) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Log("node is not here: signatures are not checked by it")
		return
	}
	in, err := json.Marshal(map[string]any{"secret": secret, "public": public, "body": body, "header": map[string]string{
		"id": header.Get("webhook-id"), "timestamp": header.Get("webhook-timestamp"), "signature": header.Get("webhook-signature")}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "-e", believes)
	cmd.Stdin = bytes.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "good\n" {
		t.Errorf("node says: %s, %v", out, err)
	}
}

// Neither answers nor what the node's folder shows to others hold a secret, and of an address only its maker is told what may be one.
func TestSecretsStayInTheFile(t *testing.T) {
	l, _ := licences(t, 1)
	path := filepath.Join(t.TempDir(), "webhooks.db")
	w := open(t, l, path, nil)
	secret := NewSecret()
	res, err := service{w}.AddWebhook(t.Context(), &queryv1.AddWebhookRequest{Name: "erp", Url: "https://erp.example/in", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := protojson.Marshal(res)
	if err != nil || strings.Contains(string(shown), secret[6:]) || strings.Contains(string(shown), "whsec") {
		t.Errorf("the answer: %s, %v", shown, err)
	}
	if _, err := (service{w}).AddWebhook(t.Context(), &queryv1.AddWebhookRequest{Name: "chat", Url: "https://erp.example:8443/T0KEN?key=T0KEN", Secret: secret}); err != nil {
		t.Fatal(err)
	}
	listed, err := service{w}.ListWebhooks(t.Context(), &queryv1.ListWebhooksRequest{Name: "chat"})
	if err != nil || listed.Webhooks[0].Url != "https://erp.example:8443/…" {
		t.Errorf("an auditor reads %v, %v", listed, err)
	}
	off, err := service{w}.SwitchWebhook(t.Context(), &queryv1.SwitchWebhookRequest{Name: "chat", Off: "the receiver moves"})
	if err != nil || off.Webhook.Url != "https://erp.example:8443/…" {
		t.Errorf("who switches it reads %v, %v", off, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if _, err := (service{w}).AddWebhook(t.Context(), &queryv1.AddWebhookRequest{Name: "erp", Url: "https://erp.example/in", Secret: secret}); !errors.Is(err, fault.Conflict) {
		t.Errorf("the same name again: %v", err)
	}
	for kind, ok := range map[string]bool{"LicenceSuspended": true, "counterfoil.directory.v1.ReleaseAgreed": true, "AlertRaised": false, "licensing.v1.LicenceSuspended": false} {
		_, err := service{w}.AddWebhook(t.Context(), &queryv1.AddWebhookRequest{
			Name: "k" + strings.ToLower(kind[len(kind)-5:]) + map[bool]string{true: "y", false: "n"}[ok], Url: "https://erp.example/in", Secret: secret, Filter: &queryv1.WebhookFilter{Kinds: []string{kind}},
		})
		if (err == nil) != ok {
			t.Errorf("kind %s: %v", kind, err)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	for _, s := range []string{"", "whsec_", NewSecret(), "whsec_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseSecret(s)
		if err == nil && ("whsec_"+base64.StdEncoding.EncodeToString(b) != s || len(b) < 24 || len(b) > 64) {
			t.Errorf("%q was taken as %d bytes", s, len(b))
		}
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
