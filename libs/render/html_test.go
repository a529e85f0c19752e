package render_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/render"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// printed has a browser print a page to PDF, and returns the text that is on its pages.
func printed(t *testing.T, page []byte) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		chromium = program(t, "chromium", "chromium")
	}
	pdftotext := program(t, "pdftotext", "poppler-utils")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--no-first-run", "--no-pdf-header-footer", "--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+out, "file://"+in)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, said)
	}
	text, err := exec.CommandContext(ctx, pdftotext, "-layout", out, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(text)
}

// Headings in Arabic and Chinese are on the printed page, and numbers and identifiers read from left to right there.
func TestPrintedPage(t *testing.T) {
	marks := regexp.MustCompile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
	for language, headings := range map[string][]string{
		"ar": {"دبابات القتال", "السفن الحربية", "الصادرات"},
		"zh": {"作战坦克", "军舰", "出口", "重机枪"},
	} {
		hasFont(t, language)
		text := marks.ReplaceAllString(printed(t, htmlPage(t, annual(t, 2025), render.Options{Language: language, Others: []*reportingv1.Content{annual(t, 2024)}})), "")
		for _, want := range append(headings, "350 / 500", "1,234,567.89 EUR", "5,000,000 JPY", "1,234.567 KWD", "2026-03-31", "MBT-1", "VIII", "1 / 6") {
			if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, " / ", "/")) {
				t.Errorf("%s: %q is not on the printed page:\n%s", language, want, text)
			}
		}
		for _, turned := range []string{"500 / 350", "EUR 1,234,567.89", "03-31-2026"} {
			if strings.Contains(text, turned) {
				t.Errorf("%s: %q is the wrong way round", language, turned)
			}
		}
		if n := strings.Count(text, headOf(t, language)); n < 2 {
			t.Errorf("%s: heads of columns stand on %d pages of a table that has two", language, n)
		}
	}
}

// hasFont skips the test where no font has the letters of a language.
func hasFont(t *testing.T, language string) {
	t.Helper()
	fonts, err := exec.CommandContext(t.Context(), program(t, "fc-list", "fontconfig"), ":lang="+language).Output()
	if err != nil || len(fonts) == 0 {
		t.Skipf("no font for %s is installed: they come with the packages fonts-noto-core and fonts-noto-cjk (%v)", language, err)
	}
}

// headOf is a head that stands once above a table.
func headOf(t *testing.T, language string) string {
	t.Helper()
	return map[string]string{"ar": "الفئة", "zh": "类别"}[language]
}

func TestPageIsMarkedUp(t *testing.T) {
	for language, want := range map[string][]string{
		"":   {`<html lang="en" dir="ltr">`},
		"ar": {`<html lang="ar" dir="rtl">`, `<bdi dir="ltr">VIII</bdi>`, `<bdi dir="ltr">1,234,567.89 EUR</bdi>`, `<bdi dir="ltr">2026-03-31</bdi>`, `class="note machine"`},
		"zh": {`<html lang="zh-Hans" dir="ltr">`, `class="note machine"`},
		"fr": {"1\u202f234\u202f567,89 EUR", "Chars de combat"},
	} {
		page := string(htmlPage(t, annual(t, 2025), render.Options{Language: language}))
		for _, s := range append(want, "<caption>", `scope="col"`, `scope="colgroup"`, "@page", "&lt;script&gt;alert(1)&lt;/script&gt;", "<title", "<desc") {
			if !strings.Contains(page, s) {
				t.Errorf("%s: the page has no %s", language, s)
			}
		}
		if strings.Contains(page, "http") && strings.Count(page, "http") != strings.Count(page, "http://www.w3.org/2000/svg")+strings.Count(page, "http-equiv") {
			t.Errorf("%s: the page needs something from elsewhere", language)
		}
	}
	if page := htmlPage(t, annual(t, 2025), render.Options{}); bytes.Contains(page, []byte(`class="note machine"`)) {
		t.Error("the page in English says that machines translated it")
	}
}

func TestCharts(t *testing.T) {
	for _, language := range render.Languages() {
		o := render.Options{Language: language, Others: []*reportingv1.Content{annual(t, 2023), annual(t, 2024)}}
		for name, c := range map[string]*reportingv1.Content{"annual": annual(t, 2025), "national": national(t, 2025)} {
			charts, err := render.Charts(c, o)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"annual": 2, "national": 3}[name]
			if len(charts) != want {
				t.Errorf("%s: %d charts, want %d", name, len(charts), want)
			}
			for chart, data := range charts {
				d := xml.NewDecoder(bytes.NewReader(data))
				for {
					if _, err := d.Token(); err == io.EOF {
						break
					} else if err != nil {
						t.Fatalf("%s %s is no XML: %v\n%s", name, chart, err, data)
					}
				}
			}
		}
	}
	charts, err := render.Charts(annual(t, 2025), render.Options{Others: []*reportingv1.Content{annual(t, 2024)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2024, Authorized: 1,234,567.89; 2024, Actual: 99.50; 2025, Authorized: 1,234,567.89; 2025, Actual: 99.50"} {
		if !strings.Contains(string(charts["years"]), "<desc id=\"chart-years-text\">"+want+"</desc>") {
			t.Errorf("the chart by year does not say %q:\n%s", want, charts["years"])
		}
	}
	charts, err = render.Charts(national(t, 2025), render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "2c: 2; none stated: 1"; !strings.Contains(string(charts["refusals"]), want) {
		t.Errorf("refusals do not say %q:\n%s", want, charts["refusals"])
	}
	if want := "United Arab Emirates, Authorized: 900.00; United States, Authorized: 500.00"; !strings.Contains(string(charts["destinations"]), want) {
		t.Errorf("destinations do not say %q:\n%s", want, charts["destinations"])
	}
}
