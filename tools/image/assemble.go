package main

import (
	"archive/tar"
	"bytes"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// user is who the program runs as: nobody that another image or the machine has.
	user = 65532
	// folder is where hub and nodes keep their own.
	folder = "/var/lib/counterfoil"
)

// file is an entry of the image's only layer; a name that ends in a slash is a folder.
type file struct {
	name    string
	mode    int64
	owner   int
	content []byte
}

// files are all that the image has, parents first.
func files(binary []byte) []file {
	return []file{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", mode: 0o644, content: []byte("counterfoil:x:65532:\n")},
		{name: "etc/passwd", mode: 0o644, content: []byte("counterfoil:x:65532:65532::" + folder + ":/sbin/nologin\n")},
		{name: "usr/", mode: 0o755},
		{name: "usr/bin/", mode: 0o755},
		{name: "usr/bin/counterfoil", mode: 0o755, content: binary},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: "var/lib/counterfoil/", mode: 0o700, owner: user},
	}
}

// assemble puts the image together. It depends on its arguments only.
func assemble(binary []byte, version, arch string, made time.Time) (v1.Image, error) {
	content, err := layer(files(binary), made)
	if err != nil {
		return nil, err
	}
	only, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: only, History: v1.History{Created: v1.Time{Time: made}, CreatedBy: "tools/image"},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: made}
	config.Config = v1.Config{
		User:         "65532:65532",
		Entrypoint:   []string{"/usr/bin/counterfoil"},
		Env:          []string{"PATH=/usr/bin"},
		WorkingDir:   folder,
		Volumes:      map[string]struct{}{folder: {}},
		ExposedPorts: map[string]struct{}{"4222/tcp": {}, "7100/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "counterfoil",
			"org.opencontainers.image.description": "An agency's own record of arms transfers, denials and diversion alerts",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.source":      "https://github.com/counterfoil/counterfoil",
			"org.opencontainers.image.version":     version,
		},
	}
	return mutate.ConfigFile(image, config)
}

// layer writes the files as a tar that depends on nothing else.
func layer(all []file, made time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range all {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Uid: f.owner, Gid: f.owner, ModTime: made,
			Format: tar.FormatPAX,
		}
		if f.name[len(f.name)-1] == '/' {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}
