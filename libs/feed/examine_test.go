package feed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified is a certificate for this machine that is good for a while.
func certified(t *testing.T, good time.Duration) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(good), DNSNames: []string{"customs.example", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func users(w *world) string { return string(UsersFile(w.dir)) }

func TestWhatTheDoctorFinds(t *testing.T) {
	finds := func(w *world, want string) {
		t.Helper()
		is, err := w.feed.Examine(t.Context())
		if err != nil || is.Ok != strings.HasPrefix(want, "it answers") || !strings.Contains(is.Detail, want) || is.Ok == (is.Next != "") {
			t.Errorf("found %v, %v; want %q", is, err, want)
		}
	}
	w := newWorld(t, Settings{})
	w.add(User{Name: "risk"})
	finds(w, "it answers at nats://127.0.0.1")
	w.must(os.Chmod(users(w), 0o640))
	finds(w, users(w)+" has mode 0640")
	w.must(os.Chmod(users(w), 0o600))
	w.feed.writers[0].complain(t.Context(), errFull)
	finds(w, "stream FEED does not go on: the batch is full")
	w.feed.writers[0].complain(t.Context(), nil)
	w.record(granted(1), granted(2))
	for waits := uint64(0); waits < 2; { // the server tells its consumers of messages beside what it answers
		s, err := w.feed.Status(t.Context())
		w.must(err)
		waits = s.Users[0].Pending
	}
	w.must(w.feed.writers[0].noteDropped(t.Context(), 2))
	finds(w, "risk was not given 1 events")

	finds(newSecuredWorld(t, certified(t, 400*24*time.Hour)), "it answers at tls://127.0.0.1")
	finds(newSecuredWorld(t, certified(t, 10*24*time.Hour)), "its certificate ends")

	w = newWorld(t, Settings{})
	erp := User{Name: "erp", JSON: true}
	erp.NewSecret()
	w.must(UsersFile(w.dir).Add(erp))
	w.must(w.feed.shift(t.Context()))
	finds(w, "erp cannot read: events in JSON are not published")
	w.must(os.WriteFile(users(w), []byte("{"), 0o600))
	if w.feed.shift(t.Context()) == nil {
		t.Error("a damaged file of users is nothing")
	}
	finds(w, "who may read it cannot be seen to: read "+users(w))
	w.feed.nc.Close()
	finds(w, "look at stream FEED of the feed")
}

func TestWhatTheDoctorSaysToType(t *testing.T) {
	w := newSecuredWorld(t, certified(t, 10*24*time.Hour))
	types := func(want string) {
		t.Helper()
		if is, err := w.feed.Examine(t.Context()); err != nil || is.Next != want {
			t.Errorf("type %v, %v; want %q", is, err, want)
		}
	}
	types("put a certificate that is good for longer at " + filepath.Join(w.dir, "tls.crt") + ", with its key") // another authority made it
	w.must(os.WriteFile(filepath.Join(w.dir, "ca.key"), nil, 0o600))
	types("counterfoil tls make --dir " + w.dir + " --host customs.example --host localhost --host 127.0.0.1")
	w.feed.cfg.Certificate = "/etc/ssl/the feed.crt"
	types("put a certificate that is good for longer at '/etc/ssl/the feed.crt', with its key")

	w = newWorld(t, Settings{})
	w.add(User{Name: "risk"})
	w.must(os.Chmod(users(w), 0o640))
	types("chmod go= " + users(w))
	w.feed.cfg.TLS = certified(t, time.Hour) // it serves plain text
	types("counterfoil feed status")
}

func TestWhatIsCounted(t *testing.T) {
	w := newWorld(t, Settings{JSON: true})
	u := User{Name: "risk"}
	nc := w.add(u)
	w.record(granted(1), granted(2))
	fetch(t, consumer(t, nc, u), 10)
	w.must(w.feed.note(t.Context()))
	w.feed.writers[0].complain(t.Context(), errFull)
	is, err := w.feed.Standing(t.Context())
	w.must(err)
	if is.Published != 4 || is.Sent == 0 || is.Read != 2 || is.Failed != 1 || is.Behind != 0 || is.Kept == 0 || is.Users != 1 || is.Connections != 1 || !is.Up || is.Unread != 2 {
		t.Errorf("counted %+v", is)
	}
}
