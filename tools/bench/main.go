// Command bench measures what Counterfoil promises of speed, each figure beside the broker's own limit and a peer, in one run and
// interleaved, and prints the ratios. Absolute figures are of this machine, now; the ratios are what to quote.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// row is one line of the result.
type row struct {
	what, measured, limit, ratio, peer, target string
	ok                                         bool
}

func main() {
	var o options
	flag.StringVar(&o.register, "register", "", "folder of a published register to import, such as caat-uk-licences-2012-06 (default: one that is made up, of the same size)")
	flag.IntVar(&o.events, "events", 1_000_000, "events of the longest history that is folded")
	flag.StringVar(&o.only, "only", "", "measure one thing only: idle, commands, arrival, importing, folding, joining, alerting, screening, tracing, reporting or replay")
	profile := flag.String("cpuprofile", "", "file to write a processor profile to")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		pprof.StopCPUProfile()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	register, only string
	events         int
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "counterfoil-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var rows []row
	for _, m := range []struct {
		name    string
		measure func(context.Context, string, options) ([]row, error)
	}{{"idle", idle}, {"commands", commands}, {"arrival", arrival}, {"importing", importing}, {"folding", folding}, {"joining", joins}, {"alerting", alerting}, {"screening", screens}, {"tracing", traces}, {"reporting", reports}, {"replay", replays}} {
		if o.only != "" && o.only != m.name {
			continue
		}
		began := time.Now()
		found, err := m.measure(ctx, dir, o)
		if err != nil {
			return err
		}
		for _, r := range found {
			fmt.Fprintf(os.Stderr, "%s: %s (took %s)\n", r.what, r.measured, time.Since(began).Round(time.Second))
		}
		rows = append(rows, found...)
	}
	t := table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.AppendHeader(table.Row{"what", "measured", "the broker's limit, or the shortest run", "ratio", "SQLite or PostgreSQL, the same work", "target", ""})
	missed := 0
	for _, r := range rows {
		verdict := "met"
		if !r.ok {
			verdict, missed = "MISSED", missed+1
		}
		t.AppendRow(table.Row{r.what, r.measured, r.limit, r.ratio, r.peer, r.target, verdict})
	}
	t.Render()
	if missed > 0 {
		return errors.New("a target was missed; run it again on a quiet machine before believing it")
	}
	return nil
}
