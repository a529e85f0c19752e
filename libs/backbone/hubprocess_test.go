package backbone_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// hubEnv makes the test's own program run as a server of a hub (see TestMain): "<folder>".
const hubEnv = "COUNTERFOIL_TEST_HUB"

// runHub runs the server in the folder, says "ready", and then does what each line of the standard input asks and
// answers with a line, until the input ends.
func runHub(dir string) error {
	ctx := context.Background()
	c, err := backbone.LoadHubConfig(dir)
	if err != nil {
		return err
	}
	c.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("server", c.Name)
	h, err := backbone.StartHub(ctx, c)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer, err := order(ctx, h, strings.Fields(lines.Text()))
		if err != nil {
			answer = "error " + err.Error()
		}
		fmt.Println(strings.ReplaceAll(answer, "\n", " "))
	}
	return h.Close()
}

func order(ctx context.Context, h *backbone.Hub, words []string) (answer string, err error) {
	switch words[0] {
	case "add":
		key, err := hex.DecodeString(words[3])
		if err != nil {
			return "", err
		}
		g, err := h.AddAgency(ctx, backbone.Agency{Name: words[1], User: words[2], Signing: key})
		if err != nil {
			return "", err
		}
		return g.UserJWT + " " + strings.Join(g.HubURLs, ","), nil
	case "release":
		id, err := journal.ParseID(words[1])
		if err != nil {
			return "", err
		}
		return "done", h.Release(ctx, id, words[2], 0)
	case "suspend":
		return "done", h.Suspend(ctx, words[1])
	case "resume":
		return "done", h.Resume(ctx, words[1])
	case "access":
		return h.Access(words[1])
	case "connected":
		up, err := h.Connected(words[1])
		return strconv.FormatBool(up), err
	case "leader":
		err = h.InAccount(words[1], func(js jetstream.JetStream) error {
			s, err := js.Stream(ctx, words[2])
			if err == nil {
				answer = s.CachedInfo().Cluster.Leader
			}
			return err
		})
		return answer, err
	case "level":
		err = h.InAccount(words[1], func(js jetstream.JetStream) error {
			s, err := js.Stream(ctx, words[2])
			if err != nil {
				return err
			}
			answer = "true"
			for _, r := range s.CachedInfo().Cluster.Replicas {
				if !r.Current {
					answer = "false"
				}
			}
			return nil
		})
		return answer, err
	}
	return "", errors.New("no such order")
}

// hubProcess is a server of a hub in a process of its own.
type hubProcess struct {
	name, dir string
	cmd       *exec.Cmd
	in        io.WriteCloser
	out       *bufio.Scanner
}

// start runs the server; ready waits until it is one of the hub.
func (p *hubProcess) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), hubEnv+"="+p.dir)
	p.cmd.Stderr = t.Output()
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (p *hubProcess) ready(t *testing.T) {
	t.Helper()
	if got := p.line(t); got != "ready" {
		t.Fatalf("server %s says %q", p.name, got)
	}
}

func (p *hubProcess) line(t *testing.T) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("server %s has ended: %v", p.name, p.out.Err())
	}
	return p.out.Text()
}

// try asks the server and returns its answer, which begins with "error" when it has failed.
func (p *hubProcess) try(t *testing.T, words ...string) string {
	t.Helper()
	if _, err := fmt.Fprintln(p.in, strings.Join(words, " ")); err != nil {
		t.Fatal(err)
	}
	return p.line(t)
}

func (p *hubProcess) ask(t *testing.T, words ...string) string {
	t.Helper()
	answer := p.try(t, words...)
	if strings.HasPrefix(answer, "error") {
		t.Fatalf("%s: %v: %s", p.name, words, answer)
	}
	return answer
}

// kill ends the process at once; stop lets it close.
func (p *hubProcess) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait() // says only that it was killed
}

func (p *hubProcess) stop(t *testing.T) {
	t.Helper()
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		t.Fatal(err)
	}
}

// cluster is a hub of three processes.
type cluster []*hubProcess

func startCluster(t *testing.T) cluster {
	t.Helper()
	dir := t.TempDir()
	var servers []backbone.Server
	for _, name := range []string{"aa", "bb", "cc"} {
		servers = append(servers, backbone.Server{Name: name, Host: "127.0.0.1", Port: freePorts(t)})
	}
	if err := backbone.InitHub(dir, servers); err != nil {
		t.Fatal(err)
	}
	var all cluster
	for _, s := range servers {
		p := &hubProcess{name: s.Name, dir: filepath.Join(dir, s.Name)}
		p.start(t)
		all = append(all, p)
	}
	for _, p := range all {
		p.ready(t)
	}
	t.Cleanup(func() {
		for _, p := range all {
			p.in.Close() // nothing to close for one that was killed
		}
		for _, p := range all {
			if err := p.cmd.Wait(); err != nil && !strings.Contains(err.Error(), "already called") {
				t.Error(err)
			}
		}
	})
	return all
}

// freePorts returns a port that is free, as is the one for the other servers.
func freePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+2000))
		first.Close()
		if err == nil {
			second.Close()
			return port
		}
	}
	t.Fatal("no two free ports")
	return 0
}

func (c cluster) add(t *testing.T, at int, name string) *backbone.Credentials {
	t.Helper()
	a, seed, _ := keysOf(t, name)
	token, urls, _ := strings.Cut(c[at].ask(t, "add", name, a.User, hex.EncodeToString(a.Signing)), " ")
	ca, err := os.ReadFile(filepath.Join(c[at].dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return &backbone.Credentials{HubURLs: strings.Split(urls, ","), CAPEM: ca, JWT: token, Seed: seed}
}

// start runs a node of an agency.
func (c cluster) start(t *testing.T, at int, name string) *agency {
	t.Helper()
	n := startNode(t, name, t.TempDir())
	return &agency{n, startPumps(t, backbone.PumpConfig{Node: n, Credentials: c.add(t, at, name)})}
}

// leader returns the index of the server that leads the stream, once one does.
func (c cluster) leader(t *testing.T, agency, stream string) (at int) {
	t.Helper()
	eventually(t, stream+" has a leader", func() bool {
		name := c[0].try(t, "leader", agency, stream)
		for i, p := range c {
			if p.name == name {
				at = i
				return true
			}
		}
		return false
	})
	return at
}

// whole waits until every server holds all of the streams.
func (c cluster) whole(t *testing.T, agencies ...string) {
	t.Helper()
	began := time.Now()
	for _, name := range agencies {
		for _, stream := range []string{backbone.RelayName(name), backbone.FeedStream} {
			eventually(t, stream+" of "+name+" is on all servers", func() bool {
				return c[0].try(t, "level", name, stream) == "true"
			})
		}
	}
	t.Logf("all servers level after %v", time.Since(began).Round(time.Millisecond))
}
