package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/replay"
	"github.com/counterfoil/counterfoil/libs/rpc"
)

// ledgerIn is the ledger's file in a folder.
func ledgerIn(dir string) string { return filepath.Join(dir, "ledger.db") }

// connectFolder returns clients of a ledger in a folder, which answers in this process what a node's queries do. Nothing is written to
// it. It is let go of when the command ends.
func (env *Env) connectFolder(dir string) (*Clients, error) {
	what := "read the ledger in " + dir
	if _, err := os.Stat(ledgerIn(dir)); errors.Is(err, fs.ErrNotExist) {
		return nil, doing(what, "counterfoil replay --into "+quote(dir), usage("%s holds no ledger.db", dir))
	}
	l, err := ledger.Open(ledgerIn(dir), ledger.Options{ReadOnly: true})
	if err != nil {
		return nil, doing(what, "", err)
	}
	env.atEnd(l.Close)
	room, err := os.MkdirTemp("", "counterfoil-past-")
	if err != nil {
		return nil, doing(what, "", err)
	}
	env.atEnd(func() error { return os.RemoveAll(room) })
	past, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(room, "past"), Now: env.Now})
	if err != nil {
		return nil, doing(what, "", err)
	}
	env.atEnd(past.Close)
	cfg := rpc.Config{Agency: l.Agency(), Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewFileServer(cfg)
	query.Register(server, query.Config{
		Agency: l.Agency(), Version: version(), Dir: dir, Ledger: l, Past: past, Now: env.Now,
	})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		return nil, doing(what, "", err)
	}
	env.in = config.Context{Name: dir, Agency: l.Agency()}
	over, end := rpc.Within(rpc.HTTPServer(handler))
	env.atEnd(end)
	return clientsOver(over, "http://ledger", env.in, ""), nil
}

// atEnd has something done when the command has ended: what was asked for last, first.
func (env *Env) atEnd(do func() error) { env.ending = append(env.ending, do) }

// end does what was to be done at the end.
func (env *Env) end() error {
	var errs []error
	for i := len(env.ending) - 1; i >= 0; i-- {
		errs = append(errs, env.ending[i]())
	}
	env.ending = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("let go of what was open: %w", err)
	}
	return nil
}
