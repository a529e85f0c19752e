package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/whole"
)

func newPlaceCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "place FROM --dir DIR",
		Short: "Copy the files of a node or a hub from a folder that is mounted read-only",
		Long: "Copies what DIR has not, with mode 0600, before a node or a server of a hub starts on it: for secrets that something\n" +
			"else hands out, such as a Kubernetes Secret. What DIR has stays: a node renews its credentials itself.",
		Args: takes("the folder with the files"),
		RunE: func(_ *cobra.Command, args []string) error {
			placed, others, err := placeFiles(args[0], dir)
			if err != nil {
				return doing("place "+args[0], "counterfoil place --help", err)
			}
			for _, name := range others {
				env.Advise("%s is another than the one below %s, and stays", name, args[0])
			}
			env.Advise("%d files were placed in %s", len(placed), dir)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of one node, or of one server of a hub (required); made when it is not there")
	require(cmd, "dir")
	return cmd
}

// placeFiles copies the files below from that dir has not, each whole or not at all, and names them; others are those
// that dir has with other content. Names that begin with two dots are what Kubernetes keeps its versions under.
func placeFiles(from, dir string) (placed, others []string, err error) {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "..") {
			continue
		}
		source, target := filepath.Join(from, entry.Name()), filepath.Join(dir, entry.Name())
		info, err := os.Stat(source) // of what a link leads to
		if err != nil {
			return placed, others, err
		}
		if info.IsDir() {
			below, differ, err := placeFiles(source, target)
			if placed, others = append(placed, below...), append(others, differ...); err != nil {
				return placed, others, err
			}
			continue
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return placed, others, err
		}
		there, err := os.ReadFile(target)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			placed = append(placed, target)
			err = placeFile(target, content)
		case err == nil && !bytes.Equal(there, content):
			others = append(others, target)
		}
		if err != nil {
			return placed, others, err
		}
	}
	return placed, others, nil
}

// placeFile writes a file of mode 0600, synced, in a folder of mode 0700.
func placeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return whole.Write(path, content, 0o600)
}
