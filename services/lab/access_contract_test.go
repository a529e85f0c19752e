package lab_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// judging are calls that answer with what was made of the records of others, in words, where no type of the contract tells.
var judging = []protoreflect.FullName{"counterfoil.query.v1.WhatIfService.WhatIf", "counterfoil.licensing.v1.LicensingService.SimulatePolicy"}

// unrecorded are the calls whose answers can hold records or bytes and that leave no entry in the access journal, with the reason.
var unrecorded = map[protoreflect.FullName]string{
	"counterfoil.directory.v1.AuthorityService.MakeKit":                   "credentials for a newcomer",
	"counterfoil.licensing.v1.LicensingService.EditionContents":           "digests, by which a register that was read before is told",
	"counterfoil.screening.v1.ListService.ListContents":                   "digests, by which a list that was read before is told",
	"counterfoil.reporting.v1.NationalService.ExportSetup":                "what the procedure says",
	"counterfoil.reporting.v1.ReportService.ExportReport":                 "totals, with no record that they were made of",
	"counterfoil.reporting.v1.ReportService.BuildReport":                  "totals, and the numbers of the events behind them; what is in those is read by ExplainFigure",
	"counterfoil.reporting.v1.DraftService.ReadDraft":                     "totals, and the numbers of the events behind them; what is in those is read by ExplainFigure",
	"counterfoil.query.v1.BundleService.ImportBundle":                     "digests of what came in",
	"counterfoil.query.v1.CompareService.HeldJournals":                    "digests of headers",
	"counterfoil.query.v1.ProofService.Checkpoint":                        "signed headers: hashes",
	"counterfoil.query.v1.ProofService.Consistency":                       "signed headers and hashes",
	"counterfoil.query.v1.ProofService.Leaves":                            "signed headers and hashes",
	"counterfoil.query.v1.QueryService.Directory":                         "who is who, which everybody reads",
	"counterfoil.query.v1.QueryService.Status":                            "where journals stopped, and why",
	"counterfoil.query.v1.ReplayService.PlanReplay":                       "keys and digests; what is copied is recorded by ReplayBlocks",
	"counterfoil.directory.v1.DirectoryService.Withdrawals":               "ids of what is no longer there",
	"connectext.grpc.reflection.v1.ServerReflection.ServerReflectionInfo": "the contract",
}

// Every call that can hand out records of others leaves an entry, or is named above with the reason why it need not.
func TestWhatHandsOutRecordsIsOnRecord(t *testing.T) {
	t.Parallel()
	entries := accessCalls(t)
	var found []protoreflect.FullName
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for methods, k := f.Services().Get(i).Methods(), 0; k < methods.Len(); k++ {
				if handsOut(methods.Get(k).Output(), map[protoreflect.FullName]bool{}) {
					found = append(found, methods.Get(k).FullName())
				}
			}
		}
		return true
	})
	if len(found) < 20 {
		t.Fatalf("only %d calls are found", len(found))
	}
	left := map[protoreflect.FullName]bool{}
	for _, call := range append(found, judging...) {
		if _, left[call] = unrecorded[call]; left[call] == entries[string(call.Name())] {
			t.Errorf("%s answers with records or bytes: put on record who reads them (Call: %q), or say among the unrecorded why not, and not both", call, call.Name())
		}
	}
	for call := range unrecorded {
		if !left[call] {
			t.Errorf("%s is among the unrecorded, and hands out nothing", call)
		}
	}
}

// handsOut reports whether a message may hold records: an event, a row of a ledger, or bytes. What a command would record, and its
// receipt, are the caller's own.
func handsOut(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	switch m.FullName() {
	case "counterfoil.event.v1.Receipt", "google.protobuf.Timestamp":
		return false
	case "google.protobuf.Any", "counterfoil.query.v1.RecordedEvent", "counterfoil.query.v1.Row":
		return true
	}
	if m.ParentFile().Package() == "counterfoil.ledger.v1" {
		return true
	}
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if f.Kind() == protoreflect.BytesKind || f.Message() != nil && handsOut(f.Message(), seen) {
			return true
		}
	}
	return false
}

var accessCall = regexp.MustCompile(`queryv1\.Access\{[^}\n]*Call: "(\w+)"|\.accessed\(ctx, "(\w+)"`)

// accessCalls are the calls that the code puts on record.
func accessCalls(t *testing.T) map[string]bool {
	t.Helper()
	calls := map[string]bool{}
	for _, of := range []string{filepath.Join("..", "..", "libs"), ".."} {
		err := filepath.WalkDir(of, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			code, err := os.ReadFile(path)
			for _, match := range accessCall.FindAllSubmatch(code, -1) {
				calls[string(match[1])+string(match[2])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return calls
}
