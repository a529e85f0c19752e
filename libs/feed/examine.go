package feed

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// soon is how long before its certificate ends the doctor speaks up, and for how long after events were dropped.
	soon = 14 * 24 * time.Hour
	// reachLimit is how long the feed may take to answer where it listens.
	reachLimit = 5 * time.Second
	// look is what says more about how the feed is.
	look = "counterfoil feed status"
)

// Examine looks, for the doctor, whether systems can read: the feed answers where it listens, its certificate stays good for a while, nobody
// else on the machine can read its files, it goes on, and nobody missed anything lately.
func (f *Feed) Examine(ctx context.Context) (*queryv1.Check, error) {
	check := &queryv1.Check{Ok: true}
	wrong := func(next, format string, args ...any) {
		if check.Ok {
			check.Ok, check.Next = false, next
		} else {
			check.Detail += "; "
		}
		check.Detail += fmt.Sprintf(format, args...)
	}
	leaf, err := f.reach(ctx)
	if err != nil {
		wrong(look, "it does not answer at %s: %v", f.URL(), err)
	}
	if leaf != nil && leaf.NotAfter.Sub(f.cfg.Now()) < soon {
		wrong(f.renew(leaf), "its certificate ends %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	for _, path := range []string{string(UsersFile(f.cfg.Dir)), Store(f.cfg.Dir)} {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			wrong("chmod go= "+plain.Word(path), "%s has mode %04o", path, info.Mode().Perm())
		}
	}
	s, err := f.Status(ctx)
	if err != nil {
		wrong(look, "%v", err)
	}
	f.examineStatus(s, wrong)
	if check.Ok {
		check.Detail = fmt.Sprintf("it answers at %s, %d systems may read", f.URL(), len(s.Users))
		if leaf != nil {
			check.Detail += ", its certificate is good until " + leaf.NotAfter.UTC().Format(time.RFC3339)
		}
	}
	return check, nil
}

// examineStatus tells what stands in the way of those who read, by a status that may be nil.
func (f *Feed) examineStatus(s *queryv1.FeedStatusResponse, wrong func(next, format string, args ...any)) {
	if s.GetTrouble() != "" {
		wrong(look, "who may read it cannot be seen to: %s", s.Trouble)
	}
	for _, of := range s.GetStreams() {
		if of.Trouble != "" {
			wrong(look, "stream %s does not go on: %s", of.Stream, of.Trouble)
		}
	}
	for _, u := range s.GetUsers() {
		if u.Trouble != "" {
			wrong(look, "%s cannot read: %s", u.User, u.Trouble)
		}
		if at := u.DroppedAt.AsTime(); u.Dropped > 0 && f.cfg.Now().Sub(at) < soon {
			wrong(look, "%s was not given %d events, because they are not kept any longer", u.User, u.Dropped)
		}
	}
}

// renew is how the certificate is renewed: by a command where the node's own authority made it.
func (f *Feed) renew(leaf *x509.Certificate) string {
	if _, err := os.Stat(filepath.Join(f.cfg.Dir, "ca.key")); err != nil || f.cfg.Certificate != filepath.Join(f.cfg.Dir, "tls.crt") {
		return "put a certificate that is good for longer at " + plain.Word(f.cfg.Certificate) + ", with its key"
	}
	command := "counterfoil tls make --dir " + plain.Word(f.cfg.Dir)
	for _, name := range leaf.DNSNames {
		command += " --host " + plain.Word(name)
	}
	for _, address := range leaf.IPAddresses {
		command += " --host " + address.String()
	}
	return command
}

// reach connects as a system does, up to who it is, and returns the certificate that is shown; nil without TLS. Whether that is one to
// trust is the system's to say.
func (f *Feed) reach(ctx context.Context) (*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	at, err := url.Parse(f.URL())
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 64<<10)).ReadString('\n')
	if err != nil {
		return nil, err
	}
	var info struct {
		ID string `json:"server_id"`
	}
	told, greets := strings.CutPrefix(line, "INFO ")
	if !greets || json.Unmarshal([]byte(told), &info) != nil || info.ID != f.srv.ID() {
		return nil, errors.New("something else answers")
	}
	if f.cfg.TLS == nil {
		return nil, nil
	}
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secured.ConnectionState().PeerCertificates[0], nil
}
