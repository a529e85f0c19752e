// Command image writes a container image of counterfoil without a daemon: the static program, who it runs as, its
// folder, and nothing else. The same sources give the same image.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	out := flag.String("out", "counterfoil.tar", "file to write, to be loaded with: docker load, podman load or ctr images import")
	version := flag.String("version", "unreleased", "version that the program says it is, and tag of the image")
	arch := flag.String("arch", "amd64", "amd64 or arm64")
	flag.Parse()
	digest, err := run(*out, *version, *arch)
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
	fmt.Printf("%s holds counterfoil:%s for linux/%s, %s\n", *out, *version, *arch, digest)
}

func run(out, version, arch string) (digest string, err error) {
	made, err := sourceDate()
	if err != nil {
		return "", err
	}
	tag, err := name.NewTag("counterfoil:" + version)
	if err != nil {
		return "", err
	}
	binary, err := compile(version, arch)
	if err != nil {
		return "", err
	}
	image, err := assemble(binary, version, arch, made)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return "", err
	}
	if err := tarball.WriteToFile(out, tag, image); err != nil {
		return "", err
	}
	hash, err := image.Digest()
	return hash.String(), err
}

// sourceDate is the time that the image states, from SOURCE_DATE_EPOCH in seconds: by default the beginning of 1970.
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// compile builds the program: static, without paths of this machine in it.
func compile(version, arch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "image-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "counterfoil")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.built="+version,
		"-o", path, "github.com/counterfoil/counterfoil/services/cmd/counterfoil")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the program: %w", err)
	}
	return os.ReadFile(path)
}
