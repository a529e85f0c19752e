package columns_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/columns"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// counting counts what is written to it.
type counting struct{ n int64 }

func (c *counting) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// BenchmarkLicences writes licences of three lines and two parties each, in pages of 1,000.
func BenchmarkLicences(b *testing.B) {
	page := make([]proto.Message, 1000)
	for i := range page {
		page[i] = licence(i)
	}
	for _, format := range columns.Formats() {
		b.Run(format, func(b *testing.B) {
			var to counting
			w, err := columns.New(format, &to, columns.Of(queryv1.Table_TABLE_LICENCES))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for done := 0; done < b.N; done += len(page) {
				for i, row := range page {
					row.(*ledgerv1.Licence).Id = fmt.Sprintf("licensing/L-%08d", done+i)
				}
				if err := w.Write(page[:min(len(page), b.N-done)]...); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(to.n)/float64(b.N), "file-B/row")
		})
	}
}

func licence(i int) *ledgerv1.Licence {
	exporter := strconv.Itoa(i * 7919 % 5000)
	l := &ledgerv1.Licence{
		Journal: "licensing/border", Events: []uint64{uint64(i)}, Status: ledgerv1.Status_STATUS_GRANTED,
		DecidedAt: timestamppb.New(time.Date(2005+i%20, 1, 1+i%28, 9, 0, 0, 0, time.UTC)), ValidUntil: timestamppb.New(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)),
		Deal: &licensingv1.Deal{
			Kind: transferv1.Kind(1 + i%5), Destination: &licensingv1.Place{Country: "XB"}, EndUse: "equipment of the border guard; replaces older rifles",
			Parties: []*transferv1.Party{
				{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter " + exporter, Country: "XA", Identifiers: []string{"reg:" + exporter}},
				{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB", Address: "1 Ridge Road, Highmoor"},
			},
		},
	}
	for n := range 3 {
		l.Deal.Lines = append(l.Deal.Lines, &transferv1.Line{
			Number: uint32(n + 1), Rating: "ML" + strconv.Itoa(i*17%500), Category: transferv1.Category(1 + i%10), Description: "components for what is described above",
			Quantity: &transferv1.Quantity{Thousandths: int64(i%1000) * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: int64(i), Currency: "EUR"},
			Parameters: map[string]string{"part": "no"},
		})
	}
	return l
}
