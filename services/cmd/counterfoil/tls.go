package main

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newTLSCommand(env *Env) *cobra.Command {
	return family("tls", "Certify a node's API", newTLSMakeCommand(env))
}

// madeCertificate is what was made, as it is printed.
type madeCertificate struct {
	Agency     string    `json:"agency"`
	Hosts      []string  `json:"hosts"`
	ValidUntil time.Time `json:"valid_until"`
	CAFile     string    `json:"ca_file"`
}

func newTLSMakeCommand(env *Env) *cobra.Command {
	var dir string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "make --dir DIR --host NAME",
		Short: "Make or renew the certificate of a node's API",
		Long: "Makes a certificate for the node whose folder --dir names, good for a year, signed by an authority of the node's own,\n" +
			"which is made the first time. Typed again it renews the certificate; a running node that serves TLS takes it at the next\n" +
			"connection. The file that it prints is what contexts give as --ca. A State with an authority of its own puts the\n" +
			"certificate that it issued at tls.crt and tls.key instead.",
		Example: "counterfoil tls make --dir /var/lib/counterfoil/customs --host customs.example",
		Args:    takes(),
		RunE: func(*cobra.Command, []string) error {
			p, err := nodeIn(dir)
			if err != nil {
				return err
			}
			for _, local := range []string{"localhost", "127.0.0.1", "::1"} { // contexts on the node's own machine
				if !slices.Contains(hosts, local) {
					hosts = append(hosts, local)
				}
			}
			made := madeCertificate{Agency: p.Agency, Hosts: hosts}
			if made.ValidUntil, err = rpc.Certify(dir, p.Agency, hosts, env.Now()); err != nil {
				return err
			}
			if made.CAFile, err = filepath.Abs(filepath.Join(dir, "ca.crt")); err != nil {
				return err
			}
			made.ValidUntil = made.ValidUntil.UTC().Truncate(time.Second)
			env.Advise("certified %v until %s; contexts trust it with --ca and this file:", hosts, made.ValidUntil.Format(time.DateOnly))
			return env.Print(output.Document{Value: made, Items: []any{made},
				Flat:     &output.Grid{Heads: []string{"agency", "valid until", "ca file"}, Rows: [][]string{{made.Agency, made.ValidUntil.Format(time.RFC3339), made.CAFile}}},
				Sections: []output.Section{{Text: made.CAFile}}})
		},
	}
	nodeFlag(cmd, &dir)
	cmd.Flags().StringSliceVar(&hosts, "host", nil, "name or address that clients reach the node by; once for each (required)")
	require(cmd, "host")
	return cmd
}
