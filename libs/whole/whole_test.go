package whole_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/counterfoil/counterfoil/libs/whole"
)

// pathEnv makes the test's program write the file of that path again and again, until it is killed.
const pathEnv = "COUNTERFOIL_WHOLE_PATH"

func TestMain(m *testing.M) {
	path := os.Getenv(pathEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	for n := 0; ; n++ {
		if err := whole.Write(path, content(n), 0o600); err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
}

// content is the same byte again and again.
func content(n int) []byte { return bytes.Repeat([]byte{byte('a' + n%26)}, 100_000+n%26) }

// A writer that is killed leaves the last file that it had finished, or the next, whole.
func TestKilledWriterLeavesAWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), pathEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
				t.Fatal(err)
			}
			if last == 3+7*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, content(last)) && !bytes.Equal(got, content(last+1)) {
			t.Fatalf("after write %d there are %d bytes of %.1q, %v", last, len(got), got, err)
		}
	}
	for _, name := range names(t, dir) {
		if name != "file" && !whole.IsUnfinished(name) {
			t.Errorf("it left %s", name)
		}
	}
	if err := whole.Sweep(dir); err != nil || len(names(t, dir)) != 1 {
		t.Errorf("swept, the folder has %v, %v", names(t, dir), err)
	}
}

func TestWrite(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		data string
		mode fs.FileMode
		want fs.FileMode
	}{
		{"secret", "one", 0o600, 0o600},
		{"secret", "two", 0o600, 0o600},
		{"open", "", 0o666, 0o644},
		{strings.Repeat("n", 255), "one", 0o600, 0o600},
	} {
		path := filepath.Join(dir, tt.name)
		if err := whole.Write(path, []byte(tt.data), tt.mode); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || string(got) != tt.data || info.Mode() != tt.want {
			t.Errorf("%.10s: %q, %v, %v, %v; want %q, %v", tt.name, got, info.Mode(), err, statErr, tt.data, tt.want)
		}
	}
	if got := names(t, dir); len(got) != 3 {
		t.Errorf("in the folder are %v", got)
	}
	if err := whole.Write(filepath.Join(dir, "not there", "file"), nil, 0o600); err == nil {
		t.Error("wrote to a folder that is not there")
	}
}

// What is not committed is not there; what is there stays.
func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := whole.Write(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := whole.Create(path, 0o600)
	if err == nil {
		_, err = f.WriteString("half of the n")
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 2 || !whole.IsUnfinished(got[0]) {
		t.Errorf("while it is written there are %v", got)
	}
	f.Discard()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "old" || len(names(t, dir)) != 1 {
		t.Errorf("there is %q, %v, among %v", got, err, names(t, dir))
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
