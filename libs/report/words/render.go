package words

import (
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var (
	// marks are what Markdown takes for more than itself, anywhere in a line.
	marks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, "#", `\#`, "|", `\|`, "&", `\&`, "~", `\~`)
	// leading is what it takes for the beginning of a list, a quotation or a line.
	leading = regexp.MustCompile(`^([0-9]*)([-+=>.)])`)
)

// plain is a text as one line of Markdown that is nothing but text.
func plain(text string) string {
	return leading.ReplaceAllString(marks.Replace(strings.Join(strings.Fields(text), " ")), `$1\$2`)
}

// Markdown writes a report as Markdown (CommonMark). shows: with the commands that show the records behind its numbers.
func Markdown(to io.Writer, doc *reportingv1.WrittenReport, shows bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", plain(doc.GetTitle()))
	for _, s := range doc.GetSections() {
		fmt.Fprintf(&b, "\n## %s\n", plain(s.GetHeading()))
		for i, p := range s.GetParagraphs() {
			fmt.Fprintf(&b, "\n%s\n", plain(p.GetText()))
			last := i+1 == len(s.GetParagraphs()) || s.GetParagraphs()[i+1].GetShows() != p.GetShows()
			if shows && last && p.GetShows() != "" {
				fmt.Fprintf(&b, "\n    %s\n", p.GetShows())
			}
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

var page = template.Must(template.New("words").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{{.Doc.Title}}</title>
<style>body{font:12pt/1.5 serif;max-width:42em;margin:2em auto}h2{font-size:1.2em}code{font-size:.8em;color:#555}@media print{body{margin:0}}</style></head>
<body>
<h1>{{.Doc.Title}}</h1>
{{range .Doc.Sections}}<h2>{{.Heading}}</h2>
{{range .Paragraphs}}<p>{{.Text}}{{if and $.Shows .Shows}}<br><code>{{.Shows}}</code>{{end}}</p>
{{end}}{{end}}</body>
</html>
`))

// HTML writes a report as a page that needs nothing else and prints as it is. shows: with the commands that show the records behind its
// numbers.
func HTML(to io.Writer, doc *reportingv1.WrittenReport, shows bool) error {
	return page.Execute(to, struct {
		Doc   *reportingv1.WrittenReport
		Shows bool
	}{doc, shows})
}
