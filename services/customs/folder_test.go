package customs_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/customs"
)

// exchange is a customs agency that exchanges files until the test ends.
type exchange struct {
	*testing.T
	in, out string
	log     *heard
}

// heard is a log that can be waited on.
type heard struct {
	sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (h *heard) Write(p []byte) (int, error) {
	h.Lock()
	defer h.Unlock()
	close(h.changed)
	h.changed = make(chan struct{})
	return h.text.Write(p)
}

// times waits until the log has a text so many times.
func (e exchange) times(text string, n int) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), 20*time.Second)
	defer cancel()
	for {
		e.log.Lock()
		got, changed := strings.Count(e.log.text.String(), text), e.log.changed
		e.log.Unlock()
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			e.Fatalf("%q was logged %d times, not %d:\n%s", text, got, n, e.log.text.String())
		}
	}
}

// place puts a file into the folder, whole.
func (e exchange) place(name, text string) {
	e.Helper()
	tmp := filepath.Join(e.in, name+".tmp")
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		e.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(e.in, name)); err != nil {
		e.Fatal(err)
	}
}

func (e exchange) read(parts ...string) string {
	e.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		e.Error(err)
	}
	return string(data)
}

func (e exchange) names(parts ...string) string {
	e.Helper()
	entries, err := os.ReadDir(filepath.Join(parts...))
	if err != nil {
		e.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func exchanging(t *testing.T) exchange {
	t.Helper()
	e := exchange{t, t.TempDir(), t.TempDir(), &heard{changed: make(chan struct{})}}
	a := desktest.New(t, "customs").Agency("customs")
	w := wiresOf(t, a, customs.Folders{In: e.in, Out: e.out, Every: 5 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(e.log, nil))})
	desktest.Run(t, w.Run)
	return e
}

const (
	header  = `1\fileHeader\SPIRE\CHIEF\licenceData\202601010000\1\N` + "\n"
	licence = `2\licence\1P\insert\GBSIEL/2026/1/P\SIE\E\20260101\20771231` + "\n" +
		`3\trader\\GB123456789000\20260101\20771231\Northgate Arms XA\Road 1\\\\\AB1 2CD` + "\n" + `4\country\XB\\D` + "\n" + `5\line\1\\\\\rifles\Q\\030\\10\\\\\\` + "\n" + `6\end\licence\5` + "\n"
	wholeFile = header + licence + `7\fileTrailer\1` + "\n"
)

func TestFolders(t *testing.T) {
	e := exchanging(t)
	for name, text := range map[string]string{".hidden": wholeFile, "half.tmp": wholeFile} {
		if err := os.WriteFile(filepath.Join(e.in, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.place("first", wholeFile)
	e.times("put away", 1)
	reply := e.names(e.out)
	if got := e.read(e.out, reply); !strings.HasSuffix(got, "\n"+`2\accepted\1P`+"\n"+`3\fileTrailer\1\0\0`+"\n") {
		t.Errorf("the reply is\n%s", got)
	}
	if got := e.names(e.in) + ", " + e.names(e.in, "done") + ", " + e.names(e.in, "failed"); got != ".hidden done failed half.tmp, first, " {
		t.Errorf("there are %s", got)
	}

	// The same again is answered again, and kept under the same name; another of the same name keeps its own.
	if err := os.Remove(filepath.Join(e.out, reply)); err != nil {
		t.Fatal(err)
	}
	e.place("first", wholeFile)
	e.times("put away", 2)
	if got := e.names(e.out) + ", " + e.names(e.in, "done"); got != reply+", first" {
		t.Errorf("there are %s", got)
	}
	e.place("first", strings.Replace(wholeFile, `\1\N`, `\2\N`, 1))
	e.times("put away", 3)
	if got := e.names(e.in, "done"); !strings.HasPrefix(got, "first first.") {
		t.Errorf("there are %s", got)
	}

	// What is no such file, and a run out of order, are set aside with the reason; the second is answered too.
	e.place("letter", "Dear customs,\nwe regret\n")
	e.times("put away", 4)
	e.place("ahead", strings.Replace(wholeFile, `\1\N`, `\9\N`, 1))
	e.times("put away", 5)
	if got := e.names(e.in, "failed"); got != "ahead ahead.why letter letter.why" {
		t.Errorf("failed are %s", got)
	}
	if got := e.read(e.in, "failed", "ahead.why"); got != "F07: the file has the run number 9 where 3 is next; send the files between, or this one with the reset flag\n" {
		t.Errorf("the reason is %s", got)
	}
	if got := e.names(e.out); strings.Count(got, "licenceReply") != 3 || !strings.Contains(got, "licenceReply_9_") {
		t.Errorf("the replies are %s", got)
	}
}

// A mail that carries a file is taken for the file, and kept as it came; a reply is not answered.
func TestFoldersTakeMailAndReplies(t *testing.T) {
	e := exchanging(t)
	const name = "CHIEF_LIVE_SPIRE_licenceData_1_202601010000"
	mail := "Subject: " + name + "\nContent-Type: text/plain; name=" + name + "\nContent-Disposition: attachment; filename=" + name + "\n\n" + wholeFile
	e.place("1.eml", mail)
	e.place("reply", `1\fileHeader\CHIEF\SPIRE\licenceReply\202601010000\1`+"\n"+`2\accepted\1P`+"\n"+`3\fileTrailer\1\0\0`+"\n")
	e.times("put away", 2)
	if got := e.names(e.in, "done"); got != "1.eml reply" || e.read(e.in, "done", "1.eml") != mail {
		t.Errorf("done are %s", got)
	}
	if got := e.names(e.out); strings.Contains(got, " ") || !strings.Contains(got, "licenceReply_1_") {
		t.Errorf("the replies are %s", got)
	}
}

// A reply that is in the way with another content is not overwritten: the file waits until somebody has looked.
func TestFoldersWait(t *testing.T) {
	e := exchanging(t)
	e.place("first", wholeFile)
	e.times("put away", 1)
	reply := filepath.Join(e.out, e.names(e.out))
	if err := os.WriteFile(reply, []byte("changed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.place("first", wholeFile)
	e.times("is there with another content", 1)
	if e.read(reply) != "changed\n" || !strings.Contains(e.names(e.in), "first") {
		t.Errorf("the reply is %q, and %s wait", e.read(reply), e.names(e.in))
	}
	if err := os.Remove(reply); err != nil {
		t.Fatal(err)
	}
	e.times("put away", 2)
	if got := e.names(e.in); got != "done failed" {
		t.Errorf("there are %s", got)
	}
}

func TestFoldersThatAreNone(t *testing.T) {
	a := desktest.New(t, "customs").Agency("customs")
	w := wiresOf(t, a, customs.Folders{In: filepath.Join(t.TempDir(), "none"), Out: t.TempDir()})
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "is no folder") {
		t.Errorf("Run: %v", err)
	}
	if err := wiresOf(t, a, customs.Folders{}).Run(t.Context()); err != nil {
		t.Errorf("without folders: %v", err)
	}
	if _, err := customs.New(customs.Config{Node: &node.Node{}, Folders: customs.Folders{In: t.TempDir()}}); err == nil {
		t.Error("one folder is taken for two")
	}
}
