package main

import (
	"context"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// proofFlags are what a proof of arrival says.
type proofFlags struct {
	proof              customsv1.Proof
	received, serials  []string
	arrived, documents string
}

func addProofFlags(cmd *cobra.Command) *proofFlags {
	p := &proofFlags{}
	flags := cmd.Flags()
	flags.StringVar(&p.proof.Number, "number", "", "number of the certificate or paper (required)")
	flags.StringArrayVar(&p.received, "received", nil, "licence line and quantity, LINE=QTY[UNIT], such as 1=100 or 2=12.5KGM; without a unit, the one that is expected; may be given more than once (required)")
	flags.StringArrayVar(&p.serials, "serial", nil, "serial number that was seen, [LINE=]SERIAL; may be given more than once")
	flags.StringVar(&p.arrived, "arrived", "", "when the goods arrived: yyyy-mm-dd, or a time with its zone (required)")
	flags.StringVar(&p.proof.Place, "place", "", "where: UN/LOCODE or a name (required)")
	flags.StringVar(&p.proof.Certificate, "certificate", "", "number of the end-user certificate that it names")
	flags.StringVar(&p.proof.Recipient, "recipient", "", "who took the goods over")
	flags.StringVar(&p.proof.ImportDeclaration, "import-declaration", "", "number of the import declaration")
	flags.StringVar(&p.proof.Issuer, "issuer", "", "who issued it")
	flags.StringVar(&p.proof.Remarks, "remarks", "", "what else it says")
	flags.StringVar(&p.documents, "document", "", "the paper's file, whose SHA-256 is recorded; or the SHA-256 in hexadecimal")
	require(cmd, "number", "received", "arrived", "place")
	return p
}

// read makes a proof of the flags. Units that are left out are those that the delivery expects.
func (p *proofFlags) read(ctx context.Context, env *Env, c *Clients, delivery string) (proof *customsv1.Proof, err error) {
	proof = &p.proof
	if proof.ArrivedAt, err = parseTime("arrived", p.arrived); err != nil {
		return nil, err
	}
	sum, err := env.hashOf(p.documents)
	if err != nil {
		return nil, err
	}
	proof.DocumentSha256 = hex.EncodeToString(sum)
	if proof.Received, err = parseReceived(p.received); err != nil {
		return nil, err
	}
	if err := withSerials(proof.Received, p.serials); err != nil {
		return nil, err
	}
	res, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_DELIVERIES, Id: delivery})
	if err != nil {
		return nil, err
	}
	expectUnits(proof.Received, res.GetRow().GetDelivery().GetRequested().GetExpected())
	return proof, nil
}

var receivedText = regexp.MustCompile(`^([0-9]{1,9})=([0-9]{1,15})(?:\.([0-9]{1,3}))?((?: |[A-Z])[A-Z0-9]{1,3})?$`)

// parseReceived reads LINE=QTY[UNIT], QTY with up to three decimals. A unit that begins with a digit needs a space before it.
func parseReceived(texts []string) (items []*customsv1.DeliveredItem, err error) {
	for _, text := range texts {
		m := receivedText.FindStringSubmatch(text)
		if m == nil {
			return nil, usage("--received %q is not a licence line and a quantity, such as 1=100 or 2=12.5KGM", text)
		}
		line, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			return nil, usage("--received %q: %v", text, err)
		}
		thousandths, err := strconv.ParseInt(m[2]+(m[3] + "000")[:3], 10, 64)
		if err != nil {
			return nil, usage("--received %q is more than a quantity can be", text)
		}
		items = append(items, &customsv1.DeliveredItem{LicenceLine: uint32(line), Quantity: &transferv1.Quantity{Thousandths: thousandths, Unit: strings.TrimSpace(m[4])}})
	}
	return items, nil
}

// withSerials puts serials with the line that they name; without one, with the only line.
func withSerials(items []*customsv1.DeliveredItem, serials []string) error {
	for _, text := range serials {
		line, serial, named := strings.Cut(text, "=")
		number, err := strconv.ParseUint(line, 10, 32)
		if named = named && err == nil; !named {
			serial = text
		}
		var of *customsv1.DeliveredItem
		for _, i := range items {
			if named && uint64(i.LicenceLine) == number || !named && len(items) == 1 {
				of = i
				break
			}
		}
		if of == nil {
			return usage("--serial %q does not say which of the lines received it is of: give LINE=SERIAL", text)
		}
		if len(of.Serials) == 0 {
			of.Serials = []*transferv1.Serials{{}}
		}
		of.Serials[0].Serials = append(of.Serials[0].Serials, serial)
	}
	return nil
}

// expectUnits fills in units that were left out: those that are expected of the line, or pieces.
func expectUnits(items, expected []*customsv1.DeliveredItem) {
	for _, i := range items {
		for _, e := range expected {
			if i.Quantity.Unit == "" && e.GetLicenceLine() == i.LicenceLine {
				i.Quantity.Unit = e.GetQuantity().GetUnit()
			}
		}
		i.Quantity.Unit = orElse(i.Quantity.Unit, "H87")
	}
}
