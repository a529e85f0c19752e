package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/whole"
	"github.com/counterfoil/counterfoil/services/lab"
)

const (
	// startLimit is how long agencies may take to answer; a ledger that is built anew takes as long as it takes, so it
	// counts from the last sign of progress.
	startLimit = 2 * time.Minute
	stopLimit  = 30 * time.Second
)

func newLabCommand(env *Env) *cobra.Command {
	var dir, plan, logLevel string
	var detach, story bool
	cmd := &cobra.Command{
		Use:   "lab --dir DIR",
		Short: "Run the hub and every agency in one process",
		Long: "Runs the hub and every agency of a plan in one process, on folders below DIR, until it is interrupted.\n" +
			"With --detach it returns when all agencies answer and leaves them running. DIR then holds lab.pid, lab.log\n" +
			"and a context per agency: COUNTERFOIL_HOME=DIR makes the other commands use them.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l := labFolder(dir)
			if detach {
				if err := l.detach(cmd.Context(), env, plan, logLevel); err != nil {
					return doing("start the lab", "tail "+l.path("lab.log"), err)
				}
				return l.welcome(cmd.Context(), env, story)
			}
			return l.run(cmd.Context(), env, plan, logLevel, func(ctx context.Context) error { return l.welcome(ctx, env, story) })
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the lab (required); made when it is not there")
	cmd.Flags().StringVar(&plan, "plan", "", "file that says which agencies there are and who shares what (default: the example)")
	cmd.Flags().BoolVar(&detach, "detach", false, "return when all agencies answer, and leave them running")
	cmd.Flags().BoolVar(&story, "story", false, "play a story across the agencies once they answer")
	addLogFlag(cmd, &logLevel)
	require(cmd, "dir")
	cmd.AddCommand(newLabStopCommand(env))
	return cmd
}

func newLabStopCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "stop --dir DIR",
		Short: "Stop a lab that was left running",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			stopped, err := labFolder(dir).stop(cmd.Context())
			if err == nil && !stopped {
				env.Advise("no lab is running in %s", dir)
			}
			return doing("stop the lab", "", err)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the lab (required)")
	require(cmd, "dir")
	return cmd
}

// labFolder is the folder that a lab runs in.
type labFolder string

func (l labFolder) path(name string) string { return filepath.Join(string(l), name) }

// run serves the lab in this process until ctx ends.
func (l labFolder) run(ctx context.Context, env *Env, planFile, logLevel string, answering func(context.Context) error) error {
	plan, err := lab.ReadPlan(planFile)
	if err != nil {
		return usage("%v", err)
	}
	logger, err := newLogger(env.Err, logLevel)
	if err != nil {
		return err
	}
	if pid, _ := l.pid(); pid != 0 && pid != os.Getpid() {
		return &failure{why: fmt.Sprintf("a lab runs in %s already, as process %d", l, pid), exit: exitFailed, next: "counterfoil lab stop --dir " + string(l)}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tracing, err := env.tracing(ctx)
	if err != nil {
		return err
	}
	running, err := lab.Start(ctx, lab.Folder(l), plan, lab.Options{Logger: logger, Version: version(), Tracing: tracing})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	go func() {
		if err := running.WaitReady(ctx); err != nil {
			return // Run says why
		}
		if err := errors.Join(l.writeLogins(running), l.writePID()); err != nil {
			cancel(err)
			return
		}
		if err := answering(ctx); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	err = <-ended
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	err = errors.Join(err, running.Close()) // before the file goes: who stops a lab waits for that
	if removed := os.Remove(l.path("lab.pid")); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// detach starts the lab in a process of its own and returns when all agencies answer there. A lab that runs already
// is left as it is.
func (l labFolder) detach(ctx context.Context, env *Env, planFile, logLevel string) error {
	if pid, _ := l.pid(); pid != 0 {
		env.Advise("a lab runs in %s already, as process %d", l, pid)
		return nil
	}
	if err := os.MkdirAll(string(l), 0o700); err != nil {
		return err
	}
	log, err := os.OpenFile(l.path("lab.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"lab", "--dir", string(l), "--log-level", logLevel}
	if planFile != "" {
		args = append(args, "--plan", planFile)
	}
	child := exec.Command(self, args...)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	return l.await(ctx, child, ended)
}

// await returns once the process has written its id, which it does when all agencies answer.
func (l labFolder) await(ctx context.Context, child *exec.Cmd, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("the lab ended before it was ready (%v); %s says why", err, l.path("lab.log"))
		case <-ctx.Done():
			if err := child.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
			return fmt.Errorf("the agencies did not answer in time: %w", ctx.Err())
		case <-tick.C:
			if pid, _ := l.pid(); pid == child.Process.Pid {
				return nil
			}
		}
	}
}

// stop ends a lab that was left running and waits until it has ended. It says whether there was one.
func (l labFolder) stop(ctx context.Context) (bool, error) {
	pid, err := l.pid()
	if err != nil || pid == 0 {
		return false, err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false, err
	}
	if err := process.Signal(syscall.SIGTERM); err != nil {
		return false, fmt.Errorf("process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if running, _ := l.pid(); running != pid {
			return true, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return true, fmt.Errorf("process %d does not end: %w", pid, ctx.Err())
		}
	}
}

// pid returns the process that runs the lab, 0 when there is none. A file that a killed lab left behind is told by
// the process that no longer is, or is another program.
func (l labFolder) pid() (int, error) {
	data, err := os.ReadFile(l.path("lab.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%s holds no process id", l.path("lab.pid"))
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.Contains(string(command), "\x00lab\x00") {
		return 0, nil
	}
	return pid, nil
}

func (l labFolder) writePID() error {
	return whole.Write(l.path("lab.pid"), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
}

// welcome plays the story, when that was asked for, and says what to try next.
func (l labFolder) welcome(ctx context.Context, env *Env, story bool) error {
	if story {
		if err := (&storyteller{env: env, contexts: config.Contexts{Home: string(l)}}).tell(ctx); err != nil {
			return doing("play the story", "counterfoil doctor", err)
		}
	}
	home, err := filepath.Abs(string(l))
	if err != nil {
		return err
	}
	env.Advise("All agencies answer. Where to look at them in a browser, and as whom, stands in %s. Try next:", l.loginsFile())
	env.Advise("  export COUNTERFOIL_HOME=%s", home)
	try := []string{"status --all", "--context customs list licences", "--context observer count lines --by destination"}
	if story {
		try = append(try, fmt.Sprintf("--context enforcement explain licensing/L-%d-000001", env.Now().UTC().Year()))
	}
	for _, next := range append(try, "--context reporting watch", "--context licensing verify", "lab stop --dir "+string(l)) {
		env.Advise("  %s %s", os.Args[0], next)
	}
	return nil
}
