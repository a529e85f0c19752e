package reports

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"

	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// chart is a drawing of a report, with what it shows in words.
type chart struct {
	Name string `xml:"-"`
	// Title and Text are the drawing's own: Text tells every figure in it.
	Title string `xml:"title"`
	Text  string `xml:"desc"`
	// Path is where the drawing stands.
	Path string `xml:"-"`
}

// charts are the drawings that a report's figures allow of, in the language of who looks.
func charts(v *web.Visit, e *edition) (all []chart, err error) {
	drawn, err := render.Charts(e.Content, render.Options{Language: v.Lang()})
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		one := chart{Name: name, Path: below(v, "/chart/"+name)}
		if err := xml.Unmarshal(drawn[name], &one); err != nil {
			return nil, fmt.Errorf("read chart %s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// chart writes one of them as SVG.
func (p pages) chart(v *web.Visit) error {
	e, err := read(v, false)
	if err != nil {
		return err
	}
	drawn, err := render.Charts(e.Content, render.Options{Language: v.Lang()})
	if err != nil {
		return err
	}
	svg, there := drawn[v.R.PathValue("chart")]
	if !there {
		return web.NotFound("this report has no such chart")
	}
	v.W.Header().Set("Content-Type", "image/svg+xml")
	_, _ = v.W.Write(svg) // the browser may have left
	return nil
}
