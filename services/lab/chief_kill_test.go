package lab_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// These make the test's own program run a lab in a folder, in which customs exchanges licence messages, and stop customs at a step
// (see TestMain).
const (
	exchangeEnv = "COUNTERFOIL_TEST_EXCHANGING_LAB"
	stepEnv     = "COUNTERFOIL_TEST_STEP"
)

// begun is while a file is recorded; the other steps are what customs says of a file when they are on disk.
const begun = "begun"

var exchangeSteps = []string{begun, "licence messages recorded", "licence messages answered", "licence messages kept", "licence messages put away"}

// manyLicences is how many the first file has: they take several blocks.
const manyLicences = 600

// exchange is a lab's options whose customs exchanges files in the folder.
func exchange(folder lab.Folder, logger *slog.Logger) lab.Options {
	return lab.Options{
		Logger: logger, ChiefIn: filepath.Join(string(folder), "in"), ChiefOut: filepath.Join(string(folder), "out"), ChiefEvery: 20 * time.Millisecond,
	}
}

// exchanging runs a lab until it is killed. The first time that customs says the step, it is said on the standard output, and
// customs does not go on.
func exchanging(folder lab.Folder, step string) error {
	ctx := context.Background()
	plan, err := lab.ReadPlan("")
	if err != nil {
		return err
	}
	l, err := lab.Start(ctx, folder, plan, exchange(folder, slog.New(stopAt(step))))
	if err != nil {
		return err
	}
	if step == begun {
		go sayBegun(l.Agencies["customs"].Node)
	}
	return l.Run(ctx)
}

// stopAt is a log whose writer is stopped by a message.
type stopAt string

func (s stopAt) Enabled(context.Context, slog.Level) bool { return true }
func (s stopAt) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s stopAt) WithGroup(string) slog.Handler            { return s }
func (s stopAt) Handle(_ context.Context, r slog.Record) error {
	if r.Message == string(s) {
		fmt.Println(r.Message)
		select {}
	}
	return nil
}

// sayBegun says when a part of the first file is on record.
func sayBegun(n *node.Node) {
	for {
		changed := n.Ledger.Changed()
		is := false
		err := n.Ledger.View(func(v ledger.View) (err error) {
			is, err = v.WirePart("customs/chief-licenceData-SPIRE-CHIEF-1", 2)
			return err
		})
		if is || err != nil {
			fmt.Println(begun)
			return
		}
		<-changed
	}
}

// comingIn are three files: many licences, an update of one of them, which is a cancellation and an insertion, and what was used.
func comingIn() map[string]string {
	put := func(n int) string {
		return fmt.Sprintf(`licence\%dP\insert\GBSIEL/2026/%d/P\SIE\E\20260101\20771231`, n, n) + "\n" +
			`trader\\GB123456789000\20260101\20771231\Northgate Arms XA\Road 1\\\\\AB1 2CD` + "\n" + `country\XB\\D` + "\n" + `line\1\\\\\rifles\Q\\030\\10\\\\\\` + "\n" + `end\licence\5`
	}
	var many []string
	for n := range manyLicences {
		many = append(many, put(n))
	}
	update := `licence\3X\cancel\GBSIEL/2026/3/P\SIE\E\20260101\20771231` + "\n" + `end\licence\2`
	used := `licenceUsage\LU1/1\insert\GBSIEL/2026/1/P\O\` + "\n" + `line\1\4\0\` + "\n" + `usage\O\26XC7\1\20260801\4\0\\\\\\\` + "\n" + `end\line\3` + "\n" + `end\licenceUsage\5`
	return map[string]string{
		"CHIEF_LIVE_SPIRE_licenceData_1_202601010000": chiefFile("SPIRE", "licenceData", 1, many...),
		"CHIEF_LIVE_SPIRE_licenceData_2_202601010000": chiefFile("SPIRE", "licenceData", 2, update, put(manyLicences)),
		"CHIEF_LIVE_CDS_usageData_1_202601010000":     chiefFile("CDS", "usageData", 1, used),
	}
}

// chiefFile is a file, whose records are numbered here.
func chiefFile(from, kind string, run int, transactions ...string) string {
	records := []string{fmt.Sprintf(`fileHeader\%s\CHIEF\%s\202601010000\%d\N`, from, kind, run)}
	for _, t := range transactions {
		records = append(records, strings.Split(t, "\n")...)
	}
	var text strings.Builder
	for i, r := range append(records, fmt.Sprintf(`fileTrailer\%d`, len(transactions))) {
		fmt.Fprintf(&text, "%d\\%s\n", i+1, r)
	}
	return text.String()
}

// Customs is killed at each step of the exchange of files. After the next start nothing is lost, doubled or left without its reply.
func TestKilledWhileExchanging(t *testing.T) {
	t.Parallel()
	for _, step := range exchangeSteps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			folder := lab.Folder(t.TempDir())
			o := exchange(folder, nil)
			files := comingIn()
			for _, dir := range []string{o.ChiefIn, o.ChiefOut} {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(o.ChiefIn, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			killAt(t, step, exchangeEnv+"="+string(folder), stepEnv+"="+step)
			n := start(t, folder, o).Agencies["customs"].Node
			done := filepath.Join(o.ChiefIn, "done")
			eventually(t, "the files to be put away", func() bool { return len(names(t, o.ChiefIn)) == 2 && len(names(t, done)) == len(files) })
			for name, text := range files {
				if data, err := os.ReadFile(filepath.Join(done, name)); err != nil || string(data) != text {
					t.Errorf("%s was put away as %d bytes, %v", name, len(data), err)
				}
			}
			if failed := names(t, filepath.Join(o.ChiefIn, "failed")); len(failed) > 0 {
				t.Errorf("failed are %v", failed)
			}
			replied(t, o.ChiefOut)
			onRecord(t, n)
			sound(t, n)
		})
	}
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// replied checks that every transaction is accepted, once.
func replied(t *testing.T, dir string) {
	t.Helper()
	replies := names(t, dir)
	if len(replies) != 3 {
		t.Errorf("the replies are %v", replies)
	}
	trailers := map[string]int{}
	for _, name := range replies {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		_, trailer, _ := strings.Cut(lines[len(lines)-1], `\`)
		trailers[trailer]++
	}
	for _, want := range []string{fmt.Sprintf(`fileTrailer\%d\0\0`, manyLicences), `fileTrailer\2\0\0`, `fileTrailer\1\0\0`} {
		if trailers[want] != 1 {
			t.Errorf("the replies end in %v", trailers)
		}
	}
}

// onRecord checks that the files are on record, each transaction once.
func onRecord(t *testing.T, n *node.Node) {
	t.Helper()
	view(t, n, func(v ledger.View) {
		for id, want := range map[string]int{
			"customs/chief-licenceData-SPIRE-CHIEF-1": manyLicences, "customs/chief-licenceData-SPIRE-CHIEF-2": 2, "customs/chief-usageData-CDS-CHIEF-1": 1,
		} {
			if facts, err := v.WireFacts(id); err != nil || len(facts) != want {
				t.Errorf("%s has %d parts, %v", id, len(facts), err)
			}
		}
		filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "journal", Values: []string{"customs/border"}}}}
		events, _, _, err := v.EventsAfter("", filter, 10_000)
		if want := manyLicences + 3 + 3; err != nil || len(events) != want {
			t.Errorf("customs recorded %d events, %v; want %d", len(events), err, want)
		}
	})
	balance, err := customsv1connect.NewCustomsServiceClient(client(n, tokenOf(t, n))).Balance(t.Context(), &customsv1.BalanceRequest{LicenceId: "customs/GBSIEL.2026.1.P"})
	if used := balance.GetLines()[0].GetUsed().GetThousandths(); err != nil || used != 4000 {
		t.Errorf("used are %d, %v", used, err)
	}
}
