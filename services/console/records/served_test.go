package records

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
)

func serve(t testing.TB) *consoletest.Served { return consoletest.Serve(t, Register) }

// granted is the n-th licence of those that tests and benchmarks are over.
func granted(n int) proto.Message {
	country := string([]byte{'A' + byte(n%13), 'A' + byte(n/13%13)})
	decided := time.Date(2008+n/60_000, 1, 1+n%365, 0, 0, 0, 0, time.UTC)
	return ledgertest.At(decided, &licensingv1.LicenceGranted{
		LicenceId: licenceID(n), ValidFrom: timestamppb.New(decided),
		Deal: &licensingv1.Deal{
			Kind:        transferv1.Kind(1 + n%5),
			Destination: &licensingv1.Place{Country: country},
			Parties: []*transferv1.Party{
				{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter XA", Country: "XA"},
				{Role: transferv1.Role_ROLE_END_USER, Name: fmt.Sprintf("\u2003\uff1dEnd user %d", n%5000), Country: country},
			},
			Lines: []*transferv1.Line{{Number: 1, Rating: "ML" + fmt.Sprint(1+n%22), Quantity: &transferv1.Quantity{Thousandths: int64(1+n%900) * 1000, Unit: "H87"}}},
		},
	})
}

func licenceID(n int) string { return fmt.Sprintf("licensing/L-2026-%07d", n) }

func licences(n int) (facts []proto.Message) {
	for i := range n {
		facts = append(facts, granted(i))
	}
	return facts
}

// between is what stands between two marks, the first time.
func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}
