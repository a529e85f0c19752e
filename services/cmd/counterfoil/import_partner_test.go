package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// reportingOf is a plan of a State with a licensing agency and a reporting one.
func reportingOf(state string) string {
	return `
state: ` + state + `
agencies:
  - {name: authority, title: Coordinating authority, service: authority}
  - {name: licensing, title: Licensing authority, service: licensing}
  - {name: reporting, title: Reporting office, service: reporting}
groups:
  - {group: directory, purpose: who is who, members: [authority, licensing, reporting]}
  - {group: all, purpose: everything, members: [licensing, reporting], publishers: [licensing, reporting]}
rules:
  - {group: all}
`
}

// does runs a command of an agency and returns what it prints.
func does(t *testing.T, env *Env, agency string, exit int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	env.Out = &out
	if code := run(t.Context(), env, append([]string{"--context", agency}, args...)); code != exit {
		t.Fatalf("%s: exit code %d, want %d\n%s", strings.Join(args, " "), code, exit, out.String())
	}
	return out.String()
}

// importFigures imports a publisher's file and returns what that came to.
func importFigures(t *testing.T, env *Env, path, source, edition string, more ...string) (got importedFigures) {
	t.Helper()
	text := does(t, env, "reporting", exitOK, append([]string{"import", "partner-figures", path, "--source", source, "--edition", edition, "-o", "json"}, more...)...)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// figuresOnRecord are the figures of a source that the ledger has.
func figuresOnRecord(t *testing.T, env *Env, source string) (rows []*ledgerv1.PartnerFigure) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(does(t, env, "reporting", exitOK, "list", "partner-figures", "--where", "source="+source, "--all", "-o", "jsonl")))
	for lines.Scan() {
		row := &queryv1.Row{}
		if err := protojson.Unmarshal(lines.Bytes(), row); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		rows = append(rows, row.GetPartnerFigure())
	}
	return rows
}

// Both publishers' files in a node. What the ledger has adds up, cell by cell, to what awk makes of the files, and imported again
// nothing is recorded.
func TestImportOfThePublishersFigures(t *testing.T) {
	t.Parallel()
	union := publishedtest.Data(t, "okfn-eu-armsexports-2005-2010", "eu-armsexports.2005-2010.csv")
	german := publishedtest.Data(t, "germany-ruex-2000-2013", "ruex_2000_2013.csv")
	env := envForLab(t, reportingOf("DE"))
	for _, tt := range []struct {
		path, source, edition string
		figures               int
		events                uint64
	}{
		{union, "eu-armsexports", "2016-05-02", 36_881, 38}, {german, "de-ruex", "2014-12-29", 2497, 4},
	} {
		dry := importFigures(t, env, tt.path, tt.source, tt.edition, "--dry-run")
		first := importFigures(t, env, tt.path, tt.source, tt.edition)
		t.Logf("%s: %d figures, %d events in %.1f s", tt.source, first.Figures, first.Events, first.Seconds)
		again := importFigures(t, env, tt.path, tt.source, tt.edition)
		smaller := importFigures(t, env, tt.path, tt.source, tt.edition, "--batch", "900")
		if first.Figures != tt.figures || first.Events != tt.events || dry.Events != tt.events-1 || again.Events+smaller.Events != 0 {
			t.Errorf("%s: %d figures, %d events, %d on the dry run, %d and %d again", tt.source, first.Figures, first.Events, dry.Events, again.Events, smaller.Events)
		}
	}
	awk, err := exec.LookPath("awk")
	if err != nil {
		t.Skip("there is no awk here to add up the files")
	}
	for _, tt := range []struct{ path, source, program string }{
		{union, "eu-armsexports", `NR > 1 { sub(/\r$/, ""); k = $2 "|" $4 "|" $5; n[k]++; l[k] += $6; v[k] += $7; x[k] += $8 } END { for (k in n) printf "%s %d %d %.0f %.0f\n", k, n[k], l[k], v[k], x[k] }`},
		{german, "de-ruex", `NR > 1 && NF >= 4 { k = substr($1, 1, 4) "||"; n[k]++; v[k] += $2; x[k] += $3 } END { for (k in n) printf "%s %d 0 %.0f %.0f\n", k, n[k], v[k], x[k] }`},
	} {
		out, err := exec.CommandContext(t.Context(), awk, "-F;", tt.program, tt.path).Output()
		if err != nil {
			t.Fatal(err)
		}
		type cell struct{ rows, licences, licensed, exported int64 }
		sums := map[string]cell{}
		for _, r := range figuresOnRecord(t, env, tt.source) {
			f := r.Figure
			key := fmt.Sprintf("%d|%s|%s", f.Year, f.ExporterName, f.Category)
			c := sums[key]
			sums[key] = cell{c.rows + 1, c.licences + int64(f.GetLicences()), c.licensed + f.GetLicensedMinor()/100, c.exported + f.GetExportedMinor()/100}
		}
		want, got := map[string]bool{}, map[string]bool{}
		for line := range strings.Lines(string(out)) {
			want[strings.TrimSpace(line)] = true
		}
		for key, c := range sums {
			got[fmt.Sprintf("%s %d %d %d %d", key, c.rows, c.licences, c.licensed, c.exported)] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: cells (-awk +ledger):\n%s", tt.source, diff)
		}
		t.Logf("%s: %d cells of year, exporter and category are those that awk adds up", tt.source, len(got))
	}
	mirrored(t, env)
	answered(t, env)
}

// mirrored holds what two publications say of Germany's exports in 2008 against each other: the values licensed are the same but for
// four States that both name alike, and some that they name otherwise.
func mirrored(t *testing.T, env *Env) {
	res := &reportingv1.ReconcileResponse{}
	text := does(t, env, "reporting", exitProblems, "reconcile", "partner", "--year", "2008", "--source", "de-ruex", "-o", "json")
	if err := protojson.Unmarshal([]byte(text), res); err != nil {
		t.Fatal(err)
	}
	got, own := map[string]string{}, 0
	for _, d := range res.Differences {
		if keys := strings.Join(d.Keys, " "); strings.HasSuffix(keys, " as-told-by=de-ruex") {
			got[d.Keys[1]+" "+d.Measure] = fmt.Sprint(d.Ours/100, " ", d.Theirs/100)
		} else {
			own++
		}
	}
	t.Logf("2008: %d figures compared, %d of de-ruex differ from own ones, of which there are none", res.Compared, own)
	want := map[string]string{
		"counterpart=TM licensed EUR": "69284 3585", "counterpart=TZ licensed EUR": "31229 31299", "counterpart=UA licensed EUR": "14928377 14938377",
		"counterpart=RS licensed EUR": "503757 779076",
	}
	if diff := cmp.Diff(want, got); diff != "" || own == 0 || len(res.Editions) != 2 {
		t.Errorf("of %v, the two publications differ in (-want +got):\n%s", res.Editions, diff)
	}
}

// answered makes tasks of what differs in 2008, of which the office answers and closes one; the others still differ, and have theirs.
func answered(t *testing.T, env *Env) {
	open := []string{"reconcile", "partner", "--year", "2008", "--source", "de-ruex", "--open", "--due", env.Now().AddDate(1, 0, 0).Format("2006-01-02")}
	if text := does(t, env, "reporting", exitOK, append(open, "--dry-run")...); !strings.Contains(text, "DifferenceFound") {
		t.Errorf("the dry run says:\n%s", text)
	}
	if list := does(t, env, "reporting", exitOK, "difference", "list"); !strings.Contains(list, "there is no such difference") {
		t.Errorf("before: %s", list)
	}
	does(t, env, "reporting", exitOK, open...)
	list := does(t, env, "reporting", exitOK, "difference", "list", "--owner", "reporting", "-o", "csv")
	if n := strings.Count(list, "\n") - 1; n != 177 {
		t.Errorf("%d tasks are open; want 177", n)
	}
	task := fmt.Sprintf("reporting/X-%d-000007", env.Now().UTC().Year())
	does(t, env, "reporting", exitOK, "difference", "answer", task, "--finding", "both-right", "--text", "it is of another year")
	does(t, env, "reporting", exitOK, "difference", "close", task, "--finding", "both-right", "--reason", "as the office found")
	for _, want := range []string{"licensed EUR", "as the office found", "it is of another year", "reporting/de-ruex-2014-12-29-"} {
		if shown := does(t, env, "reporting", exitOK, "difference", "show", task); !strings.Contains(shown, want) {
			t.Errorf("difference show has no %q:\n%s", want, shown)
		}
	}
	if closed := does(t, env, "reporting", exitOK, "difference", "list", "--closed", "-o", "csv"); !strings.Contains(closed, task) {
		t.Errorf("closed: %s", closed)
	}
	does(t, env, "reporting", exitOK, "reconcile", "partner", "--year", "2008", "--source", "de-ruex")
}

// The register of the United Kingdom, in pounds, against what the European Union published of its exports, in euros: licences are
// compared, values are not, and the answer says so.
func TestReconcileTheRegisterWithTheUnion(t *testing.T) {
	t.Parallel()
	union := publishedtest.Data(t, "okfn-eu-armsexports-2005-2010", "eu-armsexports.2005-2010.csv")
	register := publishedtest.Data(t, "caat-uk-licences-2012-06")
	env := envForLab(t, reportingOf("GB"))
	does(t, env, "licensing", exitOK, "import", "uk-licences", register, "--edition", "2012-06-14")
	importFigures(t, env, union, "eu-armsexports", "2016-05-02")
	res := &reportingv1.ReconcileResponse{}
	text := does(t, env, "reporting", exitProblems, "reconcile", "partner", "--year", "2009", "--source", "eu-armsexports", "--tolerance", "5%", "-o", "json")
	if err := protojson.Unmarshal([]byte(text), res); err != nil {
		t.Fatal(err)
	}
	measures, licences := map[string]int{}, map[string]string{}
	for _, d := range res.Differences {
		measures[d.Measure]++
		if d.Measure == "licences" {
			licences[strings.Join(d.Keys, " ")] = fmt.Sprint(d.Ours, " ", d.Theirs)
		}
	}
	if got := licences["kind=export counterpart=US category=ML1"]; got != "107 386" {
		t.Errorf("licences of ML1 to the United States are %q; the register has 107, the Union 386", got)
	}
	if got, differs := licences["kind=export counterpart=IT category=ML17"]; differs {
		t.Errorf("both have 3 licences of ML17 to Italy, and they differ: %s", got)
	}
	not := map[string]uint64{}
	for _, n := range res.NotCompared {
		not[n.Reason] = n.Figures
	}
	t.Logf("2009: %d compared; differ %v; not compared %v", res.Compared, measures, not)
	if not["values that are not in the same currency; none is converted"] == 0 || measures["licences"] == 0 || res.Compared < 1000 {
		t.Errorf("%d compared, differ %v, not compared %v", res.Compared, measures, not)
	}
}
