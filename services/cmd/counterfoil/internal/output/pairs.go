package output

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Pairs lays the fields of a message that say something one below the other, for a person: "deal.lines[0].rating", as the API counts. What
// is absent, empty or unspecified is left out.
func Pairs(m proto.Message) (Grid, error) {
	grid := Grid{Heads: []string{"field", "value"}}
	return grid, addPairs(&grid, "", m.ProtoReflect())
}

func addPairs(grid *Grid, above string, m protoreflect.Message) error {
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if !m.Has(field) {
			continue
		}
		name, value := above+string(field.Name()), m.Get(field)
		var err error
		switch within := field.Message() != nil && !field.IsMap() && !isLeaf(field.Message()); {
		case within && field.IsList():
			for i := range value.List().Len() {
				if err = addPairs(grid, fmt.Sprintf("%s[%d].", name, i), value.List().Get(i).Message()); err != nil {
					return err
				}
			}
		case within:
			err = addPairs(grid, name+".", value.Message())
		default:
			err = addPair(grid, name, column{path: []protoreflect.FieldDescriptor{field}}, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func addPair(grid *Grid, name string, c column, m protoreflect.Message) error {
	text, err := c.text(m)
	if text != "" && !strings.HasSuffix(text, "_UNSPECIFIED") {
		grid.Add(name, text)
	}
	return err
}
