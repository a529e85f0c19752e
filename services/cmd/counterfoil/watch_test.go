package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/config"
)

// envFor returns an environment whose only context is a node that answers from fixed data.
func envFor(t *testing.T, n *fixedNode) *Env {
	t.Helper()
	contexts := config.Contexts{Home: t.TempDir()}
	if err := contexts.Save(config.Context{Name: n.agency, Agency: n.agency, URL: startNode(t, n), Role: "officer"}); err != nil {
		t.Fatal(err)
	}
	return &Env{
		In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"COUNTERFOIL_HOME": contexts.Home}[name] },
	}
}

func TestWatchEndedByItsUserSaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	env := envFor(t, &fixedNode{agency: "licensing", open: true})
	out, printed := io.Pipe()
	var advice bytes.Buffer
	env.Out, env.Err = printed, &advice
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- run(ctx, env, []string{"watch", "-o", "jsonl"}) }()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for range 3 {
		if !lines.Scan() {
			t.Fatalf("the watch ended early: %v", lines.Err())
		}
	}
	interrupt()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, advice.String())
	}
	// The third event was printed, so the first group's token is past; the second's may be.
	if got := advice.String(); !strings.Contains(got, "resume with: counterfoil watch --from t-2\n") && !strings.Contains(got, `--from 't "3"'`) {
		t.Errorf("advice: %s", got)
	}
}
