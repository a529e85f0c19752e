package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// patience is how long a process may take to answer on a busy machine.
const patience = time.Minute

// written writes the image once for all tests and returns the file and the digest that was told.
var written = sync.OnceValues(func() ([2]string, error) {
	dir, err := os.MkdirTemp("", "image-test-*")
	if err != nil {
		return [2]string{}, err
	}
	path := filepath.Join(dir, "counterfoil.tar")
	digest, err := run(path, "1.2.3-test", runtime.GOARCH)
	return [2]string{path, digest}, err
})

func TestMain(m *testing.M) {
	// What go test keeps of an earlier run holds as long as the files that the test has looked at are the same.
	for _, module := range []string{"proto", "libs", "services"} {
		err := filepath.WalkDir(filepath.Join("..", "..", module), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	if file, err := written(); err == nil {
		os.RemoveAll(filepath.Dir(file[0]))
	}
	os.Exit(code)
}

// load reads the image from the file, as a daemon does.
func load(t *testing.T) v1.Image {
	t.Helper()
	file, err := written()
	if err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(file[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Fatal(err)
	}
	return image
}

// unpack writes the image's files below a folder and returns them as "mode owner name".
func unpack(t *testing.T, image v1.Image) (root string, all []string) {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	root = t.TempDir()
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return root, all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%04o %d:%d %s", header.Mode, header.Uid, header.Gid, header.Name))
		path := filepath.Join(root, filepath.FromSlash(header.Name))
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, b, os.FileMode(header.Mode))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestImageHoldsTheProgramAndNothingElse(t *testing.T) {
	image := load(t)
	_, got := unpack(t, image)
	want := []string{
		"0755 0:0 etc/", "0644 0:0 etc/group", "0644 0:0 etc/passwd", "0755 0:0 usr/", "0755 0:0 usr/bin/",
		"0755 0:0 usr/bin/counterfoil", "0755 0:0 var/", "0755 0:0 var/lib/", "0700 65532:65532 var/lib/counterfoil/",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "65532:65532" || cmp.Diff([]string{"/usr/bin/counterfoil"}, config.Config.Entrypoint) != "" {
		t.Errorf("runs %v as %s", config.Config.Entrypoint, config.Config.User)
	}
	if got := config.Config.Labels["org.opencontainers.image.version"]; got != "1.2.3-test" {
		t.Errorf("labelled with version %q", got)
	}
}

func TestSameSourcesGiveTheSameImage(t *testing.T) {
	file, err := written()
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "again.tar")
	digest, err := run(again, "1.2.3-test", runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	if digest != file[1] {
		t.Errorf("digest %s, before %s", digest, file[1])
	}
	var content [2][]byte
	for i, path := range []string{file[0], again} {
		if content[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(content[0], content[1]) {
		t.Error("the files differ")
	}
	made := time.Unix(0, 0).UTC()
	one, err := assemble([]byte("program"), "1", "amd64", made)
	if err != nil {
		t.Fatal(err)
	}
	other, err := assemble([]byte("Program"), "1", "amd64", made)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := one.Digest()
	b, errB := other.Digest()
	if err := errors.Join(errA, errB); err != nil || a == b {
		t.Errorf("another program has the digest of the first, %v", err)
	}
}

// The program of the image says its version, runs a hub and a node, and answers, with nothing of this machine to help
// it but the kernel.
func TestProgramOfTheImageRuns(t *testing.T) {
	root, _ := unpack(t, load(t))
	program := filepath.Join(root, "usr", "bin", "counterfoil")
	dir := t.TempDir()
	command := func(args ...string) *exec.Cmd {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		t.Cleanup(cancel)
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env, cmd.Dir = []string{"HOME=" + dir}, dir
		return cmd
	}
	out, err := command("version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1.2.3-test") {
		t.Fatalf("version: %s, %v", out, err)
	}
	start := func(args ...string) {
		var said bytes.Buffer
		cmd := exec.Command(program, args...)
		cmd.Env, cmd.Dir, cmd.Stderr = []string{"HOME=" + dir}, dir, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
				t.Errorf("%v: %v\n%s", args, err, &said)
			}
		})
	}
	answers := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not within %v: %s", patience, what)
			}
		}
	}
	start("hub", "--dir", dir)
	answers("the hub prepares the folder of customs", func() bool {
		_, err := os.Stat(filepath.Join(dir, "customs", "authority.pub"))
		return err == nil
	})
	start("serve", "customs", "--dir", dir)
	answers("customs is level with the directory", func() bool {
		out, err := command("--home", dir, "--context", "customs", "status", "-o", "json").Output()
		return err == nil && strings.Contains(string(out), "authority/directory")
	})
}
