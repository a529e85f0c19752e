package render

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// File is a file of an edition.
type File struct {
	Name string
	Data []byte
}

// Formats are the names of the forms that Files writes.
func Formats() []string { return []string{"xlsx", "csv", "json", "html", "svg"} }

// Files writes an edition for an audience in some formats. Names say what a file has: "att-annual-2025-public-fr.xlsx",
// "att-annual-2025-public-fr-exports.csv", "att-annual-2025-public.json". An unknown format is refused (fault.Invalid).
func Files(c *reportingv1.Content, o Options, audience reportingv1.Audience, formats []string) (files []File, err error) {
	bare := fmt.Sprintf("%s-%d-%s", fileWord(o.reportName(c)), c.GetTitle().GetYear(), fileWord(strings.ToLower(strings.TrimPrefix(audience.String(), "AUDIENCE_"))))
	base := bare
	if o.Language != "" {
		base += "-" + fileWord(o.Language)
	}
	for _, format := range formats {
		var b bytes.Buffer
		switch format {
		case "xlsx":
			err = XLSX(&b, c, o)
			files = append(files, File{base + ".xlsx", b.Bytes()})
		case "html":
			err = HTML(&b, c, o)
			files = append(files, File{base + ".html", b.Bytes()})
		case "json":
			err = JSON(&b, c)
			files = append(files, File{bare + ".json", b.Bytes()})
		case "csv":
			var tables []File
			tables, err = CSV(c, o)
			for _, t := range tables {
				files = append(files, File{base + "-" + t.Name, t.Data})
			}
		case "svg":
			var drawn map[string][]byte
			drawn, err = Charts(c, o)
			for _, name := range slices.Sorted(maps.Keys(drawn)) {
				files = append(files, File{base + "-" + name + ".svg", drawn[name]})
			}
		default:
			err = fault.Errorf(fault.Invalid, "reports are written as %s, not as %q", strings.Join(Formats(), ", "), format)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fileWord is a name as it may stand in a file's.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, s)
}
