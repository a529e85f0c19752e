package lineage

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	public   = reportingv1.Audience_AUDIENCE_PUBLIC
	parties  = reportingv1.Audience_AUDIENCE_STATES_PARTIES
	internal = reportingv1.Audience_AUDIENCE_INTERNAL
)

var script = filepath.Join("..", "..", "docs", "verify-report.mjs")

// trusted are the agencies' keys, as they publish them.
func trusted() map[string][]string {
	keys := map[string][]string{}
	for _, agency := range []string{"licensing", "customs"} {
		keys[agency] = []string{hex.EncodeToString(keyOfAgency(agency).Public().(ed25519.PublicKey))}
	}
	return keys
}

// verdicts has the third party's program look at files, and returns what it finds wrong with each; nothing where it finds nothing.
func verdicts(t *testing.T, files ...[]byte) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: what docs/verify-report.mjs finds was not tried")
	}
	var in bytes.Buffer
	for _, f := range files {
		in.Write(append(must(json.Marshal(string(f))), '\n'))
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "verdicts.mjs"), script, string(must(json.Marshal(trusted()))))
	var failed bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, failed.String())
	}
	var list []string
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var wrong string
		if err := d.Decode(&wrong); err != nil {
			t.Fatal(err)
		}
		list = append(list, wrong)
	}
	if len(list) != len(files) {
		t.Fatalf("%d files, %d verdicts", len(files), len(list))
	}
	return list
}

// taken is the lineage file of a report on everything, of an audience.
func taken(t testing.TB, name string, audience reportingv1.Audience) []byte {
	t.Helper()
	w := newWorld(t)
	w.record(everything()...)
	var file []byte
	w.view(func(v ledger.View) {
		var trees Trees
		c := w.content(v, name, 2025, nil)
		var err error
		if file, err = trees.Take(v, c, audience); err != nil {
			t.Fatal(err)
		}
		if again := must(new(Trees).Take(v, w.content(v, name, 2025, nil), audience)); !bytes.Equal(file, again) {
			t.Error("the same state of the ledger makes another file")
		}
	})
	return file
}

// The files of every form and audience are found to be right by a program that is not ours.
func TestThirdPartyAcceptsEveryEdition(t *testing.T) {
	var files [][]byte
	var names []string
	for _, form := range []string{report.Annual, report.Register, report.National} {
		for _, audience := range []reportingv1.Audience{public, parties, internal} {
			files, names = append(files, taken(t, form, audience)), append(names, form+" "+audience.String())
		}
	}
	for i, wrong := range verdicts(t, files...) {
		if wrong != "" {
			t.Errorf("%s: %s", names[i], wrong)
		}
	}
}

// Every number of an edition for the agencies themselves is found in an event, of every kind that states any.
func TestTermsOfEveryKind(t *testing.T) {
	kinds := map[string]bool{}
	for _, form := range []string{report.Annual, report.Register, report.National} {
		var f File
		if err := json.Unmarshal(taken(t, form, internal), &f); err != nil {
			t.Fatal(err)
		}
		for _, j := range f.Journals {
			leaves := map[int64]tlog.Hash{}
			for _, l := range j.Leaves {
				if leaves[int64(l.Number)-1] = tlog.RecordHash(l.Bytes); tlog.Hash(l.Hash) != tlog.RecordHash(l.Bytes) {
					t.Errorf("event %d of %s does not hash to its leaf", l.Number, j.Journal)
				}
			}
			h := headerOf(j.Header)
			if root := rebuilt(t, 0, int64(h.Size), leaves, &j.Nodes); string(root[:]) != string(h.Root) || len(j.Nodes) > 0 {
				t.Errorf("%s has another root", j.Journal)
			}
		}
		for _, r := range f.Rows {
			for _, c := range r.Contributions {
				for _, term := range c.Terms {
					kind, _, _ := strings.Cut(term.Path, ".")
					kinds[kind] = true
				}
			}
		}
	}
	for _, kind := range []string{"LicenceGranted", "LicenceAmended", "LicenceOnFileReplaced", "DenialAmended", "LicenceUsageReported",
		"LicenceQuantityCommitted", "LicenceQuantityCorrected", "LicenceQuantityRestored", "AgencyReturnSubmitted"} {
		if !kinds[kind] {
			t.Errorf("nothing is read from %s", kind)
		}
	}
}

// alterations are what somebody does to a file who also mends its digest, with what the third party's program says.
var alterations = []struct {
	name     string
	audience reportingv1.Audience
	alter    func(*File)
	want     string
}{
	{"a byte of an event", internal, func(f *File) { f.Journals[0].Leaves[0].Bytes[20] ^= 1 }, "does not hash to its leaf"},
	{"an event and its leaf", internal, func(f *File) {
		leaf := &f.Journals[0].Leaves[0]
		e := &eventv1.Event{}
		if err := proto.Unmarshal(leaf.Bytes, e); err != nil {
			panic(err)
		}
		e.Purpose = "another"
		leaf.Bytes = must(proto.Marshal(e))
		leaf.Hash = Hash(leafOf(leaf.Bytes))
	}, "do not hash to the root"},
	{"an amount of a row", public, func(f *File) { f.Rows[0].Amounts.Values[0].Minor++ }, "and what it is made of"},
	{"an amount of a contribution", public, func(f *File) { f.Rows[0].Contributions[0].Amounts.Values[0].Minor++ }, "and what it is made of"},
	{"both", internal, func(f *File) {
		f.Rows[0].Amounts.Values[0].Minor++
		f.Rows[0].Contributions[0].Amounts.Values[0].Minor++
	}, "state"},
	{"a unit", internal, func(f *File) { f.Rows[0].Contributions[0].Terms[0].Unit = "KGM" }, "is not in KGM"},
	{"a path", internal, func(f *File) { f.Rows[0].Contributions[0].Terms[0].Path = f.Rows[0].Contributions[0].Terms[1].Path }, "counted twice"},
	{"a number counted twice", internal, func(f *File) {
		r := &f.Rows[0]
		r.Contributions = append(r.Contributions, r.Contributions[0])
		r.Amounts.Lines, r.Amounts.Licences = 2, 2
		r.Amounts.Quantities[0].Thousandths *= 2
		r.Amounts.Values[0].Minor *= 2
	}, "counted twice"},
	{"a leaf", public, func(f *File) { f.Journals[0].Leaves[0].Hash[3] ^= 1 }, "do not hash to the root"},
	{"a leaf left out", public, func(f *File) { f.Journals[0].Leaves = f.Journals[0].Leaves[1:] }, "no hash of leaves"},
	{"a leaf for show", public, func(f *File) {
		j := &f.Journals[0]
		j.Nodes = []Node{{0, extentEvents(f, j.Journal), Hash(rootOf(j.Header))}}
	}, "no hash of leaves"},
	{"a node", public, func(f *File) { f.Journals[0].Nodes[0].Hash[0] ^= 1 }, "do not hash to the root"},
	{"a node left out", public, func(f *File) { f.Journals[0].Nodes = f.Journals[0].Nodes[1:] }, "no hash of leaves"},
	{"a node more", public, func(f *File) { f.Journals[0].Nodes = append(f.Journals[0].Nodes, Node{From: 900, To: 901}) }, "belong nowhere"},
	{"a byte of a header", public, func(f *File) { f.Journals[0].Header[len(f.Journals[0].Header)/2] ^= 1 }, "journal"},
	{"a signature", public, func(f *File) { f.Journals[0].Signature[5] ^= 1 }, "the signature is not by the key"},
	{"another's key", public, func(f *File) { f.Journals[0].Key = keyOfAgency("licensing").Public().(ed25519.PublicKey) }, "not the one that the header names"},
	{"signed by somebody else", public, func(f *File) { forge(&f.Journals[0], "nobody") }, "none that is trusted"},
	{"another journal's header", public, func(f *File) { f.Journals[0].Header = f.Journals[1].Header }, "the header is of"},
	{"a row left out", public, func(f *File) { f.Rows = f.Rows[:3] }, "is behind no row"},
	{"a row twice", public, func(f *File) { f.Rows = append(f.Rows, f.Rows[0]) }, "is there twice"},
	{"a row more", public, func(f *File) { f.Rows = append(f.Rows, Row{ID: "0123456789ab", Table: "exports", Keys: []string{"I"}}) }, "its id is not that of its keys"},
	{"a key of a row", public, func(f *File) { f.Rows[0].Keys[2] = "XD" }, "its id is not that of its keys"},
	{"a contribution in another row", public, func(f *File) {
		f.Rows[1].Contributions = append(f.Rows[1].Contributions, f.Rows[0].Contributions[0])
		f.Rows[0].Contributions = f.Rows[0].Contributions[1:]
	}, "and what it is made of"},
	{"a contribution left out", public, func(f *File) { f.Rows[0].Contributions = f.Rows[0].Contributions[1:] }, "and what it is made of"},
	{"a contribution of no event", public, func(f *File) { f.Rows[0].Contributions[0].Events = []string{} }, "no event is behind"},
	{"an event of no journal", public, func(f *File) { f.Rows[0].Contributions[0].Events[0] = "licensing/all/999" }, "is in no journal here"},
	{"the report's extent", public, func(f *File) { f.Title = bytes.Replace(f.Title, []byte(`"events":"`), []byte(`"events":"1`), -1) }, "not where the report says"},
}

// A row whose events are behind others too can be left out of a file by somebody who mends its digest: what tells is the digest that
// the agency put on record.
func TestOnlyTheDigestTellsOfARowWithoutEventsOfItsOwn(t *testing.T) {
	var f File
	if err := json.Unmarshal(taken(t, report.Annual, public), &f); err != nil {
		t.Fatal(err)
	}
	f.Rows = f.Rows[1:]
	kept := must(marshal(&f))
	got := verdicts(t, kept, must(encode(&f)))
	if got[0] != "the digest is of another content" || got[1] != "" {
		t.Errorf("with the digest as it was %q, with one that was mended %q", got[0], got[1])
	}
}

func TestThirdPartyRefusesWhatWasAltered(t *testing.T) {
	originals := map[reportingv1.Audience][]byte{public: taken(t, report.Annual, public), internal: taken(t, report.Annual, internal)}
	var files [][]byte
	for _, a := range alterations {
		var f File
		if err := json.Unmarshal(originals[a.audience], &f); err != nil {
			t.Fatal(err)
		}
		a.alter(&f)
		f.Audience = strings.ToLower(strings.TrimPrefix(a.audience.String(), "AUDIENCE_"))
		files = append(files, must(encode(&f)))
	}
	for i, wrong := range verdicts(t, files...) {
		if !strings.Contains(wrong, alterations[i].want) {
			t.Errorf("%s: it says %q; want something that says %q", alterations[i].name, wrong, alterations[i].want)
		}
	}
}

// Whatever one character of a file is another, or is gone, it is refused.
func TestThirdPartyRefusesEveryOtherCharacter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var files [][]byte
	for _, audience := range []reportingv1.Audience{public, internal} {
		file := taken(t, report.Annual, audience)
		for range 100 {
			other := slices.Clone(file)
			at := random.IntN(len(other) - 2)
			for other[at] == file[at] {
				other[at] = "0123456789abcdefXYZ\"{}[]:, "[random.IntN(27)]
			}
			if random.IntN(4) == 0 {
				other = slices.Delete(slices.Clone(file), at, at+1)
			}
			files = append(files, other)
		}
	}
	for i, wrong := range verdicts(t, files...) {
		if wrong == "" {
			t.Errorf("an altered file passes:\n%s", files[i])
		}
	}
}
