package webhooks

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func TestWhereIsPosted(t *testing.T) {
	for url, says := range map[string]string{
		"https://erp.example/in?of=customs": "", "http://127.0.0.1:8080/in": "", "http://localhost/in": "", "http://[::1]:1/": "", "https://192.0.2.7/in": "",
		"http://erp.example/in": "https addresses", "ftp://erp.example/in": "https addresses", "http://127.0.0.1.erp.example/": "https addresses",
		"": "no URL", "erp.example/in": "no URL", "https:///in": "no URL", "https://:443/in": "no URL", "https://a:b@erp.example/in": "user or a password",
		"https://erp.example/in#part": "#part", "https://erp.example/%zz": "no URL",
	} {
		_, err := parseURL(url)
		if says == "" && err != nil || says != "" && (fault.As(err) == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v; want %q", url, err, says)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		host, address string
		anyToo, ok    bool
	}{
		{"erp.example", "192.0.2.7", false, true}, {"erp.example", "10.1.2.3", false, true}, {"erp.example", "2001:db8::1", false, true},
		{"erp.example", "127.0.0.1", false, false}, {"erp.example", "::1", false, false}, {"erp.example", "::ffff:127.0.0.1", false, false},
		{"localhost", "127.0.0.1", false, true}, {"127.0.0.1", "127.0.0.1", false, true}, {"erp.example", "127.0.0.1", true, true},
		{"erp.example", "169.254.169.254", false, false}, {"169.254.169.254", "169.254.169.254", false, false}, {"erp.example", "169.254.169.254", true, true},
		{"erp.example", "::ffff:169.254.169.254", false, false}, {"erp.example", "64:ff9b::a9fe:a9fe", false, false}, {"erp.example", "64:ff9b:1::a9fe:a9fe", false, false},
		{"erp.example", "64:ff9b:1::c000:207", false, true}, {"erp.example", "::a9fe:a9fe", false, false}, {"erp.example", "2002:a9fe:a9fe::1", false, false}, {"erp.example", "2002:7f00:1::", false, false},
		{"erp.example", "fd00:ec2::23", false, false}, {"erp.example", "fd20:ce::254", false, false}, {"erp.example", "192.0.0.192", false, false}, {"erp.example", "fe80::1", false, false}, {"erp.example", "fe80::1%eth0", false, false},
		{"erp.example", "fd00:ec2::254", false, false}, {"erp.example", "fd00:ec2::253", false, true}, {"erp.example", "100.100.100.200", false, false},
		{"erp.example", "0.0.0.0", true, false}, {"erp.example", "::", true, false}, {"erp.example", "224.0.0.1", true, false}, {"erp.example", "ff02::1", true, false},
	} {
		if err := permitted(tt.host, netip.MustParseAddr(tt.address), tt.anyToo); (err == nil) != tt.ok {
			t.Errorf("%s at %s, any %v: %v", tt.host, tt.address, tt.anyToo, err)
		}
	}
}

// A receiver whose certificate is of an authority that this machine does not know is posted to once that is given; and a literal address of
// the link is refused when it is dialled, not when it is named.
func TestWhoCertifiesTheReceiver(t *testing.T) {
	l, _ := licences(t, 1)
	c := &clock{at: start}
	w := open(t, l, filepath.Join(t.TempDir(), "webhooks.db"), c.now)
	r := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer r.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw}))
	s, ctx := service{w}, t.Context()
	for name, tt := range map[string]struct{ url, ca, says string }{
		"unknown": {r.URL, "", "certificate"},
		"known":   {r.URL, ca, ""},
		"link":    {"https://169.254.169.254/latest", "", "an address of the link"},
	} {
		if _, err := s.AddWebhook(ctx, &queryv1.AddWebhookRequest{Name: name, Url: tt.url, Secret: NewSecret(), CaPem: tt.ca}); err != nil {
			t.Fatal(err)
		}
		res, err := s.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: name})
		if err != nil || (tt.says == "") != (res.Try.Failed == "") || !strings.Contains(res.Try.Failed, tt.says) {
			t.Errorf("%s: %v, %v", name, res, err)
		}
	}
	if _, err := s.AddWebhook(ctx, &queryv1.AddWebhookRequest{Name: "no", Url: r.URL, Secret: NewSecret(), CaPem: "nothing"}); fault.As(err) == nil {
		t.Errorf("certificates that are none: %v", err)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://erp.example/in", "http://127.0.0.1:1/", "http://localhost%00.example/", "https://[::1%25lo]/", "http://[::ffff:127.0.0.1]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURL(s)
		if err != nil && fault.As(err) == nil {
			t.Errorf("%q: %v", s, err)
		}
		if err == nil && u.Scheme != "https" && !loopback(u.Hostname()) {
			t.Errorf("%q was taken", s)
		}
	})
}
