package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/counterfoil/counterfoil/libs/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"counterfoil": main})
}

// TestScripts runs command lines against nodes of two agencies that answer from fixed data. Beside testscript's own,
// the scripts have these commands:
//
//	runs counterfoil …          run it in this process; it must end well
//	exits CODE counterfoil …    run it in this process; it must end with that exit code
//	received [AGENCY] PATTERN   the node was sent a request that matches (default: licensing)
//	lab DIR                     run a lab of real nodes in a process of its own, until the script ends or stops it;
//	                            $lab_url is where licensing's API is then
//	cut N                       from the Nth RecordEdition on, licensing's node answers none; 0: it answers again
//
// $policies is the folder of the example's policies. Files are named with $WORK before them: the scripts run side by side in one process.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(script *testscript.Env) error {
			return setUp(t, script)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"runs": runs, "exits": exits, "received": received, "cut": cut, "lab": runLab,
		},
	})
}

type nodesKey struct{}

// setUp starts a node for each agency and writes their contexts.
func setUp(t *testing.T, script *testscript.Env) error {
	policies, err := filepath.Abs(filepath.Join("..", "..", "..", "deploy", "example", "policies"))
	if err != nil {
		return err
	}
	script.Setenv("policies", policies)
	home := filepath.Join(script.WorkDir, "home")
	script.Setenv("COUNTERFOIL_HOME", home)
	contexts := config.Contexts{Home: home}
	nodes := map[string]*fixedNode{"licensing": {agency: "licensing", page: 3}, "customs": {agency: "customs", broken: true}}
	for name, n := range nodes {
		url := startNode(t, n)
		script.Setenv(name+"_url", url)
		err := contexts.Save(config.Context{Name: name, Agency: name, URL: url, TokenFile: "token", Role: "officer", Person: "p-1"})
		if err != nil {
			return err
		}
	}
	script.Values[nodesKey{}] = nodes
	return errors.Join(os.WriteFile(filepath.Join(home, "token"), []byte("secret\n"), 0o600), contexts.Use("licensing"))
}

func nodeOf(ts *testscript.TestScript, agency string) *fixedNode {
	n := ts.Value(nodesKey{}).(map[string]*fixedNode)[agency]
	if n == nil {
		ts.Fatalf("no node of agency %s", agency)
	}
	return n
}

func runs(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("say which exit code is meant: exits CODE counterfoil …")
	}
	exits(ts, false, append([]string{"0"}, args...))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "counterfoil" {
		ts.Fatalf("usage: exits CODE counterfoil …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	env := &Env{In: strings.NewReader(""), Out: ts.Stdout(), Err: ts.Stderr(), Getenv: ts.Getenv, Now: time.Now}
	if got := run(context.Background(), env, args[2:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func received(ts *testscript.TestScript, neg bool, args []string) {
	agency := "licensing"
	if len(args) == 2 {
		agency, args = args[0], args[1:]
	}
	if len(args) != 1 {
		ts.Fatalf("usage: received [AGENCY] PATTERN")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	n := nodeOf(ts, agency)
	n.mu.Lock()
	defer n.mu.Unlock()
	all := strings.Join(n.received, "\n")
	if pattern.MatchString(all) == neg {
		ts.Fatalf("requests that match %s: want %v, were sent:\n%s", pattern, !neg, all)
	}
}

func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: cut N")
	}
	n := nodeOf(ts, "licensing")
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	n.cut, err = strconv.Atoi(args[0])
	n.register.calls = 0
	ts.Check(err)
}

func runLab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lab DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Defer(func() {
		if _, err := labFolder(dir).stop(context.Background()); err != nil {
			ts.Logf("stop the lab: %v", err)
		}
	})
	ts.Check(ts.Exec("counterfoil", "lab", "--dir", dir, "--detach"))
	to, err := config.Contexts{Home: dir}.Load("licensing")
	ts.Check(err)
	ts.Setenv("lab_url", to.URL)
}
