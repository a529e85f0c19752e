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
	"strings"
	"time"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// soon is how long before its certificate ends the doctor speaks up, and for how long after events were dropped.
	soon = 14 * 24 * time.Hour
	// reachLimit is how long the feed may take to answer where it listens.
	reachLimit = 5 * time.Second
)

// Examine looks, for the doctor, whether systems can read: the feed answers where it listens, its certificate stays good for a while, nobody
// else on the machine can read its files, it goes on, and nobody missed anything lately.
func (f *Feed) Examine(ctx context.Context) (*queryv1.Check, error) {
	check := &queryv1.Check{Name: "feed", Ok: true}
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
		wrong("counterfoil status", "it does not answer at %s: %v", f.URL(), err)
	}
	if leaf != nil && leaf.NotAfter.Sub(f.cfg.Now()) < soon {
		wrong("counterfoil tls make", "its certificate ends %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	for _, path := range []string{string(UsersFile(f.cfg.Dir)), Store(f.cfg.Dir)} {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			wrong("chmod go= "+path, "%s has mode %04o", path, info.Mode().Perm())
		}
	}
	s, err := f.Status(ctx)
	if err != nil {
		return nil, err
	}
	for _, of := range s.Streams {
		if of.Trouble != "" {
			wrong("counterfoil feed status", "stream %s does not go on: %s", of.Stream, of.Trouble)
		}
	}
	for _, u := range s.Users {
		if at := u.DroppedAt.AsTime(); u.Dropped > 0 && f.cfg.Now().Sub(at) < soon {
			wrong("counterfoil feed status", "%s was not given %d events, because they are not kept any longer", u.User, u.Dropped)
		}
	}
	if check.Ok {
		check.Detail = fmt.Sprintf("it answers at %s, %d systems may read", f.URL(), len(s.Users))
		if leaf != nil {
			check.Detail += ", its certificate is good until " + leaf.NotAfter.UTC().Format(time.RFC3339)
		}
	}
	return check, nil
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
