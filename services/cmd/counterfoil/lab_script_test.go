package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/counterfoil/counterfoil/libs/columns/duckdbtest"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/services/lab"
)

// TestLabScripts runs command lines against a lab: the example's agencies, of which reporting is asked before anybody
// reads its journals, and a post of customs where a script has a file "post". $YEAR is this one. Beside those of TestScripts, the scripts have this command:
//
//	comes PATTERN counterfoil …    run it again and again until it ends well and prints what matches, for 20 s at most
//	duckdb PATTERN QUERY           DuckDB's answer, in the script's folder, as lines of JSON, matches; without DuckDB it says so and goes on
//
// $TABLES are the names of all tables, with commas. $RECEIVER takes every request.
func TestLabScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "lab"),
		RequireExplicitExec: true,
		Setup: func(script *testscript.Env) error {
			script.Setenv("COUNTERFOIL_HOME", filepath.Join(script.WorkDir, "lab"))
			script.Setenv("TABLES", strings.Join(tableNames(), ","))
			script.Setenv("YEAR", time.Now().UTC().Format("2006"))
			example, err := filepath.Abs(filepath.Join("..", "..", "..", "deploy", "example"))
			if err != nil {
				return err
			}
			script.Setenv("EXAMPLE", example)
			receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			script.Defer(receiver.Close)
			script.Setenv("RECEIVER", receiver.URL)
			return startLab(t, script)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"runs": runs, "exits": exits, "comes": comes, "duckdb": askDuckDB},
	})
}

// startLab runs a lab in the script's folder until the script ends.
func startLab(t *testing.T, script *testscript.Env) error {
	example, err := os.ReadFile(filepath.Join("..", "..", "lab", "plan.yaml"))
	if err != nil {
		return err
	}
	file := filepath.Join(script.WorkDir, "plan.yaml")
	asked := strings.Replace(string(example), "service: reporting}", "service: reporting, consent: ask}", 1)
	if _, err := os.Stat(filepath.Join(script.WorkDir, "post")); err == nil {
		asked = strings.NewReplacer(
			"service: customs}", "service: customs}\n  - {name: customs-b, title: Border post, service: customs, post_of: customs}",
			"licensing, customs, enforcement", "licensing, customs, customs-b, enforcement",
			"{agency: customs, group: border}", "{agency: customs, group: border}\n  - {agency: customs-b, group: border}",
		).Replace(asked)
	}
	if err := os.WriteFile(file, []byte(asked), 0o600); err != nil {
		return err
	}
	for _, folder := range []string{"policies", "reporting"} {
		if err := os.CopyFS(filepath.Join(script.WorkDir, folder), os.DirFS(filepath.Join("..", "..", "lab", folder))); err != nil {
			return err
		}
	}
	plan, err := lab.ReadPlan(file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l, err := lab.Start(ctx, lab.Folder(filepath.Join(script.WorkDir, "lab")), plan, lab.Options{})
	if err != nil {
		cancel()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	script.Defer(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("lab ended: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the lab: %v", err)
		}
	})
	if err := l.WaitReady(ctx); err != nil {
		return err
	}
	return config.Contexts{Home: filepath.Join(script.WorkDir, "lab")}.Use("licensing")
}

func comes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || args[1] != "counterfoil" {
		ts.Fatalf("usage: comes PATTERN counterfoil …")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var out, advice bytes.Buffer
		env := &Env{In: strings.NewReader(""), Out: &out, Err: &advice, Getenv: ts.Getenv, Now: time.Now}
		if run(ctx, env, args[2:]) == 0 && pattern.MatchString(out.String()) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("%s does not come; the last was:\n%s%s", args[0], out.String(), advice.String())
		}
	}
}

func askDuckDB(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: duckdb PATTERN QUERY")
	}
	db, err := duckdbtest.Open(context.Background())
	if err != nil {
		ts.Logf("not looked at: %v", err)
		return
	}
	defer db.Close()
	_, err = db.Query("SET file_search_path = '" + ts.Getenv("WORK") + "'")
	ts.Check(err)
	rows, err := db.Query(args[1])
	ts.Check(err)
	var answer bytes.Buffer
	encoder := json.NewEncoder(&answer)
	for _, row := range rows {
		ts.Check(encoder.Encode(row))
	}
	if !regexp.MustCompile(args[0]).Match(answer.Bytes()) {
		ts.Fatalf("DuckDB answers %s, which does not match %s", answer.String(), args[0])
	}
}
