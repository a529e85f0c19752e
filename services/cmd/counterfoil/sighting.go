package main

import (
	"context"

	"github.com/spf13/cobra"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func newSightingCommand(env *Env) *cobra.Command {
	return family("sighting", "Put on record what was seen or heard of", newAddSightingCommand(env))
}

func newAddSightingCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AddSightingRequest{}
	seen := sightingFlags{links: &enforcementv1.Links{}}
	cmd := &cobra.Command{
		Use:   "add -f FILE | --text TEXT …",
		Short: "Record something that was seen, and by which records, serials, papers or vessels it can be found",
		Example: "counterfoil sighting add --text \"crates on a market\" --country XC --lot 7 --record customs/26XA0001\n" +
			"counterfoil sighting add -f sighting.yaml",
		Args: takes(),
	}
	fromFile(cmd, "the sighting")
	seen.add(cmd, req)
	cmd.MarkFlagsOneRequired("file", "text")
	cmd.MarkFlagsMutuallyExclusive("file", "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		if !cmd.Flags().Changed("file") {
			if err := seen.putInto(req); err != nil {
				return nil, err
			}
		}
		return c.Incident.AddSighting(ctx, req)
	})
}

// sightingFlags are what a sighting is found by, where it is not read from a file.
type sightingFlags struct {
	links   *enforcementv1.Links
	at      string
	serials []string
	lot     string
	maker   string
}

func (s *sightingFlags) add(cmd *cobra.Command, req *enforcementv1.AddSightingRequest) {
	flags := cmd.Flags()
	flags.StringVar(&req.Text, "text", "", "what was seen")
	flags.StringVar(&req.Place, "place", "", "where: UN/LOCODE or a name")
	flags.StringVar(&req.Country, "country", "", "the State, ISO 3166-1 alpha-2")
	flags.StringVar(&s.at, "at", "", "when it was seen: yyyy-mm-dd, or a time with its zone (default: now)")
	flags.StringSliceVar(&req.Records, "record", nil, "record of any agency that it is about; may be given more than once, as all that follow")
	flags.StringSliceVar(&s.serials, "serial", nil, "serial number")
	flags.StringVar(&s.maker, "maker", "", "maker of the items with these serials")
	flags.StringVar(&s.lot, "lot", "", "lot or batch")
	flags.StringSliceVar(&s.links.Containers, "container", nil, "container")
	flags.StringSliceVar(&s.links.Vessels, "vessel", nil, "SCHEME:VALUE, such as imo:9319466")
	flags.StringSliceVar(&s.links.Certificates, "certificate", nil, "number of an end-user certificate")
	flags.StringSliceVar(&s.links.Ucrs, "ucr", nil, "unique consignment reference")
	flags.StringSliceVar(&s.links.TransportDocuments, "document", nil, "bill of lading or air waybill")
}

func (s *sightingFlags) putInto(req *enforcementv1.AddSightingRequest) (err error) {
	if req.SeenAt, err = parseTime("at", s.at); err != nil {
		return err
	}
	req.Links = s.links
	if len(s.serials) > 0 || s.lot != "" {
		of := &transferv1.Serials{Serials: s.serials, Lot: s.lot}
		if s.maker != "" {
			of.Mark = &transferv1.Mark{Maker: s.maker}
		}
		req.Serials = []*transferv1.Serials{of}
	}
	return nil
}
