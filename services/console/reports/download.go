package reports

import (
	"archive/zip"
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"path/filepath"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// download hands over an edition in a format: as its file, or where it has several (a table each, a chart each) as a ZIP of them.
func (p pages) download(v *web.Visit) error {
	which, err := whichOf(v)
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	audience, err := parseAudience(q.Get("audience"))
	if err != nil {
		return err
	}
	format := q.Get("format")
	res, err := v.API.Report.ExportReport(v.R.Context(), &reportingv1.ExportReportRequest{Which: which, Audience: audience, Language: q.Get("language"), Formats: []string{format}})
	if err != nil {
		return err
	}
	name, data, err := packed(res.GetFiles(), format)
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", typeOf(name))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", fmt.Sprint(len(data)))
	v.W.WriteHeader(http.StatusOK)
	_, _ = v.W.Write(data) // the browser may have left
	return nil
}

// packed is one file as it is, and several as a ZIP, whose name is what theirs have in common.
func packed(files []*reportingv1.ExportedFile, format string) (name string, data []byte, err error) {
	if len(files) == 0 {
		return "", nil, web.NotFound("this report has nothing in format " + format)
	}
	if len(files) == 1 {
		return files[0].GetName(), files[0].GetData(), nil
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	common := files[0].GetName()
	for _, f := range files {
		for !strings.HasPrefix(f.GetName(), common) {
			common = common[:len(common)-1]
		}
		w, err := z.Create(f.GetName())
		if err == nil {
			_, err = w.Write(f.GetData())
		}
		if err != nil {
			return "", nil, fmt.Errorf("pack %s: %w", f.GetName(), err)
		}
	}
	if err := z.Close(); err != nil {
		return "", nil, fmt.Errorf("pack a report: %w", err)
	}
	return strings.TrimRight(common, "-.") + "-" + format + ".zip", b.Bytes(), nil
}

// typeOf is the media type of a file by its name.
func typeOf(name string) string {
	return map[string]string{
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv": "text/csv; charset=utf-8", ".json": "application/json",
		".html": "text/html; charset=utf-8", ".svg": "image/svg+xml", ".zip": "application/zip",
	}[filepath.Ext(name)]
}
