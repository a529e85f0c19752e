package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// send records the next file for SPIRE and returns its records after the header; empty where there is nothing to send.
func (b *book) send() string {
	b.Helper()
	facts, err := wire.Send(b.tx.View, &customsv1.SendUsageRequest{Particulars: particulars, To: "SPIRE"})
	if err != nil {
		b.Fatal(err)
	}
	if len(facts) == 0 {
		return ""
	}
	b.record(facts...)
	row, err := b.tx.WireFilesWith("status", "sent")
	if err != nil {
		b.Fatal(err)
	}
	_, records, _ := strings.Cut(b.emitted(row[len(row)-1].Id), "\n")
	return records
}

func articles(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "NAR"}
}

// declare records a declaration of articles on line 1.
func (b *book) declare(number string, n int64) {
	b.record(
		&customsv1.DeclarationAccepted{DeclarationId: "customs/" + number, Number: number, LicenceId: one, AcceptedAt: particulars.OccurredAt, Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: articles(n)}}},
		&customsv1.LicenceQuantityReserved{DeclarationId: "customs/" + number, Item: 1, LicenceId: one, LicenceLine: 1, Quantity: articles(n)},
	)
}

func (b *book) commit(number string, n int64) {
	b.record(&customsv1.LicenceQuantityCommitted{DeclarationId: "customs/" + number, Item: 1, LicenceId: one, LicenceLine: 1, Quantity: articles(n)})
}

func TestSend(t *testing.T) {
	b := newBook(t)
	if _, err := wire.Send(b.tx.View, &customsv1.SendUsageRequest{Particulars: particulars, To: "SPIRE"}); !errors.Is(err, fault.NotFound) {
		t.Errorf("nothing is on file: %v", err)
	}
	b.receive(licences(1, put("insert", "1")))
	b.declare("26XA1", 3)
	if got := b.send(); got != "" {
		t.Errorf("what is reserved is sent:\n%s", got)
	}
	b.commit("26XA1", 3)
	first := b.send()
	want := `2\licenceUsage\LU00001/00001\insert\GBSIEL/2026/1/P\O\` + "\n" + `3\line\1\3\0` + "\n" +
		`4\usage\O\26XA1\1\20260815\3\0\\GB123456789000\\\\` + "\n" + `5\end\line\3` + "\n" + `6\end\licenceUsage\5` + "\n" + `7\fileTrailer\1` + "\n"
	if lines(first) != lines(want) {
		t.Errorf("sent is\n%snot\n%s", first, want)
	}
	if got := b.send(); got != "" {
		t.Errorf("sent again is\n%s", got)
	}
	b.receive(usages(1, used("1", "O", "2", "O2")))
	if got := b.send(); got != "" {
		t.Errorf("what another computer reported is sent as if it were of this one:\n%s", got)
	}
	b.declare("26XA2", 4)
	b.commit("26XA2", 4)
	if got := b.send(); !strings.Contains(got, `\line\1\9\`) || !strings.Contains(got, `\26XA2\`) || strings.Contains(got, `\26XA1\`) {
		t.Errorf("the second file has\n%s", got)
	}
}

// lines are records without trailing empty fields.
func lines(text string) string {
	all := strings.Split(text, "\n")
	for i := range all {
		all[i] = strings.TrimRight(all[i], `\`)
	}
	return strings.Join(all, "\n")
}

// More than fits in one file is sent in several, each usage once, and the last total is that of the licence.
func TestSendMore(t *testing.T) {
	b := newBook(t)
	b.receive(licences(1, strings.Replace(put("insert", "1"), `\\10\`, `\\9000\`, 1)))
	const n = 901
	for i := range n {
		number := fmt.Sprintf("26XA%d", i)
		b.declare(number, 1)
		b.commit(number, 1)
	}
	sent := map[string]int{}
	var files []string
	for f := b.send(); f != ""; f = b.send() {
		files = append(files, f)
		for _, r := range strings.Split(f, "\n") {
			if fields := strings.Split(r, `\`); len(fields) > 3 && fields[1] == "usage" {
				sent[fields[3]]++
			}
		}
	}
	if len(files) != 3 || len(sent) != n || !strings.Contains(files[2], `\line\1\901\`) {
		t.Errorf("%d usages are in %d files", len(sent), len(files))
	}
	for number, times := range sent {
		if times != 1 {
			t.Errorf("%s is sent %d times", number, times)
		}
	}
}

// Whatever is sent was recorded as it is: the same events make the same file.
func TestSentIsDerived(t *testing.T) {
	b := newBook(t)
	b.receive(licences(1, put("insert", "1")))
	b.declare("26XA1", 3)
	b.commit("26XA1", 3)
	facts, err := wire.Send(b.tx.View, &customsv1.SendUsageRequest{Particulars: particulars, To: "SPIRE"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := wire.Send(b.tx.View, &customsv1.SendUsageRequest{Particulars: particulars, To: "SPIRE"})
	if err != nil || len(facts) != 1 || !proto.Equal(facts[0], again[0]) {
		t.Errorf("decided are %v and %v, %v", facts, again, err)
	}
}
