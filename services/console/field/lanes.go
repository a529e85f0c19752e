package field

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// lanes is a drawing: a lane across for each agency and party, a column for each record in the order of time, with a mark on each lane
// that has to do with it. Measures are in pixels.
type lanes struct {
	Width, Height, Head int
	Lanes               []lane
	Columns             []column
	// Records and Others are how many records and lanes are not drawn.
	Records, Others int
}

// lane is an agency's or a party's.
type lane struct {
	Name, Country string
	Agency        bool
	// Y is its height, Text the height of what is written above it.
	Y, Text int
}

// Short is the name as there is room for it.
func (l lane) Short() string {
	if utf8.RuneCountInString(l.Name) <= laneRunes {
		return l.Name
	}
	return string([]rune(l.Name)[:laneRunes-1]) + "…"
}

// column is a record's.
type column struct {
	knot
	X, Top, Bottom int
	Dots           []int
	// Arrow is where goods arrive; 0: nowhere. Down says from above.
	Arrow int
	Down  bool
	// Root says that it is the record that was asked for.
	Root bool
}

// Tip is the head of its arrow, as a polygon has it.
func (c column) Tip() string {
	side := c.Arrow - arrowHalf*2
	if !c.Down {
		side = c.Arrow + arrowHalf*2
	}
	return points(c.X-arrowHalf, side, c.X+arrowHalf, side, c.X, c.Arrow)
}

// Line heights of what stands above a column.
func (c column) Kind() int { return 14 }
func (c column) Name() int { return 30 }
func (c column) Date() int { return 46 }

// Label is the record's id without its agency.
func (c column) Label() string {
	_, number, _ := strings.Cut(c.ID, "/")
	return number
}

// What is drawn at most, and how large.
const (
	maxLanes, maxColumns           = 14, 30
	laneWidth, columnWidth         = 200, 124
	headHeight, laneHeight, margin = 60, 52, 10
	laneRunes                      = 24
	arrowHalf                      = 5
)

// lay draws records that are in the order of time. Those farthest from root are left out where there are too many, and the lanes with
// the fewest records.
func lay(all []knot, root string) lanes {
	drawn := nearest(all)
	d := lanes{Head: headHeight, Records: len(all) - len(drawn)}
	heights := d.order(drawn, root)
	for i, k := range drawn {
		c := column{knot: k, X: laneWidth + columnWidth/2 + i*columnWidth, Root: k.ID == root}
		for _, key := range touched(k) {
			if y, ok := heights[key]; ok {
				c.Dots = append(c.Dots, y)
			}
		}
		slices.Sort(c.Dots)
		c.Dots = slices.Compact(c.Dots)
		if len(c.Dots) > 0 {
			c.Top, c.Bottom = c.Dots[0], c.Dots[len(c.Dots)-1]
		}
		if k.Moves {
			from, to := heights[partyKey(sender(k.Parties))], heights[partyKey(receiver(k.Parties))]
			if from == 0 {
				from = heights["agency "+k.Agency]
			}
			if to != 0 && from != to {
				c.Arrow, c.Down = to, to > from
			}
		}
		d.Columns = append(d.Columns, c)
	}
	d.Width = laneWidth + len(drawn)*columnWidth + margin
	d.Height = headHeight + len(d.Lanes)*laneHeight + margin
	return d
}

// nearest are as many records as are drawn, in the order that they came.
func nearest(all []knot) []knot {
	if len(all) <= maxColumns {
		return all
	}
	by := slices.Clone(all)
	slices.SortStableFunc(by, func(x, y knot) int { return cmp.Compare(x.Depth, y.Depth) })
	keep := map[string]bool{}
	for _, k := range by[:maxColumns] {
		keep[k.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(k knot) bool { return !keep[k.ID] })
}

// order gives each agency and party its lane, those of the record that was asked for in any case, agencies first; it returns their heights
// by key.
func (d *lanes) order(drawn []knot, root string) map[string]int {
	count, named := map[string]int{}, map[string]lane{}
	var keys []string
	for _, k := range drawn {
		for _, key := range touched(k) {
			if count[key] == 0 {
				keys = append(keys, key)
				named[key] = lane{Name: k.Agency, Agency: true}
				for _, p := range k.Parties {
					if partyKey(p) == key {
						named[key] = lane{Name: p.Name, Country: p.Country}
					}
				}
			}
			count[key]++
			if k.ID == root {
				count[key] += len(drawn)
			}
		}
	}
	if len(keys) > maxLanes {
		slices.SortStableFunc(keys, func(x, y string) int { return cmp.Compare(count[y], count[x]) })
		d.Others = len(keys) - maxLanes
		keys = keys[:maxLanes]
	}
	rank := map[bool]int{true: 0, false: 1}
	slices.SortStableFunc(keys, func(x, y string) int {
		return cmp.Or(cmp.Compare(rank[named[x].Agency], rank[named[y].Agency]), cmp.Compare(count[y], count[x]), strings.Compare(x, y))
	})
	heights := map[string]int{}
	for i, key := range keys {
		l := named[key]
		l.Y = headHeight + laneHeight/2 + i*laneHeight
		l.Text = l.Y - 8
		heights[key] = l.Y
		d.Lanes = append(d.Lanes, l)
	}
	return heights
}

// touched are the lanes that a record has to do with: its agency's and its parties', each once.
func touched(k knot) []string {
	all := []string{"agency " + k.Agency}
	for _, p := range k.Parties {
		if key := partyKey(p); !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// partyKey tells parties apart as a drawing does: by name, whatever its case and spaces, and country.
func partyKey(p *transferv1.Party) string {
	if p == nil {
		return ""
	}
	return "party " + strings.ToLower(strings.Join(strings.Fields(p.GetName()), " ")) + " " + p.GetCountry()
}

func sender(all []*transferv1.Party) *transferv1.Party {
	return first(all, transferv1.Role_ROLE_EXPORTER)
}

func receiver(all []*transferv1.Party) *transferv1.Party {
	return first(all, transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER, transferv1.Role_ROLE_END_USER)
}

// first is the first party with a role, of the roles in their order.
func first(all []*transferv1.Party, roles ...transferv1.Role) *transferv1.Party {
	for _, role := range roles {
		for _, p := range all {
			if p.Role == role {
				return p
			}
		}
	}
	return nil
}

// points writes pairs of coordinates as a polygon has them.
func points(xy ...int) string {
	var b strings.Builder
	for i, n := range xy {
		if i > 0 {
			b.WriteByte(" ,"[i%2])
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
