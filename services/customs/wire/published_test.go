package wire_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// The one conversation that was published: a licence is put on file, the reply of customs says so, and what customs then reports
// comes to the totals that its file states.
func TestPublishedConversation(t *testing.T) {
	b := newBook(t)
	licences := b.receive(published(t, "licenceData/CHIEF_LIVE_SPIRE_licenceData_1_202001010000"))
	_, ours, err := wire.Answer(b.tx.View, licences)
	if err != nil {
		t.Fatal(err)
	}
	reply := published(t, "licenceReply/ILBDOTI_live_CHIEF_licenceReply_1_202001010000")
	if got := strings.Replace(string(ours), "202601151200", "202001010000", 1); got != reply {
		t.Errorf("the reply is\n%snot\n%s", got, reply)
	}
	b.receive(reply)
	usage := b.receive(published(t, "usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000"))
	f, err := chief.Parse([]byte(published(t, "usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000")))
	if err != nil {
		t.Fatal(err)
	}
	totals := chief.AuditUsage(f).Totals
	if len(totals) != 1 || totals[0].Quantity != 4000 {
		t.Fatalf("the file's totals are %+v", totals)
	}
	want := "1: 4000 NAR of 10000, 2: 0 MGM of 11000, 3: 0 TNE of 1000, 4: 0 MC of 20000, 5: 0 4G of 20000, 6: 0 MLT of 20000, 7: 0 MGM of 20000, 8: 0 LTR of 1000"
	if got := b.balance("customs/GBSIEL.2020.0000001.P"); got != want {
		t.Errorf("the balance is %s", got)
	}
	if got := b.answer(usage); got != "2\\accepted\\LU12345/00001\n3\\fileTrailer\\1\\0\\0\n" {
		t.Errorf("the usages are answered with\n%s", got)
	}
	row, err := b.tx.Usage(usage + ".2")
	if err != nil || len(row.GetReported().GetEntries()) != 1 || len(row.GetReported().GetRemarks()) != 8 {
		t.Errorf("the usage is %v, %v", row, err)
	}
	if again := b.receive(published(t, "usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000")); again != usage || b.balance("customs/GBSIEL.2020.0000001.P") != want {
		t.Errorf("received again as %s, the balance is %s", again, b.balance("customs/GBSIEL.2020.0000001.P"))
	}
}

// What published files are answered with, where it is not that everything is accepted.
var publishedAnswers = map[string]string{
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_78859_invalid": `2\fileError\F02\record type "" is not recognised here, outside a transaction\2` + "\n" +
		`3\fileError\F02\record type "" is not recognised here, outside a transaction\3` + "\n" +
		`4\fileError\F02\record type "" is not recognised here, outside a transaction\4` + "\n" + `5\fileTrailer\0\0\3` + "\n",
}

// Every published file comes out of its events as it went in, byte for byte, also those with something wrong in them; and on a
// ledger that is read again.
func TestPublishedFilesComeOut(t *testing.T) {
	root := publishedtest.Data(t, "chief-lite-hmrc")
	files := 0
	for _, kind := range []string{"licenceData", "licenceReply", "usageData", "usageReply"} {
		entries, err := os.ReadDir(filepath.Join(root, kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			files++
			name := kind + "/" + entry.Name()
			t.Run(entry.Name(), func(t *testing.T) {
				data := published(t, name)
				path := filepath.Join(t.TempDir(), "ledger")
				l, err := ledger.Open(path, ledger.Options{Agency: "customs"})
				if err != nil {
					t.Fatal(err)
				}
				b := onLedger(t, l)
				id := b.receiveAs(entry.Name(), data, true)
				if err := b.tx.Commit(); err != nil {
					t.Fatal(err)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if l, err = ledger.Open(path, ledger.Options{Agency: "customs"}); err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				err = l.View(func(view ledger.View) error {
					called, out, exact, err := wire.Emit(view, id)
					if err == nil && (!exact || called != entry.Name() || !bytes.Equal(out, []byte(data))) {
						t.Errorf("%s comes out as %s, exact %v:\n%s", entry.Name(), called, exact, out)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if want, ok := publishedAnswers[name]; ok {
					b := newBook(t)
					if got := b.answer(b.receiveAs(entry.Name(), data, true)); got != want {
						t.Errorf("it is answered with\n%s", got)
					}
				}
			})
		}
	}
	if files < 21 {
		t.Errorf("%d files were read", files)
	}
}
