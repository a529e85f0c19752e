package field

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var (
	exporter  = &transferv1.Party{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms", Country: "XA"}
	consignee = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour  Stores", Country: "XB"}
	written   = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "HARBOUR STORES", Country: "XB"}
)

// A consignment leads from the exporter's lane to the consignee's, however its name is written.
func TestLay(t *testing.T) {
	d := lay([]knot{
		{ID: "licensing/L-1", Agency: "licensing", Parties: []*transferv1.Party{exporter, consignee}},
		{ID: "customs/D-1", Agency: "customs", Parties: []*transferv1.Party{exporter, written}, Moves: true, Depth: 1},
		{ID: "customs/D-2", Agency: "customs", Parties: []*transferv1.Party{consignee}, Moves: true, Depth: 1},
	}, "licensing/L-1")
	var names []string
	at := map[string]int{}
	for _, l := range d.Lanes {
		names, at[l.Name] = append(names, l.Name), l.Y
	}
	if want := []string{"licensing", "customs", "Harbour  Stores", "Northgate Arms"}; !slices.Equal(names, want) {
		t.Fatalf("%q, want %q", names, want)
	}
	licence, first, second := d.Columns[0], d.Columns[1], d.Columns[2]
	if !licence.Root || licence.Arrow != 0 || len(licence.Dots) != 3 {
		t.Errorf("licence: %+v", licence)
	}
	if first.Arrow != at["Harbour  Stores"] || first.Down {
		t.Errorf("consignment: to %d, down %v, lanes %v", first.Arrow, first.Down, at)
	}
	if second.Arrow != at["Harbour  Stores"] || !second.Down { // nobody is named as exporter: from who recorded it
		t.Errorf("consignment without an exporter: to %d, down %v", second.Arrow, second.Down)
	}
}

// drawn makes up records, of which one was asked for.
func drawn(t *rapid.T) (all []knot, root string) {
	n := rapid.IntRange(1, 60).Draw(t, "records")
	asked := rapid.IntRange(0, n-1).Draw(t, "root")
	for i := range n {
		k := knot{Agency: fmt.Sprint("a", rapid.IntRange(0, 4).Draw(t, "agency")), At: timestamppb.New(time.Unix(int64(i), 0)), Moves: rapid.Bool().Draw(t, "moves"), Depth: 1 + rapid.IntRange(0, 2).Draw(t, "depth")}
		k.ID = fmt.Sprint(k.Agency, "/", i)
		if i == asked {
			k.Depth, root = 0, k.ID
		}
		for range rapid.IntRange(0, 3).Draw(t, "parties") {
			k.Parties = append(k.Parties, &transferv1.Party{Role: transferv1.Role(rapid.IntRange(1, 4).Draw(t, "role")), Name: fmt.Sprint("party ", rapid.IntRange(0, 30).Draw(t, "party"))})
		}
		all = append(all, k)
	}
	return all, root
}

// fault is what is wrong with a drawing. All of it lies within its measures, in the order of the records; what the record that was asked
// for has to do with is drawn in any case; and all that is not drawn is counted.
func fault(records int, d lanes) error {
	if len(d.Columns)+d.Records != records || len(d.Columns) > maxColumns || len(d.Lanes) > maxLanes {
		return fmt.Errorf("%d columns, %d lanes, %d records not drawn, of %d", len(d.Columns), len(d.Lanes), d.Records, records)
	}
	touching, rooted, last := map[string]bool{}, 0, 0
	for _, c := range d.Columns {
		if c.X <= last || c.X >= d.Width {
			return fmt.Errorf("column at %d after %d, of %d", c.X, last, d.Width)
		}
		last = c.X
		for _, y := range append(slices.Clone(c.Dots), c.Top, c.Bottom, c.Arrow) {
			if y < 0 || y >= d.Height || y > 0 && y < d.Head {
				return fmt.Errorf("%s has a mark at %d, of %d", c.ID, y, d.Height)
			}
		}
		if c.Arrow != 0 && !slices.Contains(c.Dots, c.Arrow) {
			return fmt.Errorf("%s leads to %d, where it has nothing: %v", c.ID, c.Arrow, c.Dots)
		}
		if c.Root {
			rooted++
			if len(c.Dots) != len(touched(c.knot)) {
				return fmt.Errorf("the record that was asked for has to do with %d, and %d are drawn", len(touched(c.knot)), len(c.Dots))
			}
		}
		for _, key := range touched(c.knot) {
			touching[key] = true
		}
	}
	if rooted != 1 || len(d.Lanes)+d.Others != len(touching) {
		return fmt.Errorf("%d roots; %d lanes and %d others of %d", rooted, len(d.Lanes), d.Others, len(touching))
	}
	return nil
}

func TestLayProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, root := drawn(t)
		if err := fault(len(all), lay(all, root)); err != nil {
			t.Fatal(err)
		}
	})
}

// A drawing that leaves out the record that was asked for, forgets to count, or draws beside itself is found.
func TestLayMutants(t *testing.T) {
	for name, mutant := range map[string]func(*lanes){
		"the first are drawn, not the nearest": func(d *lanes) { d.Columns[0].Root = false },
		"records are not counted":              func(d *lanes) { d.Records++ },
		"lanes are not counted":                func(d *lanes) { d.Lanes = d.Lanes[1:] },
		"too small":                            func(d *lanes) { d.Height -= laneHeight },
		"out of order":                         func(d *lanes) { slices.Reverse(d.Columns) },
		"an arrow to nowhere":                  func(d *lanes) { d.Columns[1].Arrow = d.Head + 1 },
		"a lane of the record is not drawn":    func(d *lanes) { d.Columns[0].Dots = d.Columns[0].Dots[1:] },
	} {
		d := lay([]knot{
			{ID: "licensing/L-1", Agency: "licensing", Parties: []*transferv1.Party{exporter, consignee}},
			{ID: "customs/D-1", Agency: "customs", Parties: []*transferv1.Party{exporter, consignee}, Moves: true, Depth: 1},
		}, "licensing/L-1")
		if err := fault(2, d); err != nil {
			t.Fatal(err)
		}
		if mutant(&d); fault(2, d) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
