package backbone_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// nodeEnv makes the test's own program run as a node (see TestMain): "<agency> <folder> <folder of credentials>
// <signing key> [<where in a rotation it is killed>]".
const nodeEnv = "COUNTERFOIL_TEST_NODE"

func TestMain(m *testing.M) {
	if spec := os.Getenv(nodeEnv); spec != "" {
		if err := runNode(strings.Fields(spec)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(hubEnv); dir != "" {
		if err := runHub(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runNode records numbered blocks as fast as it can, on from the last one, and says each number once it is
// acknowledged, until it is killed.
func runNode(spec []string) error {
	ctx := context.Background()
	n, err := backbone.StartNode(ctx, backbone.NodeConfig{Agency: spec[0], Dir: spec[1]})
	if err != nil {
		return err
	}
	creds, err := backbone.LoadCredentials(spec[2])
	if err != nil {
		return err
	}
	signer, err := hex.DecodeString(spec[3])
	if err != nil {
		return err
	}
	config := backbone.PumpConfig{Node: n, Credentials: creds, Dir: spec[2], Signer: ed25519.PrivateKey(signer)}
	if len(spec) > 4 {
		killAt(&config, spec[4])
	}
	p, err := backbone.StartPumps(config)
	if err != nil {
		return err
	}
	if err := p.Ready(ctx); err != nil {
		return err
	}
	info, err := n.Journal().Info(ctx)
	if err != nil {
		return err
	}
	for next := info.State.LastSeq + 1; ; next++ {
		_, err := n.JetStream().Publish(ctx, "block."+spec[0]+".all", []byte(strconv.FormatUint(next, 10)),
			jetstream.WithExpectLastSequence(next-1))
		if err != nil {
			return err
		}
		fmt.Println(next)
	}
}

func TestKilledNodeLosesNothing(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	customs := startAgency(t, h, "customs", nil)
	dir, creds := t.TempDir(), t.TempDir()
	_, _, signer := keysOf(t, "licensing")
	if err := addAgency(t, h, "licensing").WriteTo(creds); err != nil {
		t.Fatal(err)
	}
	release(t, h, "licensing/all", "customs")
	release(t, h, "customs/all", "licensing")
	stop := traffic(t, customs.Node, "all")
	acknowledged := uint64(0)
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), nodeEnv+"="+strings.Join([]string{"licensing", dir, creds, hex.EncodeToString(signer)}, " "))
		cmd.Stderr = t.Output()
		said, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Killed after more and more blocks, so not always at the same point.
		lines, wanted := bufio.NewScanner(said), acknowledged+20+uint64(17*round)
		for lines.Scan() {
			if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatal(err)
			}
			if acknowledged == wanted {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); acknowledged < wanted {
			t.Fatalf("the node ended by itself at %d: %v", acknowledged, err)
		}
	}
	n := startNode(t, "licensing", dir)
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: addAgency(t, h, "licensing")})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	recorded := last(t, n.Journal())
	if recorded < acknowledged {
		t.Errorf("block %d was acknowledged, and the journal ends at %d", acknowledged, recorded)
	}
	level(t, customs, "in.licensing.all", int(recorded))
	level(t, &agency{n, p}, "in.customs.all", stop())
}
