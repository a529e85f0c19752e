package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/backup"
)

func newRestoreCommand(env *Env) *cobra.Command {
	var dir, identityFile, passphraseFile string
	cmd := &cobra.Command{
		Use:   "restore FILE --dir DIR",
		Short: "Make the folder of a node or a hub from a backup; - reads it from the standard input",
		Long: "Checks every part of a backup and makes DIR from it, all of it or nothing. A node that starts on it builds its\n" +
			"ledger anew and takes over the blocks of its own that the hub has and the backup had not; a hub is sent by the nodes\n" +
			"what it has lost. DIR must not be there, or be empty.",
		Args: takes("the backup's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			identities, err := backup.Identities(identityFile, passphraseFile)
			if err != nil {
				return usage("%v", err)
			}
			r := backup.Restoration{File: args[0], Identities: identities, Dir: dir}
			if args[0] == standard {
				r.File, r.From = "the standard input", cmd.InOrStdin()
			}
			return doing("restore "+args[0], "counterfoil restore --help", env.restore(cmd.Context(), r))
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder to make (required)")
	cmd.Flags().StringVar(&identityFile, "identity", "", "file with the identity AGE-SECRET-KEY-1… that the backup was made for")
	cmd.Flags().StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase that the backup was made with")
	require(cmd, "dir")
	return cmd
}

func (env *Env) restore(ctx context.Context, r backup.Restoration) error {
	progress := env.startProgress("restore", "MiB")
	r.Progress = progress.bytes
	m, err := backup.Restore(ctx, r)
	progress.stop()
	if err != nil {
		return err
	}
	if m.Alone {
		env.Advise("the backup is of one server of three; restored, it is a hub of one with all that the three had")
	}
	return env.Print(archived(m, r.File, r.Dir, servesOn(m, r.Dir)))
}
