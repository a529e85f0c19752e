package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/config"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// program is one running process of the program.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
	log  *bytes.Buffer
}

// launch runs the program with COUNTERFOIL_HOME=dir. It is killed when the test ends, if it still runs.
func launch(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command("counterfoil", args...), done: make(chan struct{}), log: &bytes.Buffer{}}
	p.cmd.Env = append(os.Environ(), "COUNTERFOIL_HOME="+dir)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("counterfoil %s, %v:\n%s", strings.Join(args, " "), p.cmd.ProcessState, p.log)
		}
	})
	return p
}

// kill is kill -9, and returns once the process is gone.
func (p *program) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended already
	<-p.done
}

// launchLab runs a whole lab and returns once all agencies answer.
func launchLab(t *testing.T, dir string) *program {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, "lab.pid")); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir, "lab", "--dir", dir)
	eventually(t, "the lab to answer", func() bool {
		if p.ended() {
			t.Fatalf("the lab ended: %s", p.log)
		}
		_, err := os.Stat(filepath.Join(dir, "lab.pid"))
		return err == nil
	})
	return p
}

func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// eventually waits for something that nothing announces.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	patience := time.Minute * time.Duration(rounds()) / 3 // what is killed again and again takes as much longer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// clientsOf returns the clients of an agency as its context is now: a restart may have changed the address.
func clientsOf(dir, agency string) (*Clients, error) {
	contexts := config.Contexts{Home: dir}
	to, err := contexts.Load(agency)
	if err != nil {
		return nil, err
	}
	return dial(contexts, to)
}

// ask calls an agency until it answers.
func ask[T any](t *testing.T, dir, agency string, call func(context.Context, *Clients) (T, error)) (answer T) {
	t.Helper()
	var last error
	eventually(t, agency+" to answer", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		c, err := clientsOf(dir, agency)
		if err == nil {
			answer, err = call(ctx, c)
		}
		last = err
		return err == nil
	})
	if last != nil {
		t.Fatal(last)
	}
	return answer
}

func rowsIn(t *testing.T, dir, agency string, table queryv1.Table, conditions ...*queryv1.Condition) uint64 {
	t.Helper()
	return ask(t, dir, agency, func(ctx context.Context, c *Clients) (uint64, error) {
		res, err := c.Query.Count(ctx, &queryv1.CountRequest{Table: table, Filter: &queryv1.Filter{Conditions: conditions}})
		return res.GetTotal(), err
	})
}

func rootOf(t *testing.T, dir, agency string) string {
	t.Helper()
	return ask(t, dir, agency, func(ctx context.Context, c *Clients) (string, error) {
		res, err := c.Query.Status(ctx, &queryv1.StatusRequest{Root: true})
		return res.GetRoot(), err
	})
}

// level waits until every agency has all of licensing's journal, and those with the same releases hold equal ledgers.
func level(t *testing.T, dir string) {
	t.Helper()
	whole := inJournals(t, dir, "licensing", false)["licensing/all"].GetBlock()
	for _, agency := range everybody {
		eventually(t, agency+" to have the register", func() bool {
			return inJournals(t, dir, agency, false)["licensing/all"].GetBlock() >= whole
		})
	}
	var roots []string
	eventually(t, "equal ledgers", func() bool {
		roots = nil
		for _, agency := range peers {
			roots = append(roots, rootOf(t, dir, agency))
		}
		return roots[0] == roots[1] && roots[1] == roots[2]
	})
}

// inJournals is what an agency's ledger holds of each journal: the block that it is folded to, and the root over its rows where
// that is asked for.
func inJournals(t *testing.T, dir, agency string, root bool) map[string]*queryv1.JournalStatus {
	t.Helper()
	return ask(t, dir, agency, func(ctx context.Context, c *Clients) (map[string]*queryv1.JournalStatus, error) {
		res, err := c.Query.Status(ctx, &queryv1.StatusRequest{Root: root})
		byJournal := map[string]*queryv1.JournalStatus{}
		for _, j := range res.GetJournals() {
			byJournal[j.GetJournal()] = j
		}
		return byJournal, err
	})
}

// sound runs verify at every agency and fails when it finds anything.
func sound(t *testing.T, dir string) {
	t.Helper()
	for _, agency := range everybody {
		p := launch(t, dir, "--context", agency, "verify", "-o", "json")
		<-p.done
		if code := p.cmd.ProcessState.ExitCode(); code != exitOK {
			t.Errorf("verify at %s ended with %d: %s", agency, code, p.log)
		}
	}
}

// apply puts n applications on record, each under its own key, and asks again with that key until it is acknowledged.
func apply(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		req := &licensingv1.SubmitApplicationRequest{
			Particulars: &eventv1.Particulars{IdempotencyKey: fmt.Sprintf("application %d", i)},
			Deal: &licensingv1.DealInput{
				Kind: transferv1.Kind_KIND_EXPORT, Destination: "XB", EndUse: fmt.Sprint("case ", i),
				Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Harbour Trading XB"}},
				Lines:   []*transferv1.Line{{Rating: "ML1.a", Quantity: &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}}},
			},
		}
		ask(t, dir, "licensing", func(ctx context.Context, c *Clients) (string, error) {
			res, err := c.Licensing.SubmitApplication(ctx, req)
			return res.GetApplicationId(), err
		})
	}
}

// registerOf writes a publisher's folder with so many licence groups of two lines each.
func registerOf(t *testing.T, groups int) string {
	t.Helper()
	dir := t.TempDir()
	var values, criteria strings.Builder
	values.WriteString("licence_group,date,rating,count,value,country,refused\n")
	criteria.WriteString("licence_group,criteria,description\n")
	for g := range groups {
		if g%10 == 9 {
			fmt.Fprintf(&values, "%d,2011-%02d-01,ML1,1,,Chile,1\n%[1]d,2011-%02[2]d-01,ML2,1,,Chile,1\n", g, g%12+1)
			fmt.Fprintf(&criteria, "%d,7,Risk of diversion\n", g)
			continue
		}
		fmt.Fprintf(&values, "%d,2011-%02d-01,ML1,1,%d,Italy,0\n%[1]d,2011-%02[2]d-01,ML3,1,%[3]d,Italy,0\n", g, g%12+1, g)
	}
	for name, content := range map[string]string{
		"values.csv": values.String(), "refusal-criteria.csv": criteria.String(), "ratings.csv": "rating,military\nML1,1\nML2,1\nML3,1\n",
		"destinations.csv": "licence_group,destination\n", "sources.csv": "licence_group,source\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// importUntilDone runs the import again until it ends well.
func importUntilDone(t *testing.T, dir, folder string) {
	t.Helper()
	eventually(t, "the import to end well", func() bool {
		p := launch(t, dir, "import", "uk-licences", folder, "--edition", "2012-06-14", "--batch", "100")
		<-p.done
		return p.cmd.ProcessState.ExitCode() == exitOK
	})
}

// rounds is how often things are killed: a few times in a normal run, many in a soak.
func rounds() int {
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		return 25
	}
	return 3
}
