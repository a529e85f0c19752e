package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// built is the version that the program was built as: go build -ldflags "-X main.built=1.2.3".
var built string

// version returns the version, with the commit when the build knows it.
func version() string {
	name := orElse(built, "unreleased")
	info, known := debug.ReadBuildInfo()
	if !known {
		return name
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return name + " (" + setting.Value[:12] + ")"
		}
	}
	return name
}

func newVersionCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			value := map[string]string{"version": version(), "go": runtime.Version()}
			return env.Print(output.Document{
				Value:    value,
				Flat:     &output.Grid{Heads: []string{"version", "go"}, Rows: [][]string{{version(), runtime.Version()}}},
				Sections: []output.Section{{Text: "counterfoil " + version() + ", " + runtime.Version()}},
			})
		},
	}
}
