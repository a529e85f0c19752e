package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// tableNames are the names of all tables, as they are typed, in the order of the .proto.
func tableNames() []string {
	var names []string
	for number := queryv1.Table(1); ; number++ {
		name, known := queryv1.Table_name[int32(number)]
		if !known {
			return names
		}
		names = append(names, tableName(name))
	}
}

func tableName(enum string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(enum, "TABLE_")), "_", "-")
}

// parseTable reads the name of a table, in the plural or the singular.
func parseTable(name string) (queryv1.Table, error) {
	wanted := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	for number, enum := range queryv1.Table_name {
		plural := tableName(enum)
		singular := strings.TrimSuffix(strings.Replace(plural, "ies", "ys", 1), "s")
		if number != 0 && (wanted == plural || wanted == singular) {
			return queryv1.Table(number), nil
		}
	}
	return 0, usage("there is no table %q; there are: %s", name, strings.Join(tableNames(), ", "))
}

// oneTable accepts the name of a table, then the named arguments.
func oneTable(rest ...string) cobra.PositionalArgs {
	accept := takes(slices.Concat([]string{"TABLE"}, rest)...)
	return func(cmd *cobra.Command, args []string) error {
		if err := accept(cmd, args); err != nil {
			return fmt.Errorf("%w; the tables are: %s", err, strings.Join(tableNames(), ", "))
		}
		return nil
	}
}

func completeTable(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return tableNames(), cobra.ShellCompDirectiveNoFileComp
}

// content returns the message in a row, such as its licence; nil for an empty row.
func content(row *queryv1.Row) proto.Message {
	m := row.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("row"))
	if set == nil {
		return nil
	}
	return m.Get(set).Message().Interface()
}

// rowType returns the message that the rows of a table hold. The numbers of the tables are those of the row's fields.
func rowType(table queryv1.Table) proto.Message {
	m := (&queryv1.Row{}).ProtoReflect()
	return m.NewField(m.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(table))).Message().Interface()
}
