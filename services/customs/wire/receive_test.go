package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// licences is a file of SPIRE's with transactions, whose records are numbered here.
func licences(run int, transactions ...string) string {
	return numbered("SPIRE", "licenceData", run, transactions...)
}

func usages(run int, transactions ...string) string {
	return numbered("CDS", "usageData", run, transactions...)
}

func numbered(from, kind string, run int, transactions ...string) string {
	records := []string{fmt.Sprintf(`fileHeader\%s\CHIEF\%s\202608010000\%d\N`, from, kind, run)}
	for _, t := range transactions {
		records = append(records, strings.Split(t, "\n")...)
	}
	records = append(records, fmt.Sprintf(`fileTrailer\%d`, len(transactions)))
	var text strings.Builder
	for i, r := range records {
		fmt.Fprintf(&text, "%d\\%s\n", i+1, r)
	}
	return text.String()
}

// terms of a licence: 10 articles on line 1, 1000.00 pounds on line 2.
func put(action, n string) string {
	return `licence\` + n + `P\` + action + `\GBSIEL/2026/` + n + `/P\SIE\E\20260101\20771231` + "\n" +
		`trader\\GB123456789000\20260101\20771231\Northgate Arms XA\Road 1\\\\\AB1 2CD` + "\n" + `country\XB\\D` + "\n" +
		`line\1\\\\\rifles\Q\\030\\10\\\\\\` + "\n" + `line\2\\\\\parts\V\GBP\\1000.00\\\\\\\` + "\n" + `end\licence\6`
}

func cancel(n string) string {
	return `licence\` + n + `X\cancel\GBSIEL/2026/` + n + `/P\SIE\E\20260101\20771231` + "\n" + `end\licence\2`
}

// used reports line 1 of a licence, with usages of a declaration by type and quantity such as "O4".
func used(n, status, total string, of ...string) string {
	t := `licenceUsage\LU1/` + n + `\insert\GBSIEL/2026/` + n + `/P\` + status + `\` + "\n" + `line\1\` + total + `\0\`
	for i, u := range of {
		t += fmt.Sprintf("\n"+`usage\%s\26XC7\%d\20260801\%s\0\\\\\\\`, u[:1], i+1, u[1:])
	}
	return t + fmt.Sprintf("\n"+`end\line\%d`+"\n"+`end\licenceUsage\%d`, len(of)+2, len(of)+4)
}

const one = "customs/GBSIEL.2026.1.P"

func TestReceive(t *testing.T) {
	for name, tt := range map[string]struct {
		given []string // files, in order
		file  string
		// answers are the reply's, without header and trailer.
		answers []string
		balance string
	}{
		"inserted": {nil, licences(1, put("insert", "1")), []string{`accepted\1P`}, "1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"inserted again": {[]string{licences(1, put("insert", "1"))}, licences(2, put("insert", "1")),
			[]string{`rejected\1P`, `error\L01\record 2: licence GBSIEL/2026/1/P is on file already; replace it`, `end\rejected\3`}, "1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"replaced": {[]string{licences(1, put("insert", "1"))}, licences(2, strings.Replace(put("replace", "1"), `\\10\`, `\\7.5\`, 1)),
			[]string{`accepted\1P`}, "1: 0 NAR of 7500, 2: 0 GBP of 100000"},
		"replaced, but never inserted": {nil, licences(1, put("replace", "1")),
			[]string{`rejected\1P`, `error\L02\record 2: licence GBSIEL/2026/1/P is not on file`, `end\rejected\3`}, ""},
		"replaced with units that what was used does not count in": {[]string{licences(1, put("insert", "1")), usages(1, used("1", "O", "4", "O4"))},
			licences(2, strings.Replace(put("replace", "1"), `\\030\\10\`, `\\023\\10\`, 1)),
			[]string{`rejected\1P`, `error\L05\record 2: what was used of licence GBSIEL/2026/1/P cannot be counted in the lines and units that it is replaced with`, `end\rejected\3`},
			"1: 4000 NAR of 10000, 2: 0 GBP of 100000"},
		"by another system": {[]string{licences(1, put("insert", "1"))}, strings.Replace(licences(1, cancel("1")), "SPIRE", "ICMS", 1),
			[]string{`rejected\1X`, `error\L02\record 2: licence GBSIEL/2026/1/P was put on file by SPIRE, and only that changes it`, `end\rejected\3`}, "1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"an update is a cancellation and an insertion": {[]string{licences(1, put("insert", "2"))}, licences(2, cancel("2"), put("insert", "1")),
			[]string{`accepted\2X`, `accepted\1P`}, "1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"inserted after it was cancelled, in one file": {nil, licences(1, put("insert", "1"), cancel("1"), strings.Replace(put("insert", "1"), `\1P\`, `\1Q\`, 1)),
			[]string{`accepted\1P`, `accepted\1X`, `rejected\1Q`, `error\L03\record 10: licence GBSIEL/2026/1/P has ended, and its reference is not used again: cancelled by customs/chief-licenceData-SPIRE...`, `end\rejected\3`},
			"1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"a reference that reads like another": {[]string{licences(1, put("insert", "1"))}, licences(2, strings.Replace(put("insert", "1"), "GBSIEL/2026/1/P", "GBSIEL.2026/1/P", 1)),
			[]string{`rejected\1P`, `error\L04\record 2: the reference GBSIEL.2026/1/P reads like that of something else on record (licences)`, `end\rejected\3`}, "1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"a broken one between two": {nil, licences(1, put("insert", "1"), strings.Replace(put("insert", "2"), "20260101", "20261301", 1), put("insert", "3")),
			[]string{`accepted\1P`, `rejected\2P`, `error\T07\record 8: the start date of record licence, "20261301", is no date ccyymmdd`, `end\rejected\3`, `accepted\3P`},
			"1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"cut off": {nil, strings.TrimSuffix(licences(1, put("insert", "1"), put("insert", "2")), `13\end\licence\6`+"\n"+`14\fileTrailer\2`+"\n"),
			[]string{`accepted\1P`, `rejected\2P`, `error\T11\record 12: the transaction has no end record`, `end\rejected\3`, `fileError\F03\the file has no trailer: it was cut off\12`},
			"1: 0 NAR of 10000, 2: 0 GBP of 100000"},
		"used and taken back": {[]string{licences(1, put("insert", "1"))}, usages(1, used("1", "O", "3.5", "O4", "A1", "C1.5")),
			[]string{`accepted\LU1/1`}, "1: 3500 NAR of 10000, 2: 0 GBP of 100000"},
		"used since the file before": {[]string{licences(1, put("insert", "1")), usages(1, used("1", "O", "4", "O4"))}, usages(2, used("1", "O", "6", "O2")),
			[]string{`accepted\LU1/1`}, "1: 6000 NAR of 10000, 2: 0 GBP of 100000"},
		"used more than the usages say": {[]string{licences(1, put("insert", "1"))}, usages(1, used("1", "O", "6", "O2")),
			[]string{`accepted\LU1/1`}, "1: 6000 NAR of 10000, 2: 0 GBP of 100000"},
		"used, of no licence": {[]string{licences(1, put("insert", "1"))}, usages(1, used("1", "O", "4", "O4"), used("2", "O", "4", "O4")),
			[]string{`accepted\LU1/1`, `rejected\LU1/2`, `error\L02\record 7: licence GBSIEL/2026/2/P is not on file`, `end\rejected\3`}, "1: 4000 NAR of 10000, 2: 0 GBP of 100000"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook(t)
			for _, f := range tt.given {
				b.receive(f)
			}
			id := b.receive(tt.file)
			if got, want := answers(b.answer(id)), strings.Join(tt.answers, "\n"); got != want {
				t.Errorf("it is answered with\n%s\nnot\n%s", got, want)
			}
			if tt.balance != "" && b.balance(one) != tt.balance {
				t.Errorf("the balance is %s", b.balance(one))
			}
			if got := b.emitted(id); got != tt.file {
				t.Errorf("it comes out as\n%s", got)
			}
			if b.step("a file", tt.file, false) {
				t.Error("received again it records something")
			}
		})
	}
}

// answers are the records of a reply without their numbers, and without the trailer.
func answers(reply string) string {
	lines := strings.Split(strings.TrimSuffix(reply, "\n"), "\n")
	for i := range lines {
		_, lines[i], _ = strings.Cut(lines[i], `\`)
	}
	return strings.Join(lines[:len(lines)-1], "\n")
}

// A run that is not the next is answered, and the one that is next is then taken.
func TestRunsInSequence(t *testing.T) {
	b := newBook(t)
	first := licences(1, put("insert", "1"))
	b.receive(first)
	ahead := b.receive(licences(3, cancel("1")))
	other := b.receive(licences(1, cancel("1")))
	for id, want := range map[string]string{
		ahead: `fileError\F07\the file has the run number 3 where 2 is next; send the files between, or this one with the reset flag\`,
		other: `fileError\F07\the file has the run number 1 where 2 is next; send the files between, or this one with the reset flag\`,
	} {
		if got := answers(b.answer(id)); got != want {
			t.Errorf("%s is answered with\n%s", id, got)
		}
	}
	if l, err := b.tx.Licence(one); err != nil || l.GetStatus().String() != "STATUS_GRANTED" {
		t.Errorf("the licence is %v, %v", l.GetStatus(), err)
	}
	b.receive(licences(2, put("insert", "2")))
	if id := b.receive(licences(3, cancel("1"))); id == ahead || answers(b.answer(id)) != `accepted\1X` {
		t.Errorf("%s is answered with\n%s", id, b.answer(id))
	}
	anew := strings.Replace(licences(1, put("insert", "3")), `\1\N`, `\1\Y`, 1)
	if id := b.receive(anew); answers(b.answer(id)) != `accepted\3P` || b.emitted(id) != anew {
		t.Errorf("%s, numbered anew, is answered with\n%s", id, b.answer(id))
	}
	if id := b.receiveAs("a file", licences(100, put("insert", "4")), true); answers(b.answer(id)) != `accepted\4P` {
		t.Errorf("%s, whatever its run, is answered with\n%s", id, b.answer(id))
	}
	if b.receive(first) != "customs/chief-licenceData-SPIRE-CHIEF-1" {
		t.Error("the first file is not known again")
	}
}

// What is used above a limit is recorded, and raised once while it is open.
func TestUsedAboveTheLimit(t *testing.T) {
	b := newBook(t)
	b.receive(licences(1, put("insert", "1")))
	b.receive(usages(1, used("1", "O", "11", "O11")))
	b.receive(usages(2, used("1", "O", "12", "O1")))
	all, err := b.tx.DiscrepanciesWith("licence", one)
	if err != nil || len(all) != 1 || all[0].GetRaised().GetCode() != "DX03" || all[0].GetRaised().GetFound() != "11 NAR" {
		t.Errorf("raised is %v, %v", all, err)
	}
	b.receive(usages(3, used("1", "S", "12")))
	if l, err := b.tx.Licence(one); err != nil || l.GetStatusReason() != "surrendered, as customs/chief-usageData-CDS-CHIEF-3 says" {
		t.Errorf("the licence is %v, %v", l, err)
	}
}

// What another computer reported is corrected by what it reports next, and not here.
func TestReportedIsNotCorrectedHere(t *testing.T) {
	b := newBook(t)
	b.receive(licences(1, put("insert", "1")))
	id := b.receive(usages(1, used("1", "O", "4", "O4"))) + ".2#1#2"
	if e, err := b.tx.WriteOff(id); e == nil || err != nil {
		t.Fatalf("on record is %v, %v", e, err)
	}
	_, err := writeoff.Correct(b.tx.View, &customsv1.CorrectWriteOffRequest{Particulars: particulars, EntryId: id, Quantity: articles(3), Reason: "miscounted"})
	if !errors.Is(err, fault.Precondition) {
		t.Errorf("Correct: %v", err)
	}
	_, err = writeoff.Restore(b.tx.View, &customsv1.RestoreWriteOffRequest{Particulars: particulars, EntryId: id, Quantity: articles(1), Reason: "came back", LegalBasis: "customs act"})
	if !errors.Is(err, fault.Precondition) {
		t.Errorf("Restore: %v", err)
	}
	b.receive(usages(2, used("1", "O", "3", "C1")))
	if got := b.balance(one); got != "1: 3000 NAR of 10000, 2: 0 GBP of 100000" {
		t.Errorf("the balance is %s", got)
	}
}

// Files with CR LF, and with the last line unended, come out as they came in.
func TestLineEndings(t *testing.T) {
	for i, f := range []string{licences(1, put("insert", "1")), usages(1, used("1", "O", "4", "O4"))} {
		for _, text := range []string{strings.ReplaceAll(f, "\n", "\r\n"), strings.TrimSuffix(f, "\n"), strings.TrimSuffix(strings.ReplaceAll(f, "\n", "\r\n"), "\r\n")} {
			b := newBook(t)
			if i > 0 {
				b.receive(licences(1, put("insert", "1")))
			}
			if id := b.receive(text); b.emitted(id) != text || strings.Contains(b.answer(id), "error") {
				t.Errorf("%q comes out as %q", text, b.emitted(id))
			}
		}
	}
}

// Licences of files stand beside those that were granted here.
func TestLicencesOnFile(t *testing.T) {
	b := newBook(t)
	b.record(&licensingv1.LicenceGranted{LicenceId: "customs/L-1", Deal: &licensingv1.Deal{}})
	b.receive(licences(1, put("insert", "1")))
	all, err := b.tx.LicencesOnFile()
	if err != nil || len(all) != 1 || all[0].GetDeal().GetDestination().GetCountry() != "XB" || len(all[0].GetDeal().GetParties()) != 1 {
		t.Errorf("on file are %v, %v", all, err)
	}
}
