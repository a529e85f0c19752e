package lab_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/services/lab"
)

// patience is how long a test waits for what has to come about: only one that fails waits it out, and a machine may be busy.
const patience = time.Minute

// start runs a lab of the example plan in a folder until the test ends.
func start(t testing.TB, folder lab.Folder, o lab.Options) *lab.Lab {
	t.Helper()
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	return startPlan(t, folder, plan, o)
}

// startPlan runs a lab of a plan in a folder until the test ends.
func startPlan(t testing.TB, folder lab.Folder, plan *lab.Plan, o lab.Options) *lab.Lab {
	t.Helper()
	l, _ := startAndStop(t, folder, plan, o)
	return l
}

// startAndStop runs a lab of a plan in a folder until stop is called, or the test ends.
func startAndStop(t testing.TB, folder lab.Folder, plan *lab.Plan, o lab.Options) (l *lab.Lab, stop func()) {
	t.Helper()
	if o.Logger == nil && os.Getenv("COUNTERFOIL_LOG") != "" {
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := lab.Start(ctx, folder, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- l.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("lab ended: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the lab: %v", err)
		}
	})
	t.Cleanup(stop)
	wait, done := context.WithTimeout(ctx, patience)
	defer done()
	if err := l.WaitReady(wait); err != nil {
		t.Fatal(err)
	}
	return l, stop
}

func TestLabStarts(t *testing.T) {
	t.Parallel()
	began := time.Now()
	start(t, lab.Folder(t.TempDir()), lab.Options{})
	t.Logf("ready after %s", time.Since(began))
}
