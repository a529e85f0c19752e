package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/backup"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// standard is the output or the input of the program in place of a file.
const standard = "-"

func newBackupCommand(env *Env) *cobra.Command {
	var dir, out, passphraseFile string
	var to []string
	cmd := &cobra.Command{
		Use:   "backup --dir DIR --out FILE",
		Short: "Write an encrypted backup of a node's or a hub's folder, also while it runs",
		Long: "Writes one file with all that a node or a hub cannot make anew: keys, credentials and settings, and its streams,\n" +
			"each as it is at one moment. The process that runs on DIR goes on meanwhile. The ledger and the hub's feeds are left\n" +
			"away: they are built from the streams. The file holds private keys and is always encrypted: to the public keys\n" +
			"(age1…) given with --to, or with a passphrase.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			recipients, err := backup.Recipients(to, passphraseFile)
			if err != nil {
				return usage("%v", err)
			}
			if info, err := os.Stat(out); err == nil && info.IsDir() {
				out = filepath.Join(out, filepath.Base(filepath.Clean(dir))+env.Now().UTC().Format("-20060102T150405Z")+".backup")
			}
			opens := "--identity FILE"
			if passphraseFile != "" {
				opens = "--passphrase-file FILE"
			}
			c := backup.Config{Dir: dir, Out: out, Recipients: recipients, Program: version()}
			return doing("back up "+dir, "counterfoil backup --help", env.backUp(cmd.Context(), c, opens))
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of one node, or of one hub (required)")
	cmd.Flags().StringVar(&out, "out", "", "file to write, which must not be there, or folder to write one into that is named for DIR and the time, or - (required)")
	cmd.Flags().StringArrayVar(&to, "to", nil, "public key age1… that can open the backup; may be given more than once")
	cmd.Flags().StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase that opens the backup")
	require(cmd, "dir", "out")
	return cmd
}

func (env *Env) backUp(ctx context.Context, c backup.Config, opens string) error {
	progress := env.startProgress("backup", "MiB")
	c.Progress = progress.bytes
	if c.Out == standard {
		_, err := backup.Write(ctx, c, env.Out)
		progress.stop()
		return err
	}
	m, err := backup.Make(ctx, c)
	progress.stop()
	if err != nil {
		return err
	}
	return env.Print(archived(m, c.Out, c.Dir, fmt.Sprintf("counterfoil restore %s --dir DIR %s", quote(c.Out), opens)))
}

// bytes shows how many are done of how many, in MiB.
func (p *progress) bytes(done, total uint64) {
	p.total(int64(total >> 20))
	p.set(int64(done >> 20))
}

// archive is a backup that was made or restored.
type archive struct {
	What    string           `json:"what"`
	Agency  string           `json:"agency,omitempty"`
	Dir     string           `json:"dir"`
	File    string           `json:"file"`
	Made    time.Time        `json:"made"`
	Program string           `json:"program"`
	Files   int              `json:"files"`
	Streams []archivedStream `json:"streams"`
	Next    string           `json:"next"`
}

type archivedStream struct {
	Stream   string    `json:"stream"`
	Messages uint64    `json:"messages"`
	First    uint64    `json:"first"`
	Last     uint64    `json:"last"`
	Created  time.Time `json:"created"`
}

// archived describes what is in a backup, and what to run next.
func archived(m *backup.Manifest, file, dir, next string) output.Document {
	a := archive{
		What: m.What, Agency: m.Agency, Dir: dir, File: file, Made: m.Made, Program: m.Program, Files: m.Files(),
		Streams: []archivedStream{}, Next: next,
	}
	grid := output.Grid{Heads: []string{"stream", "messages", "first", "last", "made"}}
	items := []any{}
	for _, s := range m.Streams {
		stream := archivedStream{s.String(), s.Messages, s.First, s.Last, s.Created}
		a.Streams, items = append(a.Streams, stream), append(items, stream)
		grid.Add(stream.Stream, number(s.Messages), number(s.First), number(s.Last), s.Created.UTC().Format(time.RFC3339))
	}
	of := m.What
	if m.Agency != "" {
		of = "node of " + m.Agency
	}
	return output.Document{
		Value: a, Items: items, Flat: &grid,
		Sections: []output.Section{
			{Text: fmt.Sprintf("%s: %s, made %s, with %d files and these streams:", file, of, m.Made.Format(time.RFC3339), a.Files)},
			{Grid: grid},
			{Text: "next: " + next},
		},
	}
}

// servesOn is the command that runs a restored folder: a node's is named for its agency, that of a hub which runs with
// the directory beside it is called hub, and that of a server with settings is any.
func servesOn(m *backup.Manifest, dir string) string {
	parent := quote(filepath.Dir(filepath.Clean(dir)))
	if _, err := os.Stat(filepath.Join(dir, "hub.yaml")); err == nil {
		return "counterfoil hub serve --dir " + quote(dir)
	}
	if m.What == "hub" {
		return "counterfoil hub --dir " + parent
	}
	return fmt.Sprintf("counterfoil serve %s --dir %s", m.Agency, parent)
}
