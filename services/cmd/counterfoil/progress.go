package main

import (
	"fmt"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// lineEvery is how often long work says how far it is where there is no terminal.
const lineEvery = 10 * time.Second

// progress shows how far long work is: a bar with rate and remaining time on a terminal, a line now and then elsewhere.
// It is used by one goroutine.
type progress struct {
	env           *Env
	what, unit    string
	all, done     int64
	started, said time.Time

	bars *mpb.Progress // nil where there is no terminal
	bar  *mpb.Bar
}

func (env *Env) startProgress(what, unit string) *progress {
	p := &progress{env: env, what: what, unit: unit, started: env.Now(), said: env.Now()}
	if file, isFile := env.Err.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(file), mpb.WithWidth(50), mpb.WithAutoRefresh())
		p.bar = p.bars.AddBar(0,
			mpb.PrependDecorators(decor.Name(what, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d "+unit)),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f "+unit+"/s"), decor.Name("  "), decor.AverageETA(decor.ET_STYLE_GO)))
	}
	return p
}

// total says how much there is to do, which may become known late or grow.
func (p *progress) total(n int64) {
	if n == p.all {
		return
	}
	p.all = n
	if p.bar != nil {
		p.bar.SetTotal(n, false)
	}
}

// set says how much is done.
func (p *progress) set(n int64) {
	p.done = n
	if p.bar != nil {
		p.bar.SetCurrent(n)
		return
	}
	if now := p.env.Now(); now.Sub(p.said) >= lineEvery {
		p.said = now
		p.env.Advise("%s", p.line(now))
	}
}

// line is "verify: 1200 of 5000 blocks, 40 blocks/s, 1m35s left".
func (p *progress) line(now time.Time) string {
	text := fmt.Sprintf("%s: %d of %d %s", p.what, p.done, p.all, p.unit)
	rate := float64(p.done) / now.Sub(p.started).Seconds()
	if rate <= 0 || p.all < p.done {
		return text
	}
	left := time.Duration(float64(p.all-p.done) / rate * float64(time.Second))
	return fmt.Sprintf("%s, %.0f %s/s, %s left", text, rate, p.unit, left.Round(time.Second))
}

// stop ends the showing; a bar stays as it stands.
func (p *progress) stop() {
	if p.bar == nil {
		return
	}
	p.bar.EnableTriggerComplete()
	if !p.bar.Completed() {
		p.bar.Abort(false)
	}
	p.bars.Wait()
}
