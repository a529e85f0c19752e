// Package postgres starts a PostgreSQL server of one's own, behind a socket in a folder, for comparisons.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running server. DB is a connection to it, for one goroutine.
type Server struct {
	DB      *pgx.Conn
	process *exec.Cmd
	said    bytes.Buffer
}

// ErrNone says that there is no PostgreSQL on this machine, or none that may be started.
var ErrNone = errors.New("PostgreSQL is not installed")

// Start lays a cluster out in a folder, which it makes, and starts it with settings such as "shared_buffers=512MB". No commit waits
// for the disk. It fails with ErrNone.
func Start(ctx context.Context, dir string, settings ...string) (*Server, error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	server, err := program("postgres")
	if err != nil {
		return nil, err
	}
	who, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	create := exec.CommandContext(ctx, initdb, "-D", data, "-U", "peer", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	create.SysProcAttr, create.Dir = who, dir
	if said, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	s := &Server{process: exec.Command(server, "-D", data, "-k", dir)}
	for _, setting := range append([]string{"listen_addresses=", "synchronous_commit=off"}, settings...) {
		s.process.Args = append(s.process.Args, "-c", setting)
	}
	s.process.SysProcAttr, s.process.Dir, s.process.Stderr = who, dir, &s.said
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for {
		if s.DB, err = pgx.Connect(ctx, "host="+dir+" user=peer dbname=postgres"); err == nil {
			return s, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err, s.Close())
		}
	}
}

// program finds one of the server's, also where Debian keeps them: beside the path, by version.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	return found[len(found)-1], nil
}

// unprivileged has a command run as somebody else where we are root, which PostgreSQL refuses to be, and gives them dir.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil || os.Geteuid() != 0 {
		return nil, err
	}
	other, err := user.Lookup("postgres")
	if err != nil {
		return nil, ErrNone
	}
	uid, uidErr := strconv.ParseUint(other.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(other.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid)), os.Chmod(filepath.Dir(dir), 0o711)); err != nil { //nolint:gosec // to pass through, no more
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// Close stops the server; what it held is not kept.
func (s *Server) Close() error {
	var err error
	if s.DB != nil {
		err = s.DB.Close(context.Background())
	}
	if signalErr := s.process.Process.Signal(syscall.SIGQUIT); signalErr != nil {
		return errors.Join(err, signalErr)
	}
	var exit *exec.ExitError
	if waitErr := s.process.Wait(); !errors.As(waitErr, &exit) {
		err = errors.Join(err, waitErr)
	}
	return err
}
