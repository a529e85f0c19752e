package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/lab"
	"github.com/counterfoil/counterfoil/services/starter"
)

// started is how a program of each language is built and run, and what has to be on the machine for that.
var started = map[string]struct{ needs, build, run []string }{
	"python": {needs: []string{"python3"}, run: []string{"python3", "subscriber.py"}},
	"node":   {needs: []string{"node"}, run: []string{"node", "subscriber.mjs"}},
	"java":   {needs: []string{"javac", "java"}, build: []string{"sh", "build.sh"}, run: []string{"java", "-cp", "classes", "Subscriber"}},
	"dotnet": {needs: []string{"dotnet"}, build: []string{"dotnet", "build", "-o", "bin/out"}, run: []string{"dotnet", "bin/out/Subscriber.dll"}},
}

// A program that `counterfoil starter` writes follows a node, is killed again and again while it works, and comes to every event once
// and in the order of the node.
func TestStartersFollowThroughKills(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{ReceiptEvery: time.Hour})
	n := l.Agencies["licensing"].Node
	grantMany(t, n, 0)
	for _, language := range starter.Languages {
		t.Run(language, func(t *testing.T) {
			with := started[language]
			for _, tool := range with.needs {
				if _, err := exec.LookPath(tool); err != nil {
					t.Skipf("%s is not on this machine: the starter in %s is written and not run", tool, language)
				}
			}
			s := &subscriber{T: t, node: n, dir: t.TempDir(), run: with.run}
			if err := starter.Write(language, s.dir); err != nil {
				t.Fatal(err)
			}
			if with.build != nil {
				s.build(with.build)
			}
			s.refused()
			s.unset()
			s.waitsForToken()
			kills := 2
			if os.Getenv("COUNTERFOIL_SOAK") != "" {
				kills = 60
			}
			for range kills {
				s.killed(s.lines() + 1 + rand.IntN(300))
			}
			grantMany(t, n, 1)
			want := watched(t, n, "").ids
			s.killed(len(want))
			// More may come to the node meanwhile.
			got, after := s.ids(), watched(t, n, "").ids
			if len(got) < len(want) || len(got) > len(after) || !slices.Equal(got, after[:len(got)]) {
				t.Errorf("after %d kills the program has %d events, the node %d to %d, or the order is another", kills, len(got), len(want), len(after))
			}
		})
	}
}

// grantMany puts 1,000 licences on record, 100 to a block.
func grantMany(t *testing.T, n *node.Node, round int) {
	t.Helper()
	first := eventsOf(t, n, "licensing/all") + round
	for block := range 10 {
		var facts []proto.Message
		for i := range 100 {
			facts = append(facts, granted(10_000*first+100*block+i))
		}
		record(t, n, facts...)
	}
}

// subscriber is a program in a folder.
type subscriber struct {
	*testing.T
	node *node.Node
	dir  string
	run  []string
}

func (s *subscriber) build(command []string) {
	s.Helper()
	build := exec.CommandContext(s.Context(), command[0], command[1:]...)
	build.Dir = s.dir
	if out, err := build.CombinedOutput(); err != nil {
		s.Fatalf("build: %v\n%s", err, out)
	}
}

// killed runs the program, and kills it once it has so many lines, or has all that there is and waits.
func (s *subscriber) killed(lines int) {
	s.Helper()
	lines = min(lines, len(watched(s.T, s.node, "").ids))
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	var said bytes.Buffer
	program := s.program(ctx, s.node.TokenFile())
	program.Stdout, program.Stderr = &said, &said
	if err := program.Start(); err != nil {
		s.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.lines() < lines && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	_ = program.Process.Kill() // SIGKILL; Wait says how it ended
	err := program.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() || ctx.Err() != nil {
		s.Fatalf("it ended by itself or did not come to %d lines (%d): %v\n%s", lines, s.lines(), err, said.String())
	}
}

// lines are how many events the program has written down.
func (s *subscriber) lines() int { return len(s.ids()) }

func (s *subscriber) ids() (ids []string) {
	s.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "events.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 4 {
			ids = append(ids, fields[3])
		}
	}
	return ids
}

// refused runs a program with a token that nobody gave: it ends and says why.
func (s *subscriber) refused() {
	s.Helper()
	wrong := filepath.Join(s.TempDir(), "token")
	if err := os.WriteFile(wrong, []byte("wrong\n"), 0o600); err != nil {
		s.Fatal(err)
	}
	out, err := s.program(s.Context(), wrong).CombinedOutput()
	if fmt.Sprint(err) != "exit status 1" || !strings.Contains(string(out), "token") {
		s.Errorf("refused, it ended with %v: %s", err, out)
	}
}

// unset runs a program that nobody told where the node is: it ends and says what to set.
func (s *subscriber) unset() {
	s.Helper()
	program := s.program(s.Context(), "")
	program.Env = os.Environ()
	out, err := program.CombinedOutput()
	if want := "set COUNTERFOIL_URL and COUNTERFOIL_TOKEN_FILE\n"; fmt.Sprint(err) != "exit status 1" || string(out) != want {
		s.Errorf("without its variables it ended with %v: %s; want %s", err, out, want)
	}
}

// waitsForToken runs a program whose token is not there, as while another takes its place: it says so and asks again.
func (s *subscriber) waitsForToken() {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	program := s.program(ctx, filepath.Join(s.TempDir(), "token"))
	said, err := program.StderrPipe()
	if err == nil {
		err = program.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	line, _ := bufio.NewReader(said).ReadString('\n') // none: it ended
	_ = program.Process.Kill()                        // SIGKILL, unless it ended
	_ = program.Wait()
	if !strings.Contains(line, "token") || !strings.HasSuffix(line, "; asking again in 1 s\n") {
		s.Errorf("without its token it says %q", line)
	}
}

func (s *subscriber) program(ctx context.Context, token string) *exec.Cmd {
	program := exec.CommandContext(ctx, s.run[0], s.run[1:]...)
	program.Dir = s.dir
	program.Env = append(os.Environ(), "COUNTERFOIL_URL="+s.node.URL(), "COUNTERFOIL_TOKEN_FILE="+token)
	return program
}
