// Package duckdbtest lets tests ask DuckDB, where Node and DuckDB's package for it are or can be had.
package duckdbtest

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const version = "@duckdb/node-api@1.5.6-r.1"

//go:embed query.mjs
var script string

// DB is a DuckDB without tables of its own, in a process of its own. It serves one goroutine.
type DB struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Reader
}

// Open starts DuckDB. Its package is looked for in .build/duckdb of the repository, and fetched there when it is not. An error
// says why there is none, for a test to skip with. It ends with Close, or with ctx.
func Open(ctx context.Context) (*DB, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("no DuckDB: node is not installed")
	}
	dir, err := fetched(ctx)
	if err != nil {
		return nil, fmt.Errorf("no DuckDB: %w", err)
	}
	cmd := exec.CommandContext(ctx, node, "--input-type=module", "-e", script, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &DB{cmd, in, bufio.NewReaderSize(out, 1<<20)}, cmd.Start()
}

// fetched is the folder that has the package.
func fetched(ctx context.Context) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return "", errors.New("go.work is in no folder above this one")
		}
	}
	dir := filepath.Join(root, ".build", "duckdb")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	lock := flock.New(filepath.Join(dir, "lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for %s: %w", lock.Path(), err)
	}
	defer lock.Unlock()
	if _, err := os.Stat(filepath.Join(dir, "node_modules", version[:len("@duckdb/node-api")])); err == nil {
		return dir, nil
	}
	fetch := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", dir, version)
	if out, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm does not give %s: %w\n%s", version, err, out)
	}
	return dir, nil
}

// Query returns the rows of a query: each is its columns by name, as DuckDB writes them as JSON. Numbers of more than 32 bits are texts.
func (db *DB) Query(sql string) (rows []map[string]any, err error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return nil, err
	}
	if _, err := db.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("ask DuckDB: %w", err)
	}
	data, err := db.answers.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("DuckDB does not answer %s: %w", sql, err)
	}
	var answer struct {
		Rows  []map[string]any
		Error string
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("read DuckDB's answer: %w", err)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("DuckDB: %s\n%s", answer.Error, sql)
	}
	return answer.Rows, nil
}

// Close ends DuckDB.
func (db *DB) Close() error { return errors.Join(db.in.Close(), db.cmd.Wait()) }
