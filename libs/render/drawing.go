package render

import (
	"fmt"
	"slices"
	"strings"
)

// Measures of a chart, in pixels.
const (
	chartWidth  = 720
	labelWidth  = 190
	valueWidth  = 150
	barHeight   = 14
	barGap      = 10
	chartTop    = 34
	labelLength = 28 // in half-widths
)

// drawing is a chart with everything where it stands.
type drawing struct {
	ID, Title, Unit, Text, Lang, Direction string
	Width, Height                          int
	Axis                                   int
	Legend                                 []mark
	Labels                                 []mark
	Bars                                   []mark
}

// mark is a rectangle, a text, or both.
type mark struct {
	X, Y, Width int
	TextX       int
	Text        string
	Series      int
	// Anchor is which end of the text stands at TextX, as SVG names it for the direction of the text.
	Anchor, Direction string
}

// drawn lays a chart out: labels at the beginning of the line, bars from there on, each with its figure behind it; from right to left
// where the language is written so.
func (c chart) drawn(w words) drawing {
	d := drawing{ID: "chart-" + c.name, Title: c.title, Unit: c.unit, Lang: w.Language, Direction: w.Direction, Width: chartWidth}
	rtl := w.Direction == "rtl"
	x := func(from, width int) int {
		if rtl {
			return chartWidth - from - width
		}
		return from
	}
	most := int64(1)
	for _, b := range c.bars {
		most = max(most, slices.Max(b.figures))
	}
	room := chartWidth - labelWidth - valueWidth
	d.Axis = x(labelWidth, 0)
	drawn := c.stated()
	if len(c.series) > 1 {
		for n, i := range drawn {
			at := labelWidth + n*170
			d.Legend = append(d.Legend, mark{X: x(at, barHeight), Y: 8, Width: barHeight, TextX: x(at+barHeight+6, 0), Text: c.series[i], Series: i, Anchor: "start", Direction: w.Direction})
		}
	}
	y := chartTop
	var told []string
	for _, b := range c.bars {
		d.Labels = append(d.Labels, mark{Y: y + len(drawn)*barHeight/2 + 4, TextX: x(labelWidth-6, 0), Text: shortened(b.label), Anchor: "end", Direction: w.Direction})
		for _, i := range drawn {
			n := b.figures[i]
			width := int(float64(max(n, 0)) / float64(most) * float64(room))
			if n > 0 {
				width = max(1, width)
			}
			m := mark{X: x(labelWidth, width), Y: y, Width: width, TextX: x(labelWidth+width+5, 0), Text: c.figure(w, n), Series: i, Anchor: "start", Direction: "ltr"}
			if rtl {
				m.Anchor = "end"
			}
			d.Bars = append(d.Bars, m)
			if len(c.series) > 1 {
				told = append(told, fmt.Sprintf("%s, %s: %s", b.label, c.series[i], m.Text))
			} else {
				told = append(told, b.label+": "+m.Text)
			}
			y += barHeight
		}
		y += barGap
	}
	d.Height, d.Text = y, strings.Join(told, "; ")
	return d
}

// stated are the series that have a figure; the first, where none has.
func (c chart) stated() (list []int) {
	for i := range c.series {
		if slices.ContainsFunc(c.bars, func(b bar) bool { return b.figures[i] != 0 }) {
			list = append(list, i)
		}
	}
	if list == nil {
		list = []int{0}
	}
	return list
}

// figure writes amounts of items with no more decimals than they need.
func (c chart) figure(w words, n int64) string {
	decimals := c.decimals
	if decimals == 3 && n%1000 == 0 {
		n, decimals = n/1000, 0
	}
	return w.figure(n, decimals)
}

// shortened is a label that fits before the bars.
func shortened(s string) string {
	room := labelLength
	for i, r := range s {
		if room--; r >= 0x2e80 {
			room--
		}
		if room < 0 {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}
