package main

import (
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newContextCommand(env *Env) *cobra.Command {
	return family("context", "Choose the node and role that commands are for", newContextListCommand(env), newContextUseCommand(env))
}

// listedContext is a context as it is printed; of its token only the place.
type listedContext struct {
	Name      string `json:"name"`
	Current   bool   `json:"current"`
	Agency    string `json:"agency"`
	URL       string `json:"url"`
	Role      string `json:"role"`
	Person    string `json:"person"`
	TokenFile string `json:"token_file"`
}

func newContextListCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the contexts there are; the current one is marked",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			contexts, err := env.contexts()
			if err != nil {
				return err
			}
			all, err := contexts.List()
			if err != nil {
				return err
			}
			current, err := contexts.Current()
			if err != nil {
				return err
			}
			listed := []listedContext{}
			doc := output.Document{Items: []any{}, Flat: &output.Grid{Heads: []string{"name", "current", "agency", "role", "person", "url"}}}
			for _, c := range all {
				one := listedContext{c.Name, c.Name == current, c.Agency, c.URL, c.Role, c.Person, c.TokenFile}
				listed = append(listed, one)
				doc.Items = append(doc.Items, one)
				mark := ""
				if one.Current {
					mark = "current"
				}
				doc.Flat.Add(c.Name, mark, c.Agency, c.Role, c.Person, c.URL)
			}
			doc.Value, doc.Sections = listed, []output.Section{{Grid: *doc.Flat}}
			return env.Print(doc)
		},
	}
}

func newContextUseCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "Make a context the current one",
		Args:  takes("NAME"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return env.contextNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := env.contexts()
			if err != nil {
				return err
			}
			return doing("use context "+args[0], "counterfoil context list", contexts.Use(args[0]))
		},
	}
}
