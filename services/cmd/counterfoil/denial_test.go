package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// The published table's denials make a request that keeps to the contract; the table in the old form is refused as a whole.
func TestNoticesOfPublishedTable(t *testing.T) {
	t.Parallel()
	read, err := readDenials(publishedtest.Data(t, "lite-denials", "denial_valid.csv"), "GB")
	if err != nil || len(read.Denials) != 7 || len(read.Problems) != 0 {
		t.Fatalf("%d denials, problems %v: %v", len(read.Denials), read.Problems, err)
	}
	req := &licensingv1.RecordDenialsRequest{}
	for _, d := range read.Denials {
		req.Notices = append(req.Notices, noticeOf(d, "denial_valid.csv"))
	}
	if err := protovalidate.Validate(req); err != nil {
		t.Error(err)
	}
	var said []string
	for _, r := range read.Remarks {
		said = append(said, r.Reason)
	}
	for _, oddity := range []string{"no reference", "catch all", "own denial came back"} {
		if !strings.Contains(strings.Join(said, "\n"), oddity) {
			t.Errorf("nothing is said of %q: %q", oddity, said)
		}
	}
	if _, err := readDenials(publishedtest.Data(t, "lite-denials", "denial_invalid.csv"), "GB"); !errors.Is(err, fault.Invalid) {
		t.Errorf("the old form: %v", err)
	}
}

// As many rows of the published table of consultations as have a code are written as they stand there, but for how the
// countries' names are spelt.
func TestWriteFiguresAsPublished(t *testing.T) {
	t.Parallel()
	published, err := os.ReadFile(publishedtest.Data(t, filepath.Join("caat-eu-brokering-2014", "consult.csv")))
	if err != nil {
		t.Fatal(err)
	}
	figures := []*licensingv1.ConsultationFigure{
		{Year: 2006, State: "AT", Initiated: 4, Received: 3}, {Year: 2006, State: "GB", Initiated: 5, Received: 13},
		{Year: 2006, Destination: "DZ", Concerning: 1}, {Year: 2006, Destination: "Federal Republic of Yugoslavia", Concerning: 3},
	}
	var out bytes.Buffer
	if err := writeFigures(&out, figures); err != nil {
		t.Fatal(err)
	}
	want := "2006,AT,Austria,,,4,3,\r\n2006,GB,United Kingdom,,,5,13,\r\n2006,,,DZ,Algeria,,,1\r\n2006,,,,Federal Republic of Yugoslavia,,,3\r\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	for line := range strings.Lines(want) {
		if !bytes.Contains(published, []byte(line)) {
			t.Errorf("the published table has no line %q", line)
		}
	}
}
